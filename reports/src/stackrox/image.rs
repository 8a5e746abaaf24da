//! An image of the API, with its scan.

use policy::findings::{Field, FixState};

use crate::ecosystem::Ecosystem;
use crate::json::{self, members};
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

members! {
    struct Image {
        id: String,
        name: Name,
        metadata: Metadata,
        scan: Scan = "scan" required,
        notes: Vec<String>,
    }

    struct Name or full_name {
        full_name: String = "fullName",
    }

    struct Metadata {
        v1: V1,
        v2: V2,
    }

    struct V1 {
        digest: String,
    }

    struct V2 {
        digest: String,
    }

    struct Scan {
        scan_time: Scalar = "scanTime",
        scanner_version: String = "scannerVersion",
        operating_system: String = "operatingSystem",
        components: Vec<Component>,
        notes: Vec<String>,
    }

    struct Component {
        name: String,
        version: String,
        source: String,
        location: String,
        vulns: Vec<Vulnerability>,
    }

    struct Vulnerability {
        cve: String,
        advisory: Advisory,
        severity: String,
        cvss: Scalar,
        epss: Epss,
        fixed_by: String = "fixedBy",
        published_on: Scalar = "publishedOn",
        suppressed: bool,
        state: String,
    }

    struct Advisory or name {
        name: String,
    }

    struct Epss {
        epss_probability: Scalar = "epssProbability",
    }
}

pub(super) fn read(text: &str) -> Result<Report, ReportError> {
    let image: Image = json::parse(text, "StackRox image")?;
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
    let scan = image.scan.0;
    let components = scan.components.unwrap_or_default();
    let claim = match components.is_empty() {
        true => Claim::Unclear(
            "the StackRox image has no component at all, so that it does not show whether anything in it was looked at"
                .to_owned(),
        ),
        false => Claim::Vulnerabilities,
    };
    let os: Option<Os> = scan.operating_system.as_deref().and_then(distro::of);
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
        scanner: Scanner { name: "stackrox".to_owned(), version: filled(scan.scanner_version), database_updated_at: None },
        scanned_at: scalar::time(scan.scan_time.as_ref(), "date of the scan", &mut notes),
        os,
        subject: Subject {
            kind: SubjectKind::Image,
            name: image.name.and_then(|name| filled(name.full_name)),
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
        let advisory = vulnerability.advisory.and_then(|advisory| filled(advisory.name));
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
