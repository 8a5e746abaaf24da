//! An image of the API, with its scan.

use policy::findings::{Field, FixState};
use serde::Deserialize;

use crate::ecosystem::Ecosystem;
use crate::report::{Claim, Notes, Os, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, Scalar, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{Format, ReportError, distro};

/// The source of the statement that a false positive makes.
const FALSE_POSITIVE: &str = "stackrox report, state `FALSE_POSITIVE`";

/// Notes that say that vulnerabilities were not looked for everywhere.
const INCOMPLETE: [&str; 6] = [
    "MISSING_SCAN_DATA",
    "PARTIAL_SCAN_DATA",
    "OS_CVES_UNAVAILABLE",
    "OS_CVES_STALE",
    "LANGUAGE_CVES_UNAVAILABLE",
    "CERTIFIED_RHEL_SCAN_UNAVAILABLE",
];

#[derive(Deserialize)]
struct Image {
    id: Option<String>,
    name: Option<Name>,
    metadata: Option<Metadata>,
    scan: Scan,
    notes: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Parts {
        #[serde(rename = "fullName")]
        full_name: Option<String>,
    },
    Text(String),
}

#[derive(Deserialize)]
struct Metadata {
    v1: Option<V1>,
    v2: Option<V2>,
}

#[derive(Deserialize)]
struct V1 {
    digest: Option<String>,
}

#[derive(Deserialize)]
struct V2 {
    digest: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scan {
    scan_time: Option<Scalar>,
    scanner_version: Option<String>,
    operating_system: Option<String>,
    components: Option<Vec<Component>>,
    notes: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Component {
    name: Option<String>,
    version: Option<String>,
    source: Option<String>,
    location: Option<String>,
    vulns: Option<Vec<Vulnerability>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vulnerability {
    cve: Option<String>,
    advisory: Option<Advisory>,
    severity: Option<String>,
    cvss: Option<Scalar>,
    epss: Option<Epss>,
    fixed_by: Option<String>,
    published_on: Option<Scalar>,
    suppressed: Option<bool>,
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Advisory {
    Named { name: Option<String> },
    Text(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Epss {
    epss_probability: Option<Scalar>,
}

pub(super) fn read(text: &str) -> Result<Report, ReportError> {
    let image: Image = scalar::parse(text, "StackRox image")?;
    let mut notes = Notes::default();
    let said: Vec<&String> = image.notes.iter().chain(&image.scan.notes).flatten().collect();
    if let Some(note) = said.iter().find(|note| INCOMPLETE.contains(&note.as_str())) {
        return Err(ReportError::new(
            format!("the scan by StackRox is not complete: it notes `{note}`"),
            Some("see what the scanner lacks, and scan again"),
        ));
    }
    for note in &said {
        notes.add(format!("the scan notes `{note}`"));
    }
    let components = image.scan.components.unwrap_or_default();
    let claim = match components.is_empty() {
        true => Claim::Unclear(
            "the StackRox image has no component at all, so that it does not show whether anything in it was looked at"
                .to_owned(),
        ),
        false => Claim::Vulnerabilities,
    };
    let os: Option<Os> = image.scan.operating_system.as_deref().and_then(distro::of);
    let family = os.as_ref().map(|os| os.family.clone());
    let mut digests: Vec<String> = Vec::new();
    if let Some(metadata) = image.metadata {
        digests.extend(metadata.v1.and_then(|v1| filled(v1.digest)));
        digests.extend(metadata.v2.and_then(|v2| filled(v2.digest)));
    }
    digests.extend(filled(image.id).filter(|id| id.starts_with("sha256:")));
    digests.sort_unstable();
    digests.dedup();
    let rows: Vec<Row> = components.into_iter().flat_map(|component| rows(component, family.as_deref(), &mut notes)).collect();
    Ok(Report {
        format: Format::Stackrox,
        scanner: Scanner { name: "stackrox".to_owned(), version: filled(image.scan.scanner_version), database_updated_at: None },
        scanned_at: scalar::time(image.scan.scan_time.as_ref(), "date of the scan", &mut notes),
        os,
        subject: Subject {
            kind: SubjectKind::Image,
            name: image.name.and_then(|name| match name {
                Name::Parts { full_name } => filled(full_name),
                Name::Text(name) => filled(Some(name)),
            }),
            digests,
            image_id: None,
            platform: None,
        },
        claim,
        provides: stated::provided(&[Field::Cvss, Field::PublishedAt, Field::Path, Field::Vex], &[Field::Epss], &rows),
        rows,
        notes,
    })
}

fn rows(component: Component, family: Option<&str>, notes: &mut Notes) -> Vec<Row> {
    let mut rows = Vec::new();
    let path = scalar::path(component.location);
    for vulnerability in component.vulns.unwrap_or_default() {
        let state = vulnerability.state.as_deref().unwrap_or_default();
        if state == "DEFERRED" || state != "FALSE_POSITIVE" && vulnerability.suppressed == Some(true) {
            notes.add("row left out by the scanner's own configuration (deferred or suppressed)");
            continue;
        }
        let vex = (state == "FALSE_POSITIVE").then(|| stated::statement("not_affected", FALSE_POSITIVE, notes)).flatten();
        let fixed = stated::versions(vulnerability.fixed_by.as_deref());
        let advisory = vulnerability.advisory.and_then(|advisory| match advisory {
            Advisory::Named { name } => filled(name),
            Advisory::Text(name) => filled(Some(name)),
        });
        let stated = Stated {
            id: filled(vulnerability.cve),
            advisories: advisory.into_iter().collect(),
            severity: vulnerability.severity.map(Text::from),
            cvss: scalar::score(vulnerability.cvss.as_ref(), notes),
            epss: scalar::epss(vulnerability.epss.and_then(|epss| epss.epss_probability).as_ref(), notes),
            published_at: scalar::time(vulnerability.published_on.as_ref(), "date of publication", notes),
            ecosystem: Ecosystem::of(component.source.as_deref().unwrap_or_default(), family),
            package: component.name.clone(),
            installed: component.version.clone(),
            path: path.clone(),
            fix_state: stated::fix_state(&fixed, FixState::NotFixed),
            fixed,
            vex,
            ..Stated::default()
        };
        rows.extend(stated.rows(notes));
    }
    rows
}
