//! A view of the inventory as columns and rows, whatever it is written as.

use policy::time::Timestamp;

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// The member of the JSON document and the column of the CSV file.
    pub(super) key: &'static str,
    /// Whether there is room for it on a terminal.
    pub(super) is_shown: bool,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// Text of others, or ours; empty where there is none.
    Text(String),
    /// A number.
    Number(u64),
    /// An instant.
    Time(Timestamp),
    /// Several texts.
    List(Vec<String>),
}

impl Cell {
    /// In one line.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Time(time) => time.to_string(),
            Self::List(texts) => texts.join(" "),
        }
    }
}

/// Columns and rows, the most important row first.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    /// What the rows are, in the plural: the member of the JSON document.
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A column that is always there.
pub(super) const fn shown(key: &'static str) -> Column {
    Column { key, is_shown: true }
}

/// A column for which a terminal has no room.
pub(super) const fn wide(key: &'static str) -> Column {
    Column { key, is_shown: false }
}
