//! Every condition of every rule; the strictest action wins.

use std::cmp::Reverse;

use super::Decided;
use super::weigh::Weighed;

/// At equal strictness the earlier rule and condition come first.
pub(super) fn decide<'e, 'a>(weighed: &[Weighed<'_, 'e, 'a>]) -> Decided<'e, 'a> {
    let mut fulfilled: Vec<_> = weighed.iter().filter_map(|weighed| weighed.violation.clone()).collect();
    fulfilled.sort_by_key(|violation| Reverse(violation.action));
    Decided { fulfilled, reached: (0..weighed.len()).collect(), ..Decided::default() }
}
