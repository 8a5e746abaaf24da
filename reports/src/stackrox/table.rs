//! The table of roxctl: one line for each component and CVE.

use policy::findings::{Field, FixState};

use crate::json::{self, Table, members};
use crate::report::{Claim, Notes, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, Scalar, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{Format, ReportError};

members! {
    struct Raw {
        result: Listing = "result" required,
    }

    struct Listing {
        summary: Table<String, u64>,
        vulnerabilities: Vec<Line>,
    }

    struct Line {
        cve_id: String = "cveId",
        cve_severity: String = "cveSeverity",
        cve_cvss: Scalar = "cveCVSS",
        advisory_id: String = "advisoryId",
        component_name: String = "componentName",
        component_version: String = "componentVersion",
        component_fixed_version: String = "componentFixedVersion",
    }
}

pub(super) fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw = json::parse(text, "roxctl report")?;
    let summary = raw.result.0.summary.unwrap_or_default();
    let lines = raw.result.0.vulnerabilities.unwrap_or_default();
    let counted = summary.get("TOTAL-VULNERABILITIES").copied().unwrap_or_default();
    let listed = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    if counted > listed {
        return Err(ReportError::new(
            format!("the roxctl report counts {counted} vulnerabilities and lists {listed}, so that findings are missing"),
            Some("scan with `roxctl image scan --output json`"),
        ));
    }
    let claim = match lines.is_empty() && summary.get("TOTAL-COMPONENTS").copied().unwrap_or_default() == 0 {
        true => Claim::Unclear(
            "the roxctl report counts no component at all, so that it does not show whether anything in the image was looked at"
                .to_owned(),
        ),
        false => Claim::Vulnerabilities,
    };
    let mut notes = Notes::default();
    let rows: Vec<Row> = lines.into_iter().flat_map(|line| rows(line, &mut notes)).collect();
    Ok(Report {
        format: Format::Stackrox,
        scanner: Scanner { name: "stackrox".to_owned(), version: None, database_updated_at: None },
        scanned_at: None,
        os: None,
        subject: Subject { kind: SubjectKind::Image, name: None, digests: Vec::new(), image_id: None, platform: None },
        claim,
        provides: vec![Field::Cvss],
        rows,
        notes,
    })
}

fn rows(line: Line, notes: &mut Notes) -> Vec<Row> {
    let fixed = stated::versions(line.component_fixed_version.as_deref());
    let stated = Stated {
        id: filled(line.cve_id),
        advisories: filled(line.advisory_id).into_iter().collect(),
        severity: line.cve_severity.map(Text::from),
        cvss: scalar::score(line.cve_cvss.as_ref(), notes),
        package: line.component_name,
        installed: line.component_version,
        fix_state: stated::fix_state(&fixed, FixState::NotFixed),
        fixed,
        ..Stated::default()
    };
    stated.rows(notes)
}
