//! Files, folders and stdin of Kubernetes manifests → admission requests.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use documents::request::{self, Held};
pub(crate) use documents::request::{Defaults, Submitted, name};

use crate::exit::Failure;

/// The longest input that is read, in bytes: what the YAML reader and the report readers accept at most.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// All bytes of a file, or of stdin for `-`.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let at = |e: std::io::Error| Failure::at(path.display(), e);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_BYTES.saturating_add(1)).read_to_end(&mut bytes).map_err(at)?;
    } else {
        std::fs::File::open(path).map_err(at)?.take(MAX_BYTES.saturating_add(1)).read_to_end(&mut bytes).map_err(at)?;
    }
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(Failure::at(path.display(), format_args!("expected at most {MAX_BYTES} bytes"))),
        false => Ok(bytes),
    }
}

/// Reads files, folders and stdin, in the order given; a folder's files by name. What lies in a folder and is no Kubernetes object
/// is passed over with a note; of what was named itself it is an error.
pub(crate) fn read(paths: &[PathBuf], defaults: &Defaults) -> Result<(Vec<Submitted>, Vec<String>), Failure> {
    let (mut submitted, mut notes) = (Vec::new(), Vec::new());
    for path in paths {
        if path.is_dir() {
            for file in host::files::below(path).map_err(Failure::new)? {
                read_file(&file, defaults, &mut submitted, Some(&mut notes))?;
            }
        } else {
            read_file(path, defaults, &mut submitted, None)?;
        }
    }
    Ok((submitted, notes))
}

fn read_file(
    path: &Path,
    defaults: &Defaults,
    submitted: &mut Vec<Submitted>,
    mut notes: Option<&mut Vec<String>>,
) -> Result<(), Failure> {
    let name = path.display().to_string();
    let text = String::from_utf8(read_bytes(path)?).map_err(|e| Failure::at(&name, e.utf8_error()))?;
    for found in documents(&name, &text, defaults)? {
        match (found, &mut notes) {
            (Ok(found), _) => submitted.extend(found),
            (Err(other), Some(notes)) => notes.push(format!("{}: passed over, {}", other.place, other.what)),
            (Err(other), None) => return Err(Failure::at(other.place, other.what)),
        }
    }
    Ok(())
}

/// The requests of a text that has the name of a file.
pub(crate) fn of_text(name: &str, text: &str, defaults: &Defaults) -> Result<Vec<Submitted>, Failure> {
    let mut submitted = Vec::new();
    for found in documents(name, text, defaults)? {
        submitted.extend(found.map_err(|other| Failure::at(other.place, other.what))?);
    }
    Ok(submitted)
}

/// What each document of a text holds, or its place and what it is instead.
fn documents(name: &str, text: &str, defaults: &Defaults) -> Result<Vec<Held>, Failure> {
    request::read(name, text, defaults).map_err(|e| Failure::at(name, e))
}
