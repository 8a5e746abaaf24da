//! Answers by hour → a chart of the time, as inline SVG: a bar for each hour or day, a part for each action.

use std::collections::BTreeMap;

use policy::time::Timestamp;

use super::event::Action;

/// The height of the highest bar, and of the line of times below.
const HEIGHT: u64 = 120;
const BELOW: u64 = 24;
/// The width of the drawing.
const WIDTH: u64 = 900;
/// Where the colours are explained.
const LEGEND: u64 = 620;
/// Bars that fit.
const BARS: i64 = 120;
/// Lengths of time that a bar can stand for, in hours, each with its name.
const STEPS: [(i64, &str); 6] = [(1, "hour"), (6, "six hours"), (24, "day"), (168, "week"), (720, "thirty days"), (8760, "year")];

/// The chart. It has numbers, instants and our own words only: nothing to escape.
pub(super) fn svg(hours: &BTreeMap<(i64, Action), u64>) -> String {
    let (Some(((first, _), _)), Some(((last, _), _))) = (hours.first_key_value(), hours.last_key_value()) else {
        return String::new();
    };
    let fits = |(hours, _): &&(i64, &str)| last / hours - first / hours < BARS;
    let (step, name) = STEPS.iter().find(fits).copied().unwrap_or((8760 * 100, "century"));
    let mut bars: BTreeMap<i64, BTreeMap<Action, u64>> = BTreeMap::new();
    for ((hour, action), count) in hours {
        let bar = bars.entry(hour / step).or_default().entry(*action).or_default();
        *bar = bar.saturating_add(*count);
    }
    let (begin, end) = (first / step, last / step);
    let most = bars.values().map(|bar| bar.values().sum::<u64>()).max().unwrap_or(0).max(1);
    let width = (WIDTH / u64::try_from(end - begin + 1).unwrap_or(1).max(1)).clamp(2, 40);
    let height = HEIGHT.saturating_add(BELOW);
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n");
    svg.push_str(&format!("<title>Answers by {name}, at most {most}</title>\n"));
    for (place, bar) in &bars {
        let x = u64::try_from(place - begin).unwrap_or(0).saturating_mul(width);
        let mut base = HEIGHT;
        for (action, count) in bar {
            let part = u64::try_from(u128::from(*count) * u128::from(HEIGHT) / u128::from(most)).unwrap_or(HEIGHT).max(1);
            base = base.saturating_sub(part);
            let (word, wide) = (action.word(), width.saturating_sub(1));
            let time = Timestamp::from_unix(place.saturating_mul(step).saturating_mul(3600)).unwrap_or(Timestamp::EPOCH);
            svg.push_str(&format!("<rect class=\"{word}\" x=\"{x}\" y=\"{base}\" width=\"{wide}\" height=\"{part}\">"));
            svg.push_str(&format!("<title>{time}: {count} {word}</title></rect>\n"));
        }
    }
    let time = |place: i64| Timestamp::from_unix(place.saturating_mul(step).saturating_mul(3600)).unwrap_or(Timestamp::EPOCH);
    let base = height.saturating_sub(6);
    svg.push_str(&format!(
        "<text x=\"0\" y=\"{base}\">from {}, a bar for each {name}, the last {}</text>\n",
        time(begin),
        time(end)
    ));
    // What the colours stand for.
    for (nth, action) in (0_u64..).zip(Action::ALL) {
        let (x, word) = (LEGEND.saturating_add(nth.saturating_mul(70)), action.word());
        let (top, after) = (base.saturating_sub(10), x.saturating_add(14));
        svg.push_str(&format!("<rect class=\"{word}\" x=\"{x}\" y=\"{top}\" width=\"10\" height=\"10\"/>"));
        svg.push_str(&format!("<text x=\"{after}\" y=\"{base}\">{word}</text>\n"));
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_for_what_fits() {
        let hours = |last: i64| {
            BTreeMap::from([((480_000, Action::Deny), 1), ((480_000, Action::Audit), 3), ((480_000 + last, Action::Audit), 2)])
        };
        let hour = svg(&hours(10));
        assert!(
            hour.contains("by hour, at most 4")
                && hour.contains("<rect class=\"audit\" x=\"0\" y=\"0\" width=\"39\" height=\"90\">"),
            "{hour}"
        );
        assert!(svg(&hours(14 * 24)).contains("by six hours"));
        assert!(svg(&hours(60 * 24)).contains("by day"));
        assert!(svg(&hours(2_000_000)).contains("by century"));
        assert!(svg(&BTreeMap::new()).is_empty());
    }
}
