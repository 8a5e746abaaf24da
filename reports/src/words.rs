//! Scanners' words → the scales of findings documents: severity words, and which names are ids and which are bulletins.

use policy::findings::Severity;
use policy::text::is_invisible;

use crate::text::trim;

/// The severity of a scanner's word, without regard to case; `None` for a word that is not known, which counts as unknown and is said.
pub(crate) fn severity(word: &str) -> Option<Severity> {
    let word = trim(word);
    if let Some((_, severity)) = COMMON.iter().find(|(common, _)| common.eq_ignore_ascii_case(word)) {
        return Some(*severity);
    }
    let mut lower = [0; LONGEST];
    let word = lower_case(word, &mut lower)?;
    Some(match word.strip_suffix("_vulnerability_severity").unwrap_or(word) {
        "critical" | "defcon1" => Severity::Critical,
        "high" | "important" => Severity::High,
        "medium" | "moderate" => Severity::Medium,
        "low" => Severity::Low,
        "negligible" | "minimal" | "unimportant" | "info" | "information" | "informational" | "none" => Severity::Negligible,
        "" | "unknown" | "undefined" | "untriaged" | "severity_unspecified" | "unassigned" | "not yet assigned" | "other" => {
            Severity::Unknown
        }
        _ => return None,
    })
}

/// The words that nearly all reports write: tried before the others.
const COMMON: [(&str, Severity); 4] =
    [("medium", Severity::Medium), ("high", Severity::High), ("low", Severity::Low), ("critical", Severity::Critical)];

/// More bytes than any word has that is looked up without regard to case.
pub(crate) const LONGEST: usize = 64;

/// A word in lower case, kept where the caller says; `None` of one that is longer than those that are known.
pub(crate) fn lower_case<'b>(word: &str, kept: &'b mut [u8; LONGEST]) -> Option<&'b str> {
    let kept = kept.get_mut(..word.len())?;
    kept.copy_from_slice(word.as_bytes());
    kept.make_ascii_lowercase();
    std::str::from_utf8(kept).ok()
}

/// Foreign text on one line: what is not seen, or moves what is, becomes spaces ([`policy::text::is_invisible`]), and what is longer than a few sentences is cut.
pub(crate) fn one_line(text: &str) -> String {
    const CHARS: usize = 500;
    if text.len() <= CHARS && text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut line: String = text.chars().take(CHARS).map(|c| if is_invisible(c) { ' ' } else { c }).collect();
    if text.chars().nth(CHARS).is_some() {
        line.push('…');
    }
    line
}

/// Catalogues whose ids name one vulnerability each: the CVE list and those that the OSV schema lists as databases.
const CATALOGUES: [&str; 12] =
    ["CVE-", "GHSA-", "GO-", "PYSEC-", "RUSTSEC-", "OSV-", "GMS-", "NSWG-", "MAL-", "HSEC-", "GSD-", "BIT-"];

/// Whether a name is the id of one vulnerability; everything else (DSA, RHSA, USN, ALAS, …) is taken for a bulletin about many.
pub(crate) fn is_vulnerability_id(name: &str) -> bool {
    CATALOGUES.iter().any(|prefix| starts_with(name, prefix))
}

/// Series of bulletins, each of which may cover several vulnerabilities, and Debian's temporary ids.
const BULLETINS: [&str; 23] = [
    "DSA-",
    "DLA-",
    "DTSA-",
    "RHSA-",
    "RHBA-",
    "RHEA-",
    "USN-",
    "LSN-",
    "ALAS",
    "ELSA-",
    "ELBA-",
    "SUSE-",
    "OPENSUSE-",
    "GLSA-",
    "RLSA-",
    "ALSA-",
    "CESA-",
    "FEDORA-",
    "MGASA-",
    "VMSA-",
    "PHSA-",
    "XSA-",
    "TEMP-",
];

/// Whether a name is known to be a bulletin's. Of a name that is neither this nor a catalogue's nothing is known.
pub(crate) fn is_bulletin(name: &str) -> bool {
    BULLETINS.iter().any(|prefix| starts_with(name, prefix))
}

/// Whether a name is a CVE id.
pub(crate) fn is_cve(name: &str) -> bool {
    starts_with(name, "CVE-")
}

/// Without regard to case.
fn starts_with(name: &str, prefix: &str) -> bool {
    name.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_words_are_folded_and_others_are_not_guessed() {
        assert_eq!(severity("CRITICAL"), Some(Severity::Critical));
        assert_eq!(severity("Important"), Some(Severity::High));
        assert_eq!(severity("LOW_VULNERABILITY_SEVERITY"), Some(Severity::Low));
        assert_eq!(severity(""), Some(Severity::Unknown));
        assert_eq!(severity("severe"), None);
    }

    #[test]
    fn bulletins_are_not_ids() {
        for id in ["CVE-2024-3094", "GHSA-rxwq-x6h5-x525", "RUSTSEC-2024-0001", "cve-2024-1"] {
            assert!(is_vulnerability_id(id), "{id}");
        }
        for bulletin in ["DSA-5649-1", "RHSA-2024:1234", "USN-1-1", "ALAS2-2024-1", "ELSA-2024-1", "naïve"] {
            assert!(!is_vulnerability_id(bulletin) && !is_cve(bulletin), "{bulletin}");
            assert_eq!(is_bulletin(bulletin), bulletin != "naïve", "{bulletin}");
        }
    }
}
