//! What is in the registry already about an image → the reports of it that are republished as our findings.
//!
//! In this order: whatever is there is found ([`find`]), fetched and taken out of its envelope ([`open`]), held against public keys
//! ([`trust`]), read and bound to the image ([`judge`]), and of each image the newest that is trusted is chosen ([`choose`]). All of it is
//! listed ([`list`]), with why it was taken or left.

mod choose;
mod find;
#[cfg(test)]
mod fixture;
mod judge;
mod list;
mod open;
mod trust;

use std::collections::BTreeSet;

use host::registry::{Registry, Resolved};
use policy::time::Timestamp;
use reports::Format;
use reports::report::Notes;

pub(super) use self::choose::Outcome;
use self::find::{Found, Held};
pub(super) use self::judge::Candidate;
use self::judge::{Judge, Readable, State};
pub(super) use self::list::{rows, value};
pub(super) use self::trust::{TrustKey, load};
use super::input::Read;
use super::subject::Subject;
use crate::exit::Failure;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// Reports of this format only.
    pub(super) format: Option<Format>,
    /// Digests of artifacts or layers; any where there is none.
    pub(super) candidates: &'a [String],
    pub(super) platform: Option<&'a str>,
    pub(super) scanned_at: Option<Timestamp>,
    pub(super) is_empty_accepted: bool,
}

impl Wanted<'_> {
    fn is_asked_for(&self, found: &Found) -> bool {
        self.candidates.is_empty() || self.candidates.iter().any(|digest| is_named(found, digest))
    }
}

/// Whether a digest is that of the artifact or of its layer.
fn is_named(found: &Found, digest: &str) -> bool {
    found.artifact == digest || matches!(&found.held, Held::Layer(layer) if layer.digest == digest)
}

/// Everything that was found, and the reports that are taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) read: Vec<Read>,
    pub(super) all: Vec<(Candidate, Outcome)>,
    pub(super) notes: Notes,
}

/// Finds, judges and chooses.
///
/// # Errors
/// Nothing can be taken, something that may be newer cannot be read, or the registry cannot say what is there: with everything that was
/// found, and why.
pub(super) fn take(registry: &Registry, resolved: &Resolved, keys: &[TrustKey], wanted: Wanted<'_>) -> Result<Taken, Failure> {
    let subject = Subject::fetch(registry, resolved)?;
    let found = find::find(registry, &resolved.repository, &subject, wanted.platform)?;
    for digest in wanted.candidates {
        if !found.iter().any(|found| is_named(found, digest)) {
            let why = format!("expected the digest of something that is there, found `{digest}`, which is not");
            return Err(list::failure(resolved, &why, &[]));
        }
        // The artifact says which image a layer is about, and when it was made: the layer alone would name any of them.
        let of_layer = found.iter().filter(|found| found.artifact != *digest && is_named(found, digest));
        let artifacts: BTreeSet<&str> = of_layer.map(|found| found.artifact.as_str()).collect();
        if artifacts.len() > 1 {
            let all = artifacts.into_iter().collect::<Vec<_>>().join(", ");
            let why = format!(
                "expected the digest of an artifact, found `{digest}`, a layer of several: {all}; hint: name one of these"
            );
            return Err(list::failure(resolved, &why, &[]));
        }
    }
    let judged = Judge { registry, resolved, subject: &subject, keys, wanted }.all(found);
    let outcomes = choose::choose(&judged, &subject.digest, !wanted.candidates.is_empty());
    let all: Vec<(Candidate, Outcome)> = judged.into_iter().zip(outcomes).collect();
    if all.iter().any(|(_, outcome)| matches!(outcome, Outcome::InTheWay(_))) {
        let why = "expected to read whatever may be the newest scan, found what cannot be; hint: remove it, choose another with `--candidate DIGEST`, or a format with `--report-format`";
        return Err(list::failure(resolved, why, &all));
    }
    if !all.iter().any(|(_, outcome)| *outcome == Outcome::Taken) {
        let why = match (all.is_empty(), keys.is_empty()) {
            (true, _) => {
                "expected findings in the registry, found none; hint: scan the image, and attach the report with `--report`"
            }
            (false, true) => "expected findings in the registry, found none that can be taken",
            (false, false) => {
                "expected findings in the registry that a key of `--trust-key` signed, found none that can be taken"
            }
        };
        return Err(list::failure(resolved, why, &all));
    }
    let mut notes = Notes::default();
    if keys.is_empty() {
        notes.add("nobody's signature was checked: whoever may push to the repository decides what is taken; name keys with `--trust-key`");
    }
    let taken: Vec<&Readable> = all.iter().filter(|(_, outcome)| *outcome == Outcome::Taken).filter_map(readable).collect();
    for left in all.iter().filter(|(_, outcome)| *outcome != Outcome::Taken).filter_map(readable) {
        if taken.iter().any(|taken| taken.image.digest == left.image.digest && taken.scanned_at < left.scanned_at) {
            notes.add("a later scan than the one that is taken is there, and left");
        }
    }
    for _ in taken.iter().filter(|readable| readable.is_stand_in) {
        notes.add("the report does not say when the scan was finished: when its artifact was made stands in");
    }
    let read = taken.iter().map(|readable| readable.read.clone()).collect();
    Ok(Taken { read, all, notes })
}

fn readable((candidate, _): &(Candidate, Outcome)) -> Option<&Readable> {
    match &candidate.state {
        State::Readable(readable) => Some(readable),
        _ => None,
    }
}
