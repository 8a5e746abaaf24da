//! The gate's own sentences → what they say: lines of a denial, ids of vulnerabilities.
//!
//! Source: the order of `policy::render`, place → rule → found → allowed → ids → code → hint.

use policy::diagnostic::Code;

use super::event::{self, Action, Entry, Named};

/// The longest id that is taken for one (rule language: ids have at most 128 characters).
const ID_BYTES: usize = policy::limits::ID_CHARS;

/// The entries of a denial's message, with the ids that each line names; `None` where it is not the gate's.
pub(super) fn denial(message: &str) -> Option<Named> {
    let mut named = Named::new();
    for line in message.lines() {
        // The hint is the last thing on a line.
        let Some((before, _)) = line.rsplit_once("]; hint: ") else { continue };
        let Some((what, code)) = before.rsplit_once(" [") else { continue };
        let Some(code) = Code::ALL.into_iter().find(|known| known.text() == code) else { continue };
        let (image, rule) = place(what).unwrap_or_default();
        let entry =
            Entry { action: Action::Deny, image: event::text(image), rule: event::text(rule), code: code.text().to_owned() };
        named.entry(entry).or_default().extend(vulnerabilities(what));
    }
    (!named.is_empty()).then_some(named)
}

/// Image and rule of "container `P` image `I`: platform `X`: rule `R`: …".
fn place(what: &str) -> Option<(&str, &str)> {
    let (_, rest) = what.strip_prefix("container `")?.split_once("` image `")?;
    let (image, rest) = rest.split_once("`: ")?;
    let rest = match rest.strip_prefix("platform `") {
        Some(platform) => platform.split_once("`: ")?.1,
        None => rest,
    };
    let (rule, _) = rest.strip_prefix("rule `")?.split_once("`: ")?;
    Some((image, rule))
}

/// The ids of "… more than 2: CVE-1 (openssl 3.0.1, fixed in 3.0.2), CVE-2 (zlib, no fix) and 3 more".
pub(super) fn vulnerabilities(why: &str) -> Vec<String> {
    let Some((_, list)) = why.split_once("more than ").and_then(|(_, rest)| rest.split_once(": ")) else { return Vec::new() };
    let ids = list.split("), ").filter_map(|item| item.split_once(" (")).map(|(id, _)| id);
    ids.filter(|id| is_id(id)).map(str::to_owned).collect()
}

/// Whether a text can be the id of a vulnerability: one word of the letters that scanners use.
pub(super) fn is_id(id: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    !id.is_empty() && id.len() <= ID_BYTES && id.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_is_read_line_by_line() {
        let message = "container `spec.containers[0]` image `docker.io/library/a:1`: rule `block`: 2 critical vulnerabilities, more than 0: \
                       CVE-2026-1 (musl 1, fixed in 2), GHSA-a-b (x, no fix) and 3 more [findings-over-limit]; hint: deploy\n\
                       container `c` image `b@sha256:x`: platform `linux/arm64`: rule `r 2`: no findings for this image [evidence-missing]; hint: scan\n\
                       and 3 more images";
        let found: Vec<String> = denial(message)
            .unwrap()
            .iter()
            .map(|(entry, ids)| format!("{} {} {} {ids:?}", entry.image, entry.rule, entry.code))
            .collect();
        assert_eq!(
            found,
            [
                "b@sha256:x r 2 evidence-missing {}",
                "docker.io/library/a:1 block findings-over-limit {\"CVE-2026-1\", \"GHSA-a-b\"}"
            ]
        );
    }

    #[test]
    fn a_refusal_has_no_image_and_another_policys_message_is_not_ours() {
        let named = denial("`spec`: expected an object [workload-invalid]; hint: correct the object's fields").unwrap();
        let (entry, _) = named.first_key_value().unwrap();
        assert_eq!((entry.image.as_str(), entry.code.as_str()), ("", "workload-invalid"));
        for other in ["", "privileged containers are not allowed", "no [such-code]; hint: x", "[evidence-missing]"] {
            assert!(denial(other).is_none(), "{other}");
        }
    }

    #[test]
    fn only_words_are_ids() {
        let why = "1 finding, more than 0: =cmd() (x, no fix), CVE-1 (a (b) c 1, fixed in 2), <b> (y, no fix)";
        assert_eq!(vulnerabilities(why), ["CVE-1"]);
        assert!(vulnerabilities("no findings for this image").is_empty());
    }
}
