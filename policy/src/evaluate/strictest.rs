//! Every condition of every rule; the strictest action wins.

use super::weigh::Weighed;
use super::{Decided, strictest_first};

/// At equal strictness the earlier rule and condition come first.
pub(super) fn decide<'e, 'a>(weighed: &[Weighed<'_, 'e, 'a>]) -> Decided<'e, 'a> {
    let fulfilled = weighed.iter().filter_map(|weighed| weighed.violation.clone()).collect();
    Decided { fulfilled: strictest_first(fulfilled), reached: (0..weighed.len()).collect(), ..Decided::default() }
}
