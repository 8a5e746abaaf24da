//! One kind of answer → how often it was given, and what it names.

use std::collections::{BTreeMap, BTreeSet};

use policy::time::Timestamp;

use super::event::{Log, Named};

/// Bytes of what is kept of an id, beside its text.
const ID_BYTES: usize = 128;

/// How often something was answered, first and last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frequency {
    pub(super) count: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

/// What is known of one kind of answer.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    /// How often it was given.
    pub(super) often: Frequency,
    /// The ids that the answers name.
    ids: BTreeMap<String, Naming>,
    /// Of how many both logs told.
    n_matched: u64,
    /// Whether an answer counted images without naming them, so that the other log may name more.
    pub(super) is_partial: bool,
}

/// What is known of an id that answers of one kind name.
#[derive(Clone, Debug)]
struct Naming {
    /// How often the policy server's log names it, and the audit log.
    by_log: [u64; 2],
    first: Timestamp,
    last: Timestamp,
    /// The places of the entries that it is named for.
    entries: Vec<usize>,
}

impl Tally {
    /// Of an answer that has not been given yet.
    pub(super) fn new(time: Timestamp) -> Self {
        let often = Frequency { count: 0, first: time, last: time };
        Self { often, ids: BTreeMap::new(), n_matched: 0, is_partial: false }
    }

    /// Counts an answer, within the bytes that all ids and shapes may have together; whether there was room for all its ids.
    pub(super) fn add(&mut self, time: Timestamp, log: Log, named: Named, bytes: &mut usize, most: usize) -> bool {
        let often = &mut self.often;
        often.count = often.count.saturating_add(1);
        (often.first, often.last) = (often.first.min(time), often.last.max(time));
        // An id counts once for an answer, whichever of its entries it is named for.
        let mut of_answer: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, (_, ids)) in named.into_iter().enumerate() {
            ids.into_iter().for_each(|id| of_answer.entry(id).or_default().push(place));
        }
        let mut has_room = true;
        for (id, entries) in of_answer {
            if !self.ids.contains_key(&id) {
                let more = bytes.saturating_add(id.len()).saturating_add(ID_BYTES);
                if more > most {
                    has_room = false;
                    continue;
                }
                *bytes = more;
            }
            let naming =
                self.ids.entry(id).or_insert_with(|| Naming { by_log: [0; 2], first: time, last: time, entries: Vec::new() });
            let [server, audit] = &mut naming.by_log;
            let count = if log == Log::Server { server } else { audit };
            *count = count.saturating_add(1);
            (naming.first, naming.last) = (naming.first.min(time), naming.last.max(time));
            naming.entries.extend(entries);
            naming.entries.sort_unstable();
            naming.entries.dedup();
        }
        has_room
    }

    /// The ids that the answers name: how often, and the places of the entries that each is named for.
    pub(super) fn ids(&self) -> impl Iterator<Item = (&str, Frequency, &[usize])> {
        self.ids.iter().filter_map(|(id, naming)| {
            let [server, audit] = naming.by_log;
            // Of answers that both logs tell of, one may name more than the other.
            let count = server.saturating_add(audit).saturating_sub(self.n_matched.min(server).min(audit));
            let often = Frequency { count, first: naming.first, last: naming.last };
            (count > 0).then_some((id.as_str(), often, naming.entries.as_slice()))
        })
    }
}

/// Takes away what the audit log told once more of answers that the policy server's log has.
pub(super) fn uncount(tallies: &mut [Tally], asked: usize, answered: usize, number: u64) {
    let Some(tally) = tallies.get_mut(asked) else { return };
    tally.often.count = tally.often.count.saturating_sub(number);
    if asked == answered {
        tally.n_matched = tally.n_matched.saturating_add(number);
        return;
    }
    let named: BTreeSet<String> = tally.ids.keys().cloned().collect();
    // What the other log does not name stays counted.
    let both: BTreeSet<String> = match tallies.get(answered) {
        Some(other) => named.into_iter().filter(|id| other.ids.contains_key(id)).collect(),
        None => BTreeSet::new(),
    };
    let ids = tallies.get_mut(asked).into_iter().flat_map(|tally| &mut tally.ids);
    for (_, naming) in ids.filter(|(id, _)| both.contains(*id)) {
        let [_, audit] = &mut naming.by_log;
        *audit = audit.saturating_sub(number);
    }
}
