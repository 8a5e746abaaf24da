//! A report → a table, JSON, CSV, SARIF, JUnit's XML or one HTML page.

use clap::ValueEnum;
use policy::time::Timestamp;
use serde_json::{Map, Value, json};

use super::report::{Change, Report};
use crate::exit::Failure;
use crate::judgement::Verdict;
use crate::output::{Colour, Output};
use crate::sarif::Judged;
use crate::sheet::{self, Sheet};
use crate::{junit, page, sarif};

/// Version of the JSON document; `docs/simulate.schema.json` describes it.
const SCHEMA_VERSION: u32 = 1;
/// Rows of each part of a table, and of a page.
const TABLE_ROWS: usize = 15;
const PAGE_ROWS: usize = 2_000;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// For programs: one document.
    Json,
    /// For spreadsheets: the rows that --rows names.
    Csv,
    /// For code hosts: a result at each object.
    Sarif,
    /// For build servers: a test case for each workload.
    Junit,
    /// For people without this program: one page with charts.
    Html,
}

/// A part of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Rows {
    /// Every workload.
    Workloads,
    /// Workloads that fare otherwise than by the baseline.
    Changes,
    /// Namespaces, and what would clear each.
    Namespaces,
    /// Rules that are against something.
    Rules,
    /// Images that are not admitted.
    Images,
    /// Vulnerabilities that rules count.
    Vulnerabilities,
    /// What clears each namespace.
    Upgrades,
}

impl Rows {
    /// What a table and a page show, in their order.
    const SHOWN: [Self; 6] = [Self::Changes, Self::Namespaces, Self::Rules, Self::Images, Self::Vulnerabilities, Self::Upgrades];
    const ALL: [Self; 7] =
        [Self::Workloads, Self::Changes, Self::Namespaces, Self::Rules, Self::Images, Self::Vulnerabilities, Self::Upgrades];

    fn sheet(self, report: &Report<'_>) -> Sheet {
        match self {
            Self::Workloads => report.workloads(),
            Self::Changes => report.changes(),
            Self::Namespaces => report.namespaces(),
            Self::Rules => report.rules(),
            Self::Images => report.images(),
            Self::Vulnerabilities => report.vulnerabilities(),
            Self::Upgrades => report.upgrades(),
        }
    }
}

/// What is written, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) format: Format,
    pub(super) rows: Option<Rows>,
    pub(super) limit: Option<usize>,
    pub(super) now: Timestamp,
}

/// Writes the report.
pub(super) fn write(output: &mut Output<'_>, report: &Report<'_>, shown: Shown) -> Result<(), Failure> {
    let Shown { format, rows, limit, now } = shown;
    match format {
        Format::Table => table(output, report, rows, limit)?,
        Format::Json => output.json(&document(report))?,
        Format::Csv => {
            let mut sheet = rows.unwrap_or(Rows::Workloads).sheet(report);
            sheet.rows.truncate(limit.unwrap_or(usize::MAX));
            sheet::csv::write(output.results, &sheet)?;
        }
        Format::Sarif => {
            let (document, left_out) = sarif::document(judged(report).map(|(_, one)| one));
            output.json(&document)?;
            if left_out > 0 {
                output.note(sarif::left_out(left_out))?;
            }
        }
        Format::Junit => output.results.write_all(junit::document(judged(report)).as_bytes())?,
        Format::Html => output.results.write_all(html(report, limit.unwrap_or(PAGE_ROWS), now).as_bytes())?,
    }
    Ok(())
}

fn judged<'r>(report: &'r Report<'_>) -> impl Iterator<Item = (&'r str, Judged<'r>)> {
    report.rows.iter().map(|row| {
        let one = Judged { place: &row.request.place, name: &row.request.name, judgement: &row.after };
        (row.request.namespace.as_str(), one)
    })
}

fn table(output: &mut Output<'_>, report: &Report<'_>, rows: Option<Rows>, limit: Option<usize>) -> Result<(), Failure> {
    if let Some(rows) = rows {
        return sheet::table::write(output, &rows.sheet(report), limit.unwrap_or(usize::MAX));
    }
    let mut is_first = true;
    for rows in Rows::SHOWN {
        let sheet = rows.sheet(report);
        if sheet.rows.is_empty() {
            continue;
        }
        if !std::mem::take(&mut is_first) {
            writeln!(output.results)?;
        }
        let title = output.paint(Colour::Heading, &title(sheet.name));
        writeln!(output.results, "{title}")?;
        sheet::table::write(output, &sheet, limit.unwrap_or(TABLE_ROWS))?;
    }
    Ok(())
}

/// What the report says in one sentence.
pub(super) fn sentence(report: &Report<'_>) -> String {
    let counts = report.counts();
    let n = |verdict| counts.of(verdict);
    let mut sentence = format!(
        "{} workloads: {} would be denied, {} audited, {} admitted",
        counts.all(),
        n(Verdict::Deny),
        n(Verdict::Audit),
        n(Verdict::Admit)
    );
    if report.has_baseline {
        let changed = |change| report.n_changed(change);
        sentence.push_str(&format!(
            "; against the baseline {} fare worse, {} better, {} the same by another rule",
            changed(Change::Worse),
            changed(Change::Better),
            changed(Change::OtherRule)
        ));
    }
    sentence
}

fn document(report: &Report<'_>) -> Value {
    let counts = report.counts();
    let mut totals = json!({ "workloads": counts.all() });
    if let Some(totals) = totals.as_object_mut() {
        totals.extend(Verdict::ALL.map(|verdict| (verdict.word().to_owned(), counts.of(verdict).into())));
        if report.has_baseline {
            let changes =
                [Change::Worse, Change::Better].map(|change| (change.word().to_owned(), report.n_changed(change).into()));
            totals.extend(changes);
        }
    }
    let mut document = Map::from_iter([("schemaVersion".to_owned(), json!(SCHEMA_VERSION)), ("totals".to_owned(), totals)]);
    for rows in Rows::ALL.into_iter().filter(|rows| *rows != Rows::Changes || report.has_baseline) {
        let sheet = rows.sheet(report);
        document.insert(sheet.name.to_owned(), sheet.json().into());
    }
    Value::Object(document)
}

fn html(report: &Report<'_>, limit: usize, now: Timestamp) -> String {
    let counts = report.counts();
    let mut page = page::open("What would happen");
    let changes = [("worse", Change::Worse), ("better", Change::Better)].map(|(name, change)| (name, report.n_changed(change)));
    let by_verdict = Verdict::ALL.map(|verdict| (verdict.word(), counts.of(verdict).to_string()));
    let changes = changes.into_iter().filter(|_| report.has_baseline).map(|(name, n)| (name, n.to_string()));
    page::list(&mut page, [("workloads", counts.all().to_string())].into_iter().chain(by_verdict).chain(changes));
    page.push_str(&verdicts(report));
    for rows in Rows::SHOWN.into_iter().chain([Rows::Workloads]) {
        let sheet = rows.sheet(report);
        if sheet.rows.is_empty() {
            continue;
        }
        let title = title(sheet.name);
        page.push_str(&format!("<h2>{title}</h2>\n"));
        if matches!(rows, Rows::Rules | Rows::Images | Rows::Vulnerabilities) {
            page.push_str(&sheet::html::bars(&format!("{title} by workloads"), &sheet, "workloads"));
        }
        sheet::html::write(&mut page, &sheet, limit);
    }
    page::close(&mut page, &format!("Simulated as of {now}. Nothing was changed."));
    page
}

/// The verdicts of each namespace as bars.
fn verdicts(report: &Report<'_>) -> String {
    let sheet = report.namespaces();
    sheet::html::bars("Namespaces by workloads, and how many of those are denied", &sheet, "workloads")
}

fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
