//! A sheet → a table for people at a terminal.

use super::{Cell, STANDING_OUT, Sheet, or_dash};
use crate::exit::Failure;
use crate::output::{Colour, Output};
use crate::table;

/// Writes the first rows of a sheet.
pub(crate) fn write(output: &mut Output<'_>, sheet: &Sheet, limit: usize) -> Result<(), Failure> {
    if sheet.rows.is_empty() {
        writeln!(output.results, "no {}", sheet.name)?;
        return Ok(());
    }
    let is_shown: Vec<bool> = sheet.columns.iter().map(|column| column.is_shown).collect();
    let of_shown =
        |cells: Vec<String>| cells.into_iter().zip(&is_shown).filter(|(_, shown)| **shown).map(|(cell, _)| cell).collect();
    let heading: Vec<String> = of_shown(sheet.columns.iter().map(|column| column.key.to_uppercase()).collect());
    let mut rows: Vec<Vec<String>> = vec![heading.clone()];
    for row in sheet.rows.iter().take(limit) {
        rows.push(of_shown(row.iter().map(|cell| or_dash(&cell.text()).to_owned()).collect()));
    }
    if let Some(width) = output.width() {
        let named = |name: &str| heading.iter().position(|column| column == name);
        let cut: Vec<usize> = ["WORKLOAD", "IMAGE", "NAMESPACE", "RULE"].into_iter().filter_map(named).collect();
        table::fit(&mut rows, width, &cut);
    }
    let first = sheet.rows.first().map(Vec::as_slice).unwrap_or_default();
    let is_number: Vec<bool> = of_number(first, &is_shown);
    let mut lines = Vec::new();
    table::write(&mut lines, &rows, |column| is_number.get(column) == Some(&true))?;
    let lines = String::from_utf8_lossy(&lines).into_owned();
    let colours = std::iter::once(Some(Colour::Heading)).chain(sheet.rows.iter().map(|row| colour(row)));
    for (line, colour) in lines.lines().zip(colours) {
        writeln!(output.results, "{}", colour.map_or(line.to_owned(), |colour| output.paint(colour, line)))?;
    }
    if let Some(more @ 1..) = sheet.rows.len().checked_sub(limit) {
        writeln!(output.results, "and {more} more, which `--limit` shows")?;
    }
    Ok(())
}

fn of_number(row: &[Cell], is_shown: &[bool]) -> Vec<bool> {
    let shown = row.iter().zip(is_shown).filter(|(_, shown)| **shown);
    shown.map(|(cell, _)| matches!(cell, Cell::Number(_))).collect()
}

fn colour(row: &[Cell]) -> Option<Colour> {
    let colours = STANDING_OUT.into_iter().zip([Colour::Bad, Colour::Doubtful]);
    colours.into_iter().find(|(word, _)| row.contains(&Cell::Text((*word).to_owned()))).map(|(_, colour)| colour)
}
