//! The names that a row carries → which vulnerabilities it is about, and what else each of them is called.

use crate::report::Notes;
use crate::scalar::filled;
use crate::text::trim;
use crate::words;

/// What the vulnerability of one row is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) advisories: Vec<String>,
}

/// The name of a finding that has but one, taken out of where it stands.
pub(crate) fn sole(id: &mut Option<String>, names: &mut Vec<String>) -> Option<String> {
    let first = id.as_deref().or_else(|| names.first().map(String::as_str))?;
    let first = trim(first);
    let is_said = |name: &String| trim(name).is_empty() || trim(name).eq_ignore_ascii_case(first);
    if first.is_empty() || !names.iter().all(is_said) {
        return None;
    }
    id.take().or_else(|| names.drain(..).next()).map(trimmed)
}

/// Which vulnerabilities a finding is about. A bulletin, or an id of the scanner's own, that names CVEs stands beside each of them and
/// takes the place of none, so that a rule about one CVE neither misses it nor sets the others aside with it; a GitHub id that names one CVE
/// is an alias of it. Two CVE ids are never one vulnerability. None where nothing is named, which is noted.
pub(crate) fn told_apart(
    id: Option<String>,
    names: impl IntoIterator<Item = String>,
    title: Option<String>,
    package: Option<&str>,
    notes: &mut Notes,
) -> Vec<Identity> {
    let mut all: Vec<String> = Vec::new();
    for name in id.into_iter().chain(names).map(trimmed).filter(|name| !name.is_empty()) {
        if !all.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            all.push(name);
        }
    }
    // One name is what most rows have.
    if all.len() == 1 {
        let alone = |id| Identity { id, aliases: Vec::new(), advisories: Vec::new() };
        return all.into_iter().map(alone).collect();
    }
    let Some(first) = all.first() else {
        let said = filled(title).map(|title| words::one_line(title.trim()));
        let Some(id) = said.or_else(|| package.map(|p| format!("unidentified in {p}"))) else {
            notes.add("row dropped: it names no vulnerability");
            return Vec::new();
        };
        notes.add("row without an id: named by what it says");
        return vec![Identity { id, aliases: Vec::new(), advisories: Vec::new() }];
    };
    let n_cves = all.iter().filter(|name| words::is_cve(name)).count();
    if n_cves > 1 && !words::is_cve(first) {
        notes.add("row about several CVEs: one row for each");
        let (cves, bulletins): (Vec<String>, Vec<String>) = all.into_iter().partition(|name| words::is_cve(name));
        return cves.into_iter().map(|id| Identity { id, aliases: Vec::new(), advisories: bulletins.clone() }).collect();
    }
    let sole_cve =
        if n_cves == 1 && !words::is_vulnerability_id(first) { all.iter().position(|name| words::is_cve(name)) } else { None };
    let id = all.remove(sole_cve.unwrap_or_default());
    let mut identity = Identity { id, aliases: Vec::new(), advisories: Vec::new() };
    for name in all {
        if !words::is_vulnerability_id(&name) {
            identity.advisories.push(name);
        } else if words::is_cve(&identity.id) && words::is_cve(&name) {
            notes.add(format!("`{name}` beside `{}` is not taken for the same vulnerability", identity.id));
        } else {
            identity.aliases.push(name);
        }
    }
    vec![identity]
}

/// Without blanks around it, and not copied where there are none.
fn trimmed(name: String) -> String {
    if trim(&name).len() == name.len() { name } else { trim(&name).to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(id: &str, names: &[&str]) -> Vec<(String, Vec<String>, Vec<String>)> {
        let names = names.iter().map(|name| (*name).to_owned());
        let identities = told_apart(Some(id.to_owned()), names, None, Some("a"), &mut Notes::default());
        identities.into_iter().map(|identity| (identity.id, identity.aliases, identity.advisories)).collect()
    }

    #[test]
    fn bulletins_stand_beside_cves_and_catalogues_are_aliases() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let row = |id: &str, aliases: &[&str], advisories: &[&str]| (id.to_owned(), list(aliases), list(advisories));
        for (id, names, expected) in [
            ("CVE-1", &["GHSA-1", "DSA-1", "cve-1", ""][..], vec![row("CVE-1", &["GHSA-1"], &["DSA-1"])]),
            ("CVE-1", &["CVE-2"], vec![row("CVE-1", &[], &[])]),
            ("GHSA-1", &["CVE-1"], vec![row("GHSA-1", &["CVE-1"], &[])]),
            ("GHSA-1", &["CVE-1", "CVE-2"], vec![row("CVE-1", &[], &["GHSA-1"]), row("CVE-2", &[], &["GHSA-1"])]),
            ("RHSA-1", &["CVE-1"], vec![row("CVE-1", &[], &["RHSA-1"])]),
            ("RHSA-1", &["CVE-1", "CVE-2"], vec![row("CVE-1", &[], &["RHSA-1"]), row("CVE-2", &[], &["RHSA-1"])]),
            ("RHSA-1", &[], vec![row("RHSA-1", &[], &[])]),
            ("SNYK-1", &["GHSA-1"], vec![row("SNYK-1", &["GHSA-1"], &[])]),
        ] {
            assert_eq!(read(id, names), expected, "{id} {names:?}");
        }
    }
}
