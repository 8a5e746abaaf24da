//! deploy/gatekeeper: every manifest is of its kind's schema, constraints have settings that the module accepts and ask about what is judged,
//! they leave out what the gate needs to start, and every clock is shorter than the one around it.

mod certificates;
mod traps;
mod wiring;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::validated::validated;
use documents::yaml;
use host::capability::{Capabilities, NoCapabilities};
use host_tests::engine::{module, root};
use provider::lookups::Source;
use provider::metrics::{Endpoint, Metrics, Refused};
use serde_json::Value;

const FOLDER: &str = "deploy/gatekeeper";
const OBJECTS: &str = "host-tests/tests/gatekeeper/objects.schema.json";

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// The manifests of the folder.
fn files() -> Vec<String> {
    let entries = std::fs::read_dir(root().join(FOLDER)).unwrap();
    let mut files: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.retain(|name| name.ends_with(".yaml"));
    files.sort();
    files
}

/// Every object of the folder with the file that it is in.
fn objects() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for file in files() {
        let documents = yaml::read(&read(&format!("{FOLDER}/{file}"))).unwrap_or_else(|e| panic!("{file}: {e}"));
        found.extend(documents.into_iter().map(|document| (file.clone(), document.value)));
    }
    found
}

fn of_kind(kind: &str) -> Vec<(String, Value)> {
    let found: Vec<_> = objects().into_iter().filter(|(_, object)| object["kind"] == kind).collect();
    assert!(!found.is_empty(), "no {kind}");
    found
}

/// The only object of a kind.
fn one(kind: &str) -> Value {
    let mut found = of_kind(kind);
    assert_eq!(found.len(), 1, "{kind}");
    found.remove(0).1
}

/// Values of Gatekeeper's chart.
fn chart() -> Value {
    yaml::read(&read(&format!("{FOLDER}/gatekeeper-values.yaml"))).unwrap().remove(0).value
}

fn constraints() -> Vec<(String, Value)> {
    let mut found = of_kind("GatedDeployment");
    found.extend(of_kind("GatedDeploymentAudit"));
    assert_eq!(found.len(), 3);
    found
}

fn texts(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn every_object_is_of_its_kind() {
    let schema: Value = serde_json::from_str(&read(OBJECTS)).unwrap();
    assert!(objects().len() >= 20);
    validated(schema, objects());
}

#[test]
fn parameters_are_settings() {
    let none: Arc<dyn Capabilities> = Arc::new(NoCapabilities);
    let module = module();
    let parameters = || constraints().into_iter().map(|(file, constraint)| (file, constraint["spec"]["parameters"].clone()));
    for (file, settings) in parameters() {
        let answer = module.call("validate_settings", settings.to_string().as_bytes(), &none).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["valid"], true, "{file}: {answer}");
        // The provider's patience ends look-ups, and such a denial is remembered by nobody; one by this budget would be.
        assert_eq!(settings["findings"]["lookupBudget"], Value::Null, "{file}");
    }
    validated(serde_json::from_str(&read("docs/settings.schema.json")).unwrap(), parameters().collect());
    for (file, template) in of_kind("ConstraintTemplate") {
        let of = |(_, constraint): &(String, Value)| constraint["kind"] == template["spec"]["crd"]["spec"]["names"]["kind"];
        let of_it: Vec<_> = constraints().into_iter().filter(of).collect();
        assert!(!of_it.is_empty(), "{file}: no constraint of its kind");
        let schema = template["spec"]["crd"]["spec"]["validation"]["openAPIV3Schema"].clone();
        validated(schema, of_it.into_iter().map(|(file, constraint)| (file, constraint["spec"]["parameters"].clone())).collect());
    }
}

/// Equal keys are equal answers, and the second constraint's comes out of Gatekeeper's cache.
#[test]
fn what_warns_has_the_parameters_of_what_denies() {
    let strict: Vec<Value> =
        constraints().into_iter().filter(|(file, _)| file == "constraints-strict.yaml").map(|(_, value)| value).collect();
    let [deny, audit] = <[Value; 2]>::try_from(strict).unwrap();
    assert_eq!((&deny["kind"], &audit["kind"]), (&"GatedDeployment".into(), &"GatedDeploymentAudit".into()));
    for part in ["parameters", "match"] {
        assert_eq!(deny["spec"][part], audit["spec"][part], "{part}");
    }
    let denies = |constraint: &Value| {
        constraint["spec"]["parameters"]["rules"].as_array().unwrap().iter().any(|rule| rule["action"] == "deny")
    };
    assert!(denies(&deny));
    let (_, first) = constraints().into_iter().find(|(file, _)| file == "constraint-audit.yaml").unwrap();
    assert!(!denies(&first), "where to begin nothing is denied");
    // It takes the place of where one began.
    assert_eq!(first["metadata"], audit["metadata"]);
}

#[test]
fn constraints_ask_about_what_is_judged() {
    let metadata = yaml::read(&read("metadata.yml")).unwrap().remove(0).value;
    let mut registered = BTreeSet::new();
    for rule in metadata["rules"].as_array().unwrap() {
        // Subresources come as the object's own kind.
        for resource in texts(&rule["resources"]).into_iter().filter(|resource| !resource.contains('/')) {
            registered.extend(texts(&rule["apiGroups"]).into_iter().map(|group| (group.to_owned(), resource.to_owned())));
        }
    }
    for (file, constraint) in constraints() {
        let mut asked = BTreeSet::new();
        for one in constraint["spec"]["match"]["kinds"].as_array().unwrap() {
            for kind in texts(&one["kinds"]) {
                asked.extend(texts(&one["apiGroups"]).into_iter().map(|group| (group.to_owned(), kind.to_lowercase() + "s")));
            }
        }
        assert_eq!(asked, registered, "{file}");
    }
}

#[test]
fn the_gate_can_always_start() {
    let own = one("Namespace")["metadata"]["name"].as_str().unwrap().to_owned();
    let needed = BTreeSet::from(["kube-system", "gatekeeper-system", "cert-manager", &own]);
    let chart = chart();
    let mut all = BTreeSet::new();
    let mut check = |place: &str, list: &Value| {
        let left_out = texts(list);
        assert!(needed.is_subset(&left_out), "{place}: leaves out {left_out:?}");
        all.insert(list.to_string());
    };
    for (file, object) in constraints().into_iter().chain(of_kind("Assign")) {
        check(&file, &object["spec"]["match"]["excludedNamespaces"]);
    }
    // A constraint that leaves a namespace out does not help while nobody answers the webhook.
    for webhook in ["validating", "mutating"] {
        let key = format!("{webhook}WebhookExemptNamespacesLabels");
        check(&key, &chart[&key]["kubernetes.io/metadata.name"]);
    }
    assert_eq!(all.len(), 1, "the lists differ: {all:?}");
    assert_eq!(chart["validatingWebhookFailurePolicy"], "Fail");
}

#[test]
fn every_clock_is_shorter_than_the_one_around_it() {
    let chart = chart();
    let seconds = |key: &str| chart[key].as_u64().unwrap();
    let patience = wiring::argument("--patience").parse::<u64>().unwrap();
    let mut timeouts = BTreeSet::new();
    for (_, provider) in of_kind("Provider") {
        let timeout = provider["spec"]["timeout"].as_u64().unwrap();
        assert!(patience + 250 <= timeout * 1000, "{patience} ms and the way back are more than {timeout} s");
        timeouts.insert(timeout);
    }
    let timeout = timeouts.pop_last().unwrap();
    assert!(timeouts.is_empty(), "Gatekeeper waits equally long for both");
    let ours: BTreeSet<String> =
        constraints().iter().map(|(_, object)| format!("{} {}", object["kind"], object["metadata"]["name"])).collect();
    let n = u64::try_from(ours.len()).unwrap();
    let webhook = seconds("validatingWebhookTimeoutSeconds");
    assert!(n * timeout < webhook, "{n} constraints wait {timeout} s each, and the webhook {webhook} s");
    assert!(timeout < seconds("mutatingWebhookTimeoutSeconds"));
    let said = format!("{n} constraints × {timeout} s = {} s, less than the webhook's {webhook} s", n * timeout);
    assert!(read(&format!("{FOLDER}/README.md")).contains(&said), "README.md does not say: {said}");
    let remembered = chart["externaldataProviderResponseCacheTTL"].as_str().and_then(policy::time::Duration::parse).unwrap();
    assert!(remembered <= policy::time::Duration::parse("30s").unwrap(), "an exemption would end late");
}

#[test]
fn every_file_is_explained() {
    let text = read(&format!("{FOLDER}/README.md"));
    for file in files() {
        assert!(text.contains(&format!("`{file}`")), "README.md does not mention {file}");
        assert!(read(&format!("{FOLDER}/{file}")).starts_with("# "), "{file}: begins with what it is for");
    }
    assert!(text.contains("`certificates.sh`"));
}

#[test]
fn every_number_that_is_served_is_explained() {
    let page = read("docs/observability.md");
    let metrics = Metrics::default();
    metrics.answered(Endpoint::Validate, true, 0.0);
    metrics.pinned(true);
    metrics.refused(Refused::Handshake);
    metrics.renewed(true);
    metrics.judged("admit");
    metrics.looked_up("v1/manifest_digest", Source::Asked);
    let metrics = metrics.text(0, 0);
    let names: Vec<&str> = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert!(names.len() >= 9, "{metrics}");
    for (name, kind) in names.iter().map(|line| line.split_once(' ').unwrap()) {
        let name = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
        assert!(page.contains(&format!("`{name}")), "docs/observability.md does not mention {name}");
    }
}
