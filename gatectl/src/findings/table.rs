//! What the gate sees of an image, for people at a terminal.

use policy::findings::summary::{self, ImageSummary};
use policy::findings::{CvssScore, Document, Epss, Field, Image, Severity};
use policy::settings::Settings;
use policy::time::{Duration, Timestamp};

use super::seen::{self, Part, Seen};
use super::worst::{self, UNKNOWN};
use crate::exit::Failure;
use crate::output::{Colour, Output};
use crate::{table, visible};

/// The heading of the vulnerabilities, and the columns that are cut where the terminal is narrow: never the id, which people look up.
const HEADING: [&str; 9] = ["VULNERABILITY", "SEVERITY", "PACKAGE", "INSTALLED", "FIXED", "CVSS", "EPSS", "KEV", "VEX"];
const CUT: [usize; 3] = [2, 3, 4];

pub(super) fn write(
    output: &mut Output<'_>,
    seen: &Seen<'_>,
    settings: &Settings,
    now: Timestamp,
    top: usize,
) -> Result<(), Failure> {
    pair(output, "image", &seen.reference.to_string())?;
    if let Some(digest) = &seen.digest {
        pair(output, "digest", digest.as_str())?;
    }
    for part in &seen.parts {
        write_part(output, part, settings, now, top)?;
    }
    Ok(())
}

fn write_part(output: &mut Output<'_>, part: &Part<'_>, settings: &Settings, now: Timestamp, top: usize) -> Result<(), Failure> {
    if let Some(platform) = &part.platform {
        writeln!(output.results)?;
        pair(output, "platform", platform)?;
        if let Some(digest) = &part.digest {
            pair(output, "digest", digest.as_str())?;
        }
    }
    for (name, value) in facts(part, settings, now) {
        pair(output, name, &value)?;
    }
    let Some(document) = part.document() else { return Ok(()) };
    let summary = summary::summarize(&document, "");
    for (image, counts) in document.images.iter().zip(&summary.images) {
        writeln!(output.results)?;
        if !document.is_single() {
            let platform = visible::line(image.platform.as_deref().unwrap_or(&image.digest));
            writeln!(output.results, "{}", output.paint(Colour::Heading, &platform))?;
        }
        if !seen::is_judged(&document, image, settings) {
            writeln!(output.results, "not judged: `findings.platforms` selects others")?;
        } else if image.vulnerabilities.is_none() {
            writeln!(output.results, "missing: this platform was not scanned")?;
        } else {
            write_image(output, &document, image, counts, top)?;
        }
    }
    Ok(())
}

/// What is known of findings beside the findings themselves, each with its name.
pub(super) fn facts(part: &Part<'_>, settings: &Settings, now: Timestamp) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some((state, why)) = part.state() {
        facts.push(("state", format!("{state}: {why}")));
    }
    let Some(scan) = part.scan() else { return facts };
    facts.push(("kept as", seen::source(scan)));
    facts.extend(scan.artifact.clone().map(|digest| ("artifact", digest)));
    facts.push(("signed by", seen::signer(scan, settings)));
    let (name, version) = &scan.scanner;
    facts.push(("scanner", version.as_ref().map_or_else(|| name.clone(), |version| format!("{name} {version}"))));
    facts.push(("scanned", scan.scanned_at.map_or_else(|| "at an unknown time".to_owned(), |time| age(time, now))));
    facts.extend(scan.database_updated_at.map(|time| ("database", age(time, now))));
    let provides: Vec<&str> = scan.provides.iter().map(|field| field.name()).collect();
    facts.push(("provides", if provides.is_empty() { "no optional field".to_owned() } else { provides.join(", ") }));
    facts
}

fn age(time: Timestamp, now: Timestamp) -> String {
    match now.seconds_since(time) {
        seconds @ 0.. => format!("{time}, {} ago", Duration::describe(seconds)),
        _ => format!("{time}, in the future"),
    }
}

fn write_image(
    output: &mut Output<'_>,
    document: &Document<'_>,
    image: &Image<'_>,
    counts: &ImageSummary<'_>,
    top: usize,
) -> Result<(), Failure> {
    table::write(output.results, &count_rows(counts), |column| column > 0)?;
    writeln!(output.results, "{}", maxima(document, image, counts))?;
    let all = worst::first(image);
    if all.is_empty() || top == 0 {
        return Ok(());
    }
    let rows = all.iter().take(top).filter_map(|vulnerability| worst::row_of(document, vulnerability));
    let mut rows: Vec<Vec<String>> = std::iter::once(HEADING.map(str::to_owned).to_vec()).chain(rows.map(cells)).collect();
    if let Some(width) = output.width() {
        table::fit(&mut rows, width, &CUT);
    }
    writeln!(output.results)?;
    let mut lines = Vec::new();
    table::write(&mut lines, &rows, |column| matches!(column, 5 | 6))?;
    let lines = String::from_utf8_lossy(&lines).into_owned();
    let severities = std::iter::once(None).chain(all.iter().map(|vulnerability| Some(vulnerability.severity)));
    for (line, severity) in lines.lines().zip(severities) {
        writeln!(output.results, "{}", colour(severity).map_or(line.to_owned(), |colour| output.paint(colour, line)))?;
    }
    if let Some(more @ 1..) = all.len().checked_sub(top) {
        writeln!(output.results, "and {more} more, which `--top` shows")?;
    }
    Ok(())
}

/// The heading has no severity.
fn colour(severity: Option<Severity>) -> Option<Colour> {
    match severity {
        None => Some(Colour::Heading),
        Some(Severity::Critical) => Some(Colour::Bad),
        Some(Severity::High) => Some(Colour::Doubtful),
        Some(_) => None,
    }
}

fn cells(row: worst::Row) -> Vec<String> {
    let (severity, kev, vex) = (row.severity.word().to_owned(), row.known_exploited.to_owned(), row.vex.to_owned());
    vec![row.id, severity, row.package, row.installed, row.fixed, row.cvss, row.epss, kev, vex]
}

/// Severities from critical down, each with its vulnerabilities, the fixable of them, and its findings.
fn count_rows(summary: &ImageSummary<'_>) -> Vec<Vec<String>> {
    let mut rows = vec![["SEVERITY", "VULNERABILITIES", "FIXABLE", "FINDINGS"].map(str::to_owned).to_vec()];
    for severity in Severity::ALL.iter().rev() {
        let count = summary.counts.unwrap_or_default().of(*severity);
        let mut row = vec![severity.word().to_owned()];
        row.extend([count.0, count.1, count.2].map(|number| number.to_string()));
        rows.push(row);
    }
    rows
}

/// The operating system, how many are known to be exploited, and the highest scores, on one line.
pub(super) fn maxima(document: &Document<'_>, image: &Image<'_>, summary: &ImageSummary<'_>) -> String {
    let provides = |field| document.provides.contains(&field);
    let or = |text: Option<String>, field| text.unwrap_or_else(|| if provides(field) { "none" } else { UNKNOWN }.to_owned());
    let epss = or(summary.max_epss.and_then(Epss::new).map(|epss| epss.to_string()), Field::Epss);
    let cvss = or(summary.max_cvss.and_then(CvssScore::new).map(|cvss| cvss.to_string()), Field::Cvss);
    let exploited = if provides(Field::KnownExploited) { summary.known_exploited.to_string() } else { UNKNOWN.to_owned() };
    let os = image.os.as_ref().map(|os| {
        let version = os.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        let end = if os.end_of_life == Some(true) { ", no longer maintained" } else { "" };
        visible::line(&format!("{}{version}{end}; ", os.family))
    });
    format!("{}known exploited {exploited}; highest EPSS {epss}; highest CVSS {cvss}", os.unwrap_or_default())
}

fn pair(output: &mut Output<'_>, name: &str, value: &str) -> Result<(), Failure> {
    let name = output.paint(Colour::Heading, &format!("{name:<9}"));
    Ok(writeln!(output.results, "{name}  {}", visible::line(value))?)
}
