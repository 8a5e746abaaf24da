//! .github/workflows: what a machine can check of them without running one. Each rule says why it is there.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use documents::yaml;
use host_tests::engine::root;
use serde_json::Value;

struct Workflow {
    name: String,
    text: String,
    value: Value,
}

fn workflows() -> Vec<Workflow> {
    let mut names: Vec<String> = std::fs::read_dir(root().join(".github/workflows"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["ci.yml", "release.yml"]);
    let read = |name: String| {
        let text = std::fs::read_to_string(root().join(".github/workflows").join(&name)).unwrap();
        let mut documents = yaml::read(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(documents.len(), 1, "{name}");
        Workflow { name, text, value: documents.remove(0).value }
    };
    names.into_iter().map(read).collect()
}

/// `workflow job` with the job.
fn jobs() -> Vec<(String, Value)> {
    let of = |workflow: Workflow| {
        let jobs = workflow.value["jobs"].as_object().unwrap().clone();
        jobs.into_iter().map(move |(name, job)| (format!("{} {name}", workflow.name), job))
    };
    workflows().into_iter().flat_map(of).collect()
}

fn steps() -> Vec<(String, Value)> {
    let of = |(place, job): (String, Value)| {
        let steps = job["steps"].as_array().unwrap_or_else(|| panic!("{place}: no steps")).clone();
        steps.into_iter().map(move |step| (place.clone(), step))
    };
    jobs().into_iter().flat_map(of).collect()
}

#[test]
fn actions_are_pinned() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut found = 0;
    let action = std::fs::read_to_string(root().join("action.yml")).unwrap();
    let action = Workflow { name: "action.yml".to_owned(), text: action, value: Value::Null };
    for workflow in workflows().into_iter().chain([action]) {
        for line in workflow.text.lines().filter(|line| line.contains("uses:")) {
            let (_, used) = line.split_once("uses: ").unwrap();
            let (pinned, version) =
                used.split_once(" # ").unwrap_or_else(|| panic!("{}: {line}: which version is it?", workflow.name));
            let (action, commit) = pinned.split_once('@').unwrap();
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            assert!(is_commit, "{}: {line}: a tag can be moved to other code, a commit cannot", workflow.name);
            let is_version = version
                .strip_prefix('v')
                .is_some_and(|v| v.split('.').count() == 3 && v.split('.').all(|n| n.parse::<u32>().is_ok()));
            assert!(is_version, "{}: {line}: the comment is a whole version", workflow.name);
            versions.entry(action.to_owned()).or_default().insert(pinned.to_owned());
            found += 1;
        }
    }
    assert!(found >= 10, "only {found} actions were found");
    for (action, pinned) in versions {
        assert_eq!(pinned.len(), 1, "{action} is used in several versions");
    }
    for (place, step) in steps() {
        assert!(step["uses"].is_string() != step["run"].is_string(), "{place}: a step either uses or runs: {step}");
    }
}

#[test]
fn nothing_foreign_runs_with_rights() {
    for Workflow { name, text, value } in workflows() {
        // YAML 1.1 reads the key `on` as true; the reader here is of 1.2, and has it as written.
        let triggers: BTreeSet<&str> = value["on"].as_object().unwrap().keys().map(String::as_str).collect();
        let allowed = BTreeSet::from(["push", "pull_request"]);
        assert!(
            triggers.is_subset(&allowed),
            "{name}: {triggers:?}: others run foreign code beside secrets, or without anybody asking"
        );
        assert!(!text.contains("pull_request_target") && !text.contains("workflow_run"), "{name}");
        assert_eq!(value["permissions"], serde_json::json!({}), "{name}: nothing is granted but by a job");
        if triggers.contains("pull_request") {
            assert!(!text.contains("secrets.") && !text.contains(": write"), "{name}: a pull request is foreign code");
        }
    }
}

#[test]
fn each_job_has_the_rights_it_needs() {
    let read = ("contents", "read");
    let wanted = BTreeMap::from([
        ("ci.yml test", vec![read]),
        ("ci.yml reproducible", vec![read]),
        ("release.yml check", vec![read]),
        ("release.yml test", vec![read]),
        ("release.yml reproducible", vec![read]),
        ("release.yml gatectl", vec![read]),
        // The release, the artifact, keyless signatures, provenance.
        (
            "release.yml publish",
            vec![("attestations", "write"), ("contents", "write"), ("id-token", "write"), ("packages", "write")],
        ),
        // The branch that Artifact Hub reads.
        ("release.yml artifacthub", vec![("contents", "write")]),
    ]);
    let found: BTreeMap<String, Vec<(String, String)>> = jobs()
        .into_iter()
        .map(|(place, job)| {
            let rights = job["permissions"].as_object().unwrap_or_else(|| panic!("{place}: says no permissions"));
            (place, rights.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect())
        })
        .collect();
    let wanted: BTreeMap<String, Vec<(String, String)>> = wanted
        .into_iter()
        .map(|(place, rights)| (place.to_owned(), rights.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()))
        .collect();
    assert_eq!(found, wanted, "a right more or less is a decision: make it here too");
}

#[test]
fn jobs_end_and_wait_for_what_is_there() {
    let all = jobs();
    for (place, job) in &all {
        assert!(job["timeout-minutes"].is_u64(), "{place}: a job that hangs runs for six hours");
        let runner = job["runs-on"].as_str().unwrap();
        assert!(!runner.ends_with("-latest"), "{place}: {runner} is another system next year");
        let workflow = place.split(' ').next().unwrap();
        let needs = match &job["needs"] {
            Value::String(one) => vec![one.as_str()],
            many => many.as_array().into_iter().flatten().map(|one| one.as_str().unwrap()).collect(),
        };
        for other in needs {
            assert!(all.iter().any(|(name, _)| *name == format!("{workflow} {other}")), "{place}: needs `{other}`");
        }
    }
    // Nothing is published that was not tested, built twice, and allowed.
    let publish = &all.iter().find(|(place, _)| place == "release.yml publish").unwrap().1;
    assert_eq!(publish["needs"], serde_json::json!(["test", "reproducible", "gatectl"]));
}

#[test]
fn scripts_take_no_foreign_text() {
    for (place, step) in steps() {
        let Some(script) = step["run"].as_str() else { continue };
        assert!(!script.contains("${{"), "{place}: an expression in a script is code: pass it by `env`\n{script}");
        let checked = Command::new("bash").args(["-n", "-c", script]).output().unwrap();
        assert!(checked.status.success(), "{place}: {}\n{script}", String::from_utf8_lossy(&checked.stderr));
        // What is run of this repository is there.
        for word in script.split_whitespace().filter(|word| word.starts_with("scripts/") || word.starts_with("./just")) {
            assert!(root().join(word).exists(), "{place}: no {word}");
        }
        let recipes = std::fs::read_to_string(root().join("Justfile")).unwrap();
        for (at, _) in script.match_indices("./just ") {
            let recipe = script[at + "./just ".len()..].split_whitespace().next().unwrap();
            assert!(recipes.lines().any(|line| line.starts_with(recipe) && line.contains(':')), "{place}: no recipe {recipe}");
        }
    }
}

#[test]
fn only_the_branch_is_pushed_with_kept_credentials() {
    let mut kept = BTreeSet::new();
    for (place, step) in steps() {
        if step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@"))
            && step["with"]["persist-credentials"] != false
        {
            kept.insert(place);
        }
    }
    assert_eq!(kept, BTreeSet::from(["release.yml artifacthub".to_owned()]), "a token in the checkout is every later step's");
}
