//! The tests of e2e.bats, read from that file and run in this project's host: what kwctl would replay is replayed here, by the real clock
//! as there. Recordings are read strictly: a call that is not the next one fails, and so does one that is not made.

use std::collections::BTreeSet;
use std::sync::Arc;

use documents::yaml;
use host::capability::Capabilities;
use host::exchange;
use host::module::{CallOptions, PolicyModule};
use host::replay::Replay;
use host_tests::engine::{module, root};
use serde_json::{Value, json};

/// A test of e2e.bats: its name, and its lines as words.
struct Told {
    name: String,
    lines: Vec<Vec<String>>,
}

/// A line as the shell splits it: by blanks, but not between single quotes. No other quoting is used there.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (n, part) in line.split('\'').enumerate() {
        if n % 2 == 1 {
            words.push(part.to_owned());
        } else {
            assert!(!part.contains(['"', '\\', '$', '`', ';', '|', '&']), "e2e.bats: `{line}`: only words and single quotes");
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn told() -> Vec<Told> {
    let text = std::fs::read_to_string(root().join("e2e.bats")).unwrap();
    let mut tests: Vec<Told> = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("@test ") {
            let name = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix("\" {")).unwrap_or_else(|| panic!("{line}"));
            tests.push(Told { name: name.to_owned(), lines: Vec::new() });
            is_inside = true;
        } else if line == "}" {
            is_inside = false;
        } else if is_inside {
            tests.last_mut().unwrap().lines.push(words(line));
        }
    }
    tests
}

fn read(folder: &str, file: &str) -> String {
    let path = root().join("tests/e2e").join(folder).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The module's answer to a recorded request, and that request's object.
fn judge(module: &PolicyModule, folder: &str) -> (Value, Value) {
    let review: Value = serde_json::from_str(&read(folder, "request.json")).unwrap();
    let settings = yaml::read(&read(folder, "settings.yaml")).unwrap().remove(0).value;
    let replay = Arc::new(Replay::new(exchange::parse(&read(folder, "replay.yaml")).unwrap(), Arc::new(|_| ())));
    let capabilities: Arc<dyn Capabilities> = Arc::clone(&replay) as Arc<dyn Capabilities>;
    let call = |operation: &str, payload: &Value| -> Value {
        let payload = payload.to_string();
        let answer = module.call_with(operation, payload.as_bytes(), &capabilities, CallOptions::default());
        serde_json::from_slice(&answer.unwrap_or_else(|e| panic!("{folder}: {e}"))).unwrap()
    };
    let accepted = call("validate_settings", &settings);
    assert_eq!(accepted["valid"], true, "{folder}: {accepted}");
    let answer = call("validate", &json!({ "request": review["request"], "settings": settings }));
    assert_eq!(replay.unexpected(), Vec::<String>::new(), "{folder}");
    assert!(replay.left().is_empty(), "{folder}: not asked for: {:?}", replay.left());
    (answer, review["request"]["object"].clone())
}

/// Whether a line of a test holds.
fn holds(line: &[&str], answer: &Value, object: &Value) -> bool {
    let warnings = || answer["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    match line {
        ["allowed"] => answer["accepted"] == true,
        ["denied"] => answer["accepted"] == false,
        ["says", text] => answer["message"].as_str().is_some_and(|message| message.contains(text)),
        ["warns", text] => warnings().any(|warning| warning.contains(text)),
        ["silent"] => warnings().next().is_none(),
        ["annotates", key, text] => answer["audit_annotations"][key].as_str().is_some_and(|value| value.contains(text)),
        ["pins", path, image] => {
            answer["mutated_object"].pointer(path) == Some(&json!(image)) && object.pointer(path).is_some_and(|was| was != image)
        }
        ["unchanged"] => answer.get("mutated_object").is_none_or(Value::is_null),
        other => panic!("e2e.bats: `{}`: no word that is defined there", other.join(" ")),
    }
}

#[test]
fn every_test_of_e2e_bats_holds() {
    let module = module();
    let mut failed = Vec::new();
    for test in told() {
        let (first, checks) = test.lines.split_first().unwrap_or_else(|| panic!("{}: empty", test.name));
        let [judged, folder] = first.as_slice() else { panic!("{}: begins with `judge FOLDER`", test.name) };
        assert!(judged == "judge" && !checks.is_empty(), "{}: begins with `judge FOLDER` and goes on with checks", test.name);
        let (answer, object) = judge(&module, folder);
        for line in checks {
            let line: Vec<&str> = line.iter().map(String::as_str).collect();
            if !holds(&line, &answer, &object) {
                failed.push(format!("{}: {}: {answer}", test.name, line.join(" ")));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_recording_is_in_a_test() {
    let used: BTreeSet<String> = told().into_iter().map(|test| test.lines[0][1].clone()).collect();
    let there = std::fs::read_dir(root().join("tests/e2e")).unwrap();
    let there: BTreeSet<String> = there.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(used, there);
    // Each kind of host call that the module makes is recorded somewhere.
    let kinds =
        ["!OciManifestDigest", "!OciManifest\n", "!OciManifestAndConfig", "!SigstorePubKeyVerify", "!KubernetesGetResource"];
    let all: String = used.iter().map(|folder| read(folder, "replay.yaml")).collect();
    for kind in kinds.into_iter().chain(["!KubernetesListResourceNamespace", "type: Error"]) {
        assert!(all.contains(kind), "{kind}: in no recording");
    }
}

/// A reader that finds nothing proves nothing.
#[test]
fn the_words_are_read() {
    assert!(told().len() >= 11);
    assert_eq!(words("  pins /a 'b c' d"), ["pins", "/a", "b c", "d"]);
    let answer = json!({ "accepted": true, "warnings": ["w x"], "mutated_object": { "a": "b" } });
    for (line, is_so) in [
        (&["allowed"][..], true),
        (&["denied"], false),
        (&["silent"], false),
        (&["warns", "x"], true),
        (&["says", "x"], false),
        (&["pins", "/a", "b"], true),
        (&["unchanged"], false),
        (&["annotates", "k", "v"], false),
    ] {
        assert_eq!(holds(line, &answer, &json!({ "a": "c" })), is_so, "{line:?}");
    }
    assert!(!holds(&["pins", "/a", "b"], &answer, &json!({ "a": "b" })));
}
