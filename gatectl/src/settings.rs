//! `gatectl settings`: reads settings documents, shows where they are wrong, and describes them.
//!
//! The document may stand alone or in the policy or constraint that carries it.

mod schema;

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use documents::settings::Located;
use documents::yaml::Span;
use policy::time::Timestamp;
use serde_json::{Value, json};

use crate::clock;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::{Format, Output};
use crate::snippet::Snippet;

/// Version of the JSON that `--format json` writes.
const SCHEMA_VERSION: u32 = 1;

/// Works on settings documents
#[derive(Debug, Subcommand)]
pub(crate) enum Settings {
    Check(Check),
    Explain(Explain),
    Schema(Schema),
}

/// Says a settings document in plain sentences, in the order in which the rules decide
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gatectl settings explain settings.yaml")]
pub(crate) struct Explain {
    /// The settings document, or the ClusterAdmissionPolicy, AdmissionPolicy or constraint that holds it
    file: PathBuf,
}

/// Writes a JSON Schema of the settings document, for editors and other tools
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gatectl settings schema > settings.schema.json")]
pub(crate) struct Schema {}

/// Checks a settings document and shows each problem in its line
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gatectl settings check settings.yaml")]
pub(crate) struct Check {
    /// The settings document, or the ClusterAdmissionPolicy, AdmissionPolicy or constraint that holds it
    file: PathBuf,
    /// The time for which exemptions are looked at [default: the real one]
    #[arg(long, value_name = "TIME", value_parser = crate::attach::time)]
    now: Option<Timestamp>,
    /// How the result is written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// A settings document with its places, and the text that these are places of.
pub(crate) struct Loaded {
    file: String,
    text: String,
    read: documents::settings::Loaded,
    pub(crate) value: Value,
}

/// A settings document that cannot be used.
pub(crate) struct Refused {
    file: String,
    text: String,
    problems: Vec<Located>,
}

impl Settings {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        let check = match self {
            Self::Check(check) => check,
            Self::Explain(explain) => return explain.run(output),
            Self::Schema(Schema {}) => {
                output.json(&schema::schema())?;
                return Ok(ExitCode::Admitted);
            }
        };
        let refused = match load(&check.file)? {
            Ok(loaded) => match loaded.read.problems() {
                problems if problems.is_empty() => {
                    return loaded.write(check.now.unwrap_or_else(clock::present), check.format, output);
                }
                problems => Refused { file: loaded.file, text: loaded.text, problems },
            },
            Err(refused) => refused,
        };
        refused.write(output, check.format)
    }
}

impl Explain {
    fn run(self, output: &mut Output<'_>) -> Outcome {
        let refused = match load(&self.file)? {
            Ok(loaded) => match loaded.read.settings() {
                Ok(settings) => {
                    write!(output.results, "{}", documents::explain::explain(&settings))?;
                    return Ok(ExitCode::Admitted);
                }
                Err(_) => loaded.refused(String::new()),
            },
            Err(refused) => refused,
        };
        refused.write(output, Format::Table)
    }
}

/// Reads a settings document; what is no YAML, or not one document, is refused with its place.
pub(crate) fn load(path: &Path) -> Result<Result<Loaded, Refused>, Failure> {
    let file = path.display().to_string();
    let text = String::from_utf8(crate::manifests::read_bytes(path)?).map_err(|e| Failure::at(&file, e.utf8_error()))?;
    Ok(match documents::settings::read(&text) {
        Ok(read) => Ok(Loaded { file, text, value: read.value.clone(), read }),
        Err(problem) => Err(Refused { file, text, problems: vec![*problem] }),
    })
}

impl Loaded {
    /// Valid settings, with what an operator should look at.
    fn write(&self, now: Timestamp, format: Format, output: &mut Output<'_>) -> Outcome {
        let warnings = self.read.advice(now);
        match format {
            Format::Json => {
                let warnings: Vec<Value> = warnings.iter().map(Located::to_json).collect();
                output.json(&json!({ "schemaVersion": SCHEMA_VERSION, "valid": true, "problems": [], "warnings": warnings }))?;
            }
            Format::Table => {
                for warning in &warnings {
                    write(warning, &self.file, &self.text, "warning", output)?;
                }
                writeln!(output.results, "{}: valid", self.file)?;
            }
        }
        Ok(ExitCode::Admitted)
    }

    /// The settings as refused by the module: with places where the same problems are found here, else with its message alone.
    pub(crate) fn refused(self, message: String) -> Refused {
        let mut problems = self.read.problems();
        if problems.is_empty() {
            problems.push(Located::of_text(Span::default(), message));
        }
        Refused { file: self.file, text: self.text, problems }
    }
}

fn write(problem: &Located, file: &str, text: &str, kind: &'static str, output: &mut Output<'_>) -> io::Result<()> {
    Snippet { file, text, at: problem.at, title: &problem.title(), hint: problem.hint.as_deref(), kind }.write(output)
}

impl Refused {
    pub(crate) fn write(self, output: &mut Output<'_>, format: Format) -> Outcome {
        match format {
            Format::Json => {
                let problems: Vec<Value> = self.problems.iter().map(Located::to_json).collect();
                output.json(&json!({ "schemaVersion": SCHEMA_VERSION, "valid": false, "problems": problems, "warnings": [] }))?;
            }
            Format::Table => {
                for problem in &self.problems {
                    write(problem, &self.file, &self.text, "error", output)?;
                }
                let n = self.problems.len();
                let problems = if n == 1 { "problem" } else { "problems" };
                output.note(format_args!("{}: {n} {problems}; the settings are refused", self.file))?;
            }
        }
        Ok(ExitCode::Settings)
    }
}
