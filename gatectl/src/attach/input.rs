//! The files of the command line: reports, and what is held against them.

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use reports::enrich::{epss, kev};
use reports::report::Notes;
use reports::vex::{self, VexDocument};
use reports::{Format, Leniency, Report, ReportError};

use super::subject::Scanned;
use crate::exit::Failure;

/// A report with its bytes, which are kept beside the findings.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) report: Report,
    pub(crate) bytes: Vec<u8>,
    /// Where it was found beside the image in the registry, what is known by that.
    pub(crate) carried: Option<Carried>,
}

/// What the artifact of a report says of it, checked.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    /// The image that it is about.
    pub(crate) image: Scanned,
    /// The media type of its bytes.
    pub(crate) media_type: String,
}

impl Read {
    /// The media type under which its bytes are kept.
    pub(super) fn media_type(&self) -> &str {
        self.carried.as_ref().map_or(self.report.format.reader().media_type, |carried| &carried.media_type)
    }
}

/// What is held against reports: statements about findings, and public lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    pub(crate) vex: Vec<VexDocument>,
    pub(crate) epss: Option<Arc<epss::Scores>>,
    pub(crate) kev: Option<Arc<kev::Catalogue>>,
}

/// Reads the reports in the order given.
pub(super) fn reports(files: &[PathBuf], format: Option<Format>, leniency: Leniency) -> Result<Vec<Read>, Failure> {
    let mut read: Vec<Read> = Vec::new();
    for file in files {
        let bytes = crate::unpacked::read(file)?;
        if read.iter().any(|other| other.bytes == bytes) {
            return Err(Failure::at(
                file.display(),
                "expected a report of its own, found the bytes of another one; hint: give it once",
            ));
        }
        let report = reports::read_with(&bytes, format, leniency).map_err(|e| Failure::at(file.display(), e))?;
        read.push(Read { report, bytes, carried: None });
    }
    Ok(read)
}

/// What is believed of reports, and the files that are held against them.
#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    /// Attach reports even though they state another image, or no container image at all
    #[arg(long)]
    pub(crate) force_subject: bool,
    /// Accept reports that do not show that they looked for vulnerabilities
    #[arg(long)]
    pub(crate) accept_empty: bool,
    /// A VEX document (OpenVEX, CSAF, CycloneDX) whose statements are taken for the findings that they are about; can be repeated
    #[arg(long, value_name = "FILE")]
    vex: Vec<PathBuf>,
    /// FIRST's list of EPSS scores, as CSV
    #[arg(long, value_name = "FILE")]
    epss: Option<PathBuf>,
    /// CISA's catalogue of known exploited vulnerabilities, as JSON
    #[arg(long, value_name = "FILE")]
    kev: Option<PathBuf>,
}

impl ReportOptions {
    /// What a report may leave open.
    pub(crate) fn leniency(&self) -> Leniency {
        Leniency { any_subject: self.force_subject, unclear_claim: self.accept_empty }
    }

    /// Refuses stdin for more than one file: the second would be empty.
    pub(crate) fn check(&self, reports: &[PathBuf]) -> Result<(), Failure> {
        let all = reports.iter().chain(&self.vex).chain(&self.epss).chain(&self.kev);
        match all.filter(|path| path.as_path() == Path::new("-")).count() {
            0 | 1 => Ok(()),
            n => Err(Failure::new(format_args!(
                "expected `-` (stdin) for one file, found it for {n}; hint: write the others to files"
            ))),
        }
    }

    /// Reads them; of the EPSS list what is about the reports.
    pub(super) fn read(&self, reports: &[Read]) -> Result<Beside, Failure> {
        let asked = epss::asked(reports.iter().map(|read| &read.report));
        self.read_with(|input| epss::read(input, &asked))
    }

    /// Reads them for reports that are read later.
    pub(crate) fn read_for_all(&self) -> Result<Beside, Failure> {
        self.read_with(epss::read_all)
    }

    fn read_with(&self, scores: impl Fn(Box<dyn BufRead>) -> Result<epss::Scores, ReportError>) -> Result<Beside, Failure> {
        let mut beside = Beside::default().with_vex(&self.vex)?;
        if let Some(file) = &self.epss {
            let input = crate::unpacked::lines(file)?;
            beside.epss = Some(Arc::new(scores(input).map_err(|e| Failure::at(file.display(), e))?));
        }
        if let Some(file) = &self.kev {
            let bytes = crate::unpacked::read(file)?;
            beside.kev = Some(Arc::new(kev::read(&bytes).map_err(|e| Failure::at(file.display(), e))?));
        }
        Ok(beside)
    }
}

impl Beside {
    /// The same with more VEX documents.
    pub(super) fn with_vex(&self, files: &[PathBuf]) -> Result<Self, Failure> {
        let mut beside = self.clone();
        for file in files {
            let bytes = crate::unpacked::read(file)?;
            // Findings name the file, wherever it lay.
            let name = file.file_name().map(|name| name.to_string_lossy()).filter(|name| name != "-");
            beside.vex.push(vex::read(&bytes, name.as_deref()).map_err(|e| Failure::at(file.display(), e))?);
        }
        Ok(beside)
    }

    /// Which lists of which day were used.
    pub(super) fn notes(&self, notes: &mut Notes) {
        for document in &self.vex {
            notes.add(format!("VEX statements of {}: {}", document.source, document.statements.len()));
        }
        let day = |at: Option<policy::time::Timestamp>| at.map_or_else(|| "an unknown date".to_owned(), |at| at.to_string());
        if let Some(scores) = &self.epss {
            let model = scores.model_version.as_deref().unwrap_or("unknown");
            notes.add(format!("EPSS scores of {}, model {model}, of {} CVEs", day(scores.score_date), scores.n_listed));
        }
        if let Some(catalogue) = &self.kev {
            let version = catalogue.version.as_deref().unwrap_or("unknown");
            notes.add(format!("KEV catalogue {version} of {}, of {} CVEs", day(catalogue.released_at), catalogue.n_listed()));
        }
    }

    /// Holds everything against the report of one image.
    pub(super) fn apply(&self, report: &mut Report) {
        vex::apply(report, &self.vex);
        if let Some(scores) = &self.epss {
            scores.apply(report);
        }
        if let Some(catalogue) = &self.kev {
            catalogue.apply(report);
        }
    }
}
