//! Every seed and everything that ever broke a target, once more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

#[test]
fn every_input_is_replayed() {
    let mut broken = Vec::new();
    for (name, run) in fuzz::TARGETS {
        let folder = corpus().join(name);
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut inputs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{}: nothing to replay; write its seeds: ./just fuzz-seeds", folder.display());
        for path in inputs {
            let bytes = std::fs::read(&path).unwrap();
            // A panic does not say which input it was.
            if std::panic::catch_unwind(|| run(&bytes)).is_err() {
                broken.push(format!("{name}: {}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these inputs break their targets, what they say is above:\n  {}", broken.join("\n  "));
}

#[test]
fn every_corpus_has_a_target_and_every_target_a_program() {
    let names = |folder: PathBuf| -> BTreeSet<String> {
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    let targets: BTreeSet<String> = fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(corpus()), targets);
    assert_eq!(names(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets")), targets);
}
