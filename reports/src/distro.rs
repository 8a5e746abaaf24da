//! The name of an operating system in a scanner's own words → family and version.
//!
//! Families are written as Trivy writes them, so that rules about a distribution fit the reports of every scanner.

use crate::report::Os;

/// Word within the name (with a colon: at its beginning), family, type of its packages in package URLs. The first that occurs decides.
const FAMILIES: [(&str, &str, &str); 24] = [
    ("debian", "debian", "deb"),
    ("ubuntu", "ubuntu", "deb"),
    ("alpine", "alpine", "apk"),
    ("wolfi", "wolfi", "apk"),
    ("chainguard", "chainguard", "apk"),
    ("minimos", "minimos", "apk"),
    ("red hat", "redhat", "rpm"),
    ("redhat", "redhat", "rpm"),
    ("rhel", "redhat", "rpm"),
    ("centos", "centos", "rpm"),
    ("rocky", "rocky", "rpm"),
    ("alma", "alma", "rpm"),
    ("amazon", "amazon", "rpm"),
    ("amzn", "amazon", "rpm"),
    ("oracle", "oracle", "rpm"),
    ("fedora", "fedora", "rpm"),
    ("photon", "photon", "rpm"),
    ("mariner", "cbl-mariner", "rpm"),
    ("azure linux", "azurelinux", "rpm"),
    ("azurelinux", "azurelinux", "rpm"),
    ("opensuse", "opensuse", "rpm"),
    ("suse", "suse", "rpm"),
    ("sles", "suse", "rpm"),
    ("ol:", "oracle", "rpm"),
];

/// `Debian GNU/Linux 12 (bookworm)`, `debian:12`, `DEBIAN_12`, `alpine 3.18` → family and version; `None` for a system that is not known.
pub(crate) fn of(name: &str) -> Option<Os> {
    if name.is_empty() {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let spaced = lower.replace('_', " ");
    let (_, family, _) = FAMILIES.iter().find(|(word, ..)| match word.ends_with(':') {
        true => spaced.starts_with(word),
        false => spaced.contains(word),
    })?;
    Some(Os { family: (*family).to_owned(), version: version(&lower), end_of_life: None })
}

/// The type of the packages of a family in package URLs.
pub(crate) fn package_type(family: &str) -> Option<&'static str> {
    FAMILIES.iter().find(|(_, name, _)| *name == family).map(|(.., kind)| *kind)
}

/// The first part that begins with a digit; `ALPINE_LINUX_3_18` writes the dots as underscores.
fn version(name: &str) -> Option<String> {
    let is_number = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit());
    if name.contains('_') && !name.contains(' ') {
        let parts: Vec<&str> = name.split('_').filter(is_number).collect();
        return Some(parts.join(".")).filter(|version| !version.is_empty());
    }
    name.split([' ', ':', '(']).find(is_number).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_told_by_their_names() {
        for (name, family, version) in [
            ("Debian GNU/Linux 9 (stretch)", "debian", Some("9")),
            ("debian:9.4", "debian", Some("9.4")),
            ("DEBIAN_10", "debian", Some("10")),
            ("ALPINE_LINUX_3_18", "alpine", Some("3.18")),
            ("alpine 3.7.1", "alpine", Some("3.7.1")),
            ("Red Hat Enterprise Linux release 8.6 (Ootpa)", "redhat", Some("8.6")),
            ("AMAZON_LINUX_2", "amazon", Some("2")),
            ("sles:15.3", "suse", Some("15.3")),
            ("ol:9", "oracle", Some("9")),
            ("ubuntu", "ubuntu", None),
        ] {
            let os = of(name).unwrap();
            assert_eq!((os.family.as_str(), os.version.as_deref(), os.end_of_life), (family, version, None), "{name}");
        }
        assert_eq!(of("Unknown"), None);
        assert_eq!(of("tool:9"), None);
        assert_eq!(of(""), None);
    }
}
