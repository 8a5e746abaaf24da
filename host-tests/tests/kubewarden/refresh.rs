//! deploy/kubewarden/refresh.yaml: its command lines are taken by `gatectl`, what they name is mounted, and its rights are the least.

use std::collections::{BTreeMap, BTreeSet};

use documents::yaml;
use host_tests::engine::root;
use serde_json::{Value, json};

fn objects(kind: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(root().join("deploy/kubewarden/refresh.yaml")).unwrap();
    let documents = yaml::read(&text).unwrap_or_else(|e| panic!("refresh.yaml: {e}"));
    documents.into_iter().map(|document| document.value).filter(|object| object["kind"] == kind).collect()
}

/// The pod of each job, by the job's name.
fn pods() -> BTreeMap<String, Value> {
    let jobs = objects("CronJob").into_iter();
    let pods: BTreeMap<String, Value> = jobs
        .map(|job| {
            (job["metadata"]["name"].as_str().unwrap().to_owned(), job["spec"]["jobTemplate"]["spec"]["template"]["spec"].clone())
        })
        .collect();
    assert_eq!(pods.keys().collect::<Vec<_>>(), ["gatectl-prune", "gatectl-refresh"]);
    pods
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn every_command_line_is_taken() {
    for (job, pod) in pods() {
        let container = &pod["containers"][0];
        let words = texts(&container["args"]);
        assert_eq!(format!("gatectl-{}", words[0]), job);
        let arguments = std::iter::once("gatectl").chain(words.iter().copied());
        gatectl::check_arguments(arguments.clone().map(Into::into)).unwrap_or_else(|error| panic!("{job}: {error}"));
        let slip = arguments.chain(["--no-such-argument"]).map(Into::into);
        assert!(gatectl::check_arguments(slip).is_err());
        assert!(!words.contains(&"--dry-run"), "{job}: it is to do something");
    }
    let wrong = ["gatectl", "refresh", "--cluster", "--scanner", "trivy image"].map(Into::into);
    assert!(gatectl::check_arguments(wrong).is_err_and(|error| error.contains("{image}")), "scanners are read, too");
}

#[test]
fn every_path_is_mounted_and_every_volume_used() {
    for (job, pod) in pods() {
        let volumes: BTreeSet<&str> =
            pod["volumes"].as_array().unwrap().iter().map(|volume| volume["name"].as_str().unwrap()).collect();
        let containers =
            || ["initContainers", "containers"].into_iter().flat_map(|key| pod[key].as_array().into_iter().flatten());
        let mut used = BTreeSet::new();
        for container in containers() {
            let mounts = container["volumeMounts"].as_array().unwrap();
            used.extend(mounts.iter().map(|mount| mount["name"].as_str().unwrap()));
            let paths: Vec<&str> = mounts.iter().map(|mount| mount["mountPath"].as_str().unwrap()).collect();
            let values = container["env"].as_array().into_iter().flatten().filter_map(|variable| variable["value"].as_str());
            let words: Vec<&str> =
                texts(&container["args"]).into_iter().chain(texts(&container["command"])).chain(values).collect();
            let named = words.iter().flat_map(|text| text.split([' ', '='])).filter(|word| word.starts_with('/'));
            for path in named.filter(|path| !path.starts_with("/usr/local/bin/")) {
                assert!(paths.iter().any(|mount| path.starts_with(mount)), "{job}: {path} is nowhere");
            }
        }
        assert_eq!(used, volumes, "{job}");
        let init = pod["initContainers"].as_array().map_or(0, Vec::len);
        let scans = texts(&pod["containers"][0]["args"]).iter().any(|word| word.contains("/tools/trivy "));
        assert_eq!(init == 1, scans, "{job}: the scanner is brought where it runs");
    }
}

#[test]
fn rights_are_the_least() {
    let roles = objects("ClusterRole");
    assert_eq!(roles.len(), 1);
    assert_eq!(roles[0]["rules"], json!([{ "apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"] }]));
    let bindings = objects("ClusterRoleBinding");
    assert_eq!(bindings.len(), 1);
    let subject = json!({ "kind": "ServiceAccount", "name": "gatectl-refresh", "namespace": "kubewarden" });
    assert_eq!((&bindings[0]["roleRef"]["name"], &bindings[0]["subjects"]), (&roles[0]["metadata"]["name"], &json!([subject])));
    let accounts: BTreeSet<String> =
        objects("ServiceAccount").iter().map(|account| account["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    let mut secrets = BTreeMap::new();
    for (job, pod) in pods() {
        assert!(accounts.contains(pod["serviceAccountName"].as_str().unwrap()), "{job}");
        // Who asks no cluster gets no token for it.
        let asks = texts(&pod["containers"][0]["args"]).contains(&"--cluster");
        assert_eq!(pod["automountServiceAccountToken"], asks, "{job}");
        let of = pod["volumes"].as_array().unwrap().iter().filter_map(|volume| volume["secret"]["secretName"].as_str());
        secrets.insert(job, of.map(str::to_owned).collect::<BTreeSet<_>>());
    }
    assert!(
        secrets["gatectl-prune"].is_disjoint(&secrets["gatectl-refresh"]),
        "who may delete is not who publishes: {secrets:?}"
    );
    // What each needs is made by the lines that the file begins with.
    let text = std::fs::read_to_string(root().join("deploy/kubewarden/refresh.yaml")).unwrap();
    let head = text.split("\napiVersion").next().unwrap();
    for secret in secrets.values().flatten() {
        assert!(head.contains(&format!(" {secret} --")), "{secret} is made nowhere");
    }
}
