//! `gatectl module`: what the build and a release do to the module.

mod artifacthub;
mod inspect;
mod transfer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use host::annotate::{self, Metadata};
use host::capability::{Capabilities, NoCapabilities};
use host::module::{ModuleOptions, PolicyModule};
use serde_json::Value;

use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::Output;

/// Works on the policy module itself
#[derive(Debug, Subcommand)]
pub(crate) enum Module {
    Annotate(Annotate),
    Inspect(inspect::Inspect),
    Push(transfer::Push),
    Pull(transfer::Pull),
    Artifacthub(artifacthub::Artifacthub),
}

/// Writes the policy metadata into the module, without which a policy server refuses it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gatectl module annotate --metadata metadata.yml policy.wasm -o dist/policy.wasm")]
pub(crate) struct Annotate {
    /// The module as compiled
    module: PathBuf,
    /// The metadata document, in YAML
    #[arg(long, value_name = "FILE")]
    metadata: PathBuf,
    /// Where the annotated module goes
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl Module {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        match self {
            Self::Annotate(command) => command.run(output),
            Self::Inspect(command) => command.run(output),
            Self::Push(command) => command.run(output),
            Self::Pull(command) => command.run(output),
            Self::Artifacthub(command) => command.run(output),
        }
    }
}

/// The one YAML document of a file.
fn document(file: &Path) -> Result<Value, Failure> {
    let text = std::fs::read_to_string(file).map_err(|e| Failure::at(file.display(), e))?;
    let mut documents = documents::yaml::read(&text).map_err(|e| Failure::at(file.display(), e))?;
    match (documents.pop(), documents.len()) {
        (Some(document), 0) => Ok(document.value),
        (None, _) => Err(Failure::at(file.display(), "expected one document, found none")),
        (Some(_), more) => {
            Err(Failure::at(file.display(), format_args!("expected one document, found {}", more.saturating_add(1))))
        }
    }
}

impl Annotate {
    fn run(self, output: &mut Output<'_>) -> Outcome {
        let document = document(&self.metadata)?;
        let wasm = std::fs::read(&self.module).map_err(|e| Failure::at(self.module.display(), e))?;
        let reported = protocol(&wasm).map_err(|e| Failure::at(self.module.display(), e))?;
        let metadata = Metadata::parse(&document).and_then(|m| m.with_protocol(&reported)).and_then(|m| m.to_value());
        let metadata = metadata.map_err(|e| Failure::at(self.metadata.display(), e))?;
        let annotated = annotate::annotate(&wasm, &metadata).map_err(|e| Failure::at(self.module.display(), e))?;
        std::fs::write(&self.output, &annotated).map_err(|e| Failure::at(self.output.display(), e))?;
        writeln!(output.results, "{}: {} bytes, protocol {reported}", self.output.display(), annotated.len())?;
        Ok(ExitCode::Admitted)
    }
}

/// Loads a module and asks which protocol it speaks.
fn protocol(wasm: &[u8]) -> Result<String, String> {
    let none: Arc<dyn Capabilities> = Arc::new(NoCapabilities);
    let module = PolicyModule::from_bytes(wasm, ModuleOptions::default()).map_err(|e| e.to_string())?;
    let reported = module.call("protocol_version", b"", &none).map_err(|e| e.to_string())?;
    // The module answers in JSON, so that the version stands in quotes.
    Ok(String::from_utf8_lossy(&reported).trim_matches('"').to_owned())
}
