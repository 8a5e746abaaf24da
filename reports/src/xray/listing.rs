//! Lists of findings with their total: a vulnerabilities report (`rows`), and the export of a component's issues (`data`).

use policy::findings::FixState;

use super::component::Component;
use crate::json::{self, members};
use crate::report::{Claim, Notes, Report, Row, SubjectKind};
use crate::scalar::{self, Scalar, Value as _, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{ReportError, xray};

members! {
    struct RowList {
        total_rows: Scalar,
        rows: Vec<Line>,
    }

    struct Line {
        issue_id: String,
        summary: String,
        severity: String,
        cves: Vec<xray::Cve>,
        vulnerable_component: String,
        impacted_artifact: String,
        package_type: String,
        physical_path: String,
        fixed_versions: Vec<String>,
    }

    struct DataList {
        total_count: Scalar,
        data: Vec<Item>,
    }

    struct Item {
        id: String,
        summary: String,
        severity: String,
        issue_type: String,
        component: String,
        source_comp_id: String,
        component_versions: Versions,
    }

    struct Versions {
        fixed_versions: Vec<String>,
        more_details: Details,
    }

    struct Details {
        cves: Vec<xray::Cve>,
    }
}

/// More findings are counted than are listed: the rest is on other pages.
fn check_total(total: Option<&Scalar>, listed: usize, key: &str) -> Result<(), ReportError> {
    let Some(total) = total.filter(|total| !total.is_absent()) else { return Ok(()) };
    let Some(total) = total.number() else {
        let found = total.text().map_or_else(|| "something else".to_owned(), |text| format!("`{text}`"));
        let message = format!("expected a number as `{key}` of the JFrog Xray report, found {found}");
        return Err(ReportError::new(message, Some("without it nobody sees whether findings are missing")));
    };
    #[expect(clippy::as_conversions, reason = "a report has fewer rows than a decimal counts exactly")]
    let listed = listed as f64;
    match total > listed {
        true => Err(ReportError::new(
            format!("the JFrog Xray report counts {total} findings (`{key}`) and lists {listed}, so that findings are missing"),
            Some("fetch all pages into one list"),
        )),
        false => Ok(()),
    }
}

pub(super) fn rows(text: &str) -> Result<Report, ReportError> {
    let raw: RowList = json::parse(text, "JFrog Xray report")?;
    let lines = raw.rows.unwrap_or_default();
    check_total(raw.total_rows.as_ref(), lines.len(), "total_rows")?;
    let mut artifacts: Vec<&String> = lines.iter().filter_map(|line| line.impacted_artifact.as_ref()).collect();
    artifacts.sort_unstable();
    artifacts.dedup();
    let mut subject = xray::subject(None, artifacts.first().map(|name| (*name).clone()));
    if artifacts.len() > 1 {
        subject.kind = SubjectKind::Other(format!("set of {} artifacts", artifacts.len()));
    }
    let claim = match lines.is_empty() {
        true => Claim::Unclear(
            "the JFrog Xray report has no row, so that it does not show whether the image was looked at".to_owned(),
        ),
        false => Claim::Vulnerabilities,
    };
    let mut notes = Notes::default();
    let rows = lines.into_iter().flat_map(|line| line_rows(line, &mut notes)).collect();
    Ok(xray::report(subject, claim, rows, notes))
}

fn line_rows(line: Line, notes: &mut Notes) -> Vec<Row> {
    let (names, cvss) = xray::cves(line.cves, notes);
    let fixed = xray::fixed(line.fixed_versions);
    let component = line.vulnerable_component.as_deref().map(|id| match (id.contains("://"), &line.package_type) {
        (false, Some(kind)) => Component::of(&format!("{}://{id}", kind.to_ascii_lowercase())),
        _ => Component::of(id),
    });
    let (package, installed, purl) = component.map_or((None, None, None), |c| (Some(c.name), c.version, Some(c.purl)));
    let stated = Stated {
        id: filled(line.issue_id),
        names,
        title: line.summary,
        severity: line.severity.map(Text::from),
        cvss,
        purl,
        package,
        installed,
        path: scalar::path(line.physical_path),
        fix_state: stated::fix_state(&fixed, FixState::NotFixed),
        fixed: fixed.into(),
        ..Stated::default()
    };
    stated.rows(notes)
}

pub(super) fn data(text: &str) -> Result<Report, ReportError> {
    let raw: DataList = json::parse(text, "JFrog Xray report")?;
    let items = raw.data.unwrap_or_default();
    check_total(raw.total_count.as_ref(), items.len(), "total_count")?;
    let mut notes = Notes::default();
    let rows = items.into_iter().flat_map(|item| item_rows(item, &mut notes)).collect();
    // The export names components, and not the artifact that they are in.
    Ok(xray::report(xray::subject(None, None), Claim::Vulnerabilities, rows, notes))
}

fn item_rows(item: Item, notes: &mut Notes) -> Vec<Row> {
    if let Some(kind) = item.issue_type.filter(|kind| kind != "security") {
        notes.add(format!("issue of the type `{kind}`, which is no vulnerability"));
        return Vec::new();
    }
    let versions = item.component_versions.unwrap_or_default();
    let (names, cvss) = xray::cves(versions.more_details.and_then(|details| details.cves), notes);
    let fixed = xray::fixed(versions.fixed_versions);
    let component = item.source_comp_id.as_deref().map(Component::of);
    let (installed, purl) = component.map_or((None, None), |c| (c.version, Some(c.purl)));
    let stated = Stated {
        id: filled(item.id),
        names,
        title: item.summary,
        severity: item.severity.map(Text::from),
        cvss,
        purl,
        package: item.component,
        installed,
        fix_state: stated::fix_state(&fixed, FixState::NotFixed),
        fixed: fixed.into(),
        ..Stated::default()
    };
    stated.rows(notes)
}
