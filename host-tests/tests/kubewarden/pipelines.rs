//! action.yml and templates/check.yml: what they run, run for real against a registry, with a release that lies in a folder.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use documents::yaml;
use host_tests::engine::root;
use host_tests::world::{World, deployment};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const SETTINGS: &str = "rules:\n- { name: no-critical, action: deny, conditions: [{ severity: critical }] }\n";

/// A registry with an image that is denied and one that is not, their manifests, settings, and a release.
fn world() -> World {
    let [world, _] = World::both();
    for (name, severity) in [("bad", "CRITICAL"), ("good", "LOW")] {
        let image = world.image(&format!("acme/{name}:1"));
        world.push(&image, "amd64");
        world.attach(&image, &[severity], &[]);
        world.file(&format!("{name}.yaml"), &deployment(&image));
    }
    world.file("settings.yaml", SETTINGS);
    let release = world.path("release");
    std::fs::create_dir_all(&release).unwrap();
    std::fs::copy(root().join("dist/policy.wasm"), Path::new(&release).join("policy.wasm")).unwrap();
    let packed = Command::new("tar")
        .args(["-czf", &format!("{release}/gatectl-linux-amd64.tar.gz"), "-C"])
        .arg(root().join("dist"))
        .arg("gatectl")
        .status();
    assert!(packed.unwrap().success());
    sums(&release, |sum| sum);
    world
}

fn sums(release: &str, write: impl Fn(String) -> String) {
    let of = |name: &str| {
        let bytes = std::fs::read(Path::new(release).join(name)).unwrap();
        let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}  {name}\n", write(hex))
    };
    std::fs::write(Path::new(release).join("SHA256SUMS"), of("gatectl-linux-amd64.tar.gz") + &of("policy.wasm")).unwrap();
}

fn bash(world: &World, script: &str, variables: &[(&str, &str)]) -> Output {
    // GitLab's runner, and `shell: bash` of a composite action.
    Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .current_dir(world.path("."))
        .env_remove("GH_TOKEN")
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn documents(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    yaml::read(&text).unwrap_or_else(|e| panic!("{file}: {e}")).into_iter().map(|document| document.value).collect()
}

/// A step of the action, by its name.
fn step<'a>(action: &'a Value, name: &str) -> &'a Value {
    let steps = action["runs"]["steps"].as_array().unwrap();
    steps.iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("no step `{name}`"))
}

#[test]
fn the_action_judges_and_ends_with_the_verdict() {
    let world = world();
    let action = documents("action.yml").remove(0);
    let (temp, output) = (world.path("temp"), world.path("output"));
    let (release, checkout) = (format!("file://{}", world.path("release")), root().display().to_string());
    let common = [
        ("RUNNER_TEMP", temp.as_str()),
        ("GITHUB_ACTION_PATH", &checkout),
        ("GITHUB_OUTPUT", &output),
        ("GATED_RELEASE", &release),
    ];
    let installed = bash(&world, step(&action, "Install gatectl")["run"].as_str().unwrap(), &common);
    assert!(installed.status.success(), "{}", said(&installed));
    let options = format!("--sources {}", world.path("sources.yaml"));
    for (manifests, code, level) in
        [("good.yaml", "0", None), ("good.yaml bad.yaml", "2", Some("error")), ("nothing.yaml", "1", None)]
    {
        let _ = std::fs::remove_file(&output);
        let variables = [("MANIFESTS", manifests), ("SETTINGS", "settings.yaml"), ("OPTIONS", &options), ("GATECTL", "")];
        let judged = bash(&world, step(&action, "Judge")["run"].as_str().unwrap(), &[&common[..], &variables].concat());
        assert!(judged.status.success(), "the last step ends the job: {}", said(&judged));
        let outputs = std::fs::read_to_string(&output).unwrap();
        assert!(outputs.contains(&format!("exit-code={code}\n")), "{manifests}: {outputs}{}", said(&judged));
        assert_eq!(outputs.contains("sarif="), code != "1", "{outputs}");
        let ended = bash(&world, step(&action, "The verdict")["run"].as_str().unwrap(), &[("CODE", code)]);
        assert_eq!(ended.status.code().unwrap().to_string(), code);
        if code != "1" {
            let file = outputs.lines().find_map(|line| line.strip_prefix("sarif=")).unwrap();
            assert!(file.starts_with(&temp), "{file}: what lies in the checkout may be foreign");
            let sarif: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
            let result = &sarif["runs"][0]["results"][0];
            assert_eq!(result["level"].as_str(), level, "{sarif:#}");
            if level.is_some() {
                assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "bad.yaml");
                assert!(said(&judged).contains("no-critical"), "{}", said(&judged));
            }
        }
    }
}

#[test]
fn what_is_not_the_release_is_not_run() {
    let world = world();
    let install = root().join("deploy/ci/install").display().to_string();
    let script = format!("{install} {}", world.path("tools"));
    let (release, elsewhere) = (format!("file://{}", world.path("release")), format!("file://{}", world.path("elsewhere")));
    for (spoil, part) in
        [("1", "expected the checksum"), ("", "expected the checksum in SHA256SUMS"), ("none", "has no gatectl-linux-amd64")]
    {
        let from = if spoil == "none" { &elsewhere } else { &release };
        sums(&world.path("release"), |sum| if spoil == "1" { sum.replace(['0', '1', '2'], "3") } else { String::new() });
        let ended = bash(&world, &script, &[("GATED_RELEASE", from)]);
        assert!(!ended.status.success() && said(&ended).contains(part), "{spoil}: {}", said(&ended));
        assert!(!Path::new(&world.path("tools/gatectl")).exists());
    }
}

#[test]
fn inputs_of_the_action_are_said_and_used() {
    let action = documents("action.yml").remove(0);
    let text = std::fs::read_to_string(root().join("action.yml")).unwrap();
    for (name, input) in action["inputs"].as_object().unwrap() {
        assert!(input["description"].is_string(), "{name}: what is it?");
        assert!(input["required"] == true || input["default"].is_string(), "{name}: what is it where nobody says?");
        assert!(text.contains(&format!("inputs.{name}")), "{name}: nothing reads it");
    }
    for step in action["runs"]["steps"].as_array().unwrap() {
        assert!(step["uses"].is_string() || step["shell"] == "bash", "{step}: a composite step names its shell");
        let run = step["run"].as_str().unwrap_or_default();
        assert!(!run.contains("${{"), "{run}: an expression in a script is a way into the shell");
    }
}

#[test]
fn the_component_fails_where_the_gate_denies() {
    let world = world();
    let documents = documents("templates/check.yml");
    let [spec, job] = documents.as_slice() else { panic!("a component has a header and a job") };
    let inputs = spec["spec"]["inputs"].as_object().unwrap();
    let job = &job["gated-deployment"];
    let text = std::fs::read_to_string(root().join("templates/check.yml")).unwrap();
    let used: BTreeSet<&str> = text.split("$[[ inputs.").skip(1).map(|rest| rest.split(" ]]").next().unwrap()).collect();
    assert_eq!(
        inputs.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        used,
        "inputs that are said, and inputs that are used"
    );
    let script: Vec<&str> = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert!(!script.iter().any(|line| line.contains("$[[")), "an input in a script is a way into the shell");
    let (release, options) = (format!("file://{}", world.path("release")), format!("--sources {}", world.path("sources.yaml")));
    for (manifests, code, part) in
        [("good.yaml", 0, "failures=\"0\""), ("good.yaml bad.yaml", 2, "<failure type=\"deny\" message=\"no-critical\">")]
    {
        let variables = [("MANIFESTS", manifests), ("SETTINGS", "settings.yaml"), ("OPTIONS", &options), ("RELEASE", &release)];
        let ended = bash(&world, &script.join("\n"), &variables);
        assert_eq!(ended.status.code(), Some(code), "{}", said(&ended));
        let xml = std::fs::read_to_string(world.path("gated-deployment.xml")).unwrap();
        assert!(xml.contains(part), "{xml}");
    }
    sums(&world.path("release"), |sum| sum.replace(['0', '1', '2'], "3"));
    let ended = bash(
        &world,
        &script.join("\n"),
        &[("MANIFESTS", "good.yaml"), ("SETTINGS", "settings.yaml"), ("OPTIONS", &options), ("RELEASE", &release)],
    );
    assert!(!ended.status.success() && said(&ended).contains("FAILED"), "{}", said(&ended));
}
