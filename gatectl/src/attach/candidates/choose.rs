//! Candidates → the one that is taken of each image: the newest of those that are trusted.
//!
//! Never an older one in the place of one that is trusted and cannot be read: what that says could be worse.

use std::collections::BTreeMap;

use policy::image::Digest;
use policy::time::Timestamp;

use super::judge::{Candidate, Readable, State};

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::attach) enum Outcome {
    /// It is republished.
    Taken,
    /// It is not: why.
    Left(String),
    /// It is not, and as long as it is there, nothing older may be taken in its place.
    InTheWay(String),
}

/// One outcome for each candidate, in their order. `whole` is what the user named, an image or an index. Where candidates were asked for by
/// name, all of those have to be taken.
pub(super) fn choose(candidates: &[Candidate], whole: &Digest, is_explicit: bool) -> Vec<Outcome> {
    let mut newest: BTreeMap<&Digest, Timestamp> = BTreeMap::new();
    for readable in candidates.iter().filter_map(trusted) {
        let at = newest.entry(&readable.image.digest).or_insert(readable.scanned_at);
        *at = readable.scanned_at.max(*at);
    }
    let mut taken: Vec<&Readable> = Vec::new();
    let mut outcomes = Vec::new();
    for candidate in candidates {
        let refused = |why: String| if is_explicit { Outcome::InTheWay(why) } else { Outcome::Left(why) };
        outcomes.push(match (trusted(candidate), &candidate.state) {
            (_, State::NotAskedFor) => Outcome::Left("another one was asked for with `--candidate`".to_owned()),
            (_, State::Other(why)) => refused(why.clone()),
            (Some(readable), _) => {
                let is_newest = newest.get(&readable.image.digest) == Some(&readable.scanned_at);
                let same = |other: &&Readable| other.image.digest == readable.image.digest && other.document == readable.document;
                if !is_newest && !is_explicit {
                    Outcome::Left("there is a newer one".to_owned())
                } else if taken.iter().any(same) {
                    Outcome::Left("one that says the same is taken".to_owned())
                } else {
                    taken.push(readable);
                    Outcome::Taken
                }
            }
            (None, State::Readable(_)) => refused("no trusted key signed it".to_owned()),
            (None, State::Broken(why)) if candidate.trust.is_nobody() => refused(format!("no trusted key signed it, and {why}")),
            (None, State::Broken(why)) => match !is_explicit && is_older(candidate, whole, &newest) {
                true => Outcome::Left(format!("it was made before the scan that is taken, and {why}")),
                false => Outcome::InTheWay(why.clone()),
            },
        });
    }
    outcomes
}

/// A report that may be taken.
fn trusted(candidate: &Candidate) -> Option<&Readable> {
    match &candidate.state {
        State::Readable(readable) if candidate.trust.is_enough() => Some(readable),
        _ => None,
    }
}

/// Whether it was made before the scan that would stand in its place: no scan is younger than the artifact that holds it. What was found for
/// an index may be about any of its images.
fn is_older(candidate: &Candidate, whole: &Digest, newest: &BTreeMap<&Digest, Timestamp>) -> bool {
    let (Some(made_at), of) = (candidate.found.made_at, &candidate.found.of.digest) else { return false };
    // Whoever may push can write any time beside an envelope that somebody else signed.
    if !candidate.trust.covers_manifest() {
        return false;
    }
    match newest.get(of) {
        Some(newest) => made_at < *newest,
        None => of == whole && !newest.is_empty() && newest.values().all(|newest| made_at < *newest),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{broken, digest, readable};
    use super::*;
    use crate::attach::candidates::trust::Trust;

    fn words(candidates: &[Candidate]) -> Vec<&'static str> {
        let outcomes = choose(candidates, &digest('0'), false);
        outcomes
            .iter()
            .map(|outcome| match outcome {
                Outcome::Taken => "taken",
                Outcome::Left(_) => "left",
                Outcome::InTheWay(_) => "in the way",
            })
            .collect()
    }

    fn by() -> Trust {
        Trust::By("cosign.pub".to_owned())
    }

    #[test]
    fn the_newest_of_each_image_is_taken() {
        let all = [readable('a', 10, by()), readable('a', 12, by()), readable('b', 9, by()), readable('a', 11, by())];
        assert_eq!(words(&all), ["left", "taken", "taken", "left"]);
    }

    #[test]
    fn what_nobody_trusted_signed_is_never_taken_and_never_in_the_way() {
        let all = [readable('a', 10, by()), readable('a', 12, Trust::Nobody), broken('a', None, Trust::Nobody)];
        assert_eq!(words(&all), ["taken", "left", "left"]);
        assert_eq!(words(&[readable('a', 12, Trust::Nobody)]), ["left"]);
        assert_eq!(words(&[readable('a', 12, Trust::Unknown)]), ["left"]);
    }

    #[test]
    fn what_may_be_newer_and_cannot_be_read_is_in_the_way() {
        for trust in [Trust::NotAsked, by(), Trust::Unknown, Trust::Envelope("cosign.pub".to_owned())] {
            let with = |made_at| words(&[readable('a', 10, Trust::NotAsked), broken('a', made_at, trust.clone())]);
            for made_at in [None, Some(10), Some(11)] {
                assert_eq!(with(made_at), ["taken", "in the way"], "{trust:?} {made_at:?}");
            }
            let older = if trust.covers_manifest() { "left" } else { "in the way" };
            assert_eq!(with(Some(9)), ["taken", older], "{trust:?}: a time that nobody signed");
        }
        // Of another image, and found for the index: the latter may be about either.
        let all = [
            readable('a', 10, by()),
            readable('b', 5, by()),
            broken('b', Some(7), by()),
            broken('0', Some(4), by()),
            broken('0', Some(7), by()),
        ];
        assert_eq!(words(&all), ["taken", "taken", "in the way", "left", "in the way"]);
        assert_eq!(
            words(&[readable('b', 5, by()), broken('a', Some(1), by())]),
            ["taken", "in the way"],
            "nothing is taken in its place"
        );
    }

    #[test]
    fn of_two_at_one_time_both_are_taken_unless_they_say_the_same() {
        let twice = || readable('a', 10, by());
        assert_eq!(words(&[twice(), twice()]), ["taken", "left"]);
        let mut other = twice();
        if let State::Readable(readable) = &mut other.state {
            readable.document.push(b' ');
        }
        assert_eq!(words(&[twice(), other]), ["taken", "taken"]);
    }

    #[test]
    fn what_was_asked_for_is_taken_whenever_it_was_scanned() {
        let all = [readable('a', 10, by()), readable('a', 12, Trust::Nobody), broken('a', Some(1), by())];
        let outcomes = choose(&all, &digest('0'), true);
        assert_eq!(outcomes.first(), Some(&Outcome::Taken));
        assert_eq!(outcomes.get(1), Some(&Outcome::InTheWay("no trusted key signed it".to_owned())));
        assert!(matches!(outcomes.get(2), Some(Outcome::InTheWay(_))));
    }
}
