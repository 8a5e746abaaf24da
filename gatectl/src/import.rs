//! `gatectl import`: another gate's configuration → a settings document, and a note for everything in it that has no counterpart.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use import::{File, Imported, Recognised, Refusal};
use serde_json::{Value, json};

use crate::exit::{ExitCode, Failure, Outcome};
use crate::manifests;
use crate::output::Output;

/// Version of the JSON that `--format json` writes.
const SCHEMA_VERSION: u32 = 1;

/// Makes settings of the configuration of another gate, and says what of it has no counterpart
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Import {
    /// The other gate's configuration, and any number of ignore files; YAML or JSON, - for stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the settings are written [default: stdout]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value = "yaml")]
    format: Written,
}

const EXAMPLES: &str = "Examples:
  gatectl import defender.yaml > settings.yaml
  gatectl import defender.yaml --output settings.yaml
  kubectl get securityartifactpolicies -o yaml | gatectl import - --format json";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Written {
    /// The settings, behind a comment with what was lost.
    Yaml,
    /// One JSON document with a `schemaVersion`: settings, losses and notes.
    Json,
}

impl Import {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        let names: Vec<String> = self.files.iter().map(|path| path.display().to_string()).collect();
        let names: Vec<&str> = names.iter().map(|name| if *name == "-" { "stdin" } else { name }).collect();
        let texts = self.files.iter().zip(&names).map(|(path, name)| text(path, name)).collect::<Result<Vec<_>, _>>()?;
        let files: Vec<File<'_>> = names.iter().zip(&texts).map(|(name, text)| File { name, text }).collect();
        let imported = match (import::import(&files), self.format) {
            (Ok(imported), _) => imported,
            (Err(refusal), Written::Yaml) => return Err(refused(&refusal, &names)),
            (Err(refusal), Written::Json) => {
                output.json(&json!({ "schemaVersion": SCHEMA_VERSION, "refusal": refusal_json(&refusal) }))?;
                return Ok(ExitCode::Failed);
            }
        };
        let written = match self.format {
            Written::Yaml => imported.to_yaml(&names),
            Written::Json => format!("{:#}\n", to_json(&imported)),
        };
        match &self.output {
            Some(path) => std::fs::write(path, written).map_err(|e| Failure::at(path.display(), e))?,
            None if self.format == Written::Json => output.json(&to_json(&imported))?,
            None => output.results.write_all(written.as_bytes())?,
        }
        tell(&imported, output)?;
        Ok(ExitCode::Admitted)
    }
}

fn text(path: &Path, name: &str) -> Result<String, Failure> {
    String::from_utf8(manifests::read_bytes(path)?).map_err(|e| Failure::at(name, e.utf8_error()))
}

/// A single file's name stands before the refusal; of several it is a part of the place.
fn refused(refusal: &Refusal, names: &[&str]) -> Failure {
    match names {
        [name] => Failure::at(name, refusal),
        _ => Failure::new(refusal),
    }
}

/// What the settings were made of, what was lost, and what the other gate does besides: for the person at the terminal.
fn tell(imported: &Imported, output: &mut Output<'_>) -> std::io::Result<()> {
    let Imported { recognised, beside, losses, notes, .. } = imported;
    for recognised in std::iter::once(recognised).chain(beside) {
        output.note(format_args!("read as {} ({})", recognised.format.title(), recognised.reason))?;
    }
    for loss in losses {
        output.note(format_args!("lost: {loss}"))?;
    }
    for note in notes {
        output.note(note)?;
    }
    if !imported.has_rules() {
        output.note("there is no rule in it: put the exemptions under `exemptions:` of your settings")?;
    }
    Ok(())
}

fn to_json(imported: &Imported) -> Value {
    let Imported { recognised, beside, settings, losses, notes } = imported;
    let losses: Vec<Value> =
        losses.iter().map(|loss| json!({ "place": loss.place, "what": loss.what, "why": loss.why })).collect();
    json!({
        "schemaVersion": SCHEMA_VERSION,
        "recognised": recognised_json(recognised),
        "beside": beside.iter().map(recognised_json).collect::<Vec<_>>(),
        "hasRules": imported.has_rules(),
        "settings": settings,
        "losses": losses,
        "notes": notes,
    })
}

fn recognised_json(recognised: &Recognised) -> Value {
    json!({ "format": recognised.format.word(), "title": recognised.format.title(), "reason": recognised.reason })
}

fn refusal_json(refusal: &Refusal) -> Value {
    let Refusal { place, expected, found, hint } = refusal;
    json!({ "place": place, "expected": expected, "found": found, "hint": hint, "message": refusal.to_string() })
}
