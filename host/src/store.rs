//! Answers that never change, kept in a folder that several processes share.
//!
//! An entry is a file named by the SHA-256 of its key. It has a mark of its layout, the SHA-256 of key and answer, and the answer. It is
//! written to another name and renamed, so that whoever reads sees all of it or nothing; it is checked on reading, and what is damaged is
//! removed and counts as never kept. Beyond a size, what was not used for longest goes first, by the time of the last change, which
//! reading sets. That another process removes a file at any moment is part of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use crate::limits;

/// How an entry begins; another layout gets another number.
const MAGIC: &[u8; 8] = b"gdkept1\n";
/// Bytes of a SHA-256.
const SUM: usize = 32;
/// How the name of an entry ends.
const ENTRY: &str = ".kept";
/// How the name of a file ends that is not an entry yet.
const UNFINISHED: &str = ".part";
/// After which an unfinished file is taken for left behind.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A folder of entries.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    most_bytes: u64,
}

/// What makes the names of this process' unfinished files differ.
static NTH: AtomicU64 = AtomicU64::new(0);

impl Store {
    /// A folder that is made when something is kept, and holds about so many bytes at most.
    #[must_use]
    pub fn new(folder: PathBuf, most_bytes: u64) -> Self {
        Self { folder, most_bytes }
    }

    /// What is kept under a key. A damaged entry is removed.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.path(key);
        let file = File::open(&path).ok()?;
        let most = (MAGIC.len() + SUM + limits::KEPT_BYTES) as u64;
        let mut bytes = Vec::new();
        let is_read = file.take(most.saturating_add(1)).read_to_end(&mut bytes).is_ok() && bytes.len() as u64 <= most;
        match open(&bytes, key).filter(|_| is_read) {
            Some(answer) => {
                // Only the order of eviction hangs on it.
                let _ = OpenOptions::new().append(true).open(&path).and_then(|file| file.set_modified(present()));
                Some(answer.to_vec())
            }
            None => {
                let _ = fs::remove_file(&path);
                None
            }
        }
    }

    /// Keeps an answer, unless it is larger than [`limits::KEPT_BYTES`], and removes what then is too much.
    ///
    /// # Errors
    /// The folder cannot be made or written to. Nothing is half kept.
    pub fn put(&self, key: &str, answer: &[u8]) -> io::Result<()> {
        if answer.len() > limits::KEPT_BYTES {
            return Ok(());
        }
        make_folder(&self.folder)?;
        let nth = NTH.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.folder.join(format!("{}-{nth}{UNFINISHED}", std::process::id()));
        let written = write(&unfinished, key, answer).and_then(|()| fs::rename(&unfinished, self.path(key)));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written?;
        self.shrink()
    }

    fn path(&self, key: &str) -> PathBuf {
        let name: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{name}{ENTRY}"))
    }

    /// Removes what was not used for longest, until the rest fits.
    fn shrink(&self) -> io::Result<()> {
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            // What went away in the meantime needs no space.
            let Ok((path, Ok(metadata))) = entry.map(|entry| (entry.path(), entry.metadata())) else { continue };
            let changed = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.ends_with(ENTRY) {
                entries.push((changed, metadata.len(), path));
            } else if name.ends_with(UNFINISHED) && present().duration_since(changed).is_ok_and(|age| age > ABANDONED) {
                remove(&path)?;
            }
        }
        entries.sort();
        let mut sum = entries.iter().fold(0_u64, |sum, (_, bytes, _)| sum.saturating_add(*bytes));
        for (_, bytes, path) in entries {
            if sum <= self.most_bytes {
                break;
            }
            remove(&path)?;
            sum = sum.saturating_sub(bytes);
        }
        Ok(())
    }
}

/// The answer in an entry that is whole and about the key.
fn open<'b>(bytes: &'b [u8], key: &str) -> Option<&'b [u8]> {
    let (sum, answer) = bytes.strip_prefix(MAGIC)?.split_at_checked(SUM)?;
    (sum == checksum(key, answer)).then_some(answer)
}

fn checksum(key: &str, answer: &[u8]) -> [u8; SUM] {
    let length = (key.len() as u64).to_be_bytes();
    Sha256::new().chain_update(length).chain_update(key).chain_update(answer).finalize().into()
}

/// Only its owner may read and write: what registries answer to one user is not for others, nor theirs to forge.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write(path: &Path, key: &str, answer: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(MAGIC)?;
    file.write_all(&checksum(key, answer))?;
    file.write_all(answer)
}

/// Removes a file that another process may have removed.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[expect(clippy::disallowed_methods, reason = "when an entry was used last is the edge's own business")]
fn present() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(most_bytes: u64) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("a/b"), most_bytes);
        (folder, store)
    }

    #[test]
    fn what_was_put_is_given_again() {
        let (_folder, store) = store(1 << 20);
        assert_eq!(store.get("a"), None, "without a folder, too");
        store.put("a", b"one").unwrap();
        store.put("b", b"").unwrap();
        assert_eq!((store.get("a"), store.get("b"), store.get("c")), (Some(b"one".to_vec()), Some(Vec::new()), None));
        store.put("a", b"two").unwrap();
        assert_eq!(store.get("a"), Some(b"two".to_vec()));
        store.put("large", &vec![0; limits::KEPT_BYTES + 1]).unwrap();
        assert_eq!(store.get("large"), None);
    }

    #[test]
    fn what_is_damaged_or_of_another_key_is_dropped() {
        let (_folder, store) = store(1 << 20);
        store.put("key", b"answer").unwrap();
        let whole = fs::read(store.path("key")).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            for damaged in [&bytes, &whole[..at]] {
                fs::write(store.path("key"), damaged).unwrap();
                assert_eq!(store.get("key"), None, "at {at}");
                assert!(!store.path("key").exists(), "a damaged entry is removed");
            }
        }
        fs::write(store.path("other"), &whole).unwrap();
        assert_eq!(store.get("other"), None, "the entry is about another key");
        fs::write(store.path("key"), [whole.as_slice(), b"!"].concat()).unwrap();
        assert_eq!(store.get("key"), None);
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let (_folder, store) = store(3 * 148);
        for (nth, key) in ["a", "b", "c"].into_iter().enumerate() {
            store.put(key, &[0; 100]).unwrap();
            let file = OpenOptions::new().append(true).open(store.path(key)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(nth as u64)).unwrap();
        }
        assert!(store.get("a").is_some(), "reading is using");
        let left_behind = store.folder.join("1-1.part");
        fs::write(&left_behind, "x").unwrap();
        File::options().append(true).open(&left_behind).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let foreign = store.folder.join("README");
        fs::write(&foreign, vec![0; 1000]).unwrap();
        store.put("d", &[0; 100]).unwrap();
        let there: Vec<bool> = ["a", "b", "c", "d"].map(|key| store.path(key).exists()).to_vec();
        assert_eq!(there, [true, false, true, true]);
        assert!(!left_behind.exists() && foreign.exists(), "what is not the store's is left alone");
    }

    #[test]
    fn many_at_once_see_all_or_nothing() {
        let (_folder, store) = store(20 * 148);
        std::thread::scope(|scope| {
            for writer in 0..4_u8 {
                let store = &store;
                scope.spawn(move || {
                    for nth in 0..50_u8 {
                        let key = format!("{}", nth % 7);
                        store.put(&key, &[nth % 7; 100]).unwrap();
                        if let Some(answer) = store.get(&key) {
                            assert_eq!(answer, [nth % 7; 100], "{writer}");
                        }
                    }
                });
            }
        });
        let left = fs::read_dir(&store.folder).unwrap().count();
        assert_eq!(left, 7, "no unfinished file is left");
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_its_owners() {
        let (_folder, store) = store(1 << 20);
        store.put("a", b"one").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&store.folder).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700);
    }
}
