//! Counts for each severity → a chart as inline SVG: a bar each, its fixable part darker.

use policy::findings::Severity;
use policy::findings::summary::Counts;

/// Where bars begin and how long the longest is, in the units of the drawing.
const LEFT: u64 = 90;
const LENGTH: u64 = 300;
/// The width of the drawing: behind the longest bar is room for what it counts.
const WIDTH: u64 = 600;
/// The height of a bar and of the line that it has.
const BAR: u64 = 16;
const LINE: u64 = 22;

/// The chart. It has numbers and our own words only: nothing to escape.
pub(super) fn svg(counts: &Counts) -> String {
    let bars: Vec<(Severity, u64, u64)> = Severity::ALL
        .iter()
        .rev()
        .map(|severity| (*severity, u64::from(counts.of(*severity).0), u64::from(counts.of(*severity).1)))
        .collect();
    let most = bars.iter().map(|(_, all, _)| *all).max().unwrap_or(0).max(1);
    let length = |number: u64| (number.saturating_mul(LENGTH) / most).max(u64::from(number > 0));
    let height = LINE.saturating_mul(bars.len() as u64);
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n");
    svg.push_str("<title>Vulnerabilities by severity, and how many of them are fixable</title>\n");
    for (nth, (severity, all, fixable)) in (0_u64..).zip(&bars) {
        let (top, word) = (nth.saturating_mul(LINE), severity.word());
        let (base, after) = (top.saturating_add(13), LEFT.saturating_add(length(*all)).saturating_add(6));
        svg.push_str(&format!("<text x=\"0\" y=\"{base}\">{word}</text>\n"));
        for (class, number) in [("all", *all), ("fixable", *fixable)] {
            let width = length(number);
            svg.push_str(&format!(
                "<rect class=\"{class} {word}\" x=\"{LEFT}\" y=\"{top}\" width=\"{width}\" height=\"{BAR}\"/>\n"
            ));
        }
        svg.push_str(&format!("<text x=\"{after}\" y=\"{base}\">{all} ({fixable} fixable)</text>\n"));
    }
    svg.push_str("</svg>\n");
    svg
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
