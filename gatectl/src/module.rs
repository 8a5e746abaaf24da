//! `gatectl module`: what the build does to the module.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use host::annotate::{self, Metadata};
use host::capability::{Capabilities, NoCapabilities};
use host::module::{ModuleOptions, PolicyModule};

use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::Output;

/// Works on the policy module itself
#[derive(Debug, Subcommand)]
pub(crate) enum Module {
    Annotate(Annotate),
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
        }
    }
}

impl Annotate {
    fn run(self, output: &mut Output<'_>) -> Outcome {
        let text = std::fs::read_to_string(&self.metadata).map_err(|e| Failure::at(self.metadata.display(), e))?;
        let documents = host::yaml::read(&text).map_err(|e| Failure::at(self.metadata.display(), e))?;
        let [document] = documents.as_slice() else {
            return Err(Failure::at(self.metadata.display(), format_args!("expected one document, found {}", documents.len())));
        };
        let wasm = std::fs::read(&self.module).map_err(|e| Failure::at(self.module.display(), e))?;
        let none: Arc<dyn Capabilities> = Arc::new(NoCapabilities);
        let module =
            PolicyModule::from_bytes(&wasm, ModuleOptions::default()).map_err(|e| Failure::at(self.module.display(), e))?;
        let reported = module.call("protocol_version", b"", &none).map_err(|e| Failure::at(self.module.display(), e))?;
        // The module answers in JSON, so that the version stands in quotes.
        let reported = String::from_utf8_lossy(&reported).trim_matches('"').to_owned();
        let metadata = Metadata::parse(&document.value).and_then(|m| m.with_protocol(&reported)).and_then(|m| m.to_value());
        let metadata = metadata.map_err(|e| Failure::at(self.metadata.display(), e))?;
        let annotated = annotate::annotate(&wasm, &metadata).map_err(|e| Failure::at(self.module.display(), e))?;
        std::fs::write(&self.output, &annotated).map_err(|e| Failure::at(self.output.display(), e))?;
        writeln!(output.results, "{}: {} bytes, protocol {reported}", self.output.display(), annotated.len())?;
        Ok(ExitCode::Admitted)
    }
}
