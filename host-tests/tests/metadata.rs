//! metadata.yml against what the module is and does: nothing in it is a claim.

#![expect(clippy::expect_used, reason = "a test's helpers fail as the test itself does")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use host::annotate::{self, ExecutionMode, MatchRule, Metadata, Operation, PolicyType};
use host::capability::{Capabilities, KNOWN};
use host::replay::Replay;
use host_tests::case;
use host_tests::engine::{module, root};
use policy::lookup::host::Host;
use policy::workload::{KINDS, POD_SUBRESOURCES};

fn written() -> Metadata {
    let path = root().join("metadata.yml");
    let text = std::fs::read_to_string(&path).expect("metadata.yml");
    let documents = documents::yaml::read(&text).expect("YAML");
    assert_eq!(documents.len(), 1, "one document");
    Metadata::parse(&documents.first().expect("one document").value).expect("metadata that host::annotate takes")
}

/// Group, version and resource of everything that the rules ask for.
fn asked_for(rules: &[MatchRule]) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    for rule in rules {
        for (group, version) in
            rule.api_groups.iter().flat_map(|group| rule.api_versions.iter().map(move |version| (group, version)))
        {
            for resource in &rule.resources {
                let entry = (group.clone(), version.clone(), resource.clone());
                assert!(found.insert(entry.clone()), "{entry:?} twice: the API server would ask twice");
            }
        }
    }
    found
}

#[test]
fn the_policy_is_asked_about_what_it_judges() {
    // Kubernetes writes the resource of each of these kinds as the kind in lower case, in the plural.
    let resource = |kind: &str| format!("{}s", kind.to_ascii_lowercase());
    let kinds = KINDS.iter().map(|(group, kind, _)| ((*group).to_owned(), resource(kind)));
    let subresources = POD_SUBRESOURCES.iter().map(|sub| (String::new(), format!("pods/{sub}")));
    let judged = kinds.chain(subresources).map(|(group, resource)| (group, "v1".to_owned(), resource)).collect();
    assert_eq!(asked_for(&written().rules), judged, "metadata.yml and policy::workload name different kinds");
}

#[test]
fn the_policy_is_asked_when_something_comes_or_changes() {
    for rule in written().rules {
        assert_eq!(rule.operations, [Operation::Create, Operation::Update], "{:?}", rule.resources);
    }
}

/// Notes what the policy asks for.
#[derive(Debug)]
struct Noting<'a> {
    replay: &'a Replay,
    calls: &'a Mutex<BTreeSet<String>>,
    /// `apiVersion kind` of what the cluster is asked for.
    resources: &'a Mutex<BTreeSet<String>>,
}

impl Host for Noting<'_> {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if namespace != "tracing" {
            self.calls.lock().expect("no panic").insert(format!("{namespace}/{operation}"));
        }
        if namespace == "kubernetes" {
            let query: serde_json::Value = serde_json::from_slice(payload).expect("a query");
            let text = |key: &str| query.get(key).and_then(serde_json::Value::as_str).expect("a text").to_owned();
            self.resources.lock().expect("no panic").insert(format!("{} {}", text("api_version"), text("kind")));
        }
        self.replay.call("kubewarden", namespace, operation, payload)
    }
}

#[test]
fn what_is_asked_for_is_what_the_cases_need() {
    let (calls, resources) = (Mutex::default(), Mutex::default());
    for case in case::read_all(&root().join("host-tests/cases")) {
        let replay = Replay::new(case.exchanges(), Arc::new(|_| {}));
        policy::review::validate(&case.payload(), case.now(), &Noting { replay: &replay, calls: &calls, resources: &resources });
    }
    let calls = calls.into_inner().expect("no panic");
    let declared = written().host_capabilities.expect("hostCapabilities");
    assert_eq!(declared.iter().cloned().collect::<BTreeSet<_>>(), calls, "metadata.yml declares other calls than the cases make");
    assert!(declared.is_sorted() && declared.iter().all(|path| KNOWN.contains(&path.as_str())), "{declared:?}");
    let declared = written().context_aware_resources;
    let declared: BTreeSet<String> =
        declared.iter().map(|resource| format!("{} {}", resource.api_version, resource.kind)).collect();
    assert_eq!(
        declared,
        resources.into_inner().expect("no panic"),
        "metadata.yml declares other resources than the cases ask for"
    );
}

#[test]
fn it_is_what_it_says() {
    let metadata = written();
    assert!(metadata.mutating, "`pinDigests` writes digests into what is admitted");
    assert!(metadata.background_audit, "requests without an operation are judged");
    assert_eq!(metadata.execution_mode, ExecutionMode::KubewardenWapc);
    assert_eq!(metadata.policy_type, PolicyType::Kubernetes);
}

#[test]
fn the_version_is_that_of_the_workspace() {
    let metadata = written();
    let version = metadata.annotations.get("io.kubewarden.policy.version").map(String::as_str);
    assert_eq!(version, Some(env!("CARGO_PKG_VERSION")), "io.kubewarden.policy.version and Cargo.toml");
}

#[test]
fn the_kinds_shown_to_people_are_those_that_are_judged() {
    let metadata = written();
    let shown = metadata.annotations.get("io.artifacthub.resources").expect("io.artifacthub.resources");
    let shown: BTreeSet<&str> = shown.split(',').map(str::trim).collect();
    assert_eq!(shown, KINDS.iter().map(|(_, kind, _)| *kind).collect());
}

#[test]
fn the_module_carries_it() {
    let module_bytes = std::fs::read(root().join("dist/policy.wasm")).expect("dist/policy.wasm; build it first: ./just build");
    let none: Arc<dyn Capabilities> = Arc::new(host::capability::NoCapabilities);
    let reported = module().call("protocol_version", b"", &none).expect("the protocol version");
    let reported: String = serde_json::from_slice(&reported).expect("JSON");
    let wanted = written().with_protocol(&reported).and_then(|metadata| metadata.to_value()).expect("metadata");
    assert_eq!(
        annotate::metadata(&module_bytes),
        Some(wanted),
        "dist/policy.wasm was annotated with another metadata.yml: build it again"
    );
}
