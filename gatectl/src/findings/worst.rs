//! Vulnerabilities of an image → rows of text, the worst first.

use std::cmp::Reverse;

use policy::findings::{Document, Field, Finding, FixState, Image, Severity, Vulnerability};

/// What stands for a field that the scanner does not speak about.
pub(super) const UNKNOWN: &str = "?";
/// What stands for a field that it speaks about, with nothing to say of this one.
pub(super) const NONE: &str = "-";

/// A finding in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) severity: Severity,
    pub(super) package: String,
    pub(super) installed: String,
    pub(super) fixed: String,
    pub(super) is_fixable: bool,
    pub(super) cvss: String,
    pub(super) epss: String,
    pub(super) known_exploited: &'static str,
    pub(super) vex: &'static str,
}

/// The vulnerabilities by severity, then those that are exploited, then by EPSS, CVSS and id.
pub(super) fn first<'i, 'a>(image: &'i Image<'a>) -> Vec<&'i Vulnerability<'a>> {
    let mut all: Vec<&Vulnerability<'_>> = image.vulnerabilities.iter().flatten().collect();
    all.sort_by_cached_key(|v| {
        (Reverse(v.severity), Reverse(v.known_exploited == Some(true)), Reverse(v.epss), Reverse(v.cvss), v.id.clone())
    });
    all
}

/// A row for a finding of a vulnerability.
pub(super) fn row(document: &Document<'_>, vulnerability: &Vulnerability<'_>, finding: &Finding<'_>) -> Row {
    let provides = |field| document.provides.contains(&field);
    let or_none = |field, text: Option<String>| match text {
        Some(text) => text,
        None if provides(field) => NONE.to_owned(),
        None => UNKNOWN.to_owned(),
    };
    Row {
        id: vulnerability.id.to_string(),
        severity: vulnerability.severity,
        package: package(&finding.purl).to_owned(),
        installed: finding.installed.as_deref().unwrap_or(UNKNOWN).to_owned(),
        fixed: fix(finding),
        is_fixable: finding.is_fixable(),
        cvss: or_none(Field::Cvss, vulnerability.cvss.map(|cvss| cvss.to_string())),
        epss: or_none(Field::Epss, vulnerability.epss.map(|epss| epss.to_string())),
        known_exploited: match vulnerability.known_exploited {
            Some(true) => "yes",
            None if !provides(Field::KnownExploited) => UNKNOWN,
            _ => NONE,
        },
        vex: match finding.vex {
            Some(status) => status.word(),
            None if provides(Field::Vex) => NONE,
            None => UNKNOWN,
        },
    }
}

/// One row for a vulnerability: that of its first fixable finding, else its first, with how many more there are.
pub(super) fn row_of(document: &Document<'_>, vulnerability: &Vulnerability<'_>) -> Option<Row> {
    let findings = &vulnerability.findings;
    let finding = findings.iter().find(|finding| finding.is_fixable()).or(findings.first())?;
    let mut row = row(document, vulnerability, finding);
    if let more @ 1.. = findings.len().saturating_sub(1) {
        row.package.push_str(&format!(" +{more}"));
    }
    Some(row)
}

fn fix(finding: &Finding<'_>) -> String {
    if !finding.fixed.is_empty() {
        return finding.fixed.join(", ");
    }
    match finding.fix_state {
        FixState::Fixed => "in a later version",
        FixState::NotFixed => "not yet",
        FixState::WontFix => "will not be",
        FixState::Unknown => UNKNOWN,
    }
    .to_owned()
}

/// The name in a package URL, as the gate's answers have it: `openssl` of `pkg:deb/debian/openssl@3.0.1?arch=amd64`.
pub(super) fn package(purl: &str) -> &str {
    let identity = purl.split(['?', '#']).next().unwrap_or_default();
    let name = identity.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('@').map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_come_first() {
        let text = r#"{ "schemaVersion": 1, "subject": "sha256:3f1c0a5d9b7e2c4f6a8b0d1e3f5a7c9b2d4e6f8a0b1c3d5e7f9a1b3c5d7e9f0a",
            "scanner": { "name": "s" }, "scannedAt": "2026-11-21T10:00:00Z", "provides": ["cvss", "epss", "knownExploited"],
            "images": [{ "digest": "sha256:3f1c0a5d9b7e2c4f6a8b0d1e3f5a7c9b2d4e6f8a0b1c3d5e7f9a1b3c5d7e9f0a", "vulnerabilities": [
              { "id": "C-1", "severity": "critical", "cvss": 9.1, "findings": [
                { "purl": "pkg:npm/%40a/b@1", "installed": "1", "fixed": [], "fixState": "not_fixed" },
                { "purl": "pkg:npm/c@2?x=y", "installed": "2", "fixed": ["2.1", "3.0"], "fixState": "fixed" }] },
              { "id": "C-2", "severity": "critical", "cvss": 9.8, "findings": [{ "purl": "pkg:a/b", "fixed": [], "fixState": "wont_fix" }] },
              { "id": "C-3", "severity": "critical", "epss": 0.5, "findings": [{ "purl": "pkg:a/b", "fixed": [], "fixState": "unknown" }] },
              { "id": "C-4", "severity": "critical", "knownExploited": true, "findings": [{ "purl": "pkg:a/b", "fixed": [], "fixState": "fixed" }] },
              { "id": "L-1", "severity": "low", "knownExploited": true, "epss": 0.9, "findings": [{ "purl": "pkg:a/b", "fixed": [], "fixState": "unknown" }] }
            ] }] }"#;
        let document = policy::findings::json::read(text).unwrap();
        let rows: Vec<Row> = first(&document.images[0]).into_iter().map(|v| row_of(&document, v).unwrap()).collect();
        let cells =
            |row: &Row| format!("{} {} {} {} {} {}", row.id, row.package, row.fixed, row.cvss, row.known_exploited, row.vex);
        assert_eq!(
            rows.iter().map(cells).collect::<Vec<_>>(),
            [
                "C-4 b in a later version - yes ?",
                "C-3 b ? - - ?",
                "C-2 b will not be 9.8 - ?",
                "C-1 c +1 2.1, 3.0 9.1 - ?",
                "L-1 b ? - yes ?"
            ]
        );
    }
}
