//! House rules that a machine can check. Each failure says why the rule is there.

#![expect(clippy::expect_used, clippy::panic, reason = "a test's helpers fail as the test itself does")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use host_tests::engine::root;
use policy::diagnostic::Code;

/// The folders whose sources ship.
const SHIPPED: [&str; 8] =
    ["policy/src", "reports/src", "documents/src", "import/src", "playground/src", "host/src", "provider/src", "gatectl/src"];
/// Lines of code that a file should have at most.
const LINES: usize = 200;
/// Lines of code above which a file says in its first comment why it is one file.
const LINES_AT_MOST: usize = 350;
/// How that comment begins.
const EXCUSE: &str = "One file because";

/// A source file.
struct Source {
    /// From the root: `policy/src/lib.rs`.
    path: String,
    text: String,
}

impl Source {
    /// The code without tests, comments and blank lines, with its line numbers.
    fn code(&self) -> Vec<(usize, &str)> {
        if self.path.ends_with("/tests.rs") {
            return Vec::new();
        }
        // Unit tests stand last in a file.
        let lines = self.text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
        let code = lines.map(|(i, line)| (i + 1, line.trim())).filter(|(_, line)| !line.is_empty() && !line.starts_with("//"));
        code.collect()
    }

    /// The comment that the file opens with.
    fn opening(&self) -> String {
        self.text.lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n")
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root().join(folder), &mut files);
    files.sort();
    assert!(!files.is_empty(), "{folder}: no sources: the rules below would hold of nothing");
    let read = |file: PathBuf| {
        let path = file.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
        Source { path, text: std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display())) }
    };
    files.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("a folder's entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn shipped() -> Vec<Source> {
    SHIPPED.iter().flat_map(|folder| sources(folder)).collect()
}

fn hold(why: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{why}\n  {}", broken.join("\n  "));
}

#[test]
fn files_open_with_what_they_are() {
    let broken = shipped().into_iter().filter(|source| !source.text.starts_with("//! "));
    hold(
        "a reader decides by the first line whether to read on: a file opens with `//!` and what it turns into what",
        broken.map(|source| source.path).collect(),
    );
}

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    let mut broken = Vec::new();
    for source in shipped() {
        let lines = source.code().len();
        let entry = format!("{}: {lines} lines of code", source.path);
        if lines > LINES_AT_MOST && !source.opening().contains(EXCUSE) {
            broken.push(entry);
        } else if lines > LINES {
            long.push(entry);
        }
    }
    if !long.is_empty() {
        // Shown by `cargo test -- --nocapture`, for whoever looks for what to split next.
        let report = format!("allowed up to {LINES_AT_MOST}:\n  {}\n", long.join("\n  "));
        std::io::Write::write_all(&mut std::io::stderr(), report.as_bytes()).expect("stderr");
    }
    hold(&format!("a file is what one can keep in mind: split it, or say in its opening comment `{EXCUSE} …`"), broken);
}

/// Every line of code in a folder that has one of the words as a whole word, but for the given files.
fn naming(folder: &str, words: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources(folder) {
        if allowed.contains(&source.path.as_str()) {
            continue;
        }
        let named = |line: &str| words.iter().any(|word| has_word(line, word));
        found.extend(
            source.code().into_iter().filter(|(_, line)| named(line)).map(|(n, line)| format!("{}:{n}: {line}", source.path)),
        );
    }
    found
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let whole = |at: usize| {
        let (before, rest) = line.split_at(at);
        let after = rest.strip_prefix(word).and_then(|rest| rest.chars().next());
        !is_part(before.chars().next_back()) && !is_part(after)
    };
    line.match_indices(word).any(|(at, _)| whole(at))
}

#[test]
fn two_files_know_the_host() {
    hold(
        "everything but the two edges runs natively in a unit test: only guest.rs and lookup/host.rs name waPC",
        naming(
            "policy/src",
            &["wapc", "wapc_guest", "kubewarden_policy_sdk"],
            &["policy/src/guest.rs", "policy/src/lookup/host.rs"],
        ),
    );
}

#[test]
fn one_file_is_unsafe_and_reads_the_clock_and_the_environment() {
    hold(
        "the evaluator is pure: the clock and the environment are read, and unsafe code is excused, in guest.rs only",
        naming("policy/src", &["unsafe", "unsafe_code", "SystemTime", "Instant", "env"], &["policy/src/guest.rs"]),
    );
}

#[test]
fn no_order_by_hash() {
    hold(
        "the same input twice gives the same bytes: the order of a HashMap differs from run to run, use BTreeMap",
        naming("policy/src", &["HashMap", "HashSet", "hash_map", "hash_set"], &[]),
    );
}

#[test]
fn nothing_is_left_for_later() {
    // Written in two parts, so that this file is not found.
    let words = [
        concat!("#[ig", "nore"),
        concat!("#[should_", "panic"),
        concat!("to", "do!"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    let mut broken = Vec::new();
    for source in shipped().into_iter().chain(sources("host-tests")).chain(sources("gatectl/tests")).chain(sources("host/tests"))
    {
        let lines = source.text.lines().enumerate();
        let found = lines.filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        broken.extend(found.map(|(i, line)| format!("{}:{}: {}", source.path, i + 1, line.trim())));
    }
    hold(
        "a test that is skipped proves nothing, one that expects any panic proves little, and a note for later is an issue",
        broken,
    );
}

/// What the guest is made of, and why. Each is bytes of the module and code that judges: a new one needs a reason here.
const GUEST_DEPENDENCIES: [(&str, &str); 11] = [
    ("serde", "the types of every document"),
    ("serde_json", "requests, settings, manifests, answers"),
    (
        "serde_path_to_error",
        "the place of a mistake in a findings document; native tools only, the linker drops it from the module",
    ),
    ("rmp", "reads packed findings documents"),
    ("rmp-serde", "writes them; native tools only, the linker drops it from the module"),
    ("miniz_oxide", "inflates them"),
    ("base64", "and takes them out of JSON"),
    ("sha2", "the names that SBOMscanner gives its reports"),
    ("strsim", "did you mean"),
    ("time", "reads RFC 3339"),
    ("wapc-guest", "the protocol of the host; in the module only"),
];

#[test]
fn the_dependencies_of_the_guest_are_frozen() {
    let manifest = std::fs::read_to_string(root().join("policy/Cargo.toml")).expect("policy/Cargo.toml");
    let mut in_dependencies = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[') {
            in_dependencies = section.ends_with("dependencies]") && !section.contains("dev-dependencies");
            assert!(
                !section.contains("dependencies."),
                "policy/Cargo.toml: `{line}`: write a dependency on one line, for this test"
            );
        } else if in_dependencies {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            found.insert(name.to_owned());
        }
    }
    let frozen: BTreeSet<String> = GUEST_DEPENDENCIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(
        found, frozen,
        "each dependency of the policy is code that judges and bytes to load: give the reason in this test"
    );
}

#[test]
fn every_code_is_documented() {
    let path = root().join("docs/codes.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let titles: BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.text()).collect();
    assert_eq!(titles, codes, "who meets a code in a log looks it up in docs/codes.md, where each has a section of its own");
    for code in Code::ALL {
        let section = text.split("\n## ").find(|section| section.lines().next() == Some(code.text())).unwrap_or_default();
        let fault = format!("Fault: {}.", format!("{:?}", code.fault()).to_ascii_lowercase());
        let says = section.lines().nth(1).unwrap_or_default();
        assert!(says.starts_with(&fault), "docs/codes.md: `{}`: expected `{fault}`, found `{says}`", code.text());
    }
}

/// Which modules a folder of the policy may not know, and why.
const DIRECTIONS: [(&str, &[&str], &str); 6] = [
    (
        "findings",
        &["settings", "evaluate", "render", "lookup", "review", "guest", "verdict", "workload", "request"],
        "findings are what scanners say: they know nothing of rules, of prose or of where they were kept",
    ),
    (
        "settings",
        &["evaluate", "lookup", "render", "review", "guest", "verdict", "workload", "request"],
        "settings are what the operator writes: they are read before anything is judged",
    ),
    (
        "evaluate",
        &["lookup::host", "lookup::registry", "lookup::fault", "render", "review", "guest"],
        "judging is pure: it takes evidence and the clock as arguments, and leaves prose to render",
    ),
    (
        "lookup",
        &[
            "settings::Settings",
            "settings::Rule",
            "settings::Condition",
            "settings::Exemption",
            "evaluate",
            "render",
            "review",
            "guest",
            "verdict",
            "workload",
            "request",
        ],
        "looking up knows digests, sources, signers and evidence, never rules",
    ),
    ("render", &["lookup::host", "lookup::registry", "review", "guest"], "prose is made of the verdict alone"),
    (
        "workload.rs",
        &["settings", "evaluate", "lookup", "findings", "render", "review", "guest"],
        "an object is read before anyone asks what to make of it",
    ),
];

#[test]
fn modules_point_one_way() {
    let all = sources("policy/src");
    for (place, forbidden, why) in DIRECTIONS {
        let prefix = format!("policy/src/{place}");
        let here: Vec<&Source> = all.iter().filter(|s| s.path == prefix || s.path.starts_with(&format!("{prefix}/"))).collect();
        assert!(!here.is_empty(), "{prefix}: no such module; the rule about it has to move along");
        let uses = |source: &&Source| {
            let paths = paths_of(&source.code().iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n"));
            let path = source.path.clone();
            let is_of = |used: &str, module: &str| used == module || used.starts_with(&format!("{module}::"));
            let broken = paths.into_iter().filter(|used| forbidden.iter().any(|module| is_of(used, module)));
            broken.map(move |used| format!("{path} uses crate::{used}")).collect::<Vec<_>>()
        };
        hold(why, here.iter().flat_map(uses).collect());
    }
}

/// What a text names of its own crate, up to two segments: `lookup::host`, from `crate::lookup::{host, …}` too.
fn paths_of(code: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for (at, start) in code.match_indices("crate::") {
        let (_, rest) = code.split_at(at + start.len());
        expand(rest, "", 0, &mut paths);
    }
    paths
}

/// Reads one path or group at the start of the text and answers what is left behind it.
fn expand<'t>(text: &'t str, prefix: &str, depth: usize, paths: &mut BTreeSet<String>) -> &'t str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = expand(rest, prefix, depth, paths).trim_start();
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => return rest.strip_prefix('}').unwrap_or(rest),
            }
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}::{name}") };
    if !name.is_empty() && name != "self" && depth < 2 {
        paths.insert(path.clone());
    }
    match rest.strip_prefix("::") {
        Some(rest) if !name.is_empty() => expand(rest, &path, depth + 1, paths),
        _ => rest.strip_prefix(" as ").map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')),
    }
}

/// A rule that looks at nothing holds always: this one looks at the rules.
#[test]
fn paths_are_found() {
    let code = "use crate::lookup::{Body, host::{self, Host}, registry as r};\nuse crate::{limits, settings::{Rule, scope::Field}};\nlet x = crate::render::quote(y);";
    let wanted = [
        "limits",
        "lookup",
        "lookup::Body",
        "lookup::host",
        "lookup::registry",
        "render",
        "render::quote",
        "settings",
        "settings::Rule",
        "settings::scope",
    ];
    assert_eq!(paths_of(code), wanted.map(str::to_owned).into());
    assert!(has_word("use wapc_guest::x;", "wapc_guest") && !has_word("use wapc_guest::x;", "wapc"));
    let source = Source { path: "a.rs".to_owned(), text: "//! A\n\n// no\nlet a;\n#[cfg(test)]\nlet b;\n".to_owned() };
    assert_eq!(source.code(), [(4, "let a;")]);
}

#[test]
fn crates_point_one_way() {
    let allowed = BTreeMap::from([
        ("policy", BTreeSet::new()),
        ("reports", BTreeSet::from(["policy"])),
        ("documents", BTreeSet::from(["policy"])),
        ("import", BTreeSet::from(["policy", "documents"])),
        ("playground", BTreeSet::from(["policy", "reports", "documents", "import"])),
        ("host", BTreeSet::from(["policy", "documents"])),
        ("provider", BTreeSet::from(["policy", "host"])),
        ("gatectl", BTreeSet::from(["policy", "reports", "documents", "import", "host", "provider"])),
    ]);
    for (name, allowed) in &allowed {
        let manifest = std::fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest");
        let dependencies = manifest.split("\n[dev-dependencies]").next().unwrap_or_default();
        let ours = ["policy", "reports", "documents", "import", "playground", "host", "provider", "gatectl", "host-tests"];
        let is_used = |other: &&str| {
            dependencies.lines().any(|line| line.starts_with(&format!("{other}.")) || line.starts_with(&format!("{other} =")))
        };
        let broken = ours.into_iter().filter(is_used).filter(|other| !allowed.contains(other));
        hold(
            "the evaluator knows nobody, readers and host know its types, the command line knows all",
            broken.map(|other| format!("{name} uses {other}")).collect(),
        );
    }
}
