//! Imported settings → YAML, behind a comment.

use documents::yaml;
use policy::text::{is_invisible, quote};

use crate::Imported;

pub(crate) fn yaml(imported: &Imported, names: &[&str]) -> String {
    let mut lines = Vec::new();
    let names: Vec<String> = names.iter().map(|name| quote(name)).collect();
    let source = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    let all = std::iter::once(&imported.recognised).chain(&imported.beside);
    let titles: Vec<&str> = all.map(|recognised| recognised.format.title()).collect();
    lines.push(format!("Made from {}{source}.", titles.join(" and ")));
    if !imported.has_rules() {
        lines.push("There is no rule in it: put these under `exemptions:` of your settings.".to_owned());
    }
    if imported.losses.is_empty() {
        lines.push("Nothing of it was lost.".to_owned());
    } else {
        lines.push("Without a counterpart:".to_owned());
        lines.extend(imported.losses.iter().map(|loss| format!("- {loss}")));
    }
    let mut text = String::new();
    for line in lines {
        text.push_str("# ");
        // A line break would end the comment.
        text.extend(line.chars().map(|c| if is_invisible(c) { ' ' } else { c }));
        text.push('\n');
    }
    text.push_str(&yaml::write(&imported.settings));
    text
}
