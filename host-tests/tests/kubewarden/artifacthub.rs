//! What Artifact Hub and Rancher show of the policy: the package file is what metadata, questions and changelog make, and says what
//! `kwctl scaffold artifacthub` would; what only the publisher knows stands in metadata.yml alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use documents::yaml;
use gatectl::output::Output;
use host_tests::engine::root;
use serde_json::{Value, json};

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn parse(file: &str) -> Value {
    yaml::read(&read(file)).unwrap_or_else(|e| panic!("{file}: {e}")).remove(0).value
}

fn annotation(metadata: &Value, key: &str) -> String {
    metadata["annotations"][format!("io.kubewarden.policy.{key}")].as_str().unwrap().to_owned()
}

/// What `gatectl module artifacthub` writes of these files.
fn made(metadata: &Path, changelog: &Path, created_at: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let (out, questions) = (folder.path().join("pkg.yml"), root().join("questions-ui.yml"));
    let files = [metadata, &questions, changelog, &out].map(|path| path.display().to_string());
    let [metadata, questions, changelog, out] = &files;
    let arguments =
        ["gatectl", "module", "artifacthub", "--metadata", metadata, "--questions", questions, "--changelog", changelog];
    let arguments = arguments.into_iter().chain(["--created-at", created_at, "-o", out]).map(Into::into);
    let (mut results, mut notes) = (Vec::new(), Vec::new());
    let exit = gatectl::run(
        arguments,
        &mut Output { results: &mut results, notes: &mut notes, is_coloured: false, is_interactive: false },
    );
    if exit == gatectl::ExitCode::Admitted {
        Ok(std::fs::read_to_string(out).unwrap())
    } else {
        Err(String::from_utf8(notes).unwrap())
    }
}

#[test]
fn the_package_file_is_up_to_date() {
    let created_at = parse("artifacthub-pkg.yml")["createdAt"].as_str().unwrap().to_owned();
    let made = made(&root().join("metadata.yml"), &root().join("CHANGELOG.md"), &created_at).unwrap();
    assert!(made == read("artifacthub-pkg.yml"), "artifacthub-pkg.yml is behind: run ./just derived");
}

#[test]
fn it_says_what_kwctl_would_and_more() {
    let (metadata, package) = (parse("metadata.yml"), parse("artifacthub-pkg.yml"));
    let version = annotation(&metadata, "version");
    // kwctl 1.36, `policy-evaluator/src/policy_artifacthub.rs`.
    for (field, wanted) in [
        ("version", json!(version)),
        ("name", json!(annotation(&metadata, "title"))),
        ("displayName", metadata["annotations"]["io.artifacthub.displayName"].clone()),
        ("description", json!(annotation(&metadata, "description"))),
        ("license", json!(annotation(&metadata, "license"))),
        ("homeURL", json!(annotation(&metadata, "url"))),
        ("containersImages", json!([{ "name": "policy", "image": format!("{}:v{version}", annotation(&metadata, "ociUrl")) }])),
        ("recommendations", json!([{ "url": "https://artifacthub.io/packages/helm/kubewarden/kubewarden-controller" }])),
        ("category", json!("security")),
    ] {
        assert_eq!(package[field], wanted, "{field}");
    }
    for field in ["createdAt", "keywords", "links", "install", "maintainers", "provider"] {
        assert!(!package[field].is_null(), "{field}");
    }
    let annotations = &package["annotations"];
    let text = |key: &str| annotations[key].as_str().unwrap_or_else(|| panic!("{key}: no text"));
    let part = |key: &str| yaml::read(text(key)).unwrap().remove(0).value;
    assert_eq!(text("kubewarden/mutation"), "true");
    assert_eq!(text("kubewarden/questions-ui"), read("questions-ui.yml"));
    assert_eq!(text("kubewarden/resources"), metadata["annotations"]["io.artifacthub.resources"].as_str().unwrap());
    assert_eq!(part("kubewarden/rules"), metadata["rules"]);
    assert_eq!(part("kubewarden/contextAwareResources"), metadata["contextAwareResources"]);
    let keys: BTreeSet<&str> = annotations.as_object().unwrap().keys().map(String::as_str).collect();
    let known = ["contextAwareResources", "mutation", "questions-ui", "resources", "rules"];
    assert_eq!(
        keys,
        known.iter().map(|key| annotations.as_object().unwrap().keys().find(|k| k.ends_with(key)).unwrap().as_str()).collect()
    );
}

#[test]
fn the_changes_are_those_of_the_version() {
    let folder = tempfile::tempdir().unwrap();
    let changelog = folder.path().join("CHANGELOG.md");
    let version = annotation(&parse("metadata.yml"), "version");
    let of = |text: String| {
        std::fs::write(&changelog, text).unwrap();
        made(&root().join("metadata.yml"), &changelog, "2026-11-22T00:00:00Z")
    };
    let package = of(format!(
        "# Changelog\n\n## Unreleased\n### Added\n- later\n\n## {version} - 2026-11-22\n### Fixed\n- a `bug`\n  of old\n### Security\n- a hole\n"
    ));
    let package = yaml::read(&package.unwrap()).unwrap().remove(0).value;
    let wanted = json!([{ "kind": "fixed", "description": "a `bug` of old" }, { "kind": "security", "description": "a hole" }]);
    assert_eq!((&package["changes"], &package["containsSecurityUpdates"]), (&wanted, &json!(true)));
    let package = yaml::read(&of("## Unreleased\n### Added\n- later\n".to_owned()).unwrap()).unwrap().remove(0).value;
    assert_eq!((&package["changes"], &package["containsSecurityUpdates"]), (&Value::Null, &Value::Null));
    assert!(of(format!("## {version}\n### News\n")).unwrap_err().contains("line 2: expected one of Added"));
}

#[test]
fn metadata_that_cannot_be_listed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("metadata.yml");
    let text = read("metadata.yml");
    for (line, says) in [
        ("io.kubewarden.policy.ociUrl", "io.kubewarden.policy.ociUrl"),
        ("io.kubewarden.policy.title", "io.kubewarden.policy.title"),
        ("io.artifacthub.displayName", "io.artifacthub.displayName"),
    ] {
        let without: String = text.lines().filter(|l| !l.contains(&format!("{line}:"))).map(|l| format!("{l}\n")).collect();
        std::fs::write(&file, without).unwrap();
        let refused = made(&file, &root().join("CHANGELOG.md"), "2026-11-22T00:00:00Z").unwrap_err();
        assert!(refused.contains(says) && refused.contains("expected a text"), "{refused}");
    }
    let refused = made(&root().join("metadata.yml"), &root().join("CHANGELOG.md"), "yesterday").unwrap_err();
    assert!(refused.contains("RFC 3339"), "{refused}");
}

/// The files that repeat what metadata.yml says of the publisher.
fn derived() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        ["README.md", "artifacthub-pkg.yml", "artifacthub-repo.yml"].map(|file| root().join(file)).into();
    for folder in ["deploy/kubewarden", "deploy/gatekeeper", "templates"] {
        let deploy = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(deploy.filter(|path| path.is_file()));
    }
    files
}

#[test]
fn the_publisher_stands_in_one_place() {
    let metadata = parse("metadata.yml");
    let (address, version) = (annotation(&metadata, "ociUrl"), annotation(&metadata, "version"));
    let mut modules = 0;
    for path in derived() {
        let text = std::fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("registry://") {
            let reference = text[at..].split([' ', '\n', '`', '"', '\'']).next().unwrap();
            assert_eq!(reference, format!("registry://{address}:v{version}"), "{}: run ./just derived", path.display());
            modules += 1;
        }
        for (at, name) in text.match_indices("/releases/download/") {
            let begin = text[..at].rfind([' ', '"']).map_or(0, |before| before + 1);
            let end = at + name.len() + text[at + name.len()..].find(|c: char| c.is_whitespace() || c == '/').unwrap_or(0);
            let wanted = format!("{}/releases/download/v{version}", annotation(&metadata, "source"));
            assert_eq!(text[begin..end], wanted, "{}: run ./just derived", path.display());
        }
        for (at, name) in text.match_indices("/gatectl:v") {
            let begin = text[..at].rfind([' ', '\n', '`', '"', '\'']).map_or(0, |before| before + 1);
            let end = at + name.len() + text[at + name.len()..].find([' ', '\n', '`', '"', '\'', ',']).unwrap_or(0);
            assert_eq!(&text[begin..end], format!("{address}/gatectl:v{version}"), "{}: run ./just derived", path.display());
        }
    }
    assert!(modules >= 4, "only {modules} references to the module were found");
    let owners = &parse("artifacthub-repo.yml")["owners"];
    assert_eq!(owners, &parse("artifacthub-pkg.yml")["maintainers"], "artifacthub-repo.yml is behind: run ./just derived");
    // Nobody else writes the placeholder down.
    let listed = Command::new("git").args(["grep", "-l", "--untracked", "OWNER"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "git: {}", String::from_utf8_lossy(&listed.stderr));
    let derived: BTreeSet<PathBuf> = derived().iter().map(|path| path.strip_prefix(root()).unwrap().to_owned()).collect();
    for file in String::from_utf8(listed.stdout).unwrap().lines() {
        let talks_of_it =
            ["metadata.yml", "scripts/release-check", "host-tests/tests/kubewarden/artifacthub.rs", "CONTRIBUTING.md"]
                .contains(&file);
        assert!(talks_of_it || derived.contains(Path::new(file)), "{file}: what the publisher knows stands in metadata.yml");
    }
}

#[test]
fn a_release_waits_for_its_publisher() {
    let folder = tempfile::tempdir().unwrap();
    let place = |file: &str| folder.path().join(file);
    for folder in ["deploy/kubewarden", "deploy/gatekeeper", "templates"] {
        std::fs::create_dir_all(place(folder)).unwrap();
    }
    let version = annotation(&parse("metadata.yml"), "version");
    let check = |tag: &str| {
        let script = root().join("scripts/release-check");
        let ended = Command::new(script).args([tag, &folder.path().display().to_string()]).output().unwrap();
        (ended.status.success(), String::from_utf8(ended.stderr).unwrap())
    };
    // A checkout that may be released, whoever publishes this one.
    let lines = "io.kubewarden.policy.author: A <a@b.example>\n  io.kubewarden.policy.ociUrl: ghcr.io/acme/gated-deployment\n";
    let metadata = format!("# OWNER is a placeholder.\nannotations:\n  {lines}  io.kubewarden.policy.version: {version}\n");
    let package = format!("version: \"{version}\"\nchanges:\n  - a\n");
    let good = [
        ("metadata.yml", metadata.clone()),
        ("CHANGELOG.md", format!("## {version}\n- a\n")),
        ("artifacthub-pkg.yml", package.clone()),
        ("artifacthub-repo.yml", "owners: []\n".to_owned()),
        ("README.md", "nothing\n".to_owned()),
        ("deploy/kubewarden/policy.yaml", "nothing\n".to_owned()),
        ("deploy/gatekeeper/provider.yaml", "nothing\n".to_owned()),
        ("templates/check.yml", "nothing\n".to_owned()),
    ];
    let reset = || good.iter().for_each(|(file, text)| std::fs::write(place(file), text).unwrap());
    reset();
    let tag = format!("v{version}");
    assert_eq!(check(&tag), (true, String::new()));
    for (file, text, tag, says) in [
        ("metadata.yml", metadata.replace("acme", "OWNER"), tag.as_str(), "still the placeholder OWNER"),
        ("metadata.yml", metadata.replace("A <", "OWNER <"), &tag, "still the placeholder OWNER"),
        ("README.md", "OWNER".to_owned(), &tag, "derived file"),
        ("deploy/kubewarden/policy.yaml", "OWNER".to_owned(), &tag, "derived file"),
        ("deploy/gatekeeper/provider.yaml", "OWNER".to_owned(), &tag, "derived file"),
        ("templates/check.yml", "OWNER".to_owned(), &tag, "derived file"),
        ("CHANGELOG.md", "## Unreleased\n".to_owned(), &tag, "expected a section"),
        ("artifacthub-pkg.yml", package.replace("changes", "charges"), &tag, "says no changes"),
        ("artifacthub-pkg.yml", package.replace(&version, "99.0.0"), &tag, "another version"),
        ("README.md", "nothing".to_owned(), "v99.0.0", "expected that of the tag"),
    ] {
        std::fs::write(place(file), text).unwrap();
        let (passes, said) = check(tag);
        assert!(!passes && said.contains(says), "{file}: {said}");
        reset();
    }
}
