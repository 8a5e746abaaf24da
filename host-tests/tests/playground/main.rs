//! The module of the page, as it was built, in Node.js: what it answers is what the gate answers, byte for byte.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test's helpers fail as the test itself does")]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use host::capability::Capabilities;
use host::live::LogEvent;
use host::replay::Replay;
use host_tests::case::{self, Case};
use host_tests::engine;
use policy::lookup::host::Host;
use policy::review;
use serde_json::{Value, json};

/// Answers of the built module, each to a function's name and its question.
fn answers(questions: &[(&str, String)]) -> Vec<String> {
    let (root, script) = (engine::root(), "host-tests/tests/playground/answers.mjs");
    let mut node = Command::new("node")
        .current_dir(&root)
        .args([script, "dist/playground"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("node: {e}; install it first: scripts/debian-packages nodejs"));
    let asked = serde_json::to_vec(questions).expect("texts");
    let mut stdin = node.stdin.take().expect("it is piped");
    let writer = std::thread::spawn(move || stdin.write_all(&asked));
    let output = node.wait_with_output().expect("node runs");
    assert!(output.status.success(), "{script}: {}; is dist/playground built? ./just playground", output.status);
    writer.join().expect("no panic").expect("node reads all");
    let answers: Vec<String> = serde_json::from_slice(&output.stdout).expect("a list of texts");
    assert_eq!(answers.len(), questions.len());
    answers
}

/// Answers as a case says, on a clock of its own, and writes down what was asked.
#[derive(Debug)]
struct Recording {
    replay: Replay,
    durations: Vec<i64>,
    calls: Mutex<Vec<Value>>,
    elapsed: Mutex<i64>,
}

impl Recording {
    fn of(case: &Case) -> Self {
        let durations = case.durations().iter().map(|took| i64::try_from(took.as_millis()).expect("short")).collect();
        let replay = Replay::new(case.exchanges(), Arc::new(|_: LogEvent| ()));
        Self { replay, durations, calls: Mutex::default(), elapsed: Mutex::default() }
    }
}

impl Host for Recording {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let left = self.replay.left().len();
        let answer = self.replay.call("kubewarden", namespace, operation, payload);
        if namespace == "tracing" {
            return answer;
        }
        let took = match self.durations.len().checked_sub(left) {
            Some(given) if self.replay.left().len() < left => self.durations[given],
            _ => 0,
        };
        *self.elapsed.lock().expect("no panic") += took;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("what is asked and answered in a case is UTF-8");
        let mut call = json!({ "namespace": namespace, "operation": operation, "request": text(payload), "took": took });
        match &answer {
            Ok(answer) => call["ok"] = text(answer).into(),
            Err(error) => call["error"] = error.as_str().into(),
        }
        self.calls.lock().expect("no panic").push(call);
        answer
    }

    fn elapsed_millis(&self) -> i64 {
        *self.elapsed.lock().expect("no panic")
    }
}

/// `cases` shows that the module in the cluster answers as the evaluator does natively; here the module of the page does.
#[test]
fn every_case_is_answered_as_by_the_gate() {
    let cases = case::read_all(&engine::root().join("host-tests/cases"));
    let (mut questions, mut wanted) = (Vec::new(), Vec::new());
    for case in &cases {
        let host = Recording::of(case);
        let answer = review::validate(&case.payload(), case.now(), &host);
        wanted.push(String::from_utf8(answer).expect("JSON"));
        let payload = String::from_utf8(case.payload()).unwrap_or_else(|e| panic!("{}: {e}", case.note));
        let calls = host.calls.into_inner().expect("no panic");
        questions.push(("review", json!({ "payload": payload, "now": case.now().unix(), "calls": calls }).to_string()));
    }
    assert!(questions.len() > 500, "{} cases", questions.len());
    let timed = cases.iter().filter(|case| !case.durations().is_empty()).count();
    assert!(timed > 0, "no case says how long an answer takes");
    let answers = answers(&questions);
    let differing: Vec<String> = cases
        .iter()
        .zip(answers.iter().zip(&wanted))
        .filter(|(_, (answer, wanted))| answer != wanted)
        .map(|(case, (answer, wanted))| format!("{}: {}\n  wanted {wanted}\n  found  {answer}", case.file.display(), case.note))
        .collect();
    assert!(differing.is_empty(), "{} of {}:\n{}", differing.len(), cases.len(), differing.join("\n"));
}

const RULES: &str = "rules: [{ name: block, action: deny, conditions: [{ severity: critical, moreThan: 2 }] }]";
const POD: &str =
    "{ apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { containers: [{ name: c, image: 'ghcr.io/acme/web:v1' }] } }";

fn judging(settings: &str, workload: &str, report: &str) -> (&'static str, String) {
    let findings = json!([{ "name": "report.json", "text": report }]);
    let question =
        json!({ "settings": settings, "baseline": settings, "workload": workload, "findings": findings, "now": case::NOW });
    ("judge", question.to_string())
}

/// Trivy's report with so many bytes of vulnerabilities at least.
fn report(bytes: usize) -> String {
    let row = |i: usize| {
        json!({ "VulnerabilityID": format!("CVE-2026-{i:06}"), "PkgName": format!("package-{i}"), "InstalledVersion": "1.0",
            "Severity": "HIGH", "Title": "x".repeat(200), "Description": "🦀é\\ \"quoted\"\n".repeat(20) })
    };
    let n = bytes / row(0).to_string().len() + 1;
    let rows: Vec<Value> = (0..n).map(row).collect();
    json!({ "SchemaVersion": 2, "CreatedAt": "2026-11-22T10:00:00Z", "ArtifactName": "ghcr.io/acme/web:v1", "ArtifactType": "container_image",
        "Results": [{ "Target": "x", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": rows }] })
    .to_string()
}

/// What is typed is answered as natively, however deep, long or broken it is: where the module ended, Node.js would.
#[test]
fn whatever_is_typed_is_answered_as_natively() {
    let deep = ["[", "{\"a\":", "- ", "{a: "].map(|open| open.repeat(50_000));
    let mut questions: Vec<(&str, String)> = deep.iter().map(|text| judging(text, text, text)).collect();
    let rules_of = |text: &str| format!("rules: {text}");
    questions.extend(deep.iter().map(|text| judging(&rules_of(text), POD, text)));
    questions.push(judging("rules: [", "kind: {", "{\"SchemaVersion\": 2,"));
    questions.push(judging("# 🦀\nrules: [{ name: 🦀, action: no }]", POD, ""));
    questions.push(judging(RULES, POD, &report(1000)));
    let import =
        json!({ "files": [{ "name": "a.yaml", "text": deep[3] }, { "name": "b.yaml", "text": "kind: SecurityArtifactPolicy" }] });
    questions.push(("importSettings", import.to_string()));
    for target in ["kubewarden", "gatekeeper", "command"] {
        questions.push(("exportSettings", json!({ "settings": RULES, "target": target, "now": case::NOW }).to_string()));
    }
    questions.extend(["judge", "review", "importSettings", "exportSettings"].map(|function| (function, deep[0].clone())));
    let native = |(function, question): &(&str, String)| match *function {
        "judge" => playground::judge(question),
        "review" => playground::review(question),
        "importSettings" => playground::import(question),
        _ => playground::export(question),
    };
    for (question, answer) in questions.iter().zip(answers(&questions)) {
        let cut: String = question.1.chars().take(300).collect();
        assert!(native(question) == answer, "{} {cut}:\n  natively {}\n  found    {answer}", question.0, native(question));
    }
}

#[test]
fn a_report_of_twenty_megabytes_is_judged() {
    let report = report(20_000_000);
    assert!(report.len() >= 20_000_000);
    let question = judging(RULES, POD, &report);
    let answer = answers(std::slice::from_ref(&question)).remove(0);
    assert!(answer == playground::judge(&question.1), "not what it is natively");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["verdicts"][0]["verdict"], "admit");
    assert!(answer["findings"][0]["counts"]["high"].as_u64() > Some(20_000));
}
