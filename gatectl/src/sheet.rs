//! Columns and rows of values, whatever they are written as.

pub(crate) mod csv;
pub(crate) mod html;
pub(crate) mod table;

use policy::time::Timestamp;
use serde_json::{Map, Value};

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// The member of the JSON document and the column of the CSV file.
    pub(crate) key: &'static str,
    /// Whether there is room for it on a terminal.
    pub(crate) is_shown: bool,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
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
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Time(time) => time.to_string(),
            Self::List(texts) => texts.join(" "),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) if text.is_empty() => Value::Null,
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => (*number).into(),
            Self::Time(time) => time.to_string().into(),
            Self::List(texts) => texts.as_slice().into(),
        }
    }
}

/// What a verdict or an action is called where it stands out, the worst first.
pub(crate) const STANDING_OUT: [&str; 2] = ["deny", "audit"];
/// Columns that have such a word, by which rows are chosen on a page.
const CHOSEN_BY: [&str; 2] = ["action", "verdict"];

/// Columns and rows, the most important row first.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    /// What the rows are, in the plural: the member of the JSON document.
    pub(crate) name: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// A column that is always there.
pub(crate) const fn shown(key: &'static str) -> Column {
    Column { key, is_shown: true }
}

/// A column for which a terminal has no room.
pub(crate) const fn wide(key: &'static str) -> Column {
    Column { key, is_shown: false }
}

impl Sheet {
    /// The rows as JSON, by the keys of the columns; an empty text is null.
    pub(crate) fn json(&self) -> Vec<Value> {
        let of_row = |row: &Vec<Cell>| {
            let members = self.columns.iter().zip(row).map(|(column, cell)| (column.key.to_owned(), cell.json()));
            Value::Object(members.collect::<Map<String, Value>>())
        };
        self.rows.iter().map(of_row).collect()
    }

    /// The position of the column that rows are chosen by, and its key.
    fn chosen_by(&self) -> Option<(usize, &'static str)> {
        self.columns.iter().enumerate().map(|(nth, column)| (nth, column.key)).find(|(_, key)| CHOSEN_BY.contains(key))
    }
}

/// What stands for nothing in a column.
pub(crate) fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}
