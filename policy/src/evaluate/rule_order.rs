//! The rules in list order; the first with a fulfilled condition decides.

use super::Decided;
use super::weigh::Weighed;

/// Its first fulfilled condition speaks; rules behind it are not reached.
pub(super) fn decide<'e, 'a>(weighed: &[Weighed<'_, 'e, 'a>]) -> Decided<'e, 'a> {
    let deciding = weighed.iter().find(|weighed| weighed.violation.is_some()).map(|weighed| weighed.open.rule);
    let is_reached = |weighed: &Weighed<'_, '_, '_>| deciding.is_none_or(|deciding| weighed.open.rule <= deciding);
    let reached = weighed.iter().enumerate().filter(|(_, weighed)| is_reached(weighed)).map(|(i, _)| i).collect();
    let of_rule = weighed.iter().filter(|weighed| Some(weighed.open.rule) == deciding);
    Decided { fulfilled: of_rule.filter_map(|weighed| weighed.violation.clone()).collect(), reached, ..Decided::default() }
}
