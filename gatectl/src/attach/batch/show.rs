//! What became of each row of a list, for people and for programs.

use reports::report::Notes;
use serde_json::{Value, json};

use super::list::Row;
use super::{Finished, State};
use crate::exit::Failure;
use crate::output::{Format, Output};
use crate::table;

/// Version of the JSON that `--format json` writes.
const SCHEMA_VERSION: u32 = 1;

/// In the order of the list.
pub(super) fn write(
    output: &mut Output<'_>,
    format: Format,
    is_dry_run: bool,
    rows: &[Row],
    finished: &[Finished],
) -> Result<(), Failure> {
    let n = |word: &str| finished.iter().filter(|finished| finished.state.word() == word).count();
    let (published, unchanged, failed) = (n("published"), n("unchanged"), n("failed"));
    match format {
        Format::Json => output.json(&json!({
            "schemaVersion": SCHEMA_VERSION,
            "pushed": !is_dry_run,
            "totals": { "published": published, "unchanged": unchanged, "failed": failed },
            "results": rows.iter().zip(finished).map(|(row, finished)| value(row, finished)).collect::<Vec<_>>(),
        }))?,
        Format::Table => {
            let mut lines = vec![["LINE", "IMAGE", "STATE", "ARTIFACT OR REASON"].map(str::to_owned).to_vec()];
            lines.extend(rows.iter().zip(finished).map(|(row, finished)| cells(row, finished)));
            if let Some(width) = output.width() {
                // A reason is worth more lines than a column has.
                table::fit(&mut lines, width, &[1]);
            }
            table::write(output.results, &lines, |column| column == 0)?;
            let mut notes = Notes::default();
            finished.iter().for_each(|finished| notes.extend(&finished.notes));
            for (note, times) in notes.iter() {
                match times {
                    1 => output.note(note)?,
                    times => output.note(format_args!("{note} ({times} times)"))?,
                }
            }
        }
    }
    if is_dry_run {
        output.note("nothing was pushed (--dry-run)")?;
    }
    Ok(output.note(format_args!("{published} published, {unchanged} unchanged, {failed} failed"))?)
}

fn value(row: &Row, finished: &Finished) -> Value {
    let artifact = |(reference, digest): &(String, String)| json!({ "reference": reference, "digest": digest });
    json!({
        "line": row.line,
        "image": row.image,
        "state": finished.state.word(),
        "reason": match &finished.state {
            State::Failed(reason) => Some(reason),
            State::Published | State::Unchanged => None,
        },
        "artifacts": finished.artifacts.iter().map(artifact).collect::<Vec<_>>(),
        "notes": finished.notes.iter().map(|(note, times)| json!({ "note": note, "times": times })).collect::<Vec<_>>(),
    })
}

/// The last artifact is that of the image itself; those of an index's platforms come before it.
fn cells(row: &Row, finished: &Finished) -> Vec<String> {
    let last = match &finished.state {
        State::Failed(reason) => reason.clone(),
        State::Published | State::Unchanged => {
            let reference = finished.artifacts.last().map_or("", |(reference, _)| reference);
            match finished.artifacts.len().saturating_sub(1) {
                0 => reference.to_owned(),
                more => format!("{reference} and {more} of its platforms"),
            }
        }
    };
    vec![row.line.to_string(), row.image.clone(), finished.state.word().to_owned(), last]
}
