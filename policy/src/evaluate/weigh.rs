//! One condition held against one image: whether it is fulfilled, by what, and where it ranks.

use super::Case;
use super::evidence::Open;
use super::select::{Selection, select};
use crate::exempt::Partition;
use crate::findings::{Field, Finding, Image, Severity, Vulnerability};
use crate::lookup::Scan;
use crate::order;
use crate::settings::{Condition, Count, Test};
use crate::time::Timestamp;
use crate::verdict::{Cause, Violation};

/// A condition with what it selects.
#[derive(Debug)]
pub(super) struct Weighed<'s, 'e, 'a> {
    pub(super) open: Open<'s>,
    /// `None`: not fulfilled, and nothing selected that could give it a rank.
    pub(super) rank: Option<Rank>,
    /// `None`: not fulfilled.
    pub(super) violation: Option<Violation<'e, 'a>>,
    /// How many it counts.
    pub(super) count: usize,
    /// What it selects where it is not fulfilled; else the violation has them.
    pub(super) selected: Vec<(&'e Vulnerability<'a>, &'e Finding<'a>)>,
    /// Positions of the selected findings.
    pub(super) findings: Vec<(usize, usize)>,
    /// Not fulfilled by the ids as they stand, while the document does not speak about aliases.
    pub(super) lacks_aliases: bool,
}

/// Severities from critical down; unknown ones that are ignored come last.
pub(super) type Rank = Option<Severity>;

/// Holds a condition against an image.
pub(super) fn weigh<'s, 'e, 'a>(
    case: &Case<'_>,
    scan: &Scan<'_>,
    open: Open<'s>,
    image: &'e Image<'a>,
    partition: &Partition,
    now: Timestamp,
) -> Weighed<'s, 'e, 'a> {
    let action = case.settings.rules.get(open.rule).map(|rule| rule.action);
    let violation = |cause| action.map(|action| Violation { rule: open.rule, action, cause, platform: None });
    match open.condition {
        Condition::OsEndOfLife => {
            let os = image.os.as_ref().filter(|os| os.end_of_life == Some(true));
            let name = os
                .map(|os| [Some(os.family.as_ref()), os.version.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" "));
            let violation = name.and_then(|os| violation(Cause::EndOfLife { condition: open.position, os }));
            let count = usize::from(violation.is_some());
            let rank = Some(Some(Severity::High));
            Weighed { open, rank, violation, count, selected: Vec::new(), findings: Vec::new(), lacks_aliases: false }
        }
        Condition::Count(condition) => {
            let select =
                |condition| select(image, condition, case.settings, &mut partition.for_rule(case.settings, open.rule), now);
            let selection = select(condition);
            let rank = match condition.test.severity {
                Some((severity, _)) => Some(Some(severity)),
                None => (!selection.selected.is_empty()).then(|| selection.worst(case.settings)),
            };
            let count = selection.count(condition.unit);
            let exceeds = |count: usize| u64::try_from(count).unwrap_or(u64::MAX) > u64::from(condition.more_than);
            let is_fulfilled = exceeds(count);
            // An alias that the document does not state may be what the condition lists.
            let lacks_aliases = !is_fulfilled && !condition.test.ids.is_empty() && !scan.provides.contains(&Field::Aliases) && {
                let whatever_the_id = Count { test: Test { ids: Vec::new(), ..condition.test.clone() }, ..condition.clone() };
                exceeds(select(&whatever_the_id).count(condition.unit))
            };
            let Selection { mut selected, findings, undated } = selection;
            let cause = |selected| Cause::Counted {
                condition: open.position,
                count,
                limit: condition.more_than,
                unit: condition.unit,
                selected,
                undated,
            };
            let violation = is_fulfilled.then(|| {
                let rank = |(v, _): &(&Vulnerability<'_>, _)| (case.settings.place(v.severity), v.known_exploited == Some(true));
                order::sort_by(&mut selected, |a, b| rank(b).cmp(&rank(a)));
                violation(cause(std::mem::take(&mut selected)))
            });
            Weighed { open, rank, violation: violation.flatten(), count, selected, findings, lacks_aliases }
        }
    }
}
