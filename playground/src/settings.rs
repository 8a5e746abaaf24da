//! The text of settings → what is wrong with them, what to look at, what they say in sentences, and what the policy is given.

use documents::settings::{self, Located};
use policy::settings::Settings;
use policy::time::Timestamp;
use serde_json::{Value, json};

use crate::places::Places;

/// Settings that can be judged by.
#[derive(Debug)]
pub(crate) struct Usable {
    pub(crate) value: Value,
    pub(crate) settings: Settings,
}

/// What is to be shown of settings, and the settings where nothing is wrong with them; a text without a document is none of both.
pub(crate) fn read(text: &str, now: Timestamp) -> (Value, Option<Usable>) {
    let places = Places::of(text);
    let shown = |problems: &[Located], warnings: &[Located], sentences: Option<String>| json!({ "problems": places.problems(problems), "warnings": places.problems(warnings), "sentences": sentences });
    let loaded = match settings::read(text) {
        Ok(loaded) => loaded,
        Err(_) if is_nothing(text) => return (shown(&[], &[], None), None),
        Err(problem) => return (shown(&[*problem], &[], None), None),
    };
    match loaded.settings() {
        Ok(settings) => {
            let sentences = documents::explain::explain(&settings);
            (shown(&[], &loaded.advice(now), Some(sentences)), Some(Usable { value: loaded.value, settings }))
        }
        Err(_) if is_nothing(text) => (shown(&[], &[], None), None),
        Err(problems) => (shown(&problems, &[], None), None),
    }
}

/// Whether nobody has typed anything yet, comments apart.
pub(crate) fn is_nothing(text: &str) -> bool {
    text.trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .all(|line| line.is_empty() || line.starts_with('#') || line == "---")
}
