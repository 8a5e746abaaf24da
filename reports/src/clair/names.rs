//! The ids in what Clair calls a vulnerability's name (`RHSA-2023:5837: nghttp2 security update (Important)`, `CVE-2022-29458 ncurses`,
//! `pyup.io-39606 (CVE-2020-36242)`, or only a sentence) and in its links.

use crate::words;

/// The id of the vulnerability or bulletin that a name begins with or contains, and the other ids in it.
pub(crate) fn in_name(name: &str) -> Vec<String> {
    let mut ids = tokens(name);
    // A bulletin's own id comes first; other words are what the vulnerability is called.
    let of_own_catalogue = name.split_whitespace().next().filter(|first| first.starts_with("pyup.io-"));
    ids.extend(of_own_catalogue.map(str::to_owned));
    ids
}

/// The CVE ids in links: what a bulletin covers. Links of a vulnerability that has an id of its own may be about others.
pub(crate) fn cves_in_links(links: &str) -> Vec<String> {
    let mut cves: Vec<String> = links
        .split_whitespace()
        .flat_map(|link| link.split(['/', '=', '?', '#', '&']))
        .filter(|part| words::is_cve(part) && is_id(part))
        .map(str::to_owned)
        .collect();
    cves.sort_unstable();
    cves.dedup();
    cves
}

fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';' | '[' | ']'))
        .map(|word| word.trim_end_matches(':'))
        .filter(|word| is_id(word) && (words::is_vulnerability_id(word) || words::is_bulletin(word)))
        .map(str::to_owned)
        .collect()
}

/// Letters, digits and the marks between them, with at least one digit: a sentence that begins with `GO-` is no id.
fn is_id(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':' | b'.' | b'_'))
        && word.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_names_and_links() {
        for (name, ids) in [
            ("RHSA-2023:5837: nghttp2 security update (Important)", &["RHSA-2023:5837"][..]),
            ("CVE-2022-29458 ncurses", &["CVE-2022-29458"]),
            ("pyup.io-39606 (CVE-2020-36242)", &["CVE-2020-36242", "pyup.io-39606"]),
            ("GHSA-jq35-85cj-fj4p", &["GHSA-jq35-85cj-fj4p"]),
            ("ncurses: Heap buffer overflow (low)", &[]),
            ("1116 (low)", &[]),
            ("GO-around in parser", &[]),
        ] {
            assert_eq!(in_name(name), ids, "{name}");
        }
        let links = "https://access.redhat.com/errata/RHSA-2022:6457 https://access.redhat.com/security/cve/CVE-2022-0391 \
                     https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2015-20107 https://x/CVE-2022-0391#CVE-";
        assert_eq!(cves_in_links(links), ["CVE-2015-20107", "CVE-2022-0391"]);
    }
}
