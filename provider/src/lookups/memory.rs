//! What was answered, bounded in bytes, and what is being asked. What would end first goes first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::{Answer, Asked};
use crate::limits;

#[derive(Default)]
pub(super) struct Memory {
    answers: BTreeMap<Arc<str>, Remembered>,
    /// The questions by when their answers end; the number tells two of one instant apart.
    ends: BTreeMap<(Instant, u64), Arc<str>>,
    asked: BTreeMap<Arc<str>, Arc<Asked>>,
    bytes: usize,
    count: u64,
}

struct Remembered {
    answer: Answer,
    ends: (Instant, u64),
}

impl Memory {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn answer(&self, question: &str) -> Option<Answer> {
        self.answers.get(question).map(|remembered| remembered.answer.clone())
    }

    pub(super) fn asked(&self, question: &str) -> Option<Arc<Asked>> {
        self.asked.get(question).cloned()
    }

    /// Whether one more question may be asked: of all that are, and of those of one registry.
    pub(super) fn has_room_for(&self, question: &str) -> bool {
        let of_host = || self.asked.keys().filter(|asked| host(asked) == host(question)).count();
        self.asked.len() < limits::LOOKUPS && of_host() < limits::LOOKUPS_OF_A_HOST
    }

    pub(super) fn ask(&mut self, question: &Arc<str>) -> Arc<Asked> {
        Arc::clone(self.asked.entry(Arc::clone(question)).or_default())
    }

    /// A question is answered; the answer is remembered until `ends`, or not at all.
    pub(super) fn answered(&mut self, question: &Arc<str>, answer: &Answer, ends: Option<Instant>) {
        self.asked.remove(question);
        let Some(ends) = ends else { return };
        self.count = self.count.wrapping_add(1);
        let ends = (ends, self.count);
        self.bytes = self.bytes.saturating_add(size(question, answer));
        self.ends.insert(ends, Arc::clone(question));
        if let Some(before) = self.answers.insert(Arc::clone(question), Remembered { answer: answer.clone(), ends }) {
            self.ends.remove(&before.ends);
            self.bytes = self.bytes.saturating_sub(size(question, &before.answer));
        }
    }

    /// Forgets what has ended, and what is above so many bytes.
    pub(super) fn forget(&mut self, at: Instant, cap: usize) {
        while let Some(entry) = self.ends.first_entry()
            && (entry.key().0 <= at || self.bytes > cap)
        {
            let question = entry.remove();
            if let Some(remembered) = self.answers.remove(&question) {
                self.bytes = self.bytes.saturating_sub(size(&question, &remembered.answer));
            }
        }
    }
}

/// What stands before an image's first slash; of other questions the whole.
fn host(question: &str) -> &str {
    let payload = question.split_once(' ').map_or(question, |(_, payload)| payload);
    let image = payload.split_once("\"image\":").map_or(payload, |(_, image)| image).trim_start_matches(['"', ' ']);
    image.split_once('/').map_or(image, |(host, _)| host)
}

fn size(question: &str, answer: &Answer) -> usize {
    // What the maps need for an entry, besides its texts.
    const ENTRY: usize = 200;
    question.len().saturating_add(answer.as_ref().map_or_else(|error| error.len(), |bytes| bytes.len())).saturating_add(ENTRY)
}
