//! Answers, one after the other and in any order → how often each kind of answer was given, first and last, within bounded memory.

use std::collections::{BTreeMap, BTreeSet};

use policy::time::Timestamp;

use super::event::{Action, Answer, Log, Origin, Shape, Workload};
use super::pairing::{self, SKEW, Told};
use super::tally::{self, Tally};

/// Different answers that are told apart.
const SHAPES: usize = 100_000;
/// Bytes of their texts and of the ids that they name together.
const SHAPE_BYTES: usize = 96 * 1024 * 1024;
/// Records that are remembered, so that one that is read twice counts once; 32 bytes each.
const RECORDS: usize = 2_000_000;
/// Answers whose second is remembered, so that one of which both logs tell counts once; 64 bytes each.
const MOMENTS: usize = 1_000_000;
/// Hours with answers: eleven years of them.
const HOURS: usize = 100_000;
/// Counts answers.
#[derive(Debug, Default)]
pub(super) struct Counter {
    shapes: BTreeMap<Shape, usize>,
    tallies: Vec<Tally>,
    bytes: usize,
    records: BTreeSet<u128>,
    moments: BTreeMap<Moment, [u32; 2]>,
    hours: BTreeMap<(i64, Action), u64>,
    left_out: LeftOut,
    n_repeated: u64,
    n_unnamed: u64,
}

/// When one kind of answer was given to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    shape: usize,
    object: u64,
    second: i64,
}

/// What there was no room for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LeftOut {
    /// Answers that are like none of those that are kept.
    pub(super) answers: u64,
    /// Answers of which it is not known whether they were counted before.
    pub(super) unmatched: u64,
    /// Answers that name ids which are not counted.
    pub(super) ids: u64,
}

/// All answers, counted.
#[derive(Debug)]
pub(super) struct Inventory {
    pub(super) shapes: Vec<(Shape, Tally)>,
    /// By hour since the epoch and by verdict.
    pub(super) hours: BTreeMap<(i64, Action), u64>,
    pub(super) left_out: LeftOut,
    /// Records that were read twice.
    pub(super) n_repeated: u64,
    /// Answers of which both logs told.
    pub(super) n_matched: u64,
    /// Answers of an audit log that does not name the object, so that they may be in the other log too.
    pub(super) n_unnamed: u64,
}

impl Counter {
    /// Counts an answer, unless its record was read before.
    pub(super) fn add(&mut self, answer: Answer) {
        if self.records.contains(&answer.identity) {
            self.n_repeated = self.n_repeated.saturating_add(1);
            return;
        }
        let has_room = self.records.len() < RECORDS;
        if has_room {
            self.records.insert(answer.identity);
        }
        let Answer { shape, time, log, name, vulnerabilities, n_unlisted, .. } = answer;
        let verdict = shape.verdict;
        let hour = (time.unix() / 3600, verdict);
        let has_hour = self.hours.len() < HOURS || self.hours.contains_key(&hour);
        let Some(shape) = has_hour.then(|| self.shape(shape, time)).flatten() else {
            self.left_out.answers = self.left_out.answers.saturating_add(1);
            return;
        };
        let count = self.hours.entry(hour).or_default();
        *count = count.saturating_add(1);
        if let Some(tally) = self.tallies.get_mut(shape) {
            tally.is_partial |= n_unlisted > 0;
            if !tally.add(time, log, vulnerabilities, &mut self.bytes, SHAPE_BYTES) {
                self.left_out.ids = self.left_out.ids.saturating_add(1);
            }
        }
        if log == Log::Audit && name.is_empty() {
            self.n_unnamed = self.n_unnamed.saturating_add(1);
        }
        // A request is matched with the answers after it, so it comes as early as it can have.
        let second = if log == Log::Audit { time.unix().saturating_sub(SKEW) } else { time.unix() };
        let moment = Moment { shape, object: object(&name), second };
        let may_match = self.moments.len() < MOMENTS || self.moments.contains_key(&moment);
        if may_match {
            let [server, audit] = self.moments.entry(moment).or_default();
            let count = if log == Log::Server { server } else { audit };
            *count = count.saturating_add(1);
        }
        if !has_room || !may_match {
            self.left_out.unmatched = self.left_out.unmatched.saturating_add(1);
        }
    }

    /// The place of a kind of answer; `None` where there is no room for another.
    fn shape(&mut self, shape: Shape, time: Timestamp) -> Option<usize> {
        if let Some(known) = self.shapes.get(&shape) {
            return Some(*known);
        }
        let bytes = self.bytes.saturating_add(shape.size());
        if self.shapes.len() >= SHAPES || bytes > SHAPE_BYTES {
            return None;
        }
        let place = self.tallies.len();
        self.bytes = bytes;
        self.shapes.insert(shape, place);
        self.tallies.push(Tally::new(time));
        Some(place)
    }

    /// What was counted; an answer of which both logs told, once.
    pub(super) fn finish(self) -> Inventory {
        let Self { shapes, mut tallies, moments, mut hours, left_out, n_repeated, n_unnamed, .. } = self;
        let verdicts: BTreeMap<usize, Action> = shapes.iter().map(|(shape, place)| (*place, shape.verdict)).collect();
        let partial: BTreeSet<usize> =
            (0..).zip(&tallies).filter(|(_, tally)| tally.is_partial).map(|(place, _)| place).collect();
        let mut n_matched = 0_u64;
        let mut take = |asked: Told, answered: usize, number: u32| {
            let number = u64::from(number);
            n_matched = n_matched.saturating_add(number);
            tally::uncount(&mut tallies, asked.shape, answered, number);
            let verdict = verdicts.get(&asked.shape).copied().unwrap_or(Action::Notice);
            if let Some(count) = hours.get_mut(&(asked.second.saturating_add(SKEW) / 3600, verdict)) {
                *count = count.saturating_sub(number);
            }
        };
        let told = moments.into_iter().map(|(Moment { shape, object, second }, [server, audit])| {
            let of = (shape, object);
            Told { of, shape, second, server, audit }
        });
        let mut rest = pairing::pair(told, |_, _| true, &mut take);
        // Where one log names more images than the other, the rest of what is known has to do.
        if !partial.is_empty() {
            let alike = alike(&shapes);
            rest.retain_mut(|told| alike.get(&told.shape).map(|(group, _)| told.of.0 = *group).is_some());
            // By the shapes' own order, not by that in which they were read.
            rest.sort_by_key(|told| (told.of, told.second, told.audit == 0, alike.get(&told.shape).map(|(_, rank)| *rank)));
            let is_partial = |asked, answered| partial.contains(&asked) || partial.contains(&answered);
            pairing::pair(rest, is_partial, &mut take);
        }
        hours.retain(|_, count| *count > 0);
        let shapes =
            shapes.into_iter().filter_map(|(shape, place)| tallies.get(place).cloned().map(|tally| (shape, tally))).collect();
        Inventory { shapes, hours, left_out, n_repeated, n_matched, n_unnamed }
    }
}

/// By the place of each shape, a number for everything that answers have in common but their entries, and the shape's rank.
fn alike(shapes: &BTreeMap<Shape, usize>) -> BTreeMap<usize, (usize, usize)> {
    let mut known: BTreeMap<(Origin, &str, &Workload, Action), usize> = BTreeMap::new();
    let mut alike = BTreeMap::new();
    for (rank, (shape, place)) in shapes.iter().enumerate() {
        let next = known.len();
        let key = (shape.origin, shape.namespace.as_str(), &shape.workload, shape.verdict);
        alike.insert(*place, (*known.entry(key).or_insert(next), rank));
    }
    alike
}

/// A number for an object's name.
fn object(name: &str) -> u64 {
    let [high, low] = [64, 0].map(|shift| super::identity::of([name]) >> shift & u128::from(u64::MAX));
    u64::try_from(high ^ low).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::event::{Entry, Origin, Workload};
    use super::*;

    fn answer(log: Log, second: i64, record: u128, name: &str) -> Answer {
        let workload = Workload { kind: "Deployment".to_owned(), name: name.to_owned() };
        let entry = Entry { action: Action::Audit, image: "a:1".to_owned(), rule: "r".to_owned(), code: "c".to_owned() };
        let shape = Shape {
            origin: Origin::Admission,
            namespace: "n".to_owned(),
            workload,
            verdict: Action::Audit,
            entries: vec![entry],
        };
        let time = Timestamp::from_unix(1_700_000_000 + second).unwrap();
        let ids = ["CVE-1".to_owned()];
        let vulnerabilities = shape.entries.iter().map(|entry| (entry.clone(), ids.clone().into())).collect();
        Answer { shape, time, log, identity: record, name: name.to_owned(), vulnerabilities, n_unlisted: 0 }
    }

    fn counted(answers: &[Answer]) -> (u64, u64, u64) {
        let mut counter = Counter::default();
        answers.iter().cloned().for_each(|answer| counter.add(answer));
        let found = counter.finish();
        let hours: u64 = found.hours.values().sum();
        let count = found.shapes.iter().map(|(_, tally)| tally.often.count).sum();
        assert_eq!(hours, count, "the hours have every answer");
        (count, found.n_matched, found.n_repeated)
    }

    #[test]
    fn an_answer_in_both_logs_counts_once_in_any_order() {
        use Log::{Audit, Server};
        let told = [
            answer(Audit, 0, 1, "web"),
            answer(Server, 1, 2, "web"),
            // Again a minute later, and of another object.
            answer(Audit, 60, 3, "web"),
            answer(Server, 60, 4, "web"),
            answer(Server, 60, 5, "api"),
            // Before the request came: another one.
            answer(Server, 50, 6, "web"),
            // Long after it: another one too.
            answer(Server, 100, 7, "web"),
            // The same record in another file.
            answer(Server, 1, 2, "web"),
        ];
        let mut reversed = told.clone();
        reversed.reverse();
        assert_eq!(counted(&told), (5, 2, 1));
        assert_eq!(counted(&reversed), (5, 2, 1));
    }

    #[test]
    fn an_id_counts_for_the_answers_that_name_it() {
        use Log::{Audit, Server};
        let mut other = answer(Server, 5, 3, "web");
        other.vulnerabilities.values_mut().for_each(|ids| *ids = ["CVE-2".to_owned()].into());
        let mut counter = Counter::default();
        // The second is the first, told of by the other log.
        for answer in [answer(Audit, 0, 1, "web"), answer(Server, 1, 2, "web"), other] {
            counter.add(answer);
        }
        let found = counter.finish();
        let ids: Vec<(&str, u64, i64)> =
            found.shapes[0].1.ids().map(|(id, often, _)| (id, often.count, often.last.unix() - 1_700_000_000)).collect();
        assert_eq!((found.shapes[0].1.often.count, ids), (2, vec![("CVE-1", 1, 1), ("CVE-2", 1, 5)]));
    }

    #[test]
    fn an_answer_of_which_one_log_names_fewer_images_counts_once() {
        let whole = |log, record| {
            let mut whole = answer(log, 0, record, "web");
            let mut more = whole.shape.entries[0].clone();
            more.image = "b:1".to_owned();
            whole.vulnerabilities.insert(more.clone(), ["CVE-2".to_owned()].into());
            whole.shape.entries.push(more);
            whole
        };
        let cut = |n_unlisted| Answer { n_unlisted, ..answer(Log::Audit, 0, 1, "web") };
        assert_eq!(counted(&[cut(1), whole(Log::Server, 2)]), (1, 1, 0));
        assert_eq!(counted(&[cut(0), whole(Log::Server, 2)]), (2, 0, 0), "another answer");
        assert_eq!(counted(&[cut(1), whole(Log::Server, 2), answer(Log::Server, 1, 3, "web")]), (2, 1, 0));
        let mut counter = Counter::default();
        [cut(1), whole(Log::Server, 2)].into_iter().for_each(|answer| counter.add(answer));
        let found = counter.finish();
        let ids: Vec<(&str, u64)> =
            found.shapes.iter().flat_map(|(_, tally)| tally.ids()).map(|(id, often, _)| (id, often.count)).collect();
        assert_eq!(ids, [("CVE-1", 1), ("CVE-2", 1)]);
    }

    #[test]
    fn retries_in_one_second_are_as_many_as_they_are() {
        use Log::{Audit, Server};
        let told: Vec<Answer> = (0..3)
            .flat_map(|n| [answer(Audit, 0, n, "web"), answer(Server, 0, 100 + n, "web")])
            .chain([answer(Audit, 2, 50, "web")])
            .collect();
        assert_eq!(counted(&told), (4, 3, 0));
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let mut counter = Counter { bytes: SHAPE_BYTES - 200, ..Counter::default() };
        counter.add(answer(Log::Server, 0, 1, "web"));
        let mut more = answer(Log::Server, 0, 2, "web");
        more.shape.namespace = "x".repeat(200);
        counter.add(more);
        let found = counter.finish();
        assert_eq!((found.shapes.len(), found.left_out.answers), (1, 1));
    }
}
