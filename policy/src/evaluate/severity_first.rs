//! From critical down, the conditions of all rules; evaluation stops at the first rank with a fulfilled one.

use super::weigh::Weighed;
use super::{Decided, strictest_first};

/// Among the fulfilled conditions of the first rank that has any, the strictest action wins, then the earlier rule and condition.
pub(super) fn decide<'e, 'a>(weighed: &[Weighed<'_, 'e, 'a>]) -> Decided<'e, 'a> {
    let stop = weighed.iter().filter(|weighed| weighed.violation.is_some()).filter_map(|weighed| weighed.rank).max();
    let is_reached = |weighed: &Weighed<'_, '_, '_>| weighed.rank >= stop || weighed.rank.is_none();
    let reached =
        weighed.iter().enumerate().filter(|(_, weighed)| stop.is_none() || is_reached(weighed)).map(|(i, _)| i).collect();
    let at_stop = weighed.iter().filter(|weighed| weighed.rank == stop);
    let fulfilled = at_stop.filter_map(|weighed| weighed.violation.clone()).collect();
    Decided { fulfilled: strictest_first(fulfilled), reached, ..Decided::default() }
}
