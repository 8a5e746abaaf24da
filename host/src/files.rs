//! Folders of YAML and JSON → the files in them, in the order of their names.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use crate::limits::FOLDERS;

/// The files below a folder whose names end in `.yaml`, `.yml` or `.json`; a folder's entries by name.
///
/// # Errors
/// One sentence with the folder's name: it cannot be read, or folders are nested deeper than [`FOLDERS`].
pub fn below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    walk(folder, &mut files, 0)?;
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, depth: usize) -> Result<(), String> {
    let at = |complaint: &dyn Display| format!("{}: {complaint}", folder.display());
    if depth > FOLDERS {
        return Err(at(&format_args!("expected at most {FOLDERS} nested folders")));
    }
    let entries = std::fs::read_dir(folder).map_err(|e| at(&e))?;
    let mut entries = entries.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(|e| at(&e))?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            walk(&entry, files, depth.saturating_add(1))?;
        } else if entry.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
            files.push(entry);
        }
    }
    Ok(())
}
