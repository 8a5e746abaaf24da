//! A changelog → the changes of one version, as Artifact Hub lists them.
//!
//! Source: keepachangelog.com 1.1 (`## version`, `### Added` and its like, `- ` for each change); Artifact Hub, "artifacthub-pkg.yml",
//! `changes` (the same six words, in lower case).

/// The words of both, in the changelog's order.
const KINDS: [&str; 6] = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// One of the six words, in lower case.
    pub(super) kind: String,
    /// What changed, on one line.
    pub(super) description: String,
}

/// The changes of a version in their order; none where the changelog has no section on it.
///
/// # Errors
/// A sentence about the line: a heading that is none of the six words, an entry before any heading, text that belongs to no entry.
pub(super) fn of(changelog: &str, version: &str) -> Result<Vec<Change>, String> {
    let mut changes: Vec<Change> = Vec::new();
    let mut is_inside = false;
    let mut kind: Option<String> = None;
    for (n, line) in changelog.lines().enumerate() {
        let wrong = |why: &str| format!("line {}: {why}, found `{line}`", n.saturating_add(1));
        if let Some(title) = line.strip_prefix("## ") {
            is_inside = title.split_whitespace().next() == Some(version);
            kind = None;
        } else if !is_inside || line.trim().is_empty() {
            continue;
        } else if let Some(heading) = line.strip_prefix("### ") {
            let known = KINDS.iter().find(|word| **word == heading.trim());
            let known = known.ok_or_else(|| wrong(&format!("expected one of {}", KINDS.join(", "))))?;
            kind = Some(known.to_ascii_lowercase());
        } else if let Some(entry) = line.strip_prefix("- ") {
            let kind = kind.clone().ok_or_else(|| wrong("expected a heading before the first entry"))?;
            changes.push(Change { kind, description: entry.trim().to_owned() });
        } else {
            let last = changes.last_mut().filter(|_| line.starts_with(' '));
            let last = last.ok_or_else(|| wrong("expected an entry that begins with `- `, or its next line, indented"))?;
            last.description.push(' ');
            last.description.push_str(line.trim());
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str = "# Changelog\n\nProse.\n\n## Unreleased\n### Added\n- not yet\n\n## 1.2.0 (2026-11-22)\n\n### Added\n- one\n- two,\n  on two lines\n### Security\n- three\n## 1.1.0\n- broken, and not looked at\n";

    #[test]
    fn a_version_has_its_own_changes() {
        let changes = of(CHANGELOG, "1.2.0").expect("changes");
        let pairs: Vec<(&str, &str)> = changes.iter().map(|c| (c.kind.as_str(), c.description.as_str())).collect();
        assert_eq!(pairs, [("added", "one"), ("added", "two, on two lines"), ("security", "three")]);
        assert_eq!(of(CHANGELOG, "1.2"), Ok(Vec::new()));
    }

    #[test]
    fn what_belongs_nowhere_is_refused() {
        assert_eq!(of(CHANGELOG, "1.1.0").expect_err("no heading").split(':').next(), Some("line 18"));
        for (text, says) in [
            ("## 1\n### New\n", "expected one of Added"),
            ("## 1\n### Added\nprose\n", "expected an entry"),
            ("## 1\n### Added\n  more of nothing\n", "expected an entry"),
        ] {
            assert!(of(text, "1").expect_err(text).contains(says), "{text}");
        }
    }
}
