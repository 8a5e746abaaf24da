//! An interrupt (Ctrl-C, SIGTERM, SIGHUP) → the end of the scanners that run, their folders, and this program.
//!
//! Scanners have groups of their own, so that a terminal's interrupt does not reach them; and the first process of a container is ended by
//! none of these signals unless it listens.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, Once, PoisonError};

/// What shells say of a program that was interrupted: 128 and the number of SIGINT.
#[cfg(unix)]
const EXIT: i32 = 130;

/// The process groups that run, each with its private folder.
static RUNNING: Mutex<BTreeMap<u32, PathBuf>> = Mutex::new(BTreeMap::new());
/// A process has one handler.
static ARMED: Once = Once::new();

/// From now on an interrupt ends what was begun by [`spawn`]. Where that cannot be had, it ends this program alone.
#[cfg(unix)]
pub(super) fn arm() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    ARMED.call_once(|| {
        if let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM]) {
            std::thread::spawn(move || signals.forever().next().map(|_| end()));
        }
    });
}

/// Elsewhere scanners have no groups of their own.
#[cfg(not(unix))]
pub(super) fn arm() {
    ARMED.call_once(|| {});
}

#[cfg(unix)]
fn end() {
    // Held until the end: nothing more is begun.
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    for (group, folder) in running.iter() {
        super::process::end_group(*group);
        let _ = std::fs::remove_dir_all(folder);
    }
    std::process::exit(EXIT);
}

/// Begins a process that an interrupt ends.
pub(super) fn spawn(command: &mut Command, folder: &Path) -> std::io::Result<Child> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let child = command.spawn()?;
    running.insert(child.id(), folder.to_owned());
    Ok(child)
}

/// A process that is about to be taken leave of: from then on its number may be another's.
pub(super) fn forget(child: &Child) {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&child.id());
}
