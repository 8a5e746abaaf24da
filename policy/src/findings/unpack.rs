//! MessagePack bytes → the findings document, by the packed layout of schema version 1: fixed arrays, nothing skipped, text borrowed.
//!
//! Written against the codec and not derived: a derived reader was a fifth of the module's code.

use std::borrow::Cow;

use rmp::decode::{self, Bytes};

use super::check::DocumentError;
use super::{CvssScore, Document, Epss, Field, Finding, FixState, Image, Os, Scanner, Severity, VexStatus, Vulnerability};
use crate::limits;
use crate::time::Timestamp;

type Read<T> = Result<T, DocumentError>;

/// What is left to read.
pub(super) struct Reader<'a>(&'a [u8]);

/// Reads a whole document; what holds between its fields is not checked here.
pub(super) fn document(bytes: &[u8]) -> Read<Document<'_>> {
    let mut reader = Reader(bytes);
    reader.array("the document", 6)?;
    let document = Document {
        schema_version: reader.integer("schemaVersion")?,
        subject: reader.text("subject")?,
        scanner: reader.scanner()?,
        scanned_at: reader.time("scannedAt")?,
        provides: reader.list("provides", 16, |reader| {
            let name = reader.text("provides")?;
            Field::from_name(&name)
                .ok_or_else(|| error(&format!("provides: expected the name of an optional field, found `{name}`")))
        })?,
        images: reader.list("images", limits::DOCUMENT_IMAGES, Reader::image)?,
    };
    if reader.0.is_empty() { Ok(document) } else { Err(error("expected the end of the document, found more bytes")) }
}

impl<'a> Reader<'a> {
    fn scanner(&mut self) -> Read<Scanner<'a>> {
        self.array("scanner", 3)?;
        Ok(Scanner {
            name: self.text("scanner.name")?,
            version: self.optional(|reader| reader.text("scanner.version"))?,
            database_updated_at: self.optional(|reader| reader.time("scanner.databaseUpdatedAt"))?,
        })
    }

    fn image(&mut self) -> Read<Image<'a>> {
        self.array("an image", 4)?;
        Ok(Image {
            digest: self.text("an image's digest")?,
            platform: self.optional(|reader| reader.text("an image's platform"))?,
            os: self.optional(Reader::os)?,
            vulnerabilities: self
                .optional(|reader| reader.list("vulnerabilities", limits::VULNERABILITIES, Reader::vulnerability))?,
        })
    }

    fn os(&mut self) -> Read<Os<'a>> {
        self.array("os", 3)?;
        Ok(Os {
            family: self.text("os.family")?,
            version: self.optional(|reader| reader.text("os.version"))?,
            end_of_life: self.optional(|reader| reader.boolean("os.endOfLife"))?,
        })
    }

    fn vulnerability(&mut self) -> Read<Vulnerability<'a>> {
        self.array("a vulnerability", 9)?;
        let id = self.text("a vulnerability's id")?;
        let severity = self.scale("severity", Severity::from_number)?;
        Ok(Vulnerability {
            severity,
            findings: self.list("findings", limits::LIST_ITEMS, Reader::finding)?,
            aliases: self.list("aliases", limits::LIST_ITEMS, |reader| reader.text("an alias"))?,
            advisories: self.list("advisories", limits::LIST_ITEMS, |reader| reader.text("an advisory"))?,
            cvss: self.optional(|reader| reader.scale("cvss", CvssScore::new))?,
            epss: self.optional(|reader| reader.scale("epss", Epss::new))?,
            known_exploited: self.optional(|reader| reader.boolean("knownExploited"))?,
            published_at: self.optional(|reader| reader.time("publishedAt"))?,
            id,
        })
    }

    fn finding(&mut self) -> Read<Finding<'a>> {
        self.array("a finding", 8)?;
        Ok(Finding {
            purl: self.text("purl")?,
            installed: self.optional(|reader| reader.text("installed"))?,
            fixed: self.list("fixed", limits::LIST_ITEMS, |reader| reader.text("a fixed version"))?,
            fix_state: self.scale("fixState", FixState::from_number)?,
            fix_available_at: self.optional(|reader| reader.time("fixAvailableAt"))?,
            path: self.optional(|reader| reader.text("path"))?,
            vex: self.optional(|reader| reader.scale("vex", VexStatus::from_number))?,
            vex_source: self.optional(|reader| reader.text("vexSource"))?,
        })
    }

    /// An array of exactly so many elements.
    fn array(&mut self, what: &str, elements: u32) -> Read<()> {
        match self.length() {
            Some(found) if found == elements => Ok(()),
            Some(found) => Err(error(&format!("{what}: expected an array of {elements} elements, found {found}"))),
            None => Err(error(&format!("{what}: expected an array of {elements} elements"))),
        }
    }

    /// A list of at most so many elements.
    fn list<T>(&mut self, what: &str, most: usize, element: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let length = self.length().and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or_else(|| error(&format!("{what}: expected a list")))?;
        if length > most {
            return Err(error(&format!("{what}: expected at most {most} elements, found {length}")));
        }
        // An element takes a byte at least: a length that lies reserves no more than the document has.
        let mut items = Vec::with_capacity(length.min(self.0.len()));
        for _ in 0..length {
            items.push(element(self)?);
        }
        Ok(items)
    }

    fn length(&mut self) -> Option<u32> {
        // So is that of a short array.
        if let Some((&head @ 0x90..=0x9f, rest)) = self.0.split_first() {
            self.0 = rest;
            return Some(u32::from(head & 0x0f));
        }
        self.codec(decode::read_array_len)
    }

    fn optional<T>(&mut self, value: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        const NIL: u8 = 0xc0;
        match self.0.split_first() {
            Some((&NIL, rest)) => {
                self.0 = rest;
                Ok(None)
            }
            _ => value(self).map(Some),
        }
    }

    fn text(&mut self, what: &str) -> Read<Cow<'a, str>> {
        // A short text, the most common element: its length is in its first byte.
        if let Some((&head @ 0xa0..=0xbf, rest)) = self.0.split_first()
            && let Some((text, rest)) = rest.split_at_checked(usize::from(head & 0x1f))
            && let Ok(text) = std::str::from_utf8(text)
        {
            self.0 = rest;
            return Ok(Cow::Borrowed(text));
        }
        match decode::read_str_from_slice(self.0) {
            Ok((text, rest)) => {
                self.0 = rest;
                Ok(Cow::Borrowed(text))
            }
            Err(_) => Err(error(&format!("{what}: expected a text"))),
        }
    }

    fn boolean(&mut self, what: &str) -> Read<bool> {
        self.codec(decode::read_bool).ok_or_else(|| error(&format!("{what}: expected true or false")))
    }

    fn integer(&mut self, what: &str) -> Read<u32> {
        let number = self.number().and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| error(&format!("{what}: expected a whole number")))
    }

    fn time(&mut self, what: &str) -> Read<Timestamp> {
        let time = self.number().and_then(Timestamp::from_unix);
        time.ok_or_else(|| error(&format!("{what}: expected Unix seconds from 1970 to 9999")))
    }

    fn scale<T>(&mut self, what: &str, read: impl FnOnce(u32) -> Option<T>) -> Read<T> {
        let number = self.integer(what)?;
        read(number).ok_or_else(|| error(&format!("{what}: expected a number of its scale, found {number}")))
    }

    fn number(&mut self) -> Option<i64> {
        // A small number is its own byte.
        if let Some((&number @ 0..=0x7f, rest)) = self.0.split_first() {
            self.0 = rest;
            return Some(i64::from(number));
        }
        self.codec(decode::read_int)
    }

    fn codec<T, E>(&mut self, read: impl FnOnce(&mut Bytes<'a>) -> Result<T, E>) -> Option<T> {
        let mut bytes = Bytes::new(self.0);
        let value = read(&mut bytes).ok();
        self.0 = bytes.remaining_slice();
        value
    }
}

fn error(text: &str) -> DocumentError {
    DocumentError(text.to_owned())
}
