//! Rows of text → columns of equal width. It knows nothing of what they mean.

use std::io::{self, Write};

use crate::visible;

/// What a cell that is cut keeps, in characters, the mark of the cut included.
const LEAST: usize = 8;

/// Writes rows in columns, two spaces apart; `right` says which columns (from 0) are numbers, written to the right.
pub(crate) fn write(out: &mut dyn Write, rows: &[Vec<String>], right: impl Fn(usize) -> bool) -> io::Result<()> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| visible::line(cell)).collect()).collect();
    let widths = widths(&rows);
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
            let gap = if column == 0 { "" } else { "  " };
            line.push_str(gap);
            if right(column) {
                line.push_str(&padding);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&padding);
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Cuts the cells of the named columns, the widest first, until a line has at most so many characters or nothing is left to cut.
pub(crate) fn fit(rows: &mut [Vec<String>], width: usize, columns: &[usize]) {
    let mut widths = widths(rows);
    let gaps = widths.len().saturating_sub(1).saturating_mul(2);
    while widths.iter().sum::<usize>().saturating_add(gaps) > width {
        let widest = columns.iter().filter_map(|column| widths.get(*column).map(|width| (*width, *column))).max();
        let Some((widest, column)) = widest.filter(|(widest, _)| *widest > LEAST) else { break };
        if let Some(width) = widths.get_mut(column) {
            *width = widest.saturating_sub(1);
        }
    }
    for row in rows {
        for column in columns {
            if let (Some(cell), Some(width)) = (row.get_mut(*column), widths.get(*column))
                && cell.chars().count() > *width
            {
                *cell = cell.chars().take(width.saturating_sub(1)).chain(['…']).collect();
            }
        }
    }
}

/// How many characters the longest cell of each column has.
fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    (0..n_columns).map(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        [["ID", "PACKAGE"], ["CVE-2026-1", "a-package-with-a-long-name"]].map(|row| row.map(str::to_owned).to_vec()).to_vec()
    }

    #[test]
    fn what_is_wider_than_the_terminal_is_cut_and_says_so() {
        let mut rows = rows();
        fit(&mut rows, 24, &[1]);
        assert_eq!(rows[1], ["CVE-2026-1", "a-package-w…"]);
        fit(&mut rows, 1, &[1]);
        assert_eq!(rows[1], ["CVE-2026-1", "a-packa…"], "never to nothing");
    }

    #[test]
    fn cells_are_shown_as_they_stand() {
        let mut out = Vec::new();
        write(&mut out, &[vec!["a\x1b[2Jb".to_owned(), "c\nd".to_owned()]], |_| false).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a [2Jb  c d\n");
    }
}
