//! Counts for each severity → a chart: a bar each, its fixable part darker.

use policy::findings::Severity;
use policy::findings::summary::Counts;

use crate::page::bars::{self, Bar};

/// The room for the names of severities.
const LEFT: u64 = 90;

/// The chart.
pub(super) fn svg(counts: &Counts) -> String {
    let bar = |severity: &Severity| {
        let count = counts.of(*severity);
        let says = format!("{} ({} fixable)", count.0, count.1);
        Bar { name: severity.word(), classes: classes(*severity), all: count.0.into(), part: count.1.into(), says }
    };
    let bars: Vec<Bar<'_>> = Severity::ALL.iter().rev().map(bar).collect();
    bars::svg("Vulnerabilities by severity, and how many of them are fixable", LEFT, &bars)
}

fn classes(severity: Severity) -> [&'static str; 2] {
    match severity {
        Severity::Critical => ["all critical", "fixable critical"],
        Severity::High => ["all high", "fixable high"],
        Severity::Medium => ["all medium", "fixable medium"],
        Severity::Low => ["all low", "fixable low"],
        Severity::Negligible => ["all negligible", "fixable negligible"],
        Severity::Unknown => ["all unknown", "fixable unknown"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::findings::summary::Count;

    #[test]
    fn the_longest_bar_is_that_of_the_most_and_one_is_seen() {
        let counts = Counts { critical: Count(1, 0, 1), low: Count(3000, 1500, 4000), ..Counts::default() };
        let svg = svg(&counts);
        assert!(svg.contains("<rect class=\"all low\" x=\"90\" y=\"66\" width=\"300\""), "{svg}");
        assert!(svg.contains("<rect class=\"fixable low\" x=\"90\" y=\"66\" width=\"150\""), "{svg}");
        assert!(svg.contains("<rect class=\"all critical\" x=\"90\" y=\"0\" width=\"1\""), "{svg}");
        assert!(svg.contains("<rect class=\"all high\" x=\"90\" y=\"22\" width=\"0\""), "{svg}");
        assert!(svg.contains(">3000 (1500 fixable)<"), "{svg}");
    }
}
