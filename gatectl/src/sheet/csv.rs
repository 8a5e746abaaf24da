//! A sheet → comma-separated values (RFC 4180), in which nothing is a formula.

use std::io::{self, Write};

use super::{Cell, Sheet};

/// How a cell begins that a spreadsheet takes for a formula; some take the wide forms for the same.
const FORMULA: [char; 9] = ['=', '+', '-', '@', '|', '＝', '＋', '－', '＠'];

pub(crate) fn write(out: &mut dyn Write, sheet: &Sheet) -> io::Result<()> {
    record(out, sheet.columns.iter().map(|column| column.key.to_owned()))?;
    for row in &sheet.rows {
        record(out, row.iter().map(text))?;
    }
    Ok(())
}

/// Text of others is preceded by an apostrophe where it would be a formula: spreadsheets show it as it stands.
fn text(cell: &Cell) -> String {
    let text = crate::visible::line(&cell.text());
    let is_formula = !matches!(cell, Cell::Number(_)) && text.trim_start().starts_with(FORMULA);
    if is_formula { format!("'{text}") } else { text }
}

fn record(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    for (nth, cell) in cells.enumerate() {
        let comma = if nth == 0 { "" } else { "," };
        if cell.contains([',', '"', '\n', '\r', ';']) {
            write!(out, "{comma}\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            write!(out, "{comma}{cell}")?;
        }
    }
    out.write_all(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::super::shown;
    use super::*;

    #[test]
    fn nothing_is_a_formula() {
        let texts = ["=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "a,b", "a;b", "plain", ""];
        let rows = texts.map(|text| vec![Cell::Text(text.to_owned()), Cell::Number(1)]).to_vec();
        let mut out = Vec::new();
        write(&mut out, &Sheet { name: "x", columns: ["a", "b"].map(shown).to_vec(), rows }).unwrap();
        let wanted = "a,b\r\n\"'=HYPERLINK(\"\"x\"\")\",1\r\n'+1,1\r\n'-1,1\r\n'@SUM(A1),1\r\n' =1,1\r\n' =1,1\r\n\"a,b\",1\r\n\"a;b\",1\r\nplain,1\r\n,1\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }
}
