//! A list of images as CSV → rows, each checked as far as it can be without a registry.
//!
//! Source: RFC 4180, with a header. Columns may stand in any order; a list with one that is unknown is refused, so that a slip in its
//! name is not a column less.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, Trim};
use policy::image::Reference;
use policy::time::Timestamp;
use reports::Format;

use crate::attach::{format, time};
use crate::exit::Failure;

/// The columns, those first that a list must have.
const COLUMNS: [&str; 6] = ["image", "report", "platform", "report-format", "scanned-at", "vex"];
/// How many of them must be there.
const REQUIRED: usize = 2;
/// What is between several files of a cell.
const SEPARATOR: char = ';';
/// What spreadsheets begin a file of UTF-8 with.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// An image with its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The line that it begins on.
    pub(super) line: u64,
    pub(super) image: String,
    /// One or more.
    pub(super) reports: Vec<PathBuf>,
    pub(super) platform: Option<String>,
    pub(super) report_format: Option<Format>,
    pub(super) scanned_at: Option<Timestamp>,
    pub(super) vex: Vec<PathBuf>,
}

/// A list under its name.
struct List<'a> {
    name: String,
    /// What paths in it are relative to.
    folder: &'a Path,
    /// Which column each cell is of.
    columns: Vec<&'static str>,
    bytes: &'a [u8],
    /// A place in the bytes, and the line that it is on.
    counted: Cell<(usize, u64)>,
}

/// Reads the list of a file, or of stdin for `-`; paths are then relative to the current folder.
///
/// # Errors
/// One sentence about the first mistake, with its line and column.
pub(super) fn read(file: &Path) -> Result<Vec<Row>, Failure> {
    let bytes = crate::manifests::read_bytes(file)?;
    rows(&bytes, file)
}

fn rows(bytes: &[u8], file: &Path) -> Result<Vec<Row>, Failure> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut list = List {
        name: if file == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() },
        folder: file.parent().unwrap_or_else(|| Path::new("")),
        columns: Vec::new(),
        bytes,
        counted: Cell::new((0, 1)),
    };
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(bytes);
    list.columns = list.header(reader.headers().map_err(|e| list.malformed(&e))?)?;
    let mut rows: Vec<Row> = Vec::new();
    let mut lines = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|e| list.malformed(&e))?;
        let row = list.row(&record)?;
        let (reference, _) = list.reference(row.line, &row.image)?;
        if let Some(earlier) = lines.insert(reference, row.line) {
            let hint = format!("hint: name all reports about an image in one row, with `{SEPARATOR}` in between");
            return Err(list.at(
                row.line,
                "image",
                format_args!("expected each image once, found that of line {earlier}; {hint}"),
            ));
        }
        rows.push(row);
    }
    match rows.is_empty() {
        true => Err(Failure::at(&list.name, "expected at least one row below the header, found none")),
        false => Ok(rows),
    }
}

impl List<'_> {
    fn header(&self, header: &StringRecord) -> Result<Vec<&'static str>, Failure> {
        let mut columns: Vec<&'static str> = Vec::new();
        let hint = || format!("hint: the first line has the names of the columns, from {}", COLUMNS.join(", "));
        for (nth, name) in header.iter().enumerate() {
            let place = || format!("{}, line 1, column {}", self.name, nth.saturating_add(1));
            let Some(column) = COLUMNS.iter().copied().find(|column| *column == name) else {
                return Err(Failure::at(place(), format_args!("expected the name of a column, found `{name}`; {}", hint())));
            };
            if columns.contains(&column) {
                return Err(Failure::at(place(), format_args!("expected each column once, found `{name}` again")));
            }
            columns.push(column);
        }
        let missing = COLUMNS.iter().take(REQUIRED).find(|column| !columns.contains(column));
        match missing {
            Some(column) => {
                Err(Failure::at(&self.name, format_args!("line 1: expected a column `{column}`, found none; {}", hint())))
            }
            None => Ok(columns),
        }
    }

    fn row(&self, record: &StringRecord) -> Result<Row, Failure> {
        let line = self.line(record.position());
        let cells: BTreeMap<&str, &str> =
            self.columns.iter().copied().zip(record.iter()).filter(|(_, cell)| !cell.is_empty()).collect();
        // A quote that is not closed takes the rows behind it into its cell.
        if let Some((column, _)) = cells.iter().find(|(_, cell)| cell.contains(['\n', '\r'])) {
            return Err(self.at(line, column, "expected a value on one line, found a line break; hint: is a quote not closed?"));
        }
        let cell = |column: &str| cells.get(column).copied();
        let needed = |column| cell(column).ok_or_else(|| self.at(line, column, "expected a value, found none"));
        let (_, image) = self.reference(line, needed("image")?)?;
        let read = |column: &'static str, error: String| {
            self.at(line, column, format_args!("{error}, found `{}`", cell(column).unwrap_or_default()))
        };
        Ok(Row {
            line,
            image,
            reports: self.files(line, "report", Some(needed("report")?))?,
            platform: cell("platform").map(str::to_owned),
            report_format: cell("report-format").map(format).transpose().map_err(|e| read("report-format", e))?,
            scanned_at: cell("scanned-at").map(time).transpose().map_err(|e| read("scanned-at", e))?,
            vex: self.files(line, "vex", cell("vex"))?,
        })
    }

    /// An image in full, and as it is written.
    fn reference(&self, line: u64, image: &str) -> Result<(String, String), Failure> {
        match Reference::parse(image) {
            Ok(reference) => Ok((reference.to_string(), image.to_owned())),
            Err(error) => Err(self.at(line, "image", format_args!("{error}, found `{image}`"))),
        }
    }

    fn files(&self, line: u64, column: &str, cell: Option<&str>) -> Result<Vec<PathBuf>, Failure> {
        let named = cell.into_iter().flat_map(|cell| cell.split(SEPARATOR)).map(str::trim);
        let path = |name: &str| match name {
            "" => Err(self.at(line, column, format_args!("expected a file before and after each `{SEPARATOR}`, found none"))),
            "-" => Err(self.at(line, column, "expected a file, found `-`; hint: stdin can be the list, not a file of it")),
            name => Ok(self.folder.join(name)),
        };
        named.map(path).collect()
    }

    fn at(&self, line: u64, column: &str, message: impl std::fmt::Display) -> Failure {
        let nth = self.columns.iter().position(|known| *known == column).map_or(0, |nth| nth.saturating_add(1));
        Failure::at(format_args!("{}, line {line}, column {nth} (`{column}`)", self.name), message)
    }

    /// The line that a record begins on. Its position is where the reader was before it: line breaks may still lie in between. Records are
    /// asked for in their order.
    fn line(&self, position: Option<&csv::Position>) -> u64 {
        let (mut at, mut line) = self.counted.get();
        let begin = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(0);
        while let Some(byte) = self.bytes.get(at).filter(|byte| at < begin || matches!(byte, b'\r' | b'\n')) {
            line = line.saturating_add(u64::from(*byte == b'\n'));
            at = at.saturating_add(1);
        }
        self.counted.set((at, line));
        line
    }

    /// What the reader of CSV refuses.
    fn malformed(&self, error: &csv::Error) -> Failure {
        let line = |position: Option<&csv::Position>| self.line(position);
        match error.kind() {
            csv::ErrorKind::UnequalLengths { pos, expected_len, len } => Failure::at(
                format_args!("{}, line {}, column {}", self.name, line(pos.as_ref()), expected_len.min(len).saturating_add(1)),
                format_args!(
                    "expected {expected_len} cells as in the header, found {len}; hint: put a cell with a comma in it in double quotes"
                ),
            ),
            csv::ErrorKind::Utf8 { pos, err } => Failure::at(
                format_args!("{}, line {}, column {}", self.name, line(pos.as_ref()), err.field().saturating_add(1)),
                "expected UTF-8, found other bytes",
            ),
            _ => Failure::at(&self.name, error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Row>, String> {
        rows(text.as_bytes(), Path::new("lists/list.csv")).map_err(|failure| failure.message)
    }

    #[test]
    fn columns_are_known_by_their_names() {
        let text = "\u{feff}vex, report ,image,scanned-at,platform,report-format\r\n\
            a.json;b.json,\"one.json; two.json\",web:1,2026-11-21T10:00:00Z,linux/arm64,grype-json\r\n,/abs.json,db,,,\r\n";
        let rows = read(text).unwrap();
        let lists = |names: &[&str]| names.iter().map(|name| Path::new("lists").join(name)).collect::<Vec<_>>();
        assert_eq!(
            (rows[0].reports.clone(), rows[0].vex.clone()),
            (lists(&["one.json", "two.json"]), lists(&["a.json", "b.json"]))
        );
        assert_eq!((rows[0].line, rows[0].image.as_str(), rows[0].platform.as_deref()), (2, "web:1", Some("linux/arm64")));
        assert_eq!(
            (rows[0].report_format, rows[0].scanned_at),
            (Format::from_name("grype-json"), Timestamp::parse("2026-11-21T10:00:00Z"))
        );
        assert_eq!(
            (rows[1].line, rows[1].reports.clone(), rows[1].platform.clone()),
            (3, vec![PathBuf::from("/abs.json")], None)
        );
    }

    #[test]
    fn a_mistake_has_its_line_and_column() {
        for (text, wanted) in [
            ("", "lists/list.csv: line 1: expected a column `image`, found none; hint: "),
            ("image,report\n", "lists/list.csv: expected at least one row below the header, found none"),
            ("image,platform\nweb,x\n", "lists/list.csv: line 1: expected a column `report`, found none"),
            ("image,reprot\nweb,x\n", "lists/list.csv, line 1, column 2: expected the name of a column, found `reprot`; hint: "),
            ("image,report,image\n", "lists/list.csv, line 1, column 3: expected each column once, found `image` again"),
            (
                "image,report\r\n\r\nweb,a\r\n\r\ndb\r\n",
                "lists/list.csv, line 5, column 2: expected 2 cells as in the header, found 1; hint: ",
            ),
            ("image,report\nweb,a\ndb\n", "lists/list.csv, line 3, column 2: expected 2 cells as in the header, found 1; hint: "),
            ("image,report\nweb,a,b\n", "lists/list.csv, line 2, column 3: expected 2 cells as in the header, found 3"),
            ("report,image\na,\n", "lists/list.csv, line 2, column 2 (`image`): expected a value, found none"),
            ("report,image\na,ghcr.io/UPPER/x\n", "lists/list.csv, line 2, column 2 (`image`): "),
            ("image,report\nweb,\n", "lists/list.csv, line 2, column 2 (`report`): expected a value, found none"),
            (
                "image,report\nweb,a;;b\n",
                "lists/list.csv, line 2, column 2 (`report`): expected a file before and after each `;`",
            ),
            ("image,report\nweb,-\n", "lists/list.csv, line 2, column 2 (`report`): expected a file, found `-`; hint: "),
            (
                "image,report,scanned-at\nweb,a,today\n",
                "line 2, column 3 (`scanned-at`): expected an RFC 3339 time such as 2026-11-21T10:00:00Z, found `today`",
            ),
            ("image,report,report-format\nweb,a,b\n", "line 2, column 3 (`report-format`): expected one of trivy-json, "),
            (
                "image,report\nweb,a\ndocker.io/library/web:latest,b\n",
                "lists/list.csv, line 3, column 1 (`image`): expected each image once, found that of line 2; hint: ",
            ),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.contains(wanted), "{text:?}: {found}");
        }
        let bytes = b"image,report\nweb,\xff\n";
        let found = rows(bytes, Path::new("-")).unwrap_err().message;
        assert_eq!(found, "stdin, line 2, column 2: expected UTF-8, found other bytes");
    }
}
