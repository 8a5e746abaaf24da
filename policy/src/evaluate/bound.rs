//! The summary's proof that a condition is not fulfilled. Source: the findings document, "The summary".

use crate::findings::Severity;
use crate::findings::summary::{Count as Counted, ImageSummary};
use crate::settings::{Condition, Count, Settings, Unit};

/// Whether the condition may be fulfilled by an image of which only this summary is known.
pub(super) fn may_be_fulfilled(condition: &Condition, settings: &Settings, image: &ImageSummary<'_>) -> bool {
    match condition {
        Condition::OsEndOfLife => image.os_end_of_life != Some(false),
        Condition::Count(count) => upper_bound(count, settings, image) > u64::from(count.more_than),
    }
}

/// No selection counts more than this. Setting findings aside only lowers it.
pub(super) fn upper_bound(condition: &Count, settings: &Settings, image: &ImageSummary<'_>) -> u64 {
    let Some(counts) = image.counts else { return 0 };
    let test = &condition.test;
    let is_looked_at = |severity: &Severity| {
        test.severity.is_none_or(|(wanted, exactly)| {
            settings.place(*severity).is_some_and(|place| if exactly { place == wanted } else { place >= wanted })
        })
    };
    let sum = |part: fn(Counted) -> u32| -> u64 {
        Severity::ALL.iter().filter(|severity| is_looked_at(severity)).map(|severity| u64::from(part(counts.of(*severity)))).sum()
    };
    let bound = match (condition.unit, test.fixable) {
        (Unit::Findings, _) => sum(|count| count.2),
        (Unit::Vulnerabilities, Some(true)) => sum(|count| count.1),
        // A vulnerability may have a fixable and an unfixable finding: never a difference.
        (Unit::Vulnerabilities, _) => sum(|count| count.0),
    };
    let is_below = |most: Option<u32>, least: Option<u32>| least.is_some_and(|least| most.is_none_or(|most| most < least));
    if is_below(image.max_cvss, test.cvss.map(|score| score.units()))
        || is_below(image.max_epss, test.epss.map(|epss| epss.units()))
    {
        return 0;
    }
    match (test.known_exploited, condition.unit) {
        (false, _) => bound,
        (true, Unit::Findings) if image.known_exploited > 0 => bound,
        (true, _) => bound.min(u64::from(image.known_exploited)),
    }
}
