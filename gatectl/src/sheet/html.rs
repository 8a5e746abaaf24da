//! A sheet → a table and a chart of an HTML page.

use super::{Cell, STANDING_OUT, Sheet};
use crate::page::bars::{self, Bar};
use crate::page::{self, Listed, escape};

/// Bars of a chart of the most frequent.
const BARS: usize = 10;
/// The room for names in a chart, in the units of the drawing, and the characters that fit.
const LEFT: u64 = 420;
const NAME: usize = 56;
/// Texts of a list that are written.
const LISTED: usize = 8;

/// A bar for each of the first groups, what is denied darker; groups of nothing (no rule, no image) are left to the table.
pub(crate) fn bars(title: &str, sheet: &Sheet, counted: &str) -> String {
    let number = |row: &[Cell], key: &str| {
        let place = sheet.columns.iter().position(|column| column.key == key)?;
        if let Some(Cell::Number(number)) = row.get(place) { Some(*number) } else { None }
    };
    let names: Vec<(String, &[Cell])> = sheet
        .rows
        .iter()
        .filter_map(|row| Some((row.first()?.text(), row.as_slice())))
        .filter(|(name, _)| !name.is_empty())
        .take(BARS)
        .map(|(name, row)| (shorten(&name), row))
        .collect();
    let bar = |(name, row): &'_ (String, &[Cell])| {
        let all = number(row, counted).unwrap_or(0);
        // A row has a number of denials, or a verdict of its own.
        let is_denied = sheet.chosen_by().and_then(|(nth, _)| row.get(nth)).is_some_and(|cell| cell.text() == STANDING_OUT[0]);
        (name.clone(), all, number(row, "deny").unwrap_or(if is_denied { all } else { 0 }))
    };
    let bars: Vec<(String, u64, u64)> = names.iter().map(bar).collect();
    let bars: Vec<Bar<'_>> = bars
        .iter()
        .map(|(name, all, part)| Bar {
            name,
            classes: ["whole count", "deny"],
            all: *all,
            part: *part,
            says: format!("{all} ({part} denied)"),
        })
        .collect();
    bars::svg(title, LEFT, &bars)
}

/// The end of an image's name says more than its beginning.
fn shorten(name: &str) -> String {
    match name.chars().count().checked_sub(NAME) {
        None | Some(0) => name.to_owned(),
        Some(more) => std::iter::once('…').chain(name.chars().skip(more.saturating_add(1))).collect(),
    }
}

/// A page has room for the first of a list.
fn text(cell: &Cell) -> String {
    match cell {
        Cell::List(texts) if texts.len() > LISTED => {
            let first: Vec<&str> = texts.iter().take(LISTED).map(String::as_str).collect();
            format!("{} and {} more", first.join(" "), texts.len().saturating_sub(LISTED))
        }
        cell => cell.text(),
    }
}

/// The first rows, sorted and filtered by the page's script.
pub(crate) fn write(page: &mut String, sheet: &Sheet, limit: usize) {
    let chosen_by = sheet.chosen_by();
    let choice = chosen_by.map(|(_, key)| (key, "deny audit notice admit"));
    let listed = Listed { noun: sheet.name, hint: "image, workload, rule …", choice, flag: None };
    let first = sheet.rows.first().map(Vec::as_slice).unwrap_or_default();
    let is_number = |place: usize| matches!(first.get(place), Some(Cell::Number(_)));
    page::open_table(page, listed, sheet.columns.iter().enumerate().map(|(place, column)| (column.key, is_number(place))));
    for row in sheet.rows.iter().take(limit) {
        let chosen = chosen_by.and_then(|(nth, key)| Some((key, row.get(nth)?.text())));
        let attribute = chosen.map(|(key, word)| format!(" data-{key}=\"{}\"", escape(&word))).unwrap_or_default();
        page.push_str(&format!("<tr{attribute}>"));
        for (nth, cell) in row.iter().enumerate() {
            let class = match cell {
                Cell::Number(_) => " class=\"number\"".to_owned(),
                _ if chosen_by.is_some_and(|(of, _)| of == nth) => format!(" class=\"{}\"", escape(&cell.text())),
                _ => String::new(),
            };
            page.push_str(&format!("<td{class}>{}</td>", escape(&text(cell))));
        }
        page.push_str("</tr>\n");
    }
    page::close_table(page);
    if let Some(more @ 1..) = sheet.rows.len().checked_sub(limit) {
        page.push_str(&format!("<p>And {more} more.</p>\n"));
    }
}
