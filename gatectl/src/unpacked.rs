//! The bytes of a file → what its reader takes: unpacked where they are gzip, and as JSON where they are the YAML of a Kubernetes object,
//! as `kubectl get REPORT --output yaml` writes it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use documents::object;
use flate2::bufread::MultiGzDecoder;

use crate::exit::Failure;
use crate::manifests;

/// What gzip begins with (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// All bytes of a report, a VEX document or a catalogue, from a file or, for `-`, from stdin.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    of_bytes(manifests::read_bytes(path)?).map_err(|what| Failure::at(path.display(), what))
}

/// The lines of a list.
pub(crate) fn lines(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    let at = |e: std::io::Error| Failure::at(path.display(), e);
    let mut input: Box<dyn BufRead> = match path == Path::new("-") {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(path).map_err(at)?)),
    };
    let is_packed = input.fill_buf().map_err(at)?.starts_with(&GZIP);
    Ok(if is_packed { Box::new(BufReader::new(MultiGzDecoder::new(input))) } else { input })
}

fn of_bytes(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let bytes = if bytes.starts_with(&GZIP) { unpacked(&bytes)? } else { bytes };
    match std::str::from_utf8(&bytes) {
        Ok(text) if object::is_yaml(text) => object::as_json(text).map(String::into_bytes),
        // What else is wrong with it the reader says.
        _ => Ok(bytes),
    }
}

/// A few bytes may unpack to any number of them: no more are made than a report may have.
fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let most = reports::MAX_BYTES;
    let mut all = Vec::new();
    let more = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(bytes).take(more).read_to_end(&mut all).map_err(|e| format!("it cannot be unpacked as gzip: {e}"))?;
    if all.len() > most { Err(format!("expected at most {most} bytes in the gzip file, found more")) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_unpacked_up_to_what_a_report_may_have() {
        assert_eq!(of_bytes(packed(b"{}")).unwrap(), b"{}");
        assert_eq!(of_bytes([packed(b"{"), packed(b"}")].concat()).unwrap(), b"{}", "in members");
        let most = vec![b' '; reports::MAX_BYTES];
        assert_eq!(of_bytes(packed(&most)).unwrap().len(), reports::MAX_BYTES);
        let error = of_bytes([packed(&most), packed(b" ")].concat()).unwrap_err();
        assert_eq!(error, "expected at most 67108864 bytes in the gzip file, found more");
        let whole = packed(b"{\"a\": 1}");
        for end in 2..whole.len() {
            assert!(
                of_bytes(whole.get(..end).unwrap().to_vec()).unwrap_err().starts_with("it cannot be unpacked as gzip: "),
                "{end}"
            );
        }
    }

    #[test]
    fn the_yaml_of_one_object_is_its_json_packed_or_not() {
        let object = "apiVersion: a/v1\nkind: VulnerabilityReport\nreport: {}\n".as_bytes();
        let json = br#"{"apiVersion":"a/v1","kind":"VulnerabilityReport","report":{}}"#;
        assert_eq!(of_bytes(object.to_vec()).unwrap(), json);
        assert_eq!(of_bytes(packed(object)).unwrap(), json);
        let error = of_bytes([object, b"kind: Other\n"].concat()).unwrap_err();
        assert!(error.contains("duplicate key"), "{error}");
        for other in ["{\"apiVersion:\": 1}", "a: apiVersion", "\u{0}"] {
            assert_eq!(of_bytes(other.into()).unwrap(), other.as_bytes(), "{other}");
        }
    }
}
