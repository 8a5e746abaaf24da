//! What became of findings artifacts, for people and for programs.

use serde_json::{Value, json};

use super::{Artifact, State};
use crate::exit::Failure;
use crate::output::{Format, Output};
use crate::table;

/// Version of the JSON that `--format json` writes.
const SCHEMA_VERSION: u32 = 1;

/// In the order of the repositories and their tags. The table leaves out those whose image is there.
pub(super) fn write(output: &mut Output<'_>, format: Format, is_dry_run: bool, artifacts: &[Artifact]) -> Result<(), Failure> {
    let n = |word: &str| artifacts.iter().filter(|artifact| artifact.state.word() == word).count();
    let (kept, orphaned, removed, failed) = (n("kept"), n("orphaned"), n("removed"), n("failed"));
    match format {
        Format::Json => output.json(&json!({
            "schemaVersion": SCHEMA_VERSION,
            "removed": !is_dry_run,
            "totals": { "kept": kept, "orphaned": orphaned, "removed": removed, "failed": failed },
            "artifacts": artifacts.iter().map(value).collect::<Vec<_>>(),
        }))?,
        Format::Table => {
            // Those that were looked at: of an image that is there nobody fetches the findings.
            let shown = artifacts.iter().filter(|one| !matches!(one.state, State::Kept(_)) || one.digest.is_some());
            let mut rows = vec![["FINDINGS", "SCANNED", "STATE", "REASON"].map(str::to_owned).to_vec()];
            rows.extend(shown.map(cells));
            table::write(output.results, &rows, |_| false)?;
        }
    }
    if is_dry_run {
        output.note("nothing was removed (--dry-run)")?;
    }
    let gone = if is_dry_run { format!("{orphaned} orphaned") } else { format!("{removed} removed") };
    Ok(output.note(format_args!("{gone}, {kept} kept, {failed} failed"))?)
}

fn value(artifact: &Artifact) -> Value {
    json!({
        "repository": artifact.repository,
        "tag": artifact.tag,
        "digest": artifact.digest,
        "scannedAt": artifact.scanned_at.map(|at| at.to_string()),
        "state": artifact.state.word(),
        "reason": artifact.state.reason(),
    })
}

fn cells(artifact: &Artifact) -> Vec<String> {
    let reference = match &artifact.tag {
        Some(tag) => format!("{}:{tag}", artifact.repository),
        None => artifact.repository.clone(),
    };
    let scanned = artifact.scanned_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    vec![reference, scanned, artifact.state.word().to_owned(), artifact.state.reason().unwrap_or_default().to_owned()]
}
