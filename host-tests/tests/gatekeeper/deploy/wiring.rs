//! The provider's manifest: its command line is taken, what it names is mounted, names and ports meet, its rights are the least, and its
//! image has the module.

use std::collections::BTreeSet;

use documents::yaml;
use provider::flight::Room;
use provider::limits;
use provider::lookups::Lifetimes;
use serde_json::{Value, json};

use super::{FOLDER, of_kind, one, read, texts};

fn pod() -> Value {
    one("Deployment")["spec"]["template"]["spec"].clone()
}

fn container() -> Value {
    pod()["containers"][0].clone()
}

fn words() -> Vec<String> {
    serde_json::from_value(container()["args"].clone()).unwrap()
}

/// The value of an argument of the provider's command line.
pub(super) fn argument(name: &str) -> String {
    let begin = format!("{name}=");
    words().iter().find_map(|word| word.strip_prefix(&begin)).unwrap_or_else(|| panic!("no {name}")).to_owned()
}

/// The host that Gatekeeper asks, which is what the certificate must be of.
pub(super) fn host() -> String {
    let service = one("Service");
    let name = |key: &str| service["metadata"][key].as_str().unwrap().to_owned();
    format!("{}.{}.svc", name("name"), name("namespace"))
}

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no `{name}` in {list}"))
}

#[test]
fn the_command_line_is_taken_and_what_it_names_is_mounted() {
    let arguments = std::iter::once("gatectl".to_owned()).chain(words());
    gatectl::check_arguments(arguments.clone().map(Into::into)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(words()[0], "serve");
    let slip = arguments.chain(["--no-such-argument".to_owned()]).map(Into::into);
    assert!(gatectl::check_arguments(slip).is_err());
    // Gatekeeper alone is answered.
    assert_eq!(argument("--client-name"), format!("gatekeeper-webhook-service.{}.svc", gatekeeper()));
    let (container, pod) = (container(), pod());
    let mounts = container["volumeMounts"].as_array().unwrap();
    let mut used = BTreeSet::new();
    for (path, key) in [
        (argument("--tls-certificate"), "tls.crt"),
        (argument("--tls-key"), "tls.key"),
        (argument("--client-authority"), "ca.crt"),
        (argument("--docker-config") + "/config.json", "config.json"),
    ] {
        let (folder, file) = path.rsplit_once('/').unwrap();
        let mount = mounts.iter().find(|mount| mount["mountPath"] == folder).unwrap_or_else(|| panic!("{path} is nowhere"));
        assert_eq!(file, key);
        used.insert(mount["name"].as_str().unwrap());
    }
    let volumes: BTreeSet<&str> =
        pod["volumes"].as_array().unwrap().iter().map(|volume| volume["name"].as_str().unwrap()).collect();
    assert_eq!(used, volumes);
    assert_eq!(mounts.len(), volumes.len());
    // Who is not logged in anywhere starts all the same.
    assert_eq!(named(&pod["volumes"], "docker")["secret"]["optional"], true);
    let readme = read(&format!("{FOLDER}/README.md"));
    for made in
        [&named(&pod["volumes"], "docker")["secret"]["secretName"], &named(&pod["volumes"], "gatekeeper")["configMap"]["name"]]
    {
        assert!(readme.contains(&format!(" {} --", made.as_str().unwrap())), "{made} is made nowhere");
    }
}

/// The namespace that may reach the port for Gatekeeper.
fn gatekeeper() -> String {
    let policy = one("NetworkPolicy");
    let reaches = |rule: &&Value| rule["ports"].as_array().unwrap().iter().any(|port| port["port"] == "tls");
    let rules: Vec<&Value> = policy["spec"]["ingress"].as_array().unwrap().iter().filter(reaches).collect();
    assert_eq!((rules.len(), rules[0]["from"].as_array().unwrap().len()), (1, 1), "one namespace, and no other");
    rules[0]["from"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"].as_str().unwrap().to_owned()
}

#[test]
fn names_and_ports_meet() {
    let (deployment, service, container) = (one("Deployment"), one("Service"), container());
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    for (place, selector) in [
        ("Deployment", &deployment["spec"]["selector"]["matchLabels"]),
        ("Service", &service["spec"]["selector"]),
        ("PodDisruptionBudget", &one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]),
        ("NetworkPolicy", &one("NetworkPolicy")["spec"]["podSelector"]["matchLabels"]),
        (
            "affinity",
            &pod()["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0]["podAffinityTerm"]["labelSelector"]
                ["matchLabels"],
        ),
    ] {
        assert_eq!(selector, labels, "{place}");
    }
    let autoscaler = one("HorizontalPodAutoscaler");
    assert_eq!(autoscaler["spec"]["scaleTargetRef"]["name"], deployment["metadata"]["name"]);
    let (replicas, kept) = (&autoscaler["spec"]["minReplicas"], &one("PodDisruptionBudget")["spec"]["minAvailable"]);
    assert!(replicas.as_u64() >= Some(2) && kept.as_u64() < replicas.as_u64(), "a node can be drained");
    for (name, argument) in [("tls", argument("--listen")), ("plain", argument("--listen-plain"))] {
        let port = &named(&container["ports"], name)["containerPort"];
        assert!(argument.ends_with(&format!(":{port}")), "{name}: {argument} and {port}");
        assert_eq!(named(&service["spec"]["ports"], name)["targetPort"], name);
    }
    for (probe, path) in [("startupProbe", "/readyz"), ("readinessProbe", "/readyz"), ("livenessProbe", "/healthz")] {
        assert_eq!(container[probe]["httpGet"], json!({ "path": path, "port": "plain" }), "{probe}");
    }
    for rule in one("NetworkPolicy")["spec"]["ingress"].as_array().unwrap() {
        for port in rule["ports"].as_array().unwrap() {
            named(&container["ports"], port["port"].as_str().unwrap());
        }
    }
    let providers: Vec<Value> = of_kind("Provider").into_iter().map(|(_, provider)| provider).collect();
    // An address without a port is that of HTTPS.
    assert_eq!(named(&service["spec"]["ports"], "tls")["port"], 443);
    let urls: Vec<&str> = providers.iter().map(|provider| provider["spec"]["url"].as_str().unwrap()).collect();
    assert_eq!(urls, ["validate", "mutate"].map(|path| format!("https://{}/{path}", host())));
    // The templates and the mutations name them.
    let rego = read(&format!("{FOLDER}/rego/key.rego"));
    assert!(rego.contains(&format!("\"provider\": {}", providers[0]["metadata"]["name"])), "{rego}");
    for (file, assign) in of_kind("Assign") {
        let data = &assign["spec"]["parameters"]["assign"]["externalData"];
        assert_eq!(data["provider"], providers[1]["metadata"]["name"], "{file}");
    }
    let quota = one("ResourceQuota");
    let priorities = &quota["spec"]["scopeSelector"]["matchExpressions"][0]["values"];
    assert_eq!(*priorities, json!([pod()["priorityClassName"]]));
    let room = quota["spec"]["hard"]["pods"].as_str().unwrap().parse::<u64>().unwrap();
    assert!(room > autoscaler["spec"]["maxReplicas"].as_u64().unwrap(), "a roll-out makes one more");
    let grace = pod()["terminationGracePeriodSeconds"].as_u64().unwrap() * 1000;
    let sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().unwrap() * 1000;
    assert!(sleep + 2 * argument("--patience").parse::<u64>().unwrap() < grace, "it is killed while it answers");
}

#[test]
fn pins_are_written_when_pods_are_made() {
    let mut locations = BTreeSet::new();
    for (file, assign) in of_kind("Assign") {
        let spec = &assign["spec"];
        assert_eq!(
            spec["applyTo"],
            json!([{ "groups": [""], "versions": ["v1"], "kinds": ["Pod"], "operations": ["CREATE"] }]),
            "{file}"
        );
        assert_eq!(spec["parameters"]["assign"]["externalData"]["failurePolicy"], "Ignore", "{file}");
        let location = spec["location"].as_str().unwrap();
        let tests = spec["parameters"]["pathTests"].as_array().unwrap();
        assert!(tests.iter().all(|test| location.starts_with(test["subPath"].as_str().unwrap())), "{file}");
        // Otherwise a volume would get an image.
        assert!(tests.iter().any(|test| test["subPath"] == location && test["condition"] == "MustExist"), "{file}: {location}");
        locations.insert(location.to_owned());
    }
    let wanted = ["spec.containers[name:*].image", "spec.initContainers[name:*].image", "spec.volumes[name:*].image.reference"];
    assert_eq!(locations, wanted.map(str::to_owned).into());
}

#[test]
fn rights_are_the_least() {
    let metadata = yaml::read(&read("metadata.yml")).unwrap().remove(0).value;
    let (role, binding, account) = (one("ClusterRole"), one("ClusterRoleBinding"), one("ServiceAccount"));
    let mut granted = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        assert_eq!(rule["verbs"], json!(["get", "list"]), "it watches nothing");
        for group in texts(&rule["apiGroups"]) {
            granted.extend(texts(&rule["resources"]).into_iter().map(|resource| (group.to_owned(), resource.to_owned())));
        }
    }
    let declared = metadata["contextAwareResources"].as_array().unwrap().iter().map(|resource| {
        let group = resource["apiVersion"].as_str().unwrap().rsplit_once('/').map_or("", |(group, _)| group);
        (group.to_owned(), resource["kind"].as_str().unwrap().to_lowercase() + "s")
    });
    assert_eq!(granted, declared.collect());
    assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
    let subject =
        json!([{ "kind": "ServiceAccount", "name": account["metadata"]["name"], "namespace": account["metadata"]["namespace"] }]);
    assert_eq!(binding["subjects"], subject);
    assert_eq!(pod()["serviceAccountName"], account["metadata"]["name"]);
    assert_eq!(one("Namespace")["metadata"]["name"], account["metadata"]["namespace"]);
    assert!(words().contains(&"--cluster".to_owned()), "the rights are for something");
}

#[test]
fn memory_is_enough_for_the_worst() {
    let limit = container()["resources"]["limits"]["memory"].as_str().unwrap().to_owned();
    let bytes = |text: &str| match text.split_at(text.len() - 2) {
        (number, "Gi") => number.parse::<usize>().unwrap() << 30,
        (number, _) => number.parse::<usize>().unwrap() << 20,
    };
    // BENCHMARKS.md: a document of 20 000 vulnerabilities.
    let judging = Room::default().workers * (13 << 20);
    let needed = Lifetimes::default().bytes + limits::BODIES_BYTES + judging;
    assert!(bytes(&limit) > needed, "{limit} for {needed} bytes");
}

#[test]
fn the_image_has_the_module_beside_the_program() {
    let containerfile = read("deploy/image/Containerfile");
    for (file, place) in [("${TARGETARCH}/gatectl", "/gatectl"), ("policy.wasm", "/policy.wasm"), ("LICENSE", "/LICENSE")] {
        let line = containerfile.lines().find(|line| line.starts_with("COPY ") && line.ends_with(&format!(" {file} {place}")));
        assert!(line.is_some(), "{file} is not copied to {place}");
    }
    assert!(containerfile.contains("ENTRYPOINT [\"/gatectl\"]"));
    let release = yaml::read(&read(".github/workflows/release.yml")).unwrap().remove(0).value;
    let steps = release["jobs"]["publish"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == "image").and_then(|step| step["run"].as_str()).unwrap();
    assert!(step.contains("cp LICENSE assets/policy.wasm image/\n"), "{step}");
    // Without `--policy` it is the module beside the program.
    assert!(!words().iter().any(|word| word.starts_with("--policy")));
}
