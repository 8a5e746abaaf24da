//! `gatectl module inspect`: the metadata that a module carries.

use std::path::PathBuf;

use clap::Args;
use host::annotate::{self, Metadata};
use serde_json::{Value, json};

use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::{Colour, Format, Output};
use policy::image::Digest;

/// Shows the policy metadata that a module carries
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gatectl module inspect policy.wasm\n  gatectl module inspect --format json policy.wasm")]
pub(crate) struct Inspect {
    /// The module
    module: PathBuf,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Inspect {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        let wasm = std::fs::read(&self.module).map_err(|e| Failure::at(self.module.display(), e))?;
        let document = annotate::metadata(&wasm).ok_or_else(|| {
            Failure::at(self.module.display(), "no module with metadata; hint: write it with `gatectl module annotate`")
        })?;
        let digest = Digest::of(&wasm).to_string();
        match self.format {
            Format::Json => {
                output.json(&json!({ "schemaVersion": 1, "bytes": wasm.len(), "digest": digest, "metadata": document }))?;
            }
            Format::Table => {
                let metadata = Metadata::parse(&document).map_err(|e| Failure::at(self.module.display(), e))?;
                let mut pairs = vec![("bytes".to_owned(), wasm.len().to_string()), ("digest".to_owned(), digest)];
                pairs.extend(rows(&metadata, &document));
                let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
                for (name, value) in pairs {
                    let value = value.trim_end().replace('\n', &format!("\n{:width$}  ", ""));
                    writeln!(output.results, "{}  {value}", output.paint(Colour::Heading, &format!("{name:<width$}")))?;
                }
            }
        }
        Ok(ExitCode::Admitted)
    }
}

/// What the metadata says, a row each: first what a policy server goes by, then the annotations.
fn rows(metadata: &Metadata, document: &Value) -> Vec<(String, String)> {
    let words = |value: &Value| {
        let list = value.as_array().into_iter().flatten().map(|v| v.as_str().filter(|v| !v.is_empty()).unwrap_or("core"));
        list.collect::<Vec<_>>().join(", ")
    };
    let mut rows = Vec::new();
    for key in ["protocolVersion", "executionMode", "policyType", "mutating", "backgroundAudit", "minimumKubewardenVersion"] {
        let text = match document.get(key) {
            None => continue,
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        rows.push((key.to_owned(), text));
    }
    for rule in document.get("rules").and_then(Value::as_array).into_iter().flatten() {
        let of = |key: &str| rule.get(key).map(words).unwrap_or_default();
        let text = format!("{} of {} ({} {})", of("operations"), of("resources"), of("apiGroups"), of("apiVersions"));
        rows.push(("rule".to_owned(), text));
    }
    rows.extend(metadata.host_capabilities.iter().flatten().map(|path| ("hostCapability".to_owned(), path.clone())));
    let resources = metadata.context_aware_resources.iter();
    rows.extend(resources.map(|r| ("contextAwareResource".to_owned(), format!("{} {}", r.api_version, r.kind))));
    rows.extend(metadata.annotations.iter().map(|(key, text)| (key.clone(), text.clone())));
    rows
}
