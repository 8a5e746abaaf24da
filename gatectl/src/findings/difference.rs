//! Two sides → what came, went and changed between them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use policy::findings::Severity;

use super::side::{Known, Side};

/// What is different. Each list begins with the worst.
#[derive(Debug, Default)]
pub(super) struct Difference<'s> {
    /// Only the later side has them.
    pub(super) added: Vec<&'s Known>,
    /// Only the earlier side has them.
    pub(super) removed: Vec<&'s Known>,
    /// Both have them, at different severities: that of the earlier side, and the later.
    pub(super) changed: Vec<(Severity, &'s Known)>,
    /// Both have them, and only the later side knows a fix.
    pub(super) fixable: Vec<&'s Known>,
}

impl<'s> Difference<'s> {
    /// Vulnerabilities are the same where they share a name: one scanner's id is another's alias.
    pub(super) fn new(earlier: &'s Side, later: &'s Side) -> Self {
        let mut difference = Self::default();
        let by_name = |side: &'s Side| {
            let names = side.vulnerabilities.iter().flat_map(|known| known.names.iter().map(move |name| (name.as_str(), known)));
            names.collect::<Names<'s>>()
        };
        let (of_earlier, of_later) = (by_name(earlier), by_name(later));
        for known in &later.vulnerabilities {
            let before = same(&of_earlier, known);
            // One of them may have been two.
            let Some(severity) = before.iter().map(|before| before.severity).max() else {
                difference.added.push(known);
                continue;
            };
            if severity != known.severity {
                difference.changed.push((severity, known));
            }
            if known.is_fixable && !before.iter().any(|before| before.is_fixable) {
                difference.fixable.push(known);
            }
        }
        difference.removed.extend(earlier.vulnerabilities.iter().filter(|known| same(&of_later, known).is_empty()));
        for list in [&mut difference.added, &mut difference.removed, &mut difference.fixable] {
            list.sort_by_cached_key(|known| order(known));
        }
        difference.changed.sort_by_cached_key(|(_, known)| order(known));
        difference
    }

    /// Whether a vulnerability at or above the severity came, or rose to it. An unknown severity is medium, as where settings do not say.
    pub(super) fn is_worse(&self, least: Severity) -> bool {
        let place = |severity| if severity == Severity::Unknown { Severity::Medium } else { severity };
        let counts = |severity: Severity| place(severity) >= least;
        let rose = |(before, known): &(Severity, &Known)| place(known.severity) > place(*before) && counts(known.severity);
        self.added.iter().any(|known| counts(known.severity)) || self.changed.iter().any(rose)
    }
}

type Names<'s> = BTreeMap<&'s str, &'s Known>;

fn same<'s>(names: &Names<'s>, known: &Known) -> Vec<&'s Known> {
    known.names.iter().filter_map(|name| names.get(name.as_str()).copied()).collect()
}

fn order(known: &Known) -> (Reverse<Severity>, String) {
    (Reverse(known.severity), known.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(all: &[(&str, &[&str], Severity, bool)]) -> Side {
        let known = |(id, aliases, severity, is_fixable): &(&str, &[&str], Severity, bool)| Known {
            id: (*id).to_owned(),
            names: std::iter::once(id).chain(*aliases).map(|name| name.to_lowercase()).collect(),
            severity: *severity,
            is_fixable: *is_fixable,
            packages: ["p".to_owned()].into(),
            fixed: Default::default(),
        };
        Side { name: "s".to_owned(), scanner: "t".to_owned(), vulnerabilities: all.iter().map(known).collect() }
    }

    #[test]
    fn what_came_went_and_changed() {
        use Severity::{Critical, High, Low};
        let earlier = side(&[("A", &[], High, false), ("B", &[], Low, true), ("GHSA-c", &["C"], Low, false)]);
        let later =
            side(&[("B", &[], High, true), ("c", &["ghsa-C"], Low, true), ("E", &[], Low, false), ("D", &[], Critical, false)]);
        let difference = Difference::new(&earlier, &later);
        let ids = |list: &[&Known]| list.iter().map(|known| known.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&difference.added), ["D", "E"]);
        assert_eq!(ids(&difference.removed), ["A"]);
        assert_eq!(ids(&difference.fixable), ["c"]);
        assert_eq!(difference.changed.iter().map(|(before, known)| (*before, known.severity)).collect::<Vec<_>>(), [(Low, High)]);
        let none = Difference::new(&earlier, &earlier);
        assert!(none.added.is_empty() && none.removed.is_empty() && none.changed.is_empty() && none.fixable.is_empty());
        assert!(!none.is_worse(Severity::Unknown));
    }

    #[test]
    fn worse_is_what_came_or_rose_to_the_severity() {
        use Severity::{Critical, High, Low, Medium, Unknown};
        for (before, after, least, is_worse) in [
            (None, Some(Low), Unknown, true),
            (None, Some(Low), Medium, false),
            (None, Some(Unknown), Medium, true),
            (None, Some(Unknown), High, false),
            (None, Some(High), High, true),
            (Some(Low), Some(High), High, true),
            (Some(Low), Some(Medium), High, false),
            (Some(Critical), Some(High), Low, false),
            (Some(Unknown), Some(Low), Unknown, false),
            (Some(Unknown), Some(High), High, true),
            (Some(High), None, Unknown, false),
        ] {
            let of =
                |severity: Option<Severity>| severity.map_or_else(|| side(&[]), |severity| side(&[("A", &[], severity, false)]));
            let (earlier, later) = (of(before), of(after));
            assert_eq!(Difference::new(&earlier, &later).is_worse(least), is_worse, "{before:?} {after:?} {least:?}");
        }
    }
}
