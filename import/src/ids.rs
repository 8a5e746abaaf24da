//! Ids of vulnerabilities as foreign configurations write them.

use policy::limits;

use crate::draft::Draft;
use crate::source::At;

/// Whether a text is a CVE or a GHSA.
pub(crate) fn is_vulnerability(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_plain = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    ["cve-", "ghsa-"].iter().any(|start| lower.strip_prefix(start).is_some_and(is_plain))
}

/// An id that an exemption can name, taken over as written. What is none of a vulnerability is said; what is none at all exempts nothing.
pub(crate) fn exempted<'t>(at: &At<'_>, text: &'t str, draft: &mut Draft) -> Option<&'t str> {
    if !(1..=limits::ID_CHARS).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_graphic()) {
        draft.lose(at, "no id of at most 128 characters without spaces: nothing is exempt by it");
        return None;
    }
    if !is_vulnerability(text) {
        draft
            .lose(at, "no CVE or GHSA: taken over as written, and covers nothing where the findings do not know it by this name");
    }
    Some(text)
}
