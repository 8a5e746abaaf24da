//! Files, gzip'd ones too, and standard input → their lines, each of bounded length, with their numbers.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::exit::Failure;

/// Bytes of the longest line that is read. An API server takes requests of 3 MiB, and writes them once more as responses.
pub(super) const LINE_BYTES: usize = 8 * 1024 * 1024;
/// Bytes that one gzip'd file may become: logs shrink to a tenth or twentieth, and a file is rotated long before this.
const INFLATED_BYTES: u64 = 64 * 1024 * 1024 * 1024;
/// Bytes that are read at once.
const BUFFER: usize = 256 * 1024;
/// How a gzip'd file begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How text in UTF-16 begins, as some shells write what is redirected to a file (Unicode, section 23.8).
const UTF_16: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'l> {
    /// Without its end.
    Whole(&'l [u8]),
    /// It was longer than [`LINE_BYTES`] and has been skipped.
    TooLong,
}

/// The lines of one source.
pub(super) struct Lines<'r> {
    reader: Box<dyn BufRead + 'r>,
    line: Vec<u8>,
    number: u64,
    longest: usize,
}

impl<'r> Lines<'r> {
    /// Those of a file, or of standard input for `-`; `watch` is told of every piece of the file that was read.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn open(path: &Path, watch: impl Fn(u64) + 'r) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Self::read(Watched { inner: io::stdin(), watch }).map_err(|error| Failure::at("standard input", error));
        }
        let file = File::open(path).map_err(|error| Failure::at(path.display(), error))?;
        Self::read(Watched { inner: file, watch }).map_err(|error| Failure::at(path.display(), error))
    }

    /// Those of whatever can be read.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(source: impl Read + 'r) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(BUFFER, source);
        let is_gzip = reader.fill_buf()?.starts_with(&GZIP);
        let reader: Box<dyn BufRead + 'r> = if is_gzip {
            let inflated = Capped { inner: MultiGzDecoder::new(reader), left: INFLATED_BYTES };
            Box::new(BufReader::with_capacity(BUFFER, inflated))
        } else if UTF_16.iter().any(|mark| reader.buffer().starts_with(mark)) {
            return Err(io::Error::other("expected UTF-8, found UTF-16; hint: `iconv --from UTF-16 --to UTF-8`"));
        } else {
            Box::new(reader)
        };
        Ok(Self { reader, line: Vec::new(), number: 0, longest: LINE_BYTES })
    }

    /// The number of the line that was read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// The source cannot be read further.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let most = u64::try_from(self.longest).unwrap_or(u64::MAX).saturating_add(1);
        let read = self.reader.by_ref().take(most).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if self.line.len() > self.longest {
            self.reader.skip_until(b'\n')?;
            self.line = Vec::new();
            return Ok(Some(Line::TooLong));
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Ok(Some(Line::Whole(&self.line)))
    }
}

/// Tells how much was read.
struct Watched<R, W> {
    inner: R,
    watch: W,
}

impl<R: Read, W: Fn(u64)> Read for Watched<R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        (self.watch)(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

/// Fails where there is more than there may be.
struct Capped<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(u64::try_from(read).unwrap_or(u64::MAX)) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(format!("it inflates to more than {INFLATED_BYTES} bytes"))),
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn all(bytes: &[u8], longest: usize) -> Vec<String> {
        let mut lines = Lines { longest, ..Lines::read(bytes).unwrap() };
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push(match line {
                Line::Whole(line) => String::from_utf8_lossy(line).into_owned(),
                Line::TooLong => "too long".to_owned(),
            });
        }
        assert_eq!(lines.number(), all.len() as u64);
        all
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn lines_end_where_they_end() {
        assert_eq!(all(b"a\r\n\nb\nlast", 100), ["a", "", "b", "last"]);
        assert_eq!(all(b"", 100), [""; 0]);
        assert_eq!(all(b"1234\n12345\n123456789\nx\n1234", 4), ["1234", "too long", "too long", "x", "1234"]);
        assert_eq!(all(b"12345", 4), ["too long"]);
    }

    #[test]
    fn rotated_logs_are_read_by_how_they_begin() {
        let two = [gzip(b"a\nb\n"), gzip(b"c\n")].concat();
        assert_eq!(all(&two, 100), ["a", "b", "c"]);
        let mut cut = Lines::read(&two[..two.len() - 12]).unwrap();
        let mut ended = Ok(());
        for _ in 0..4 {
            ended = ended.and(cut.next().map(|_| ()));
        }
        assert!(ended.is_err(), "what is missing is not the end");
        let mut capped = Capped { inner: &[0_u8; 10][..], left: 9 };
        assert!(capped.read(&mut [0; 10]).is_err());
    }
}
