//! deploy/kubewarden: every manifest is of its kind's schema, its settings are accepted by the module, the reader and the published schema,
//! it is registered for what is judged, leaves out what the gate needs to start, and asks the cluster for no more than its settings read.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::validated::validated;
use documents::yaml;
use host::capability::{Capabilities, KNOWN, NoCapabilities};
use host_tests::engine::{module, root};
use policy::time::Duration;
use serde_json::{Value, json};

const FOLDER: &str = "deploy/kubewarden";
/// What must come up while the gate is down: the cluster's own parts and Kubewarden.
const LEFT_OUT: [&str; 2] = ["kube-system", "kubewarden"];

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// Every object of the folder, those shown in its README among them, with the file that it is in.
fn objects() -> Vec<(String, Value)> {
    let mut files: Vec<String> = std::fs::read_dir(root().join(FOLDER))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yaml"))
        .collect();
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let documents = yaml::read(&read(&format!("{FOLDER}/{file}"))).unwrap_or_else(|e| panic!("{file}: {e}"));
        found.extend(documents.into_iter().map(|document| (file.clone(), document.value)));
    }
    found
}

fn policies() -> Vec<(String, Value)> {
    let found: Vec<_> = objects().into_iter().filter(|(_, object)| object["kind"] == "ClusterAdmissionPolicy").collect();
    assert!(found.len() >= 7, "only {} policies were found", found.len());
    found
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

#[test]
fn every_object_is_of_its_kind() {
    validated(serde_json::from_str(&read("host-tests/tests/kubewarden/objects.schema.json")).unwrap(), objects());
}

#[test]
fn settings_are_accepted_by_module_and_schema() {
    let none: Arc<dyn Capabilities> = Arc::new(NoCapabilities);
    let module = module();
    for (file, policy) in policies() {
        let settings = policy["spec"]["settings"].to_string();
        let answer = module.call("validate_settings", settings.as_bytes(), &none).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["valid"], true, "{file}: {answer}");
    }
    validated(
        serde_json::from_str(&read("docs/settings.schema.json")).unwrap(),
        policies().into_iter().map(|(file, p)| (file, p["spec"]["settings"].clone())).collect(),
    );
}

#[test]
fn policies_are_registered_for_what_is_judged() {
    let metadata = yaml::read(&read("metadata.yml")).unwrap().remove(0).value;
    for (file, policy) in policies() {
        assert_eq!(policy["spec"]["rules"], metadata["rules"], "{file}");
    }
}

#[test]
fn the_gate_can_always_start() {
    for (file, policy) in policies() {
        let left_out: BTreeSet<&str> = policy["spec"]["namespaceSelector"]["matchExpressions"]
            .as_array()
            .unwrap_or_else(|| panic!("{file}: selects every namespace"))
            .iter()
            .filter(|entry| entry["key"] == "kubernetes.io/metadata.name" && entry["operator"] == "NotIn")
            .flat_map(|entry| entry["values"].as_array().unwrap())
            .map(|value| value.as_str().unwrap())
            .collect();
        assert!(LEFT_OUT.iter().all(|namespace| left_out.contains(namespace)), "{file}: leaves out {left_out:?}");
        // A scanner in the cluster must be able to come up before it has scanned itself.
        for source in policy["spec"]["settings"]["findings"]["sources"].as_array().into_iter().flatten() {
            if let Some(namespace) = source["sbomScanner"]["namespace"].as_str() {
                assert!(left_out.contains(namespace), "{file}: judges `{namespace}` by what runs in it");
            }
        }
    }
}

#[test]
fn the_policy_gives_up_before_its_server_and_the_server_before_the_webhook() {
    for (file, policy) in policies() {
        let spec = &policy["spec"];
        let budget = spec["settings"]["findings"]["lookupBudget"].as_str().and_then(Duration::parse);
        let budget = budget.unwrap_or_else(|| panic!("{file}: no lookupBudget"));
        let server = spec["timeoutEvalSeconds"].as_i64().unwrap_or_else(|| panic!("{file}: no timeoutEvalSeconds"));
        // The policy server counts in whole seconds, and one look-up may still be under way.
        let at_most = Duration::parse(&format!("{}s", server - 2)).unwrap();
        assert!(budget <= at_most, "{file}: a budget of more than {server} s less two");
        assert!(spec["timeoutSeconds"].as_i64().unwrap_or(10) > server, "{file}: the webhook waits for the policy server");
    }
}

#[test]
fn nothing_is_denied_by_what_is_only_to_warn() {
    for (file, policy) in policies() {
        let rules = policy["spec"]["settings"]["rules"].as_array().unwrap();
        let denies = rules.iter().any(|rule| rule["action"] == "deny");
        let wanted = if denies { "Fail" } else { "Ignore" };
        assert_eq!(policy["spec"]["failurePolicy"], wanted, "{file}: {}", name(&policy));
        let pins = !["never", ""].contains(&policy["spec"]["settings"]["pinDigests"].as_str().unwrap_or_default());
        assert_eq!(policy["spec"]["mutating"], pins, "{file}: {}", name(&policy));
        // What is pinned is judged by another policy too, and that one audits.
        assert_eq!(policy["spec"]["backgroundAudit"], !pins, "{file}: {}", name(&policy));
    }
}

#[test]
fn pinning_comes_as_a_pair_of_the_same_rules() {
    let of = |wanted: &str| {
        let mut found = policies().into_iter().filter(|(_, policy)| policy["spec"]["settings"]["pinDigests"] == wanted);
        let (_, policy) = found.next().unwrap_or_else(|| panic!("no policy has `pinDigests: {wanted}`"));
        assert!(found.next().is_none());
        policy["spec"].clone()
    };
    let (mut mutating, mut validating) = (of("always"), of("never"));
    for spec in [&mut mutating, &mut validating] {
        for key in ["mutating", "backgroundAudit"] {
            spec.as_object_mut().unwrap().remove(key);
        }
        spec["settings"].as_object_mut().unwrap().remove("pinDigests");
    }
    assert_eq!(mutating, validating);
}

/// What settings read of the cluster: `apiVersion kind`.
fn needed(settings: &Value) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    let text = settings.to_string();
    for (part, resource) in [
        ("\"namespaceLabel\"", "v1 Namespace"),
        ("\"sbomScanner\"", "storage.sbomscanner.kubewarden.io/v1alpha1 VulnerabilityReport"),
        ("\"trivyOperator\"", "aquasecurity.github.io/v1alpha1 VulnerabilityReport"),
    ] {
        if text.contains(part) {
            needed.insert(resource.to_owned());
        }
    }
    needed
}

#[test]
fn the_cluster_is_asked_for_no_more_than_settings_read() {
    for (file, policy) in policies() {
        let granted = policy["spec"]["contextAwareResources"].as_array().into_iter().flatten();
        let granted = granted.map(|r| format!("{} {}", r["apiVersion"].as_str().unwrap(), r["kind"].as_str().unwrap())).collect();
        assert_eq!(needed(&policy["spec"]["settings"]), granted, "{file}: {}", name(&policy));
    }
}

#[test]
fn the_policy_server_may_read_what_policies_ask_for() {
    let all = objects();
    let of = |kind: &str| all.iter().filter(|(_, object)| object["kind"] == kind).map(|(_, object)| object).collect::<Vec<_>>();
    let metadata = yaml::read(&read("metadata.yml")).unwrap().remove(0).value;
    let role = of("ClusterRole")[0];
    let mut granted = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        assert_eq!(rule["verbs"], json!(["get", "list", "watch"]), "a policy server gets, lists and watches");
        for group in rule["apiGroups"].as_array().unwrap() {
            for resource in rule["resources"].as_array().unwrap() {
                granted.insert((group.as_str().unwrap().to_owned(), resource.as_str().unwrap().to_owned()));
            }
        }
    }
    let declared = metadata["contextAwareResources"].as_array().unwrap().iter().map(|resource| {
        let group = resource["apiVersion"].as_str().unwrap().rsplit_once('/').map_or("", |(group, _)| group);
        (group.to_owned(), format!("{}s", resource["kind"].as_str().unwrap().to_ascii_lowercase()))
    });
    assert_eq!(granted, declared.collect(), "rbac.yaml and metadata.yml");
    // Who is granted it is who the policy servers are.
    let account = of("ServiceAccount")[0];
    let binding = of("ClusterRoleBinding")[0];
    assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
    assert_eq!(binding["subjects"][0]["name"], account["metadata"]["name"]);
    assert_eq!(binding["subjects"][0]["namespace"], account["metadata"]["namespace"]);
    let servers = of("PolicyServer");
    assert!(!servers.is_empty());
    for server in &servers {
        assert_eq!(server["spec"]["serviceAccountName"], account["metadata"]["name"]);
        let capabilities = server["spec"]["namespacedPoliciesCapabilities"].as_array().unwrap();
        assert!(capabilities.iter().all(|path| KNOWN.contains(&path.as_str().unwrap())), "{capabilities:?}");
        assert!(
            capabilities.iter().all(|path| metadata["hostCapabilities"].as_array().unwrap().contains(path)),
            "{capabilities:?}"
        );
    }
    for (file, policy) in policies() {
        assert!(
            servers.iter().any(|server| server["metadata"]["name"] == policy["spec"]["policyServer"]),
            "{file}: no such policy server"
        );
    }
}

#[test]
fn private_registries_change_nothing_else() {
    let specs: Vec<Value> = objects()
        .into_iter()
        .filter(|(_, object)| object["kind"] == "PolicyServer")
        .map(|(_, server)| server["spec"].clone())
        .collect();
    let [mut private, public] = <[Value; 2]>::try_from(specs).unwrap();
    assert!(private.as_object_mut().unwrap().remove("imagePullSecret").is_some_and(|secret| secret.is_string()));
    assert_eq!(private, public);
}

#[test]
fn every_file_is_explained() {
    let text = read(&format!("{FOLDER}/README.md"));
    for (file, _) in objects() {
        assert!(text.contains(&format!("`{file}`")), "README.md does not mention {file}");
        assert!(read(&format!("{FOLDER}/{file}")).starts_with("# "), "{file}: begins with what it is for");
    }
    let blocks = text.split("\n```yaml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    let mut checked = 0;
    for block in blocks {
        let value = yaml::read(block).unwrap_or_else(|e| panic!("README.md: {e}\n{block}")).remove(0).value;
        if value.get("rules").is_some() {
            policy::settings::Settings::read(&value).unwrap_or_else(|problems| panic!("README.md: {problems:#?}"));
        } else {
            validated(
                serde_json::from_str(&read("host-tests/tests/kubewarden/objects.schema.json")).unwrap(),
                vec![("README.md".to_owned(), value)],
            );
        }
        checked += 1;
    }
    assert!(checked >= 2, "only {checked} blocks were found");
}
