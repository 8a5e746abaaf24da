//! The inventory → its entries, or groups of them, as a sheet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use policy::time::Timestamp;

use super::event::{Action, Entry, Origin, Shape, Workload};
use super::grouping::{self, Group, Groups};
use super::inventory::Inventory;
use super::tally::Tally;
use crate::sheet::{Cell, Column, Sheet, shown, wide};

/// What entries are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    /// The rules that decided.
    Rules,
    /// The images.
    Images,
    /// The namespaces; each answer counts once.
    Namespaces,
    /// The workloads; each answer counts once.
    Workloads,
    /// The vulnerabilities that answers name; each answer counts once for each of them.
    Vulnerabilities,
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// Each kind of entry.
    Inventory,
    /// Groups.
    Top(By),
    /// What audited workloads would have met, had the rules denied.
    WouldDeny,
}

/// Entries that are one row: where, what, and why.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Line<'i> {
    origin: Origin,
    namespace: &'i str,
    workload: &'i Workload,
    entry: &'i Entry,
}

/// The view of an inventory.
pub(super) fn sheet(inventory: &Inventory, view: View) -> Sheet {
    match view {
        View::Inventory => entries(inventory),
        View::WouldDeny => would_deny(inventory),
        View::Top(By::Rules) => {
            let key = |entry: &'_ Entry| entry.rule.clone();
            by_entry(
                inventory,
                "rules",
                key,
                [shown("rule"), shown("count"), shown("deny"), shown("audit"), shown("images"), shown("workloads")],
            )
        }
        View::Top(By::Images) => {
            let key = |entry: &'_ Entry| entry.image.clone();
            by_entry(
                inventory,
                "images",
                key,
                [shown("image"), shown("count"), shown("deny"), shown("audit"), shown("admit"), shown("workloads")],
            )
        }
        View::Top(By::Namespaces) => {
            let columns = vec![
                shown("namespace"),
                shown("count"),
                shown("deny"),
                shown("audit"),
                shown("admit"),
                shown("images"),
                shown("workloads"),
            ];
            by_answer(inventory, "namespaces", columns, |shape| vec![shape.namespace.clone()])
        }
        View::Top(By::Workloads) => {
            let columns = vec![
                shown("namespace"),
                shown("workload"),
                shown("count"),
                shown("deny"),
                shown("audit"),
                shown("admit"),
                shown("images"),
            ];
            by_answer(inventory, "workloads", columns, |shape| vec![shape.namespace.clone(), shape.workload.to_string()])
        }
        View::Top(By::Vulnerabilities) => {
            let columns =
                vec![shown("vulnerability"), shown("count"), shown("deny"), shown("audit"), shown("images"), shown("workloads")];
            by_vulnerability(inventory, columns)
        }
    }
}

fn entries(inventory: &Inventory) -> Sheet {
    let mut lines: BTreeMap<Line<'_>, (u64, Timestamp, Timestamp, BTreeSet<&str>)> = BTreeMap::new();
    for (shape, tally) in counted(inventory) {
        let often = tally.often;
        for (place, entry) in shape.entries.iter().enumerate() {
            let line = Line { origin: shape.origin, namespace: &shape.namespace, workload: &shape.workload, entry };
            let (count, first, last, ids) = lines.entry(line).or_insert_with(|| (0, often.first, often.last, BTreeSet::new()));
            *count = count.saturating_add(often.count);
            (*first, *last) = ((*first).min(often.first), (*last).max(often.last));
            ids.extend(tally.ids().filter(|(_, _, entries)| entries.contains(&place)).map(|(id, ..)| id));
        }
    }
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_by_key(|(line, (count, ..))| (line.entry.action, Reverse(*count)));
    let row = |(line, (count, first, last, ids)): (Line<'_>, (u64, Timestamp, Timestamp, BTreeSet<&str>))| {
        vec![
            Cell::Time(last),
            Cell::Text(line.namespace.to_owned()),
            Cell::Text(line.workload.to_string()),
            Cell::Text(line.entry.image.clone()),
            Cell::Text(line.entry.action.word().to_owned()),
            Cell::Text(line.entry.rule.clone()),
            Cell::Text(line.entry.code.clone()),
            Cell::Number(count),
            Cell::Time(first),
            Cell::Text(line.origin.word().to_owned()),
            Cell::List(ids.into_iter().map(str::to_owned).collect()),
        ]
    };
    let columns = vec![
        shown("last"),
        shown("namespace"),
        shown("workload"),
        shown("image"),
        shown("action"),
        shown("rule"),
        shown("code"),
        shown("count"),
        wide("first"),
        wide("origin"),
        wide("vulnerabilities"),
    ];
    Sheet { name: "entries", columns, rows: lines.into_iter().map(row).collect() }
}

/// Groups of entries: each entry counts once.
fn by_entry(inventory: &Inventory, name: &'static str, key: impl Fn(&Entry) -> String, columns: [Column; 6]) -> Sheet {
    let mut groups: Groups<'_> = Groups::new();
    for (shape, tally) in counted(inventory) {
        for entry in &shape.entries {
            let group = groups.entry(vec![key(entry)]).or_insert_with(|| Group::new(tally.often));
            group.add(shape, tally.often, entry.action, [entry]);
        }
    }
    grouping::sheet(name, columns.to_vec(), groups)
}

/// Groups of answers, by the verdict of each: filters may have left out the entries that it rests on.
fn by_answer(inventory: &Inventory, name: &'static str, columns: Vec<Column>, key: impl Fn(&Shape) -> Vec<String>) -> Sheet {
    let mut groups: Groups<'_> = Groups::new();
    for (shape, tally) in counted(inventory) {
        let group = groups.entry(key(shape)).or_insert_with(|| Group::new(tally.often));
        group.add(shape, tally.often, shape.verdict, &shape.entries);
    }
    grouping::sheet(name, columns, groups)
}

/// Groups of answers by what they name, by the worst that was decided about the images that it is named for.
fn by_vulnerability(inventory: &Inventory, columns: Vec<Column>) -> Sheet {
    let mut groups: Groups<'_> = Groups::new();
    for (shape, tally) in &inventory.shapes {
        for (id, often, places) in tally.ids() {
            let entries = places.iter().filter_map(|place| shape.entries.get(*place));
            let action = entries.clone().map(|entry| entry.action).min().unwrap_or(shape.verdict);
            groups.entry(vec![id.to_owned()]).or_insert_with(|| Group::new(often)).add(shape, often, action, entries);
        }
    }
    grouping::sheet("vulnerabilities", columns, groups)
}

/// Admissions that were audited, and those that were denied, by workload.
fn would_deny(inventory: &Inventory) -> Sheet {
    let mut groups: Groups<'_> = Groups::new();
    for (shape, tally) in counted(inventory) {
        if shape.origin == Origin::Admission && matches!(shape.verdict, Action::Audit | Action::Deny) {
            let key = vec![shape.namespace.clone(), shape.workload.to_string()];
            let group = groups.entry(key).or_insert_with(|| Group::new(tally.often));
            group.add(shape, tally.often, shape.verdict, &shape.entries);
        }
    }
    let columns = ["namespace", "workload", "count", "audit", "deny", "images"].map(shown).to_vec();
    grouping::sheet("workloads", columns, groups)
}

/// The same in a sentence.
pub(super) fn would_deny_sentence(inventory: &Inventory) -> String {
    let of = |wanted: Action| {
        let of_action = counted(inventory).filter(|(shape, _)| shape.origin == Origin::Admission && shape.verdict == wanted);
        of_action.map(|(_, tally)| tally.often.count).fold(0, u64::saturating_add)
    };
    let (audited, denied) = (of(Action::Audit), of(Action::Deny));
    let audited = super::summary::number(audited, "audited admission");
    format!("{audited} would have been denied, beside {denied} that the rules deny as they are")
}

/// What was given at least once: what both logs told of may be counted under the other's.
pub(super) fn counted(inventory: &Inventory) -> impl Iterator<Item = (&Shape, &Tally)> {
    inventory.shapes.iter().filter(|(_, tally)| tally.often.count > 0).map(|(shape, tally)| (shape, tally))
}
