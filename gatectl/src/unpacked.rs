//! The bytes of a file → what its reader takes: unpacked where they are gzip, and as JSON where they are the YAML of a Kubernetes object,
//! as `kubectl get REPORT --output yaml` writes it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::exit::Failure;
use crate::manifests;

/// What gzip begins with (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The longest YAML that is read as a report, in bytes (16 MiB): as a tree it takes many times as much, and a cluster keeps no larger object.
const YAML_BYTES: usize = 16 * 1024 * 1024;

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
        Ok(text) if is_yaml(text) => as_json(text),
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

/// A line that begins with `apiVersion:`, and nothing that JSON or XML begin with.
fn is_yaml(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_ascii_start();
    !text.starts_with(['{', '[', '<']) && text.lines().take(1000).any(|line| line.starts_with("apiVersion:"))
}

fn as_json(text: &str) -> Result<Vec<u8>, String> {
    if text.len() > YAML_BYTES {
        return Err(format!("expected YAML of at most {YAML_BYTES} bytes, found {}; hint: write it as JSON", text.len()));
    }
    let mut documents = documents::yaml::read(text).map_err(|e| e.to_string())?;
    documents.retain(|document| !document.value.is_null());
    match documents.as_slice() {
        [one] => serde_json::to_vec(&one.value).map_err(|e| e.to_string()),
        all => {
            Err(format!("expected one Kubernetes object, found {}; hint: each report belongs into a file of its own", all.len()))
        }
    }
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
    fn the_yaml_of_one_object_is_its_json() {
        let object =
            "apiVersion: aquasecurity.github.io/v1alpha1\nkind: VulnerabilityReport\nreport:\n  artifact: {tag: \"1.0\"}\n";
        let json = br#"{"apiVersion":"aquasecurity.github.io/v1alpha1","kind":"VulnerabilityReport","report":{"artifact":{"tag":"1.0"}}}"#;
        for text in
            [object.to_owned(), format!("# exported\n---\n{object}"), format!("{object}---\n"), format!("\u{feff}{object}")]
        {
            assert_eq!(of_bytes(text.clone().into_bytes()).unwrap(), json, "{text}");
            assert_eq!(of_bytes(packed(text.as_bytes())).unwrap(), json);
        }
        for (text, part) in [
            (format!("{object}---\n{object}"), "expected one Kubernetes object, found 2"),
            (format!("{object}kind: Other\n"), "duplicate key"),
            (format!("{object}a: &a [*a]\n"), "line 5"),
            (format!("{object}{}", "# x\n".repeat(5_000_000)), "expected YAML of at most 16777216 bytes"),
        ] {
            let error = of_bytes(text.into_bytes()).unwrap_err();
            assert!(error.contains(part), "{part}: {error}");
        }
        for other in ["{\"apiVersion:\": 1}", "<a/>\napiVersion: 1", "a: apiVersion", "\u{0}"] {
            assert_eq!(of_bytes(other.into()).unwrap(), other.as_bytes(), "{other}");
        }
    }
}
