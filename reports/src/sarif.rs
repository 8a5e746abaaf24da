//! SARIF 2.1.0 as vulnerability scanners write it → [`Report`].
//!
//! Source: the SARIF 2.1.0 standard (OASIS) and what each tool puts into it; see [`drivers`]. SARIF has no place for a vulnerability, so
//! each tool writes it into texts of its own; the tool is recognised by `runs[].tool.driver.name`. A log of another tool is refused,
//! unless each of its results names a vulnerability, a severity, a package and a version in labelled lines.
//!
//! Severity: the word that the tool wrote; without one, the class of `security-severity`, which is noted, since in real logs the two
//! disagree more often than not. Grype prints negligible and unknown as low: that is noted too. A CVSS score is taken only from properties
//! that hold nothing else (`cvssv3_baseScore`, `cvssV3`), not from `security-severity`, into which Trivy and Grype put a made-up number
//! where they have none. Of the optional fields those are provided that the results of the log have at all; `publishedAt`,
//! `knownExploited`, `fixAvailableAt` and `vex` never are. Suppressed results count: a suppression is not a VEX statement.
//!
//! Only Trivy's newer logs and Grype's say which image they are about, and none says when it was scanned, unless the run has an end.

mod description;
mod drivers;
mod raw;
mod rows;
mod subject;
mod text;

use policy::findings::Field;

use self::drivers::Driver;
use crate::json;
use crate::report::{Claim, Notes, Report, Scanner};
use crate::{Format, MAX_COMMAS, Outline, Reader, ReportError, outline, scalar, stated};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/sarif+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let version = outline.text("version").filter(|version| version.starts_with("2.1"))?;
    outline.has_list("runs").then(|| format!("a list `runs` beside the version {version}: a SARIF log"))
}

fn read(text: &str) -> Result<Report, ReportError> {
    // They part versions as commas do, which are counted in every report.
    outline::at_most(MAX_COMMAS, b';', "semicolons", text)?;
    let log: raw::Log<'_> = json::parse(text, "SARIF log")?;
    let runs = log.runs.unwrap_or_default();
    let Some(first) = runs.first() else {
        return Err(ReportError::new(
            format!("the SARIF {} log has no run, so that nobody scanned anything", log.version.unwrap_or_default()),
            None,
        ));
    };
    let driver = Driver::of(&first.tool.driver.name);
    if let Some(other) = runs.iter().map(|run| Driver::of(&run.tool.driver.name)).find(|other| *other != driver) {
        let message = format!("the SARIF log has runs of `{}` and of `{}`", driver.scanner(), other.scanner());
        return Err(ReportError::new(message, Some("hand in the runs of one scanner")));
    }
    let mut notes = Notes::default();
    let read = rows::rows(&driver, &runs, &mut notes)?;
    let ended = runs.iter().flat_map(|run| run.invocations.iter().flatten()).filter_map(|i| i.end_time_utc.as_deref());
    let ended: Vec<_> = ended.filter_map(|at| scalar::time(Some(at), "`endTimeUtc`", &mut notes)).collect();
    let optional = [Field::Aliases, Field::Cvss, Field::Epss, Field::Path];
    Ok(Report {
        format: Format::Sarif,
        scanner: Scanner {
            name: driver.scanner().to_owned(),
            version: scalar::filled(first.tool.driver.version.clone()),
            database_updated_at: None,
        },
        scanned_at: ended.into_iter().min(),
        os: None,
        subject: subject::subject(&driver, &runs),
        claim: claim(&driver, &runs, &read),
        provides: stated::provided(&[], &optional, &read.rows),
        rows: read.rows,
        notes,
    })
}

fn claim(driver: &Driver, runs: &[raw::Run<'_>], read: &rows::Read) -> Claim {
    let name = driver.scanner();
    let has_failed = |run: &raw::Run<'_>| {
        run.results.is_none() || run.invocations.iter().flatten().any(|invocation| invocation.execution_successful == Some(false))
    };
    if runs.iter().any(has_failed) {
        return Claim::None(format!("the SARIF log says that the run of `{name}` failed or computed no results"));
    }
    match driver {
        _ if !read.rows.is_empty() => Claim::Vulnerabilities,
        Driver::Trivy if read.n_others > 0 => Claim::None(format!(
            "the SARIF log of Trivy is not about vulnerabilities: its {} results are of other scanners (secrets, misconfigurations, licences)",
            read.n_others
        )),
        Driver::Trivy => Claim::Unclear(
            "the SARIF log of Trivy has no result at all, so that it does not show whether vulnerabilities were looked for"
                .to_owned(),
        ),
        Driver::Other(_) => {
            Claim::None(format!("the SARIF log has no result, and `{name}` is not known to look for vulnerabilities"))
        }
        Driver::Grype | Driver::Anchore | Driver::Snyk | Driver::Scout => Claim::Vulnerabilities,
    }
}
