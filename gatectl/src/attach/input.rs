//! The files of the command line: reports, and what is held against them.

use std::path::{Path, PathBuf};

use reports::enrich::{epss, kev};
use reports::report::Notes;
use reports::vex::{self, VexDocument};
use reports::{Format, Leniency, Report};

use crate::exit::Failure;

/// A report with its bytes, which are kept beside the findings.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) report: Report,
    pub(crate) bytes: Vec<u8>,
}

/// What is held against reports: statements about findings, and public lists.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    pub(crate) vex: Vec<VexDocument>,
    pub(crate) epss: Option<epss::Scores>,
    pub(crate) kev: Option<kev::Catalogue>,
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
        read.push(Read { report, bytes });
    }
    Ok(read)
}

/// The files that are read beside the reports.
pub(super) struct Files<'a> {
    pub(super) vex: &'a [PathBuf],
    pub(super) epss: Option<&'a Path>,
    pub(super) kev: Option<&'a Path>,
}

impl Files<'_> {
    /// Refuses stdin for more than one file: the second would be empty.
    pub(super) fn check(&self, reports: &[PathBuf]) -> Result<(), Failure> {
        let all = reports.iter().chain(self.vex).map(PathBuf::as_path).chain(self.epss).chain(self.kev);
        match all.filter(|path| *path == Path::new("-")).count() {
            0 | 1 => Ok(()),
            n => Err(Failure::new(format_args!(
                "expected `-` (stdin) for one file, found it for {n}; hint: write the others to files"
            ))),
        }
    }

    /// Reads them; of the EPSS list what is about the reports.
    pub(super) fn read(&self, reports: &[Read]) -> Result<Beside, Failure> {
        let mut beside = Beside::default();
        for file in self.vex {
            let bytes = crate::unpacked::read(file)?;
            // Findings name the file, wherever it lay.
            let name = file.file_name().map(|name| name.to_string_lossy()).filter(|name| name != "-");
            beside.vex.push(vex::read(&bytes, name.as_deref()).map_err(|e| Failure::at(file.display(), e))?);
        }
        if let Some(file) = self.epss {
            let asked = epss::asked(reports.iter().map(|read| &read.report));
            beside.epss = Some(epss::read(crate::unpacked::lines(file)?, &asked).map_err(|e| Failure::at(file.display(), e))?);
        }
        if let Some(file) = self.kev {
            let bytes = crate::unpacked::read(file)?;
            beside.kev = Some(kev::read(&bytes).map_err(|e| Failure::at(file.display(), e))?);
        }
        Ok(beside)
    }
}

impl Beside {
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
