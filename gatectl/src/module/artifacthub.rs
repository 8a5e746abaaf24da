//! `gatectl module artifacthub`: metadata, questions and changelog → the package file of Artifact Hub.

mod changes;
mod package;
mod text;

use std::path::PathBuf;

use clap::Args;
use host::annotate::Metadata;
use policy::time::Timestamp;

use super::document;
use crate::clock;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::Output;

/// Writes the package file by which Artifact Hub lists the policy
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gatectl module artifacthub --metadata metadata.yml --questions questions-ui.yml \\
    --changelog CHANGELOG.md -o artifacthub-pkg.yml")]
pub(crate) struct Artifacthub {
    /// The metadata document, in YAML
    #[arg(long, value_name = "FILE")]
    metadata: PathBuf,
    /// The questions of Rancher's form, in YAML; taken over as they are
    #[arg(long, value_name = "FILE")]
    questions: PathBuf,
    /// The changelog; its section on the metadata's version becomes the package's changes
    #[arg(long, value_name = "FILE")]
    changelog: PathBuf,
    /// When the version was made, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    created_at: Option<String>,
    /// Where the package file goes
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl Artifacthub {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        let metadata = document(&self.metadata)?;
        let metadata = Metadata::parse(&metadata).map_err(|e| Failure::at(self.metadata.display(), e))?;
        let parsed = document(&self.questions)?;
        if parsed.get("questions").and_then(serde_json::Value::as_array).is_none_or(Vec::is_empty) {
            return Err(Failure::at(self.questions.display(), "expected a mapping with a list `questions`"));
        }
        let read = |file: &PathBuf| std::fs::read_to_string(file).map_err(|e| Failure::at(file.display(), e));
        let (questions, changelog) = (read(&self.questions)?, read(&self.changelog)?);
        let created_at = match &self.created_at {
            Some(text) => Timestamp::parse(text)
                .ok_or_else(|| Failure::at("--created-at", format_args!("expected an RFC 3339 instant, found `{text}`")))?,
            None => clock::present(),
        };
        let version = package::version(&metadata).map_err(|e| Failure::at(self.metadata.display(), e))?;
        let changes = changes::of(&changelog, version).map_err(|e| Failure::at(self.changelog.display(), e))?;
        if changes.is_empty() {
            output.note(format_args!("{}: no section on {version}: the package says no changes", self.changelog.display()))?;
        }
        let package =
            package::make(&metadata, created_at, &questions, &changes).map_err(|e| Failure::at(self.metadata.display(), e))?;
        let text = format!("{}{}", package::HEADER, text::write(&package));
        std::fs::write(&self.output, text).map_err(|e| Failure::at(self.output.display(), e))?;
        writeln!(output.results, "{}: version {version}, {} changes", self.output.display(), changes.len())?;
        Ok(ExitCode::Admitted)
    }
}
