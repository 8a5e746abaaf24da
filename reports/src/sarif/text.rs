//! Lines such as `Fixed Version: 1.2.3` in messages and help texts, and ids in free text.

use memchr::{memchr, memchr2};

use crate::text::trim;

/// The labels that are read, and no other.
const LABELS: [&str; 11] = [
    "Package",
    "Version",
    "Installed Version",
    "Fix Version",
    "Fixed Version",
    "Fixed version",
    "Severity",
    "Type",
    "Location",
    "Data Namespace",
    "EPSS Score",
];
/// No label is longer.
const LONGEST: usize = 17;

/// The labelled lines of texts: of each label the first, with its place among all of them.
pub(super) struct Labels<'a>([Option<(usize, &'a str)>; LABELS.len()]);

impl<'a> Labels<'a> {
    /// Goes through texts, in their order.
    pub(super) fn of<const N: usize>(texts: [&'a str; N]) -> Self {
        let mut found = [None; LABELS.len()];
        let mut n = 0_usize;
        for mut rest in texts {
            // From one colon or end of a line to the next; of a line only the first colon matters.
            while let Some(at) = memchr2(b':', b'\n', rest.as_bytes()) {
                let (before, after) = rest.split_at(at);
                let line = after.strip_prefix(':');
                let (value, next) = match line {
                    Some(after) => match memchr(b'\n', after.as_bytes()) {
                        Some(end) => (after.get(..end), after.get(end.saturating_add(1)..)),
                        None => (Some(after), None),
                    },
                    None => (None, after.get(1..)),
                };
                if let (Some(value), Some(first)) = (value, label(before).and_then(|label| found.get_mut(label))) {
                    n = n.saturating_add(1);
                    first.get_or_insert((n, trim(value)));
                }
                rest = next.unwrap_or_default();
            }
        }
        Self(found)
    }

    /// The value of the first line with one of the labels; empty values are none.
    pub(super) fn get(&self, labels: &[&str]) -> Option<&'a str> {
        let found = labels.iter().filter_map(|label| *self.0.get(number(label)?)?);
        found.min_by_key(|(place, _)| *place).map(|(_, value)| value).filter(|value| !value.is_empty())
    }
}

/// The number of the label that stands before a colon.
fn label(text: &str) -> Option<usize> {
    let label = trim(text);
    if label.len() > LONGEST { None } else { number(label) }
}

fn number(label: &str) -> Option<usize> {
    LABELS.iter().position(|known| *known == label)
}

/// The id of a line `Vulnerability CVE-2026-1`.
pub(super) fn named(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.trim().strip_prefix("Vulnerability ")).map(str::trim).filter(|id| !id.is_empty())
}

/// The first CVE or GitHub id in a text that begins a word.
pub(super) fn id(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let words = text.split(|c: char| !is_part(c));
    words.filter_map(cve_at_start).next()
}

/// `CVE-2026-1-package` → `CVE-2026-1`; `GHSA-aaaa-bbbb-cccc-package` → `GHSA-aaaa-bbbb-cccc`.
fn cve_at_start(word: &str) -> Option<&str> {
    let prefix = word.get(..4)?;
    let rest = word.get(4..)?;
    let length = if prefix.eq_ignore_ascii_case("CVE-") {
        let (year, rest) = rest.split_once('-')?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_id = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) && digits >= 4;
        is_id.then(|| digits.saturating_add("CVE-2026-".len()))?
    } else if prefix.eq_ignore_ascii_case("GHSA") {
        let groups = rest.strip_prefix('-')?.splitn(4, '-').take(3);
        let is_id = groups.clone().count() == 3 && groups.clone().all(|g| g.len() == 4);
        is_id.then_some("GHSA-aaaa-bbbb-cccc".len())?
    } else {
        return None;
    };
    word.get(..length)
}

/// What stands between two pieces of text.
pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(inside, _)| inside).trim()).filter(|inside| !inside.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_whole_words_at_the_start_of_a_line() {
        let text = "Package: libssl\nInstalled Version : 1.1\nFixed Version: \nNote: Package: other";
        let labels = Labels::of(["nothing", text]);
        assert_eq!(labels.get(&["Package"]), Some("libssl"));
        assert_eq!(labels.get(&["Version", "Installed Version"]), Some("1.1"));
        assert_eq!(labels.get(&["Fixed Version"]), None);
        assert_eq!(labels.get(&["age"]), None);
        assert!(LABELS.iter().all(|label| label.len() <= LONGEST));
        assert_eq!(named("x\nVulnerability DSA-1-1\n"), Some("DSA-1-1"));
    }

    #[test]
    fn ids_end_where_they_end() {
        for (text, found) in [
            ("CVE-2004-0971-libgssapi-krb5-2", Some("CVE-2004-0971")),
            ("a CVE-2026-12345, CVE-2026-1", Some("CVE-2026-12345")),
            ("ANCHOREVULN CVE-2019-18276_dpkg_bash", Some("CVE-2019-18276")),
            ("GHSA-57j2-w4cx-62h2-jackson", Some("GHSA-57j2-w4cx-62h2")),
            ("GHSA-57j2-w4cx", None),
            ("CVE-2026-12", None),
            ("XCVE-2026-1234", None),
            ("CVE-é", None),
        ] {
            assert_eq!(id(text), found, "{text}");
        }
    }
}
