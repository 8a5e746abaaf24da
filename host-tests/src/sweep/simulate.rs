//! `gatectl simulate` on a cluster's dump, first with an empty cache and then with a full one: seconds, and the most memory.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use host_tests::engine::root;
use host_tests::world::World;
use serde_json::json;

use super::{IMAGES, VULNERABILITIES, WORKLOADS, mebibytes, say};

/// The heading of the section.
pub(crate) const SECTION: &str = "## Simulating a cluster";
const NAMESPACES: usize = 50;
const NEW: &str = "rules:\n- name: no-critical\n  action: deny\n  conditions: [{ severity: critical }]\n";
const OLD: &str = "rules:\n- name: few-critical\n  action: audit\n  conditions: [{ severity: critical, moreThan: 2 }]\n";

/// The section, from its heading on.
pub(crate) fn measured(world: &World, images: &[String]) -> String {
    let items: Vec<_> = (0..WORKLOADS)
        .map(|i| {
            json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": format!("web-{i}"), "namespace": format!("team-{}", i % NAMESPACES) },
                "spec": { "template": { "spec": { "containers": [{ "name": "web", "image": images[i % IMAGES] }] } } } })
        })
        .collect();
    let dump = world.file("dump.json", &json!({ "apiVersion": "v1", "kind": "List", "items": items }).to_string());
    let (new, old, cache) = (world.file("new.yaml", NEW), world.file("old.yaml", OLD), world.path("simulated"));
    let sources = world.path("sources.yaml");
    let arguments = [
        "simulate",
        &dump,
        "--settings",
        &new,
        "--baseline",
        &old,
        "--sources",
        &sources,
        "--cache-dir",
        &cache,
        "--format",
        "html",
    ];
    let mut rows = String::new();
    for name in ["nothing", "everything"] {
        let (took, most) = run(&arguments);
        let line = format!("| {name} | {:.1} | {} |", took.as_secs_f64(), mebibytes(most));
        say(&line);
        writeln!(rows, "{line}").unwrap();
    }
    format!(
        "{SECTION}

Written by `./just bench-simulate`: {WORKLOADS} workloads of {NAMESPACES} namespaces on {IMAGES} images of {VULNERABILITIES} vulnerabilities, one rule that
every second image breaks, against a baseline, with the upgrades that would clear each namespace, as a page; Debian's `docker-registry` on
the same {cpus} processors. Seconds are of the machine that this ran on; the figure to stay within is 60 s with a full cache.

| cached | seconds | most memory |
|---|---:|---:|
{rows}",
        cpus = std::thread::available_parallelism().unwrap(),
    )
}

/// How long it took, and the most memory that it had.
fn run(arguments: &[&str]) -> (Duration, usize) {
    let since = Instant::now();
    let mut child =
        Command::new(root().join("dist/gatectl")).args(arguments).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut most = 0;
    loop {
        let ended = child.try_wait().unwrap();
        if let Ok(status) = std::fs::read_to_string(Path::new("/proc").join(child.id().to_string()).join("status"))
            && let Some(line) = status.lines().find(|line| line.starts_with("VmHWM:"))
        {
            most = most.max(line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024);
        }
        if let Some(status) = ended {
            assert_eq!(status.code(), Some(2), "half of all workloads fare worse");
            return (since.elapsed(), most);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
