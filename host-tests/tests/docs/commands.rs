//! Every command that a document shows is run as it stands, in a folder of its own, and writes what is shown behind it.
//!
//! A block of `sh` is run line by line by the shell. `ghcr.io` is a registry on loopback with every image that the page names; programs that
//! are not ours are stand-ins: `trivy` writes a report of the image that it is asked for, `kubectl get` shows a pod. `gatectl` is the real
//! one with the registry's `--sources`. A block of YAML whose first line is a comment with a file's name is that file. A command with `…` in
//! it, and one in a block `sh,no_run`, has to parse only. A command has to end with 0, or with what `# exits with N` behind it says. A block of `text` that
//! follows is what came out, where `…` stands for anything.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use host::embedded::EmbeddedRegistry;
use host_tests::case;
use host_tests::engine::{Engine, root};
use host_tests::world::{World, deployment, report};
use policy::time::Timestamp;

use crate::pages::{Block, Page};
use crate::shell;

/// When the reports of the tests were made: here they are of the present, so that what is attached later is newer.
const THEN: &str = "2026-11-21T10:00:00Z";
const THEN_TOO: &str = "2026-11-21T11:00:00Z";
const SETTINGS: &str = "rules:\n  - { name: block-critical, action: deny, conditions: [{ severity: critical, moreThan: 2 }] }\n";
/// The digest in the demonstration's reports.
const ZERO: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
const GRYPE: &str = r#"{ "descriptor": { "name": "grype", "version": "0.104.0", "timestamp": "2026-11-21T11:00:00Z" },
    "source": { "type": "image", "target": { "userInput": "web" } }, "matches": [] }"#;
const VEX: &str = r#"{ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://vex.example/web", "author": "Team", "version": 1,
    "timestamp": "2026-11-21T00:00:00Z", "statements": [] }"#;

/// Writes a report as `trivy image` does: of what the folder has under the image's last name, else of an image with a low vulnerability.
const TRIVY: &str = r#"#!/bin/sh
for word; do case $before in --output|-o) output=$word;; esac; before=$word image=$word; done
name=$(basename "$image" | tr : -)
[ -f "$REPORTS/$name.json" ] || name=low
sed "s#2026-11-21T10:00:00[.0-9]*Z#$NOW#" "$REPORTS/$name.json" > "${output:-/dev/stdout}"
"#;
const GRYPE_PROGRAM: &str = r#"#!/bin/sh
for word; do case $before in --file) output=$word;; esac; before=$word; done
sed "s#2026-11-21T11:00:00Z#$NOW#" "$REPORTS/grype.json" > "${output:-/dev/stdout}"
"#;
const KUBECTL: &str = r#"#!/bin/sh
case "$*" in
get*json*) cat "$REPORTS/pods.json" ;;
logs*) cat "$REPORTS/policy-server.log" ;;
get*yaml*) echo '{ apiVersion: v1, kind: List, items: [] }' ;;
esac
"#;
const NOTHING: &str = "#!/bin/sh\n";

struct Shell {
    world: World,
    /// When every report was made.
    now: String,
}

impl Shell {
    /// A folder with what the page's commands need.
    fn of(page: &Page, blocks: &[Block<'_>]) -> Self {
        let embedded = EmbeddedRegistry::start().unwrap();
        let world = World::new(embedded.address(), Box::new(embedded));
        let now = Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap().stdout;
        let shell = Self { world, now: String::from_utf8(now).unwrap().trim().to_owned() };
        let commands: Vec<String> =
            blocks.iter().filter(|block| block.language == "sh").flat_map(|block| shell::commands(&block.text)).collect();
        let digests = shell.images(page, &commands);
        shell.programs(&digests);
        shell.files(page, blocks, &commands);
        shell
    }

    fn files(&self, page: &Page, blocks: &[Block<'_>], commands: &[String]) {
        let web = deployment(&self.world.image("acme/web:v1"));
        for (name, content) in [
            ("settings.yaml", SETTINGS),
            ("deployment.yaml", &web),
            ("trivy.json", &report(&["LOW"])),
            ("grype.json", GRYPE),
            ("web.openvex.json", VEX),
            ("list.csv", "image,report\nghcr.io/acme/web:v1,trivy.json\n"),
        ] {
            self.write(name, &content.replace(THEN, &self.now).replace(THEN_TOO, &self.now));
        }
        if page.text.contains("cosign.key") && !commands.iter().any(|command| command.contains("keys generate")) {
            let ended = self.world.gatectl_plain(&["keys", "generate", "--output", &self.world.path("cosign")]);
            assert_eq!(ended.exit, gatectl::ExitCode::Admitted, "{ended:?}");
        }
        for block in blocks {
            let first = block.text.lines().next().unwrap_or_default();
            if let Some(name) = first.strip_prefix("# ").filter(|name| name.ends_with(".yaml") && !name.contains([' ', '/'])) {
                self.write(name, &block.text);
            }
        }
    }

    fn write(&self, name: &str, content: &str) {
        self.world.file(name, &content.replace("ghcr.io", &self.world.address));
    }

    fn programs(&self, digests: &BTreeMap<String, String>) {
        let reports = Path::new(&self.world.path("reports")).to_path_buf();
        let programs = Path::new(&self.world.path("programs")).to_path_buf();
        std::fs::create_dir_all(&reports).unwrap();
        std::fs::create_dir_all(&programs).unwrap();
        std::fs::write(reports.join("low.json"), report(&["LOW"])).unwrap();
        for (image, report) in [("shop:1.4", "web.trivy.json"), ("shop:1.5", "clean.trivy.json")] {
            let report = std::fs::read_to_string(root().join("gatectl/src/demo").join(report)).unwrap();
            let digest = digests.get(&format!("ghcr.io/acme/{image}")).map_or(ZERO, String::as_str);
            std::fs::write(reports.join(format!("{image}.json").replace(':', "-")), report.replace(ZERO, digest)).unwrap();
        }
        std::fs::write(reports.join("grype.json"), GRYPE).unwrap();
        self.logs(&reports);
        let image = self.world.image("acme/web:v1");
        let pods = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": [{ "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": "web", "namespace": "prod" }, "spec": { "containers": [{ "name": "web", "image": image }] } }] });
        std::fs::write(reports.join("pods.json"), pods.to_string()).unwrap();
        // A page may show a file of the same name.
        std::fs::rename(self.world.path("sources.yaml"), programs.join("sources.yaml")).unwrap();
        let gatectl = format!(
            "#!/bin/sh\ncase $1 in attach|findings|check|simulate|refresh|prune) set -- \"$@\" --sources {} ;; esac\nexec {} \"$@\"\n",
            self.world.path("programs/sources.yaml"),
            root().join("dist/gatectl").display()
        );
        for (name, script) in [
            ("gatectl", gatectl.as_str()),
            ("trivy", TRIVY),
            ("grype", GRYPE_PROGRAM),
            ("kubectl", KUBECTL),
            ("cosign", NOTHING),
            ("helm", NOTHING),
        ] {
            let path = programs.join(name);
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Logs with an alert of the policy's.
    fn logs(&self, reports: &Path) {
        let cases = case::read_all(&root().join("host-tests/cases/answer"));
        let case = cases.into_iter().find(|case| case.raw_payload.is_none()).unwrap();
        let data = Engine::Native.validate(&case).alerts[0].to_string();
        let record = serde_json::json!({ "timestamp": "2026-11-22T12:00:00.000001Z", "level": "WARN", "target": "policy_log",
            "fields": { "message": "m", "data": data } });
        let log = format!("{record}\n");
        std::fs::write(reports.join("policy-server.log"), &log).unwrap();
        for name in ["policy-server.log", "audit.log", "audit-2026-11-08.log.gz"] {
            self.write(name, &log);
        }
    }

    /// Pushes what the page names, and gives the digests; what its commands look at without having attached anything has findings.
    fn images(&self, page: &Page, commands: &[String]) -> BTreeMap<String, String> {
        let named: BTreeSet<&str> = page
            .text
            .split(|c: char| !(c.is_ascii_alphanumeric() || "./:-_".contains(c)))
            .filter(|word| word.starts_with("ghcr.io/acme/"))
            .map(|word| word.trim_end_matches(['.', ':', '-']))
            .filter(|word| word.contains(':'))
            .chain(["ghcr.io/acme/web:v1"])
            .collect();
        let mut digests = BTreeMap::new();
        for image in named {
            let there = image.replace("ghcr.io", &self.world.address);
            digests.insert(image.to_owned(), self.world.push(&there, "amd64").0);
            let is_attached = commands.iter().any(|command| command.contains("attach") && command.contains(image));
            if !is_attached && !image.ends_with(":unscanned") {
                self.world.attach(&there, &["LOW"], &[]);
            }
        }
        digests
    }

    /// Runs a command; what it wrote to both handles, and what is wrong with how it ended.
    fn run(&self, place: &str, command: &str) -> (String, Option<String>) {
        let (command, wanted) = match command.split_once("# exits with ") {
            Some((command, code)) => (command, code.trim().parse().unwrap()),
            None => (command, 0),
        };
        let command = command.replace("ghcr.io", &self.world.address);
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.world.path("programs"));
        let ran = Command::new("bash")
            .args(["-o", "pipefail", "-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(self.world.path("."))
            .env_clear()
            .envs([("PATH", path), ("HOME", self.world.path(".")), ("REPORTS", self.world.path("reports"))])
            .env("NOW", &self.now)
            .env("COSIGN_PASSWORD", "of the world's keys")
            .output()
            .unwrap();
        let wrote = String::from_utf8(ran.stdout).unwrap().replace(&self.world.address, "ghcr.io");
        let wrong = (ran.status.code() != Some(wanted))
            .then(|| format!("{place}: `{command}` wanted {wanted}, {}:\n{wrote}", ran.status));
        (wrote, wrong)
    }
}

/// Whether what is shown is what came out: `…` stands for anything, a line of it alone for any lines, blanks for any number of blanks.
fn matches(shown: &[String], wrote: &[String]) -> bool {
    match (shown.split_first(), wrote.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "…" => (0..=wrote.len()).any(|n| matches(rest, &wrote[n..])),
        (Some((first, rest)), Some((line, more))) => line_matches(first, line) && matches(rest, more),
        _ => false,
    }
}

fn line_matches(shown: &str, line: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The lines that are not blank, with one blank between words and one time for all times.
fn lines(text: &str) -> Vec<String> {
    let is_time = |word: &&str| Timestamp::parse(word.trim_end_matches(',')).is_some();
    let word = |word| if is_time(&word) { "TIME" } else { word };
    let lines = text.lines().map(|line| line.split_whitespace().map(word).collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect()
}

#[test]
fn commands_run_and_write_what_is_shown() {
    let (mut ran, mut shown, mut wrongs) = (0, 0, Vec::new());
    // The commands of the root and of this repository's own recipes are CI's.
    for page in Page::all() {
        let blocks = page.blocks();
        let is_shell = |block: &&Block<'_>| block.language == "sh";
        if !blocks.iter().filter(is_shell).any(|block| block.text.contains("gatectl ")) {
            continue;
        }
        let shell = Shell::of(&page, &blocks);
        let mut wrote = String::new();
        for block in &blocks {
            let place = format!("{}:{}", page.name, block.line);
            match block.language {
                "sh,no_run" => shell::commands(&block.text).iter().for_each(|command| shell::assert_parses(&place, command)),
                "sh" => {
                    wrote.clear();
                    for command in shell::commands(&block.text) {
                        shell::assert_parses(&place, &command);
                        if command.contains(['…']) || command.starts_with("./just") {
                            continue;
                        }
                        let (more, wrong) = shell.run(&place, &command);
                        wrote += &more;
                        wrongs.extend(wrong);
                        ran += 1;
                    }
                }
                "text" if block.follows => {
                    if !matches(&lines(&block.text), &lines(&wrote)) {
                        wrongs.push(format!(
                            "{place}: shown is
{}
and came out
{wrote}",
                            block.text
                        ));
                    }
                    shown += 1;
                }
                _ => {}
            }
        }
    }
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n\n"));
    assert!(ran > 30 && shown > 5, "{ran} commands, {shown} outputs");
}
