//! A regular expression on a whole value → what it compares with. Alternatives of plain texts with `.*` at their ends, and no more.

use crate::pattern::{self, Compared};

/// The alternatives; an error where one is anything else. Characters but letters, digits and hyphens are plain where they are escaped, or
/// where `is_plain` has them.
pub(super) fn alternatives(text: &str, is_plain: fn(u8) -> bool) -> Result<Vec<String>, ()> {
    let text = text.strip_prefix('^').unwrap_or(text);
    let text = text.strip_suffix('$').filter(|rest| !rest.ends_with('\\')).unwrap_or(text);
    text.split('|').map(|one| glob(one, is_plain)).collect()
}

/// One alternative as a glob.
fn glob(text: &str, is_plain: fn(u8) -> bool) -> Result<String, ()> {
    let (text, start) = text.strip_prefix(".*").map_or((text, ""), |rest| (rest, "*"));
    let (text, end) = text.strip_suffix(".*").filter(|rest| !rest.ends_with('\\')).map_or((text, ""), |rest| (rest, "*"));
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some(escaped) if escaped.is_ascii_punctuation() => plain.push(escaped),
                _ => return Err(()),
            },
            c if u8::try_from(c).is_ok_and(|b| b.is_ascii_alphanumeric() || b == b'-' || is_plain(b)) => plain.push(c),
            _ => return Err(()),
        }
    }
    // Nothing between the two is any value, as the expression says, or an empty one, which nothing has.
    if plain.is_empty() && start.is_empty() && end.is_empty() || plain.contains('*') {
        return Err(());
    }
    Ok(format!("{start}{plain}{end}"))
}

/// What a glob compares with; anything where it is all stars.
pub(super) fn compared(glob: &str) -> Result<Compared<'_>, ()> {
    if glob == "**" { Ok(None) } else { pattern::of_glob(glob) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_plain_texts_with_any_ends() {
        let none: fn(u8) -> bool = |_| false;
        for (text, wanted) in [
            ("kube-system", Some(vec!["kube-system"])),
            ("^kube-system$", Some(vec!["kube-system"])),
            ("kube-.*|openshift-.*", Some(vec!["kube-*", "openshift-*"])),
            (".*prod.*", Some(vec!["*prod*"])),
            (".*", Some(vec!["*"])),
            (r"quay\.io", Some(vec!["quay.io"])),
            ("quay.io", None),
            ("kube-.+", None),
            ("(a|b)", None),
            ("a*", None),
            ("", None),
            ("a|", None),
            (r"a\", None),
            (r"a\*", None),
            (r"a\d", None),
            ("é", None),
        ] {
            let found = alternatives(text, none);
            let wanted = wanted.map(|wanted| wanted.into_iter().map(str::to_owned).collect::<Vec<_>>()).ok_or(());
            assert_eq!(found, wanted, "{text}");
        }
    }
}
