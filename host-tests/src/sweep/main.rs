//! Measures what works at a whole cluster, and writes the sections about it in BENCHMARKS.md: `gatectl serve` as Gatekeeper uses it (audits,
//! and two hundred requests at once for a minute), or with the argument `simulate` `gatectl simulate`. Takes some minutes.
//!
//! Seconds and bytes are of the machine that it ran on; what has to hold on every machine is in the tests.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "what cannot be measured is no measurement"
)]

mod simulate;

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use host_tests::engine::root;
use host_tests::serving::SECTION;
use host_tests::serving::client::request;
use host_tests::serving::process::{Process, key};
use host_tests::world::World;
use serde_json::{Value, json};

const IMAGES: usize = 500;
const WORKLOADS: usize = 10_000;
/// Vulnerabilities of an image; every second image has a critical one among them.
const VULNERABILITIES: usize = 300;
const AT_ONCE: usize = 200;
const LOAD: Duration = Duration::from_secs(60);

fn main() {
    let [world, _] = World::both();
    let images: Vec<String> = (0..IMAGES).map(|i| published(&world, i)).collect();
    say(&format!("{IMAGES} images are published"));
    if std::env::args().nth(1).is_some_and(|what| what == "simulate") {
        return write(simulate::SECTION, &simulate::measured(&world, &images));
    }
    let process = Process::start(&["--sources", &world.path("sources.yaml")]);
    let settings = json!({ "rules": [{ "name": "no-critical", "action": "deny", "conditions": [{ "severity": "critical" }] }] });
    let keys: Vec<String> = (0..WORKLOADS).map(|i| key(&settings, &format!("web-{i}"), &images[i % IMAGES])).collect();
    let idle = process.memory("VmRSS:");

    let mut sweeps = String::new();
    for name in ["first", "second", "third"] {
        let (seconds, denied) = sweep(&process, &keys);
        assert_eq!(denied, WORKLOADS / 2, "every second image has a critical vulnerability");
        let (rss, peak) = (process.memory("VmRSS:"), process.memory("VmHWM:"));
        let line = format!("| {name} sweep | {seconds:.1} | {} | {} |", mebibytes(rss), mebibytes(peak));
        say(&line);
        writeln!(sweeps, "{line}").unwrap();
    }
    let asked = process.metric("gated_deployment_lookups_total{operation=\"v1/oci_manifest\"");
    say(&format!("{asked} look-ups of manifests"));

    let load = load(&process, &keys);
    let peak = process.memory("VmHWM:");
    let text = format!(
        "{SECTION}

Written by `./just bench-provider`: {WORKLOADS} workloads with names of their own on {IMAGES} images of {VULNERABILITIES} vulnerabilities,
one rule that every second image breaks, Debian's `docker-registry`; provider, registry and clients share {cpus} processors. An audit asks
for one workload after the other over one connection, as Gatekeeper's does. Seconds are of the machine that this ran on. Idle, before anything
was asked, the process has {idle}.

| what | seconds | memory after it | most memory so far |
|---|---:|---:|---:|
{sweeps}
{AT_ONCE} requests at once for {seconds} s: {count} answered, {errors} failed; half of them within {half:.0} ms, 99 % within {most:.0} ms.
Memory after each quarter of that time {memory}, at most {peak}; the figure to stay within is 250 MiB.
",
        cpus = std::thread::available_parallelism().unwrap(),
        idle = mebibytes(idle),
        seconds = LOAD.as_secs(),
        count = load.count,
        errors = load.errors,
        half = load.half.as_secs_f64() * 1e3,
        most = load.most.as_secs_f64() * 1e3,
        memory = load.memory.map(mebibytes).join(", "),
        peak = mebibytes(peak),
    );
    write(SECTION, &text);
}

/// Puts a section in the place of the one with its heading, or at the end.
fn write(heading: &str, section: &str) {
    let file = root().join("BENCHMARKS.md");
    let before = std::fs::read_to_string(&file).unwrap();
    let (first, rest) = before.split_once(heading).unwrap_or((&before, ""));
    let after = rest.split_once("\n## ").map_or(String::new(), |(_, after)| format!("\n## {after}"));
    std::fs::write(&file, format!("{}\n\n{section}{after}", first.trim_end())).unwrap();
}

/// An image with findings.
fn published(world: &World, i: usize) -> String {
    let image = world.image(&format!("acme/web{i}:1"));
    world.push(&image, "amd64");
    let mut severities = vec!["LOW"; VULNERABILITIES];
    if i.is_multiple_of(2) {
        severities[0] = "CRITICAL";
    }
    world.attach(&image, &severities, &[]);
    image
}

/// Asks about every workload, one after the other: how long it took, and how many are denied.
fn sweep(process: &Process, keys: &[String]) -> (f64, usize) {
    let since = Instant::now();
    let denied = keys.iter().filter(|key| is_denied(&process.post("/validate", request(std::slice::from_ref(*key))))).count();
    (since.elapsed().as_secs_f64(), denied)
}

fn is_denied(answer: &Value) -> bool {
    let response = &answer["response"];
    assert_eq!(response["systemError"], "", "{answer}");
    match response["items"][0]["value"]["allowed"] {
        Value::Bool(allowed) => !allowed,
        _ => panic!("{answer}"),
    }
}

struct Load {
    count: usize,
    errors: usize,
    half: Duration,
    most: Duration,
    /// After each quarter of the time.
    memory: [usize; 4],
}

/// Two hundred clients, each asking as soon as it was answered.
fn load(process: &Process, keys: &[String]) -> Load {
    let (until, errors, next) = (Instant::now() + LOAD, Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let bodies: Arc<Vec<String>> = Arc::new(keys.iter().map(|key| request(std::slice::from_ref(key))).collect());
    let (url, runtime) = (format!("https://{}/validate", process.address), process.runtime());
    let asking: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (client, url, bodies) = (process.client(), url.clone(), Arc::clone(&bodies));
            let (errors, next) = (Arc::clone(&errors), Arc::clone(&next));
            runtime.spawn(async move {
                let mut took = Vec::new();
                while Instant::now() < until {
                    let since = Instant::now();
                    let body = bodies[next.fetch_add(1, Ordering::SeqCst) % bodies.len()].clone();
                    let is_answered = match client.post(&url).body(body).send().await {
                        Ok(answer) => answer.text().await.is_ok_and(|text| text.contains("\"systemError\":\"\"")),
                        Err(_) => false,
                    };
                    errors.fetch_add(usize::from(!is_answered), Ordering::SeqCst);
                    took.push(since.elapsed());
                }
                took
            })
        })
        .collect();
    let memory = [(); 4].map(|()| {
        std::thread::sleep(LOAD / 4);
        process.memory("VmRSS:")
    });
    let mut took: Vec<Duration> = asking.into_iter().flat_map(|asking| runtime.block_on(asking).unwrap()).collect();
    took.sort();
    let at = |hundredths: usize| took[(took.len() - 1) * hundredths / 100];
    Load { count: took.len(), errors: errors.load(Ordering::SeqCst), half: at(50), most: at(99), memory }
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn mebibytes(bytes: usize) -> String {
    format!("{} MiB", bytes.div_ceil(1024 * 1024))
}
