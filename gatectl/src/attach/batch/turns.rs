//! Jobs that run at the same time → who may push what, decided in the order of the list.
//!
//! Two lines of a list can be about one image by different names, or about an index and a platform of it. Then both would move one tag, and
//! which of them was last would differ from run to run. So each job claims the tags that it is going to move when all before it have
//! claimed theirs, and the first in the list has them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Whose turn it is, and who has which tag.
#[derive(Debug, Default)]
pub(super) struct Turns {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The job that is next; all before it have claimed, or failed.
    next: usize,
    /// Jobs after the next one that failed.
    passed: BTreeSet<usize>,
    /// Tags with the job that has them.
    owners: BTreeMap<String, usize>,
}

/// The turn of a job: it is over when this is dropped.
#[derive(Debug)]
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    nth: usize,
}

impl Turns {
    /// The turn of the job at a position; jobs begin in their order.
    pub(super) fn turn(&self, nth: usize) -> Turn<'_> {
        Turn { turns: self, nth }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Waits for the jobs before, then takes the tags.
    ///
    /// # Errors
    /// Another job has one of them, and none is taken: the tag, and the position of that job.
    pub(super) fn claim(self, tags: &[&str]) -> Result<(), (String, usize)> {
        let mut state = self.turns.state();
        while state.next < self.nth {
            state = self.turns.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some((tag, owner)) = tags.iter().find_map(|tag| state.owners.get_key_value(*tag)) {
            return Err((tag.clone(), *owner));
        }
        state.owners.extend(tags.iter().map(|tag| ((*tag).to_owned(), self.nth)));
        Ok(())
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        state.passed.insert(self.nth);
        loop {
            let next = state.next;
            if !state.passed.remove(&next) {
                break;
            }
            state.next = next.saturating_add(1);
        }
        self.turns.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn the_first_in_the_list_has_the_tag() {
        let turns = Turns::default();
        thread::scope(|scope| {
            let late = scope.spawn(|| {
                let turn = turns.turn(0);
                thread::sleep(Duration::from_millis(50));
                turn.claim(&["a", "b"])
            });
            let early = scope.spawn(|| turns.turn(2).claim(&["c", "b"]));
            drop(turns.turn(1));
            assert_eq!(late.join().unwrap(), Ok(()));
            assert_eq!(early.join().unwrap(), Err(("b".to_owned(), 0)));
        });
        assert_eq!(turns.turn(3).claim(&["c"]), Ok(()), "who failed has nothing");
    }
}
