//! Many items → one result each, several at a time, in the items' order whoever is finished first.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use clap::Args;
use clap::builder::{RangedU64ValueParser, TypedValueParser as _};

use crate::exit::Failure;

/// What a thread of the work is called.
const NAME: &str = "job";

/// How many images are worked at.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct JobCount {
    /// How many images are worked at at the same time, 1 to 64
    #[arg(long, value_name = "NUMBER", default_value = "4", value_parser = count())]
    pub(crate) jobs: NonZeroUsize,
}

/// Reads how many.
pub(crate) fn count() -> impl clap::builder::TypedValueParser<Value = NonZeroUsize> {
    RangedU64ValueParser::<usize>::new().range(1..=64).try_map(NonZeroUsize::try_from)
}

/// Works at the items on at most so many threads. Items are begun in their order; each that is finished is told of on the caller's thread.
///
/// # Errors
/// The system gives no thread at all.
pub(crate) fn run<T: Sync, R: Send>(
    items: &[T],
    count: JobCount,
    work: impl Fn(usize, &T) -> R + Sync,
    mut finished: impl FnMut(&T, &R) -> Result<(), Failure>,
) -> Result<Vec<R>, Failure> {
    let next = AtomicUsize::new(0);
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let mut told = Ok(());
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let mut refused = None;
        let n_threads = count.jobs.get().min(items.len());
        for nth in 0..n_threads {
            let (sender, next, work) = (sender.clone(), &next, &work);
            let take = move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { break };
                    // Nobody listens any more only where the caller is gone.
                    let _ = sender.send((at, work(at, item)));
                }
            };
            // With fewer threads than wanted it takes longer, with none for ever.
            if let Err(error) = thread::Builder::new().name(NAME.to_owned()).spawn_scoped(scope, take)
                && nth == 0
            {
                refused = Some(error);
                break;
            }
        }
        drop(sender);
        if let Some(error) = refused {
            return Err(Failure::at("cannot start a thread", error));
        }
        for (at, result) in receiver {
            if let (Some(item), Ok(())) = (items.get(at), &told) {
                told = finished(item, &result);
            }
            if let Some(place) = results.get_mut(at) {
                *place = Some(result);
            }
        }
        Ok(())
    })?;
    told.map(|()| results.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(jobs: usize) -> JobCount {
        JobCount { jobs: NonZeroUsize::new(jobs).unwrap() }
    }

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..40).collect();
        for jobs in [1, 3, 64] {
            let mut told = 0;
            let work = |nth: usize, item: &u64| {
                thread::sleep(std::time::Duration::from_millis((40 - item) % 7));
                (nth as u64, item * 2)
            };
            let results = run(&items, count(jobs), work, |_, _| {
                told += 1;
                Ok(())
            });
            assert_eq!(results.unwrap(), items.iter().map(|item| (*item, item * 2)).collect::<Vec<_>>());
            assert_eq!(told, 40);
        }
        assert_eq!(run(&[] as &[u64], count(4), |_, item| *item, |_, _| Ok(())).unwrap(), Vec::<u64>::new());
    }

    #[test]
    fn no_more_are_worked_at_than_allowed() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_, _: &u8| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(std::time::Duration::from_millis(5));
            now.fetch_sub(1, Ordering::SeqCst);
        };
        run(&[0; 20], count(3), work, |_, ()| Ok(())).unwrap();
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    }
}
