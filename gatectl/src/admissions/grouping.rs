//! Answers that have something in common → how many they are, and of how many images and workloads; groups → a sheet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use policy::time::Timestamp;

use super::event::{Action, Entry, Shape, Workload};
use super::tally::Frequency;
use crate::sheet::{Cell, Column, Sheet, shown, wide};

/// Groups by their keys, each a text for every column that is no number.
pub(super) type Groups<'i> = BTreeMap<Vec<String>, Group<'i>>;

/// What a group has in common.
pub(super) struct Group<'i> {
    count: u64,
    by_action: [u64; 4],
    images: BTreeSet<&'i str>,
    workloads: BTreeSet<(&'i str, &'i Workload)>,
    rules: BTreeSet<&'i str>,
    first: Timestamp,
    last: Timestamp,
}

/// The most frequent first.
pub(super) fn sheet(name: &'static str, mut columns: Vec<Column>, groups: Groups<'_>) -> Sheet {
    columns.extend([shown("last"), wide("first"), wide("rules")]);
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| Reverse(group.count));
    let row = |(key, group): (Vec<String>, Group<'_>)| {
        let mut key = key.into_iter();
        columns
            .iter()
            .map(|column| group.cell(column.key).unwrap_or_else(|| Cell::Text(key.next().unwrap_or_default())))
            .collect()
    };
    let rows = groups.into_iter().map(row).collect();
    Sheet { name, columns, rows }
}

impl<'i> Group<'i> {
    pub(super) fn new(often: Frequency) -> Self {
        let (images, workloads, rules) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Self { count: 0, by_action: [0; 4], images, workloads, rules, first: often.first, last: often.last }
    }

    pub(super) fn add(
        &mut self,
        shape: &'i Shape,
        often: Frequency,
        action: Action,
        entries: impl IntoIterator<Item = &'i Entry>,
    ) {
        self.count = self.count.saturating_add(often.count);
        for (of, count) in Action::ALL.into_iter().zip(&mut self.by_action) {
            if of == action {
                *count = count.saturating_add(often.count);
            }
        }
        for entry in entries {
            self.images.extend(Some(entry.image.as_str()).filter(|image| !image.is_empty()));
            self.rules.extend(Some(entry.rule.as_str()).filter(|rule| !rule.is_empty()));
        }
        self.workloads.insert((&shape.namespace, &shape.workload));
        self.first = self.first.min(often.first);
        self.last = self.last.max(often.last);
    }

    /// The value of a column; `None` where it is part of the key.
    fn cell(&self, key: &str) -> Option<Cell> {
        let by_action = Action::ALL.into_iter().zip(self.by_action).find(|(action, _)| action.word() == key);
        let number = |number: usize| Cell::Number(u64::try_from(number).unwrap_or(u64::MAX));
        match key {
            "count" => Some(Cell::Number(self.count)),
            "images" => Some(number(self.images.len())),
            "workloads" => Some(number(self.workloads.len())),
            "rules" => Some(Cell::List(self.rules.iter().map(|rule| (*rule).to_owned()).collect())),
            "first" => Some(Cell::Time(self.first)),
            "last" => Some(Cell::Time(self.last)),
            _ => by_action.map(|(_, count)| Cell::Number(count)),
        }
    }
}
