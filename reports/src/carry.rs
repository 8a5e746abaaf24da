//! The findings document of an index + an earlier one of the same index → the same with the earlier findings of those platforms that no
//! report is about.
//!
//! The document has one time, and one list of what is known of all findings: of both the lesser counts, the earliest scan and what both
//! documents provide. So earlier findings never look younger than they are.

use std::borrow::Cow;

use policy::findings::check;
use policy::findings::{Document, Field, Finding, Image, Os, Scanner, Vulnerability};

use crate::ReportError;
use crate::document::only;
use crate::report::{self, Notes};

/// What was carried over.
#[derive(Clone, Debug)]
pub struct Carried {
    /// With the earlier findings.
    pub document: Document<'static>,
    /// The platforms that have them, by name or digest.
    pub platforms: Vec<String>,
    /// Whether those are all that the earlier document has findings of.
    pub is_everything: bool,
    /// What is known no longer.
    pub notes: Notes,
}

/// Carries over; `None` where there is nothing to be carried over.
///
/// # Errors
/// The document would break a law of findings documents.
pub fn carry(document: &Document<'static>, earlier: &Document<'_>) -> Result<Option<Carried>, ReportError> {
    if document.subject != earlier.subject {
        return Ok(None);
    }
    let provides: Vec<Field> = document.provides.iter().copied().filter(|field| earlier.provides.contains(field)).collect();
    let mut platforms = Vec::new();
    let images: Vec<Image<'static>> = document
        .images
        .iter()
        .map(|image| {
            let is_same = |other: &&Image<'_>| other.digest == image.digest && other.platform == image.platform;
            let before = earlier.images.iter().find(is_same).filter(|before| before.vulnerabilities.is_some());
            let Some(before) = before.filter(|_| image.vulnerabilities.is_none()) else { return with(image, &provides) };
            platforms.push(image.platform.as_ref().unwrap_or(&image.digest).to_string());
            with(before, &provides)
        })
        .collect();
    if platforms.is_empty() {
        return Ok(None);
    }
    let mut notes = Notes::default();
    for field in document.provides.iter().filter(|field| !provides.contains(field)) {
        notes.add(format!("`{}` is not known of all findings: those that were carried over do not have it", field.name()));
    }
    let scanners = [scanner(&document.scanner), scanner(&earlier.scanner)];
    let scanner = report::Scanner::together(scanners.iter())
        .ok_or_else(|| ReportError::new("a findings document needs a scanner", None))?;
    let document = Document {
        schema_version: document.schema_version,
        subject: document.subject.clone(),
        scanner: Scanner {
            name: scanner.name.into(),
            version: scanner.version.map(Cow::Owned),
            database_updated_at: scanner.database_updated_at,
        },
        scanned_at: document.scanned_at.min(earlier.scanned_at),
        provides,
        images,
    };
    check::check(&document)
        .map_err(|e| ReportError::new(format!("no findings document can be made with the earlier findings: {e}"), None))?;
    let n_earlier = earlier.images.iter().filter(|image| image.vulnerabilities.is_some()).count();
    Ok(Some(Carried { document, is_everything: n_earlier == platforms.len(), platforms, notes }))
}

fn scanner(of: &Scanner<'_>) -> report::Scanner {
    report::Scanner {
        name: of.name.to_string(),
        version: of.version.as_ref().map(ToString::to_string),
        database_updated_at: of.database_updated_at,
    }
}

/// An image of its own, without the fields that some other image does not have.
fn with(image: &Image<'_>, provides: &[Field]) -> Image<'static> {
    Image {
        digest: owned(&image.digest),
        platform: image.platform.as_ref().map(|text| owned(text)),
        os: image.os.as_ref().map(|os| Os {
            family: owned(&os.family),
            version: os.version.as_ref().map(|text| owned(text)),
            end_of_life: os.end_of_life,
        }),
        vulnerabilities: image
            .vulnerabilities
            .as_ref()
            .map(|all| all.iter().map(|vulnerability| only(self::vulnerability(vulnerability), provides)).collect()),
    }
}

fn vulnerability(of: &Vulnerability<'_>) -> Vulnerability<'static> {
    let list = |all: &[Cow<'_, str>]| all.iter().map(|text| owned(text)).collect();
    Vulnerability {
        id: owned(&of.id),
        severity: of.severity,
        findings: of.findings.iter().map(finding).collect(),
        aliases: list(&of.aliases),
        advisories: list(&of.advisories),
        cvss: of.cvss,
        epss: of.epss,
        known_exploited: of.known_exploited,
        published_at: of.published_at,
    }
}

fn finding(of: &Finding<'_>) -> Finding<'static> {
    Finding {
        purl: owned(&of.purl),
        installed: of.installed.as_ref().map(|text| owned(text)),
        fixed: of.fixed.iter().map(|text| owned(text)).collect(),
        fix_state: of.fix_state,
        fix_available_at: of.fix_available_at,
        path: of.path.as_ref().map(|text| owned(text)),
        vex: of.vex,
        vex_source: of.vex_source.as_ref().map(|text| owned(text)),
    }
}

fn owned(text: &str) -> Cow<'static, str> {
    Cow::Owned(text.to_owned())
}

#[cfg(test)]
mod tests {
    use policy::findings::json;

    use super::*;

    const INDEX: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

    fn digest(of: char) -> String {
        format!("sha256:{}", of.to_string().repeat(64))
    }

    /// A document of an index with a finding in each of the named platforms and none in the others.
    fn document(day: u32, scanner: &str, provides: &str, scanned: &[&str]) -> Document<'static> {
        let image = |(digest, platform): (String, &str)| {
            let (cvss, epss) = (provides.contains("cvss"), provides.contains("epss"));
            let cvss = if cvss { r#""cvss": 9.8,"# } else { "" };
            let epss = if epss { r#""epss": 0.5,"# } else { "" };
            let found = format!(
                r#", "vulnerabilities": [{{ "id": "CVE-2026-{day}", "severity": "critical", {cvss} {epss} "findings": [{{ "purl": "pkg:apk/alpine/musl@1", "fixed": [], "fixState": "unknown" }}] }}]"#
            );
            format!(
                r#"{{ "digest": "{digest}", "platform": "{platform}"{} }}"#,
                if scanned.contains(&platform) { &found } else { "" }
            )
        };
        let images: Vec<String> = [(digest('a'), "linux/amd64"), (digest('b'), "linux/arm64")].map(image).to_vec();
        let text = format!(
            r#"{{ "schemaVersion": 1, "subject": "{INDEX}", "scanner": {{ "name": "{scanner}", "version": "1", "databaseUpdatedAt": "2026-11-{day:02}T00:00:00Z" }},
               "scannedAt": "2026-11-{day:02}T10:00:00Z", "provides": [{provides}], "images": [{}] }}"#,
            images.join(", ")
        );
        let read = json::read(&text).expect("a document");
        Document {
            schema_version: read.schema_version,
            subject: owned(&read.subject),
            scanner: Scanner {
                name: owned(&read.scanner.name),
                version: read.scanner.version.as_ref().map(|text| owned(text)),
                ..read.scanner
            },
            scanned_at: read.scanned_at,
            images: read.images.iter().map(|image| with(image, &read.provides)).collect(),
            provides: read.provides,
        }
    }

    fn ids(document: &Document<'_>) -> Vec<Option<String>> {
        let first = |image: &Image<'_>| image.vulnerabilities.as_ref().and_then(|all| all.first()).map(|v| v.id.to_string());
        document.images.iter().map(first).collect()
    }

    #[test]
    fn what_no_report_is_about_keeps_its_findings_and_their_age() {
        let new = document(20, "grype", r#""cvss", "epss""#, &["linux/amd64"]);
        let earlier = document(10, "trivy", r#""cvss""#, &["linux/amd64", "linux/arm64"]);
        let carried = carry(&new, &earlier).expect("carried").expect("something");
        assert_eq!(ids(&carried.document), [Some("CVE-2026-20".to_owned()), Some("CVE-2026-10".to_owned())]);
        assert_eq!(carried.document.scanned_at, earlier.scanned_at, "the oldest scan counts");
        assert_eq!((carried.document.scanner.name.as_ref(), carried.document.scanner.version.as_deref()), ("grype+trivy", None));
        assert_eq!(carried.document.scanner.database_updated_at, earlier.scanner.database_updated_at);
        assert_eq!(carried.document.provides, [Field::Cvss], "what both know");
        assert!(carried.notes.iter().any(|(note, _)| note.starts_with("`epss` is not known")));
        assert_eq!((carried.platforms.as_slice(), carried.is_everything), (&["linux/arm64".to_owned()][..], false));
        // Younger findings that are carried over make nothing younger, either.
        let carried = carry(&document(10, "x", "", &["linux/amd64"]), &document(20, "x", "", &["linux/arm64"]));
        let carried = carried.expect("carried").expect("something");
        assert_eq!(carried.document.scanned_at.to_string(), "2026-11-10T10:00:00Z");
        assert!(carried.is_everything);
    }

    #[test]
    fn nothing_is_carried_over_that_is_not_the_same() {
        let new = document(20, "x", "", &["linux/amd64"]);
        for change in [
            |earlier: &mut Document<'static>| earlier.subject = digest('2').into(),
            |earlier: &mut Document<'static>| earlier.images[1].digest = digest('3').into(),
            |earlier: &mut Document<'static>| earlier.images[1].platform = Some("linux/s390x".into()),
            |earlier: &mut Document<'static>| earlier.images[1].vulnerabilities = None,
        ] {
            let mut earlier = document(10, "x", "", &["linux/amd64", "linux/arm64"]);
            change(&mut earlier);
            assert!(carry(&new, &earlier).expect("an answer").is_none());
        }
        let whole = document(20, "x", "", &["linux/amd64", "linux/arm64"]);
        assert!(carry(&whole, &document(10, "x", "", &["linux/arm64"])).expect("an answer").is_none());
    }
}
