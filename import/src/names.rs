//! Foreign titles → names of the rule language.

use std::collections::{BTreeMap, BTreeSet};

use policy::limits;

/// Names of the rule language, each given once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    given: BTreeSet<String>,
    next: BTreeMap<String, u32>,
}

/// Characters of a name that a number may be put behind.
const STEM_CHARS: usize = limits::NAME_CHARS.saturating_sub(11);

impl Names {
    /// The words of a text in lower case, with hyphens between them and a number where the name is taken.
    pub(crate) fn give(&mut self, original: &str) -> String {
        let mut stem = String::new();
        for c in original.chars().map(|c| c.to_ascii_lowercase()) {
            if c.is_ascii_alphanumeric() {
                stem.push(c);
            } else if !stem.is_empty() && !stem.ends_with('-') {
                stem.push('-');
            }
        }
        let stem: String = stem.chars().take(STEM_CHARS).collect();
        let stem = match stem.trim_end_matches('-') {
            "" => "rule",
            stem => stem,
        };
        let next = self.next.entry(stem.to_owned()).or_insert(1);
        loop {
            let name = if *next == 1 { stem.to_owned() } else { format!("{stem}-{next}") };
            *next = next.saturating_add(1);
            if self.given.insert(name.clone()) {
                return name;
            }
        }
    }
}
