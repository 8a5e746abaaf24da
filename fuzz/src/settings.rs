//! Bytes → settings document → settings or problems, and the advice on them.

use std::collections::BTreeSet;

use policy::settings::{Settings, advice};
use policy::{limits, render, review};
use serde_json::Value;

/// Settings are valid or have problems, on one line each; what `validate_settings` says agrees with it.
pub fn run(data: &[u8]) {
    let answer: Value = serde_json::from_slice(&review::validate_settings(data, crate::now())).expect("the answer is JSON");
    let is_valid = answer["valid"].as_bool().expect("`valid` is a boolean");
    let Ok(text) = std::str::from_utf8(data) else { return assert!(!is_valid) };
    let Ok(value) = serde_json::from_str::<Value>(text) else { return assert!(!is_valid) };
    match Settings::read(&value) {
        Ok(settings) => {
            assert!(is_valid, "{answer}");
            hold(&settings);
        }
        Err(problems) => {
            assert!(!is_valid, "{answer}");
            assert!((1..=limits::SETTINGS_PROBLEMS + 1).contains(&problems.len()), "{} problems", problems.len());
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert!(lines.iter().all(|line| !line.contains('\n')), "a problem is one line: {lines:?}");
        }
    }
}

fn hold(settings: &Settings) {
    let names: BTreeSet<&str> = settings.rules.iter().map(|rule| rule.name.as_str()).collect();
    assert!(!names.is_empty() && names.len() == settings.rules.len(), "rules have names of their own");
    for rule in &settings.rules {
        assert!(!rule.conditions.is_empty(), "rule {} has nothing to fulfil", rule.name);
        for condition in &rule.conditions {
            let words = render::describe(condition);
            assert!(!words.is_empty() && !words.contains('\n'), "{words:?}");
        }
    }
    for advice in advice::advise(settings, crate::now()) {
        let advice = advice.to_string();
        assert!(!advice.is_empty() && !advice.contains('\n'), "advice is one line: {advice:?}");
    }
}
