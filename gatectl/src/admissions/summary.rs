//! What was read, and what became of it, in numbers: nothing is dropped without being counted.

use std::collections::BTreeMap;

use policy::time::Timestamp;
use serde_json::{Map, Value, json};

use super::event::{Action, Around};
use super::group::{self};
use super::inventory::Inventory;

/// How many, and where the first was.
#[derive(Clone, Debug, Default)]
pub(super) struct Sighted {
    pub(super) count: u64,
    pub(super) first: Option<String>,
}

impl Sighted {
    pub(super) fn add(&mut self, place: impl FnOnce() -> String) {
        self.count = self.count.saturating_add(1);
        if self.first.is_none() {
            self.first = Some(place());
        }
    }

    fn json(&self) -> Value {
        match &self.first {
            Some(first) => json!({ "count": self.count, "first": first }),
            None => json!({ "count": self.count }),
        }
    }
}

/// The numbers of reading.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    pub(super) files: u64,
    pub(super) lines: u64,
    /// Lines of something else.
    pub(super) other: u64,
    /// Answers of the gate, before filters.
    pub(super) answers: u64,
    /// Answers that the filters left out.
    pub(super) filtered: u64,
    /// Images that answers counted without naming them, before filters: no filter can tell whether it wants them.
    pub(super) unlisted: u64,
    /// Lines that look like the gate's and cannot be read.
    pub(super) malformed: Sighted,
    /// Lines that are too long.
    pub(super) too_long: Sighted,
    /// What the logs say about the gate itself.
    pub(super) around: BTreeMap<Around, Sighted>,
    /// Files that could not be read to their end.
    pub(super) broken: Vec<String>,
}

impl Summary {
    /// Lines that could not be read.
    pub(super) fn unread(&self) -> u64 {
        self.malformed.count.saturating_add(self.too_long.count)
    }
}

/// Counts of answers and of their entries.
#[derive(Debug)]
pub(super) struct Totals {
    pub(super) answers: u64,
    pub(super) entries: u64,
    /// Answers by their verdicts, as the chart has them.
    pub(super) by_action: [u64; 4],
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
}

pub(super) fn totals(inventory: &Inventory) -> Totals {
    let mut totals = Totals { answers: 0, entries: 0, by_action: [0; 4], first: None, last: None };
    for (shape, tally) in group::counted(inventory) {
        totals.answers = totals.answers.saturating_add(tally.often.count);
        totals.first = Some(totals.first.map_or(tally.often.first, |first| first.min(tally.often.first)));
        totals.last = totals.last.max(Some(tally.often.last));
        let n_entries = u64::try_from(shape.entries.len()).unwrap_or(u64::MAX);
        totals.entries = totals.entries.saturating_add(tally.often.count.saturating_mul(n_entries));
        for (action, count) in Action::ALL.into_iter().zip(&mut totals.by_action) {
            *count = count.saturating_add(if action == shape.verdict { tally.often.count } else { 0 });
        }
    }
    totals
}

/// The document's member `read`.
pub(super) fn json(summary: &Summary, inventory: &Inventory) -> Value {
    let around: Map<String, Value> = Around::ALL
        .into_iter()
        .map(|around| (around.key().to_owned(), summary.around.get(&around).cloned().unwrap_or_default().json()))
        .collect();
    json!({
        "files": summary.files,
        "lines": summary.lines,
        "other": summary.other,
        "answers": summary.answers,
        "filtered": summary.filtered,
        "malformed": summary.malformed.json(),
        "tooLong": summary.too_long.json(),
        "repeated": inventory.n_repeated,
        "inBothLogs": inventory.n_matched,
        "withoutName": inventory.n_unnamed,
        "unlistedImages": summary.unlisted,
        "leftOut": inventory.left_out.answers,
        "unmatched": inventory.left_out.unmatched,
        "withoutIds": inventory.left_out.ids,
        "around": around,
        "broken": summary.broken,
    })
}

/// The document's member `totals`.
pub(super) fn totals_json(totals: &Totals) -> Value {
    let by_action: Map<String, Value> =
        Action::ALL.into_iter().zip(totals.by_action).map(|(action, count)| (action.word().to_owned(), count.into())).collect();
    json!({ "answers": totals.answers, "entries": totals.entries, "byAction": by_action, "first": totals.first, "last": totals.last })
}

/// The same for people: a line each, the unusual only where there is any.
pub(super) fn lines(summary: &Summary, inventory: &Inventory) -> Vec<String> {
    let mut lines = vec![format!(
        "{} of {}: {} of the gate, {} of them not asked for; {} of something else",
        number(summary.lines, "line"),
        number(summary.files, "file"),
        number(summary.answers, "answer"),
        summary.filtered,
        number(summary.other, "line")
    )];
    let left_out = inventory.left_out;
    for (count, one, what) in [
        (inventory.n_repeated, "record", "read twice, counted once"),
        (inventory.n_matched, "answer", "in both kinds of log, counted once"),
        (
            inventory.n_unnamed,
            "answer",
            "of an audit log that does not name the object: perhaps counted twice where the policy server's log is read too",
        ),
        (summary.unlisted, "image", "counted in an answer and not named there, nor here: it names the first of them only"),
        (
            left_out.answers,
            "answer",
            "not in the inventory, which has no room for more kinds of answers: filter, or read fewer files",
        ),
        (left_out.ids, "answer", "with vulnerabilities that are not counted: there was no room for them"),
        (left_out.unmatched, "answer", "perhaps counted twice: there was no room to remember it"),
    ] {
        if count > 0 {
            lines.push(format!("{} {what}", number(count, one)));
        }
    }
    let sighted = |sighted: &Sighted, one: &str, what: &str| {
        let first = sighted.first.as_deref().map(|first| format!("; the first: {first}")).unwrap_or_default();
        (sighted.count > 0).then(|| format!("{} {what}{first}", number(sighted.count, one)))
    };
    lines.extend(sighted(&summary.malformed, "line", "that cannot be read"));
    lines.extend(sighted(&summary.too_long, "line", "too long, skipped"));
    let around = Around::ALL.into_iter().filter_map(|around| Some((around, summary.around.get(&around)?)));
    lines.extend(around.filter_map(|(around, seen)| {
        sighted(seen, "request", around.words()).map(|line| format!("{line} (filters do not apply)"))
    }));
    if summary.answers == 0 && summary.lines > 0 {
        let expected = "expected the log of the policy server that runs the gate, or an audit log of level Metadata or above";
        lines.push(format!("no answer of the gate in what was read: {expected}"));
    }
    lines
}

/// A number of things.
pub(super) fn number(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}
