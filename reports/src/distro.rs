//! The name of an operating system in a scanner's own words → family and version.
//!
//! Families are written as Trivy writes them, so that rules about a distribution fit the reports of every scanner.

use crate::report::Os;
use crate::words;

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
    let family = family(name)?;
    Some(Os { family: family.to_owned(), version: version(&name.to_ascii_lowercase()), end_of_life: None })
}

/// The family of a system, by the same names.
pub(crate) fn family(name: &str) -> Option<&'static str> {
    // Most names are short: what is short is not copied to the heap, and looked through as it is.
    let mut kept = [0; words::LONGEST];
    let long;
    let name = match kept.get_mut(..name.len()) {
        Some(kept) => {
            kept.copy_from_slice(name.as_bytes());
            kept.iter_mut().for_each(|byte| *byte = folded(*byte));
            &*kept
        }
        None => {
            long = name.bytes().map(folded).collect::<Vec<u8>>();
            &*long
        }
    };
    let is_in = |word: &str| match word.ends_with(':') {
        true => name.starts_with(word.as_bytes()),
        false => name.windows(word.len()).any(|part| part == word.as_bytes()),
    };
    FAMILIES.iter().find(|(word, ..)| is_in(word)).map(|(_, family, _)| *family)
}

/// In lower case, and a space for `_`.
fn folded(byte: u8) -> u8 {
    if byte == b'_' { b' ' } else { byte.to_ascii_lowercase() }
}

/// A family as it is written here, and the type of its packages in package URLs.
pub(crate) fn packages(family: &str) -> Option<(&'static str, &'static str)> {
    FAMILIES.iter().find(|(_, name, _)| *name == family).map(|(_, name, kind)| (*name, *kind))
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
