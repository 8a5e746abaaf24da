//! What became of each image, for people and for programs.

use reports::report::Notes;
use serde_json::{Value, json};

use super::images::Image;
use super::{Finished, State};
use crate::exit::Failure;
use crate::output::{Format, Output};
use crate::table;

/// Version of the JSON that `--format json` writes.
const SCHEMA_VERSION: u32 = 1;

/// In the order of their names.
pub(super) fn write(
    output: &mut Output<'_>,
    format: Format,
    is_dry_run: bool,
    images: &[Image],
    finished: &[Finished],
) -> Result<(), Failure> {
    let n = |word: &str| finished.iter().filter(|finished| finished.state.word() == word).count();
    let (fresh, due, refreshed, failed) = (n("fresh"), n("due"), n("refreshed"), n("failed"));
    match format {
        Format::Json => output.json(&json!({
            "schemaVersion": SCHEMA_VERSION,
            "scanned": !is_dry_run,
            "totals": { "fresh": fresh, "due": due, "refreshed": refreshed, "failed": failed },
            "images": images.iter().zip(finished).map(|(image, finished)| value(image, finished)).collect::<Vec<_>>(),
        }))?,
        Format::Table => {
            let mut rows = vec![["IMAGE", "USED", "STATE", "SCANNED", "WHY"].map(str::to_owned).to_vec()];
            rows.extend(images.iter().zip(finished).map(|(image, finished)| cells(image, finished)));
            table::write(output.results, &rows, |column| column == 1)?;
            let mut all = Notes::default();
            finished.iter().for_each(|finished| all.extend(&finished.notes));
            for (note, times) in all.iter() {
                output.note(format_args!("{note}{}", if times > 1 { format!(" ({times} times)") } else { String::new() }))?;
            }
        }
    }
    if is_dry_run {
        output.note("nothing was scanned (--dry-run)")?;
    }
    let done = if is_dry_run { format!("{due} due") } else { format!("{refreshed} refreshed") };
    Ok(output.note(format_args!("{fresh} fresh, {done}, {failed} failed"))?)
}

fn why(state: &State) -> Option<&str> {
    match state {
        State::Fresh => None,
        State::Due(why) | State::Refreshed(why) | State::Failed(why) => Some(why),
    }
}

fn value(image: &Image, finished: &Finished) -> Value {
    let artifact = |(reference, digest): &(String, String)| json!({ "reference": reference, "digest": digest });
    json!({
        "image": image.name(),
        "used": image.times,
        "state": finished.state.word(),
        "why": why(&finished.state),
        "scannedAt": finished.scanned_at.map(|at| at.to_string()),
        "notes": finished.notes.iter().map(|(note, times)| json!({ "note": note, "times": times })).collect::<Vec<_>>(),
        "artifacts": finished.artifacts.iter().map(artifact).collect::<Vec<_>>(),
    })
}

fn cells(image: &Image, finished: &Finished) -> Vec<String> {
    let scanned = finished.scanned_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let why = why(&finished.state).unwrap_or_default().to_owned();
    vec![image.name().to_owned(), image.times.to_string(), finished.state.word().to_owned(), scanned, why]
}
