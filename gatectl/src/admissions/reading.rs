//! One source of lines → answers, handed over one by one, and counts of everything else.

use std::path::Path;

use policy::time::Timestamp;

use super::event::{Answer, Reading};
use super::lines::{Line, Lines};
use super::summary::Summary;
use super::wrapping::{self, Unwrapped, Unwrapper};
use super::{audit_log, server_log};
use crate::exit::Failure;
use crate::visible;

/// Characters of a reason that are shown.
const WHY: usize = 200;

/// Reads a source to its end; one that breaks off is named in the summary.
///
/// # Errors
/// What `take` answers.
pub(super) fn read(
    mut lines: Lines<'_>,
    path: &Path,
    summary: &mut Summary,
    take: &mut dyn FnMut(Answer) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let name = visible::line(&path.display().to_string());
    let mut unwrapper = Unwrapper::default();
    loop {
        let place = lines.number().saturating_add(1);
        match lines.next() {
            Ok(None) => break,
            Err(error) => {
                summary.broken.push(format!("{name}:{place}: what follows is not in the inventory: {error}"));
                return Ok(());
            }
            Ok(Some(line)) => {
                summary.lines = summary.lines.saturating_add(1);
                match line {
                    Line::TooLong => summary.too_long.add(|| format!("{name}:{place}")),
                    Line::Whole(bytes) => read_line(bytes, &mut unwrapper, &name, place, summary, take)?,
                }
            }
        }
    }
    if unwrapper.is_pending() {
        let place = lines.number();
        summary.malformed.add(|| format!("{name}:{place}: the file ends within a line that its runtime had cut"));
    }
    Ok(())
}

fn read_line(
    bytes: &[u8],
    unwrapper: &mut Unwrapper,
    name: &str,
    place: u64,
    summary: &mut Summary,
    take: &mut dyn FnMut(Answer) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(bytes);
    let line = match unwrapper.unwrap(&text) {
        Unwrapped::Whole(line) => line,
        // Counted with its end.
        Unwrapped::Piece => {
            summary.other = summary.other.saturating_add(1);
            return Ok(());
        }
        Unwrapped::TooLong => {
            summary.too_long.add(|| format!("{name}:{place}"));
            return Ok(());
        }
    };
    for reading in readings(&line) {
        match reading {
            Reading::Other => summary.other = summary.other.saturating_add(1),
            Reading::Malformed(why) => {
                summary.malformed.add(|| {
                    let why: String = visible::line(&why).chars().take(WHY).collect();
                    format!("{name}:{place}: {why}")
                });
            }
            Reading::Around(around) => summary.around.entry(around).or_default().add(|| format!("{name}:{place}")),
            Reading::Answers(answers, around) => {
                if let Some(around) = around {
                    summary.around.entry(around).or_default().add(|| format!("{name}:{place}"));
                }
                for answer in answers {
                    summary.answers = summary.answers.saturating_add(1);
                    summary.unlisted = summary.unlisted.saturating_add(answer.n_unlisted);
                    take(answer)?;
                }
            }
        }
    }
    Ok(())
}

/// What begins with the first brace of a line; behind `{labels} `, as logcli writes them before each line, with the next.
fn json(plain: &str) -> &str {
    let first = plain.find('{').and_then(|start| plain.get(start..)).unwrap_or_default();
    // Labels are names, objects begin with a quote. A message of the gate has any text.
    let behind = first.match_indices("} ").next().and_then(|(end, _)| Some((first.get(..end)?, first.get(end..)?.get(1..)?)));
    match behind {
        Some((labels, line)) if !wrapping::is_object(first) && !server_log::is_text(labels) => {
            let line = line.trim_start();
            if wrapping::is_object(line) { line } else { first }
        }
        _ => first,
    }
}

/// What a line says. Most lines are of something else, and are known by what is not in them.
fn readings(line: &str) -> Vec<Reading> {
    let plain = wrapping::uncoloured(line);
    // By how its JSON begins, never by what is within: an audit log has objects in it, and those have any text.
    let json = json(&plain);
    let is_record = server_log::is_record(json) || !wrapping::is_object(json);
    let is_server = server_log::is_candidate(&plain);
    if audit_log::is_candidate(json) && !(is_record && is_server) {
        let readings = audit_log::read(json);
        if !is_server || readings.iter().any(|reading| !matches!(reading, Reading::Other)) {
            return readings;
        }
    }
    if is_server {
        return vec![server_log::read(&plain, json)];
    }
    let text = plain.trim();
    // A log is cut where its disk was full or its file was moved away.
    let is_cut = server_log::is_record(text) && !text.ends_with('}');
    vec![if is_cut { Reading::Malformed("the line ends within a record".to_owned()) } else { Reading::Other }]
}

/// Whether a line is one of a log: a record of tracing's, as JSON or text, or an event of the API server's audit log.
pub(super) fn is_of_log(line: &str) -> bool {
    let plain = wrapping::uncoloured(line);
    let json = json(&plain);
    // Text begins with its time, whoever wrapped it.
    let begins_with_time = || plain.split_whitespace().next().is_some_and(|word| Timestamp::parse(word).is_some());
    server_log::is_record(json)
        || (wrapping::is_object(json) && audit_log::is_candidate(json) && json.contains("\"auditID\""))
        || begins_with_time()
}
