//! The Kubernetes client against an API server: what it asks, what a guest gets, and how failures read.

#![expect(clippy::expect_used, reason = "a test's helpers fail as the test itself does")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gatectl::ExitCode;
use host::capability::Capabilities;
use host::kubernetes::{Cluster, ClusterError, ClusterOptions, Kubernetes, Layered, Objects, Request};
use host::live::{FAILED, Live};
use host::record::Recorder;
use host::registry::{Registry, RegistryOptions};
use host::replay::Replay;
use host_tests::api_server::{ApiServer, kinds, status};
use host_tests::engine;
use host_tests::odd_registry::Answer;
use host_tests::world::World;
use serde_json::{Value, json};
use tempfile::TempDir;

const GROUP: &str = "/apis/example.com/v1";

/// A server with the kinds `v1/Namespace`, `v1/Pod` and `example.com/v1/Report`, and a folder with its kubeconfig.
struct Place {
    server: ApiServer,
    folder: TempDir,
}

fn report(name: &str) -> Value {
    json!({
        "apiVersion": "example.com/v1", "kind": "Report",
        "metadata": { "name": name, "namespace": "prod", "labels": { "app": "web" }, "managedFields": [{ "manager": "m" }],
            "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "yes" } },
        "report": { "summary": { "critical": 1 }, "findings": [{ "id": "CVE-1", "title": "long" }] },
    })
}

fn list(items: &[Value]) -> Answer {
    let list =
        json!({ "apiVersion": "example.com/v1", "kind": "ReportList", "metadata": { "resourceVersion": "7" }, "items": items });
    Answer::new(200, list.to_string())
}

impl Place {
    fn with(answers: &[(&str, Answer)]) -> Self {
        let own = [
            (
                "/api/v1",
                kinds("v1", &[("namespaces", "Namespace", false), ("pods", "Pod", true), ("pods/eviction", "Eviction", true)]),
            ),
            (GROUP, kinds("example.com/v1", &[("reports", "Report", true)])),
        ];
        let folder = tempfile::tempdir().expect("a folder");
        let server = ApiServer::start(own.iter().chain(answers).map(|(path, answer)| (*path, answer.clone())));
        std::fs::write(folder.path().join("kubeconfig"), server.kubeconfig()).expect("a file");
        Self { server, folder }
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    fn options(&self) -> ClusterOptions {
        ClusterOptions { kubeconfig: Some(self.kubeconfig()), ..ClusterOptions::default() }
    }

    fn cluster(&self) -> Cluster {
        Cluster::new(self.options()).expect("a cluster")
    }
}

fn ask(cluster: &Cluster, operation: &str, request: &Value) -> Result<Value, String> {
    let request = Request::of_call(operation, request.to_string().as_bytes()).expect("an operation").expect("a request");
    cluster.answer(&request).map(|answer| serde_json::from_slice(&answer).expect("JSON"))
}

fn get(cluster: &Cluster, api_version: &str, kind: &str, name: &str, namespace: Option<&str>) -> Result<Value, String> {
    let request =
        json!({ "api_version": api_version, "kind": kind, "name": name, "namespace": namespace, "disable_cache": false });
    ask(cluster, "get_resource", &request)
}

fn reports(cluster: &Cluster, selectors: &Value) -> Result<Value, String> {
    let mut request = json!({ "api_version": "example.com/v1", "kind": "Report", "namespace": "prod" });
    request.as_object_mut().expect("members").extend(selectors.as_object().expect("members").clone());
    ask(cluster, "list_resources_by_namespace", &request)
}

#[test]
fn an_object_is_asked_for_by_its_path_and_kept_for_a_while() {
    let namespace =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "prod", "labels": { "a": "b" } }, "spec": {} });
    let place = Place::with(&[
        ("/api/v1/namespaces/prod", Answer::new(200, namespace.to_string())),
        ("/apis/example.com/v1/namespaces/prod/reports/r", Answer::new(200, report("r").to_string())),
    ]);
    let cluster = place.cluster();
    // What is in no namespace is asked for without one.
    assert_eq!(get(&cluster, "v1", "Namespace", "prod", Some("x")), Ok(namespace));
    let mut request = json!({ "api_version": "example.com/v1", "kind": "Report", "name": "r", "namespace": "prod", "disable_cache": false,
        "field_masks": ["report.findings.id"] });
    let found = ask(&cluster, "get_resource", &request).expect("a report");
    assert_eq!(found["report"], json!({ "findings": [{ "id": "CVE-1" }] }));
    assert_eq!(found["metadata"]["managedFields"], json!([{ "manager": "m" }]));
    request["field_masks"] = Value::Null;
    assert_eq!(ask(&cluster, "get_resource", &request), Ok(report("r")), "what is kept is whole");
    let asked = [
        "GET /api/v1",
        "GET /api/v1/namespaces/prod",
        "GET /apis/example.com/v1",
        "GET /apis/example.com/v1/namespaces/prod/reports/r",
    ];
    assert_eq!(place.server.requests(), asked);
    request["disable_cache"] = true.into();
    ask(&cluster, "get_resource", &request).expect("a report");
    assert_eq!(place.server.requests().len(), asked.len() + 1);
}

#[test]
fn a_list_is_one_request_and_its_selectors_are_passed_on() {
    let path = "/apis/example.com/v1/namespaces/prod/reports?&fieldSelector=metadata.name%3Dr&labelSelector=app%3Dweb";
    let place =
        Place::with(&[(path, list(&[report("r")])), ("/apis/example.com/v1/reports?", list(&[report("s"), report("r")]))]);
    let cluster = place.cluster();
    let selectors =
        json!({ "label_selector": "app=web", "field_selector": "metadata.name=r", "field_masks": ["report.summary"] });
    let found = reports(&cluster, &selectors).unwrap_or_else(|text| panic!("{text}: {:?}", place.server.requests()));
    let item = json!({
        "apiVersion": "example.com/v1", "kind": "Report",
        "metadata": { "name": "r", "namespace": "prod", "labels": { "app": "web" }, "managedFields": [], "annotations": { "kept": "yes" } },
        "report": { "summary": { "critical": 1 } },
    });
    assert_eq!(found, json!({ "apiVersion": "example.com/v1", "kind": "ReportList", "metadata": {}, "items": [item] }));
    assert_eq!(reports(&cluster, &selectors), Ok(found), "given again");
    let all = ask(&cluster, "list_resources_all", &json!({ "api_version": "example.com/v1", "kind": "Report" })).expect("a list");
    assert_eq!((&all["items"][0]["metadata"]["name"], &all["items"][1]["metadata"]["name"]), (&json!("s"), &json!("r")));
    let asked = [format!("GET {GROUP}"), format!("GET {path}"), "GET /apis/example.com/v1/reports?".to_owned()];
    assert_eq!(place.server.requests(), asked);
}

/// Of the same name, what is proposed comes before what is in a file, and that before what the cluster has.
#[test]
fn a_list_is_of_files_and_cluster() {
    let live = ["a", "b", "c"].map(report);
    let place = Place::with(&[("/apis/example.com/v1/namespaces/prod/reports?&labelSelector=app%3Dweb", list(&live))]);
    let draft = |name: &str, app: &str| {
        let mut draft = report(name);
        draft["metadata"]["labels"]["app"] = app.into();
        draft
    };
    let mut proposed = Objects::default();
    proposed.propose("m.yaml", draft("c", "other")).expect("an object");
    let file = place.folder.path().join("known.json");
    let known =
        json!({ "apiVersion": "v1", "kind": "List", "items": [draft("d", "web"), draft("b", "other"), draft("c", "web")] });
    std::fs::write(&file, known.to_string()).expect("a file");
    let layered = Layered::new(proposed, Objects::read(&[file]).expect("objects"), Some(place.cluster()));
    let request = json!({ "api_version": "example.com/v1", "kind": "Report", "namespace": "prod", "label_selector": "app=web" });
    let request = Request::of_call("list_resources_by_namespace", request.to_string().as_bytes());
    let answer = layered.answer(&request.expect("an operation").expect("a request")).expect("a list");
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    let names: Vec<&Value> = answer["items"].as_array().expect("items").iter().map(|item| &item["metadata"]["name"]).collect();
    assert_eq!(names, ["a", "d"]);
}

#[test]
fn failures_read_as_from_a_policy_server() {
    let forbidden = "reports.example.com is forbidden: User \"ci\" cannot list resource \"reports\"";
    let part = json!({ "apiVersion": "example.com/v1", "kind": "ReportList", "metadata": { "continue": "more" }, "items": [] });
    let place = Place::with(&[
        ("/apis/example.com/v1/namespaces/prod/reports?", status(403, "Forbidden", forbidden)),
        ("/apis/example.com/v1/namespaces/prod/reports/broken", status(500, "InternalError", "boom")),
        ("/apis/example.com/v1/namespaces/prod/reports/odd", Answer::new(200, "<html>")),
        ("/apis/example.com/v1/namespaces/prod/reports/absent", status(404, "NotFound", "reports \"absent\" not found")),
        ("/apis/example.com/v1/reports?", Answer::new(200, part.to_string())),
        ("/apis/forbidden.example/v1", status(403, "Forbidden", "no")),
    ]);
    let cluster = place.cluster();
    let report = |name: &str| get(&cluster, "example.com/v1", "Report", name, Some("prod"));
    let list =
        |api_version: &str, kind: &str| ask(&cluster, "list_resources_all", &json!({ "api_version": api_version, "kind": kind }));
    let in_namespace = json!({ "api_version": "v1", "kind": "Namespace", "namespace": "prod" });
    for (found, expected) in [
        (report("absent"), "Cannot find example.com/v1/Report named 'absent' inside of namespace 'Some(\"prod\")'"),
        // Whoever said so, it was no API server that knows the kind.
        (report("nothing"), "ApiError: 404 page not found: Failed to parse error data (Status {"),
        (report("broken"), "ApiError: boom: InternalError (Status {"),
        (report("odd"), "Error deserializing response: expected value at line 1 column 1\n\nCaused by:\n    expected value"),
        (report("../x"), "expected a name of letters, digits and `-._:`, found `../x`"),
        (get(&cluster, "v1", "Pod", "p", Some("a/../b")), "expected a namespace of letters, digits and `-._:`, found `a/../b`"),
        (list("../api/v1", "Pod"), "expected a version of an API of letters, digits and `-._:`, found `..`"),
        (reports(&cluster, &json!({})), &format!("ApiError: {forbidden}: Forbidden (Status {{")),
        (list("example.com/v1", "Report"), "the API server gave a part of the example.com/v1/Report objects only"),
        (list("example.com/v1", "Other"), "Cannot find resource example.com/v1/Other"),
        (list("v1", "Eviction"), "Cannot find resource v1/Eviction"),
        (list("forbidden.example/v1", "X"), "error finding resource forbidden.example/v1 / X: ApiError: no: Forbidden (Status {"),
        (list("absent.example/v1", "X"), "error finding resource absent.example/v1 / X: ApiError: 404 page not found: "),
        (get(&cluster, "v1", "Pod", "p", None), "Resource v1/Pod is namespaced, but no namespace was provided"),
        (
            ask(&cluster, "list_resources_by_namespace", &in_namespace),
            "resource v1/Namespace is cluster wide. Cannot search for it inside of a namespace",
        ),
    ] {
        let found = found.expect_err(expected);
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn a_cluster_that_cannot_be_reached_is_an_error() {
    let place = Place::with(&[("/api/v1/namespaces/slow", Answer::new(200, "{}").after(Duration::from_secs(5)))]);
    let with = |options: ClusterOptions| Cluster::new(options).expect("a cluster");
    let namespace = |cluster: &Cluster, name: &str| get(cluster, "v1", "Namespace", name, None).expect_err("an error");
    let context = |name: &str| ClusterOptions { context: Some(name.to_owned()), ..place.options() };
    let found = namespace(&with(context("nobody")), "a");
    assert!(found.starts_with("ApiError: Unauthorized: Unauthorized (Status {"), "{found}");
    let found = namespace(&with(context("stranger")), "a");
    assert!(found.starts_with("ServiceError: ") && found.contains("invalid peer certificate"), "{found}");
    let limited = ClusterOptions { answer_bytes: 100, ..place.options() };
    assert_eq!(namespace(&with(limited), "a"), "the API server's answer has more than 100 bytes");
    let hurried = ClusterOptions { timeout: Some(Duration::from_millis(700)), ..place.options() };
    assert_eq!(namespace(&with(hurried), "slow"), "the cluster did not answer within 0.7 s");
    let cluster = place.cluster();
    let Place { server, folder } = place;
    drop(server);
    let found = namespace(&cluster, "a");
    assert!(found.starts_with("ServiceError: ") && found.contains("Connection refused"), "{found}");
    drop(folder);
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_an_error_at_once() {
    let place = Place::with(&[("/api/v1/namespaces/a", status(404, "NotFound", "namespaces \"a\" not found"))]);
    let refused = |options: ClusterOptions| match Cluster::new(options) {
        Err(error @ ClusterError::Setup(_)) => error.report(),
        other => panic!("{other:?}"),
    };
    let found = refused(ClusterOptions { context: Some("x".to_owned()), ..place.options() });
    assert!(found.starts_with("cannot prepare to reach the cluster: ") && found.contains('x'), "{found}");
    let absent = place.folder.path().join("absent");
    let found = refused(ClusterOptions { kubeconfig: Some(absent), ..ClusterOptions::default() });
    assert!(found.contains("absent"), "{found}");
    // Credentials come from a plugin where the kubeconfig names one.
    let token = host_tests::api_server::TOKEN;
    let credential =
        format!(r#"{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"{token}"}}}}"#);
    let plugin = json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1", "command": "echo", "args": [credential], "interactiveMode": "Never" } });
    let mut config: Value = serde_json::from_str(&place.server.kubeconfig()).expect("JSON");
    config["users"][0]["user"] = plugin;
    std::fs::write(place.kubeconfig(), config.to_string()).expect("a file");
    let found = get(&place.cluster(), "v1", "Namespace", "a", None).expect_err("absent");
    assert_eq!(found, "Cannot find v1/Namespace named 'a' inside of namespace 'None'");
    config["users"][0]["user"]["exec"]["command"] = "no-such-plugin".into();
    std::fs::write(place.kubeconfig(), config.to_string()).expect("a file");
    let found = refused(place.options());
    assert!(found.contains("auth error: unable to run auth exec: "), "{found}");
}

#[test]
fn a_guest_gets_answers_and_failures_that_can_be_recorded() {
    let place = Place::with(&[
        ("/apis/example.com/v1/namespaces/prod/reports?", list(&[report("r")])),
        ("/api/v1/namespaces/a", status(404, "NotFound", "namespaces \"a\" not found")),
    ]);
    let registry = Arc::new(Registry::new(RegistryOptions::default()).expect("a registry client"));
    let alone = Live::new(Arc::clone(&registry), Arc::new(|_| {}));
    let calls = [
        ("list_resources_by_namespace", r#"{"api_version":"example.com/v1","kind":"Report","namespace":"prod"}"#),
        ("get_resource", r#"{"api_version":"v1","kind":"Namespace","name":"a","disable_cache":false,"field_masks":["b","a"]}"#),
        ("get_resource", "{}"),
        ("can_i", "{}"),
    ];
    let call = |host: &dyn Capabilities, (operation, payload): (&str, &str)| {
        host.call("kubewarden", "kubernetes", operation, payload.as_bytes())
    };
    assert_eq!(call(&alone, calls[0]), Err(format!("{FAILED}kube::Client was not initialized properly")));
    let live = Live::new(registry, Arc::new(|_| {})).with_kubernetes(Arc::new(place.cluster()));
    let recorder = Recorder::new(Arc::new(live));
    let answers = calls.map(|asked| call(&recorder, asked));
    let absent = "Cannot find v1/Namespace named 'a' inside of namespace 'None'";
    assert!(answers[0].is_ok());
    assert_eq!(answers[1], Err(format!("{FAILED}{absent}")));
    assert_eq!(answers[2], Err("missing field `name` at line 1 column 2".to_owned()), "refused before it is sent on");
    assert_eq!(answers[3], Err("unknown operation: can_i".to_owned()));
    let text = recorder.to_yaml();
    assert!(text.starts_with("- type: Exchange\n  request: |\n    !KubernetesListResourceNamespace\n"), "{text}");
    assert!(text.contains(r#"    field_masks: ["a","b"]"#) && !text.contains(FAILED), "{text}");
    let replay = Replay::new(host::exchange::parse(&text).expect("what was recorded"), Arc::new(|_| {}));
    assert_eq!(calls[..2].iter().map(|&asked| call(&replay, asked)).collect::<Vec<_>>(), answers[..2]);
}

#[test]
fn the_command_line_asks_a_cluster_for_what_is_in_no_file() {
    let namespace = |tier: &str| json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "prod", "labels": { "tier": tier } } });
    let place = Place::with(&[
        ("/api/v1/namespaces/prod", Answer::new(200, namespace("gold").to_string())),
        ("/api/v1/namespaces/closed", status(403, "Forbidden", "namespaces \"closed\" is forbidden")),
    ]);
    let world = World::odd(vec![]);
    let settings = world.file(
        "settings.yaml",
        "rules:\n- name: all\n  action: deny\n  scope: [{ field: namespaceLabel, key: tier, operator: equals, values: [gold] }]\n  conditions: [{ moreThan: 0 }]\n",
    );
    let pod = |namespace: &str| {
        let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p", "namespace": namespace },
            "spec": { "containers": [{ "name": "c", "image": format!("{}@sha256:{}", world.image("app"), "a".repeat(64)) }] } });
        world.file(&format!("{namespace}.yaml"), &pod.to_string())
    };
    let module = engine::root().join("dist/policy.wasm").display().to_string();
    let kubeconfig = place.kubeconfig().display().to_string();
    let own = ["check", "--policy", &module, "--settings", &settings, "--cluster", "--kubeconfig", &kubeconfig];
    let check = |arguments: &[&str]| world.gatectl(&[&own, arguments].concat());
    let ended = check(&[&pod("prod")]);
    assert!(ended.exit == ExitCode::Denied && ended.results.contains("evidence-missing"), "{ended:?}");
    // What is in the files is not asked for.
    let n_asked = place.server.requests().len();
    let silver = world.file("silver.yaml", &namespace("silver").to_string());
    let ended = check(&[&pod("prod"), "--objects", &silver]);
    assert!(ended.exit == ExitCode::Admitted && place.server.requests().len() == n_asked, "{ended:?}");
    // What is in no file of a kind that was given is asked for all the same.
    let ended = check(&[&pod("closed"), "--objects", &silver]);
    assert!(ended.exit == ExitCode::Denied && ended.results.contains("is forbidden"), "{ended:?}");
}
