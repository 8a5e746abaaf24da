//! The inventory → one HTML page with charts.

use policy::time::Timestamp;

use super::chart;
use super::event::Action;
use super::group::{self, By, View};
use super::inventory::Inventory;
use super::sheet::{Cell, Sheet};
use super::summary::{self, Summary};
use crate::page::bars::{self, Bar};
use crate::page::{self, Listed, escape};

/// Bars of a chart of the most frequent.
const BARS: usize = 10;
/// The room for names in a chart, in the units of the drawing, and the characters that fit.
const LEFT: u64 = 420;
const NAME: usize = 56;
/// Texts of a list that are written.
const LISTED: usize = 8;

/// The page, with the first rows of a view.
pub(super) fn page(sheet: &Sheet, inventory: &Inventory, summary: &Summary, limit: usize, now: Timestamp) -> String {
    let mut page = page::open("Admissions");
    let totals = summary::totals(inventory);
    let by_action = Action::ALL.into_iter().zip(totals.by_action).map(|(action, count)| (action.word(), count.to_string()));
    let times =
        [("from", totals.first), ("to", totals.last)].into_iter().filter_map(|(name, time)| Some((name, time?.to_string())));
    page::list(&mut page, times.chain([("answers", totals.answers.to_string())]).chain(by_action));
    page.push_str("<h2>Over time</h2>\n");
    page.push_str(&chart::svg(&inventory.hours));
    for (title, by) in [("Rules", By::Rules), ("Images", By::Images)] {
        page.push_str(&format!("<h2>{title}</h2>\n"));
        page.push_str(&most_frequent(title, &group::sheet(inventory, View::Top(by))));
    }
    page.push_str(&format!("<h2>{}</h2>\n", sheet.name));
    write_table(&mut page, sheet, limit);
    page.push_str("<h2>What was read</h2>\n<ul>\n");
    for line in summary::lines(summary, inventory).iter().chain(&summary.broken) {
        page.push_str(&format!("<li>{}</li>\n", escape(line)));
    }
    page.push_str("</ul>\n");
    page::close(&mut page, &format!("Made of logs at {now}."));
    page
}

/// A bar for each of the first groups, what is denied darker; groups of nothing (no rule, no image) are left to the table.
fn most_frequent(title: &str, sheet: &Sheet) -> String {
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
        let (all, deny) = (number(row, "count").unwrap_or(0), number(row, "deny").unwrap_or(0));
        (name.clone(), all, deny)
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
    bars::svg(&format!("{title} by how often they decided, and how often they denied"), LEFT, &bars)
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

fn write_table(page: &mut String, sheet: &Sheet, limit: usize) {
    let has_action = sheet.columns.iter().any(|column| column.key == "action");
    let choice = has_action.then_some(("action", "deny audit notice admit"));
    let listed = Listed { noun: sheet.name, hint: "image, workload, rule …", choice, flag: None };
    let first = sheet.rows.first().map(Vec::as_slice).unwrap_or_default();
    let is_number = |place: usize| matches!(first.get(place), Some(Cell::Number(_)));
    page::open_table(page, listed, sheet.columns.iter().enumerate().map(|(place, column)| (column.key, is_number(place))));
    for row in sheet.rows.iter().take(limit) {
        let action = sheet.columns.iter().zip(row).find(|(column, _)| column.key == "action").map(|(_, cell)| cell.text());
        let attribute = action.as_ref().map(|action| format!(" data-action=\"{}\"", escape(action))).unwrap_or_default();
        page.push_str(&format!("<tr{attribute}>"));
        for (column, cell) in sheet.columns.iter().zip(row) {
            let class = match cell {
                Cell::Number(_) => " class=\"number\"".to_owned(),
                _ if column.key == "action" => format!(" class=\"{}\"", escape(&cell.text())),
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
