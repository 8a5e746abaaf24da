//! Numbers with names → a chart of bars as inline SVG, a part of each bar darker.

use super::escape;

/// How long the longest bar is, in the units of the drawing.
const LENGTH: u64 = 300;
/// The room behind the longest bar for what it counts.
const AFTER: u64 = 210;
/// The height of a bar and of the line that it has.
const BAR: u64 = 16;
const LINE: u64 = 22;

/// A bar.
#[derive(Clone, Debug)]
pub(crate) struct Bar<'b> {
    /// What it is called; others' text.
    pub(crate) name: &'b str,
    /// The classes of the whole bar and of its part: our own words.
    pub(crate) classes: [&'static str; 2],
    /// What it counts.
    pub(crate) all: u64,
    /// How much of that is the part.
    pub(crate) part: u64,
    /// What stands behind it; our own words.
    pub(crate) says: String,
}

/// The chart; `left` is the room for names.
pub(crate) fn svg(title: &str, left: u64, bars: &[Bar<'_>]) -> String {
    let most = bars.iter().map(|bar| bar.all).max().unwrap_or(0).max(1);
    let length = |number: u64| share(number, most).max(u64::from(number > 0));
    let width = left.saturating_add(LENGTH).saturating_add(AFTER);
    let height = LINE.saturating_mul(u64::try_from(bars.len()).unwrap_or(u64::MAX));
    let mut svg = format!("<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n");
    svg.push_str(&format!("<title>{}</title>\n", escape(title)));
    for (nth, bar) in (0_u64..).zip(bars) {
        let top = nth.saturating_mul(LINE);
        let (base, after) = (top.saturating_add(13), left.saturating_add(length(bar.all)).saturating_add(6));
        svg.push_str(&format!("<text x=\"0\" y=\"{base}\">{}</text>\n", escape(bar.name)));
        for (class, number) in bar.classes.iter().zip([bar.all, bar.part]) {
            let width = length(number);
            svg.push_str(&format!("<rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{BAR}\"/>\n"));
        }
        svg.push_str(&format!("<text x=\"{after}\" y=\"{base}\">{}</text>\n", bar.says));
    }
    svg.push_str("</svg>\n");
    svg
}

/// The length of a bar beside the longest.
fn share(number: u64, most: u64) -> u64 {
    let length = u128::from(number).saturating_mul(u128::from(LENGTH)) / u128::from(most.max(1));
    u64::try_from(length).unwrap_or(LENGTH)
}
