//! `gatectl admissions` reads what the module says, as the policy server and the API server write it down.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's failed expectation is its report")]

mod logs;

use std::collections::BTreeSet;

use gatectl::ExitCode;
use gatectl::output::Output;
use host_tests::case::{self, Case};
use host_tests::engine::{Engine, Outcome, module, root};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use self::logs::Style;

/// What the command made of files with these contents.
fn admissions(files: &[&str], arguments: &[&str]) -> (ExitCode, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut words = vec!["gatectl".to_owned(), "admissions".to_owned()];
    for (nth, content) in files.iter().enumerate() {
        let path = folder.path().join(format!("{nth}.log"));
        std::fs::write(&path, content).unwrap();
        words.push(path.display().to_string());
    }
    words.extend(arguments.iter().map(|word| (*word).to_owned()));
    let (mut results, mut notes) = (Vec::new(), Vec::new());
    let mut output = Output { results: &mut results, notes: &mut notes, is_coloured: false, is_interactive: false };
    let exit = gatectl::run(words.into_iter().map(Into::into), &mut output);
    (exit, String::from_utf8(results).unwrap(), String::from_utf8(notes).unwrap())
}

fn document(files: &[&str], arguments: &[&str]) -> Value {
    let (exit, results, notes) = admissions(files, &[&["--format", "json"], arguments].concat());
    assert_eq!(exit, ExitCode::Admitted, "{notes}");
    serde_json::from_str(&results).unwrap()
}

/// Rows about what was audited or denied at an admission: what both logs have.
fn shared(document: &Value) -> Vec<Value> {
    let is_shared = |row: &&Value| row["origin"] == "admission" && (row["action"] == "deny" || row["action"] == "audit");
    let mut rows: Vec<Value> = document["entries"].as_array().unwrap().iter().filter(is_shared).cloned().collect();
    for row in &mut rows {
        // The audit log lists more of them than an alert.
        row.as_object_mut().unwrap().remove("vulnerabilities");
    }
    rows
}

/// The cases about requests that an API server can have sent, with what the module made of them.
fn judged() -> Vec<(Case, Outcome)> {
    let engine = Engine::Module(module());
    let cases = case::read_all(&root().join("host-tests/cases")).into_iter();
    let cases = cases.filter(|case| case.raw_payload.is_none() && case.durations().is_empty() && case.object_padding == 0);
    cases.map(|case| (engine.validate(&case), case)).map(|(outcome, case)| (case, outcome)).collect()
}

/// What two inventories differ in, where they do.
fn compare(broken: &mut Vec<String>, what: &str, wanted: impl Into<Value>, found: impl Into<Value>) {
    let (wanted, found) = (wanted.into(), found.into());
    if wanted != found {
        broken.push(format!("{what}\n  wanted {wanted}\n  found  {found}"));
    }
}

#[test]
fn every_case_is_the_same_in_every_log() {
    let (mut compared, mut in_both, mut codes, mut broken) = (0, 0, BTreeSet::new(), Vec::new());
    for (nth, (case, outcome)) in judged().into_iter().enumerate() {
        let note = &case.note;
        let server = |style| logs::server(nth, &case, &outcome.alerts, style);
        let plain = document(&[&server(Style::Json)], &[]);
        compare(&mut broken, &format!("{note}: malformed"), 0, plain["read"]["malformed"]["count"].clone());
        compare(
            &mut broken,
            &format!("{note}: each alert is an answer"),
            outcome.alerts.len(),
            plain["totals"]["answers"].clone(),
        );
        for style in [Style::Text, Style::Coloured, Style::Cri, Style::Docker, Style::Prefixed, Style::Stern, Style::SternJson] {
            let other = document(&[&server(style)], &[]);
            compare(&mut broken, &format!("{note}: {style:?}"), plain["entries"].clone(), other["entries"].clone());
        }
        let rows = plain["entries"].as_array().unwrap();
        codes.extend(rows.iter().map(|row| row["code"].as_str().unwrap().to_owned()));
        let Some(event) = logs::audit(nth, &case, &outcome) else { continue };
        let audit = document(&[&event], &[]);
        compare(&mut broken, &format!("{note}: malformed in the audit log"), 0, audit["read"]["malformed"]["count"].clone());
        // Of an object that cannot be read and a request without a name, the audit log alone knows the name.
        let is_unnamed = outcome.alerts.iter().any(|alert| alert["code"] == "workload-invalid" && alert["name"].is_null());
        let has_name = plain["entries"].as_array().unwrap().iter().all(|row| row["workload"] != "Pod/-");
        if [&plain, &audit].iter().any(|one| one["read"]["unlistedImages"] != 0) || (is_unnamed && !has_name) {
            continue;
        }
        compare(&mut broken, &format!("{note}: the audit log"), shared(&plain), shared(&audit));
        let both = document(&[&event, &server(Style::Json)], &[]);
        compare(&mut broken, &format!("{note}: an answer in both logs counts once"), shared(&plain), shared(&both));
        in_both += both["read"]["inBothLogs"].as_u64().unwrap();
        compared += 1;
    }
    assert!(broken.is_empty(), "{} differences:\n{}", broken.len(), broken.join("\n"));
    assert!(compared > 300 && in_both > 200, "{compared} cases, {in_both} in both logs");
    let known = BTreeSet::from(policy::diagnostic::Code::ALL.map(|code| code.text().to_owned()));
    let missing: Vec<&String> = known.difference(&codes).collect();
    assert!(missing.iter().all(|code| ["request-invalid"].contains(&code.as_str())), "codes that no line has: {missing:?}");
}

#[test]
fn all_cases_together_add_up_in_any_order() {
    let judged: Vec<(Case, Outcome)> = judged().into_iter().take(150).collect();
    let mut lines: Vec<String> = Vec::new();
    for (nth, (case, outcome)) in judged.iter().enumerate() {
        lines.extend(logs::server(nth, case, &outcome.alerts, Style::Json).lines().map(str::to_owned));
        lines.extend(logs::audit(nth, case, outcome));
    }
    let wanted = document(&[&lines.join("\n")], &[]);
    let strategy = (Just(lines).prop_shuffle(), 1_usize..5);
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&strategy, |(lines, n_files)| {
        let files: Vec<String> = lines.chunks(lines.len().div_ceil(n_files)).map(|lines| lines.join("\n")).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let found = document(&files, &[]);
        prop_assert_eq!(&found["entries"], &wanted["entries"]);
        prop_assert_eq!(&found["totals"], &wanted["totals"]);
        prop_assert_eq!(&found["read"]["inBothLogs"], &wanted["read"]["inBothLogs"]);
        for (top, total) in [("rules", "entries"), ("images", "entries"), ("namespaces", "answers"), ("workloads", "answers")] {
            let groups = document(&files, &["--top", top]);
            let sum: u64 = groups[top].as_array().unwrap().iter().map(|group| group["count"].as_u64().unwrap()).sum();
            prop_assert_eq!(sum, wanted["totals"][total].as_u64().unwrap(), "{}", top);
        }
        // What is left out by one filter is what its opposites leave.
        let of = |action: &str| document(&files, &["--action", action])["totals"]["entries"].as_u64().unwrap();
        let sum: u64 = ["deny", "audit", "notice", "admit"].into_iter().map(of).sum();
        prop_assert_eq!(sum, wanted["totals"]["entries"].as_u64().unwrap());
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn damaged_lines_are_counted_and_the_rest_is_read() {
    let (case, outcome) =
        judged().into_iter().find(|(_, outcome)| outcome.alerts.iter().any(|alert| alert["verdict"] == "deny")).unwrap();
    let styles = [Style::Json, Style::Text, Style::Coloured, Style::Cri, Style::Docker, Style::SternJson];
    let mut lines: Vec<String> = styles.map(|style| logs::server(0, &case, &outcome.alerts, style)).to_vec();
    lines.extend(logs::audit(0, &case, &outcome));
    let good = logs::server(1, &case, &outcome.alerts, Style::Json);
    let wanted = document(&[&good], &[])["totals"]["answers"].as_u64().unwrap();
    let damage = (0..lines.len(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), any::<bool>());
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&damage, |(line, at, end, byte, is_cut)| {
        let mut bytes = lines[line].clone().into_bytes();
        let place = at.index(bytes.len());
        if is_cut {
            let end = place + end.index(bytes.len() - place);
            bytes.drain(place..=end);
        } else {
            bytes[place] = byte;
        }
        let damaged = String::from_utf8_lossy(&bytes).into_owned();
        let found = document(&[&damaged, &good], &[]);
        let read = &found["read"];
        let number = |value: &Value| value.as_u64().unwrap();
        let around: u64 = read["around"].as_object().unwrap().values().map(|one| number(&one["count"])).sum();
        let told = number(&read["other"]) + number(&read["malformed"]["count"]) + number(&read["answers"]) + around;
        prop_assert!(told >= number(&read["lines"]), "each line is told of: {}", read);
        prop_assert!(number(&read["answers"]) >= wanted, "{}", read);
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}
