//! Sets of objects: how they are read, asked, and refused.

use serde_json::{Value, json};

use super::*;
use crate::kubernetes::Layered;

const WORLD: &str = "
apiVersion: v1
kind: Namespace
metadata: { name: prod, labels: { tier: gold } }
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: { name: b, namespace: prod, labels: { app: web }, managedFields: [], annotations: { kubectl.kubernetes.io/last-applied-configuration: x } }
  spec: { nodeName: n, containers: [] }
- { apiVersion: v1, kind: Pod, metadata: { name: a, namespace: prod } }
---
apiVersion: example.com/v1
kind: ReportList
items: []
---
apiVersion: v1
kind: PodList
items:
- metadata: { name: a, namespace: dev, labels: { app: web } }
";

fn read(text: &str) -> Result<Objects, String> {
    let mut objects = Objects::default();
    read::text_of(&mut objects, "f.yaml", text).and_then(|()| objects.check()).map_err(|error| error.to_string())
}

fn ask(operation: &str, request: &Value) -> Result<Value, String> {
    let request = Request::of_call(operation, request.to_string().as_bytes()).expect("an operation").expect("a request");
    let answer = read(WORLD).expect("a world").answer(&request)?;
    Ok(serde_json::from_slice(&answer).expect("JSON"))
}

fn get(request: &Value) -> Result<Value, String> {
    let mut whole = json!({ "api_version": "v1", "disable_cache": false });
    whole.as_object_mut().expect("members").extend(request.as_object().expect("members").clone());
    ask("get_resource", &whole)
}

/// The namespaces and names of a list.
fn names(list: &Result<Value, String>) -> Vec<String> {
    let list = list.as_ref().expect("a list");
    let text = |item: &Value, key: &str| item["metadata"][key].as_str().unwrap_or_default().to_owned();
    list["items"].as_array().expect("items").iter().map(|item| text(item, "namespace") + "/" + &text(item, "name")).collect()
}

#[test]
fn an_object_is_found_by_its_name() {
    let pod = get(&json!({ "kind": "Pod", "name": "b", "namespace": "prod", "field_masks": ["spec.nodeName"] })).expect("a pod");
    assert_eq!((&pod["apiVersion"], &pod["kind"]), (&json!("v1"), &json!("Pod")));
    assert_eq!((&pod["metadata"]["labels"], &pod["spec"]), (&json!({ "app": "web" }), &json!({ "nodeName": "n" })));
    assert!(pod["metadata"]["managedFields"].is_array(), "only lists are without it");
    // A namespace is in none, whatever the request says.
    let namespace = get(&json!({ "kind": "Namespace", "name": "prod", "namespace": "x", "field_masks": ["metadata.labels"] }));
    assert_eq!(namespace.expect("a namespace")["metadata"], json!({ "name": "prod", "labels": { "tier": "gold" } }));
}

#[test]
fn what_is_not_there_reads_as_from_a_policy_server() {
    for (request, expected) in [
        (
            json!({ "kind": "Pod", "name": "c", "namespace": "prod" }),
            "Cannot find v1/Pod named 'c' inside of namespace 'Some(\"prod\")'",
        ),
        (json!({ "kind": "Namespace", "name": "dev" }), "Cannot find v1/Namespace named 'dev' inside of namespace 'None'"),
        (json!({ "kind": "Pod", "name": "b" }), "Resource v1/Pod is namespaced, but no namespace was provided"),
        (json!({ "kind": "Secret", "name": "b" }), "Cannot find resource v1/Secret"),
        (
            json!({ "api_version": "example.com/v1", "kind": "Report", "name": "r", "namespace": "prod" }),
            "Cannot find example.com/v1/Report named 'r' inside of namespace 'Some(\"prod\")'",
        ),
    ] {
        assert_eq!(get(&request), Err(expected.to_owned()), "{request}");
    }
    let list = ask("list_resources_by_namespace", &json!({ "api_version": "v1", "kind": "Namespace", "namespace": "x" }));
    assert_eq!(list, Err("resource v1/Namespace is cluster wide. Cannot search for it inside of a namespace".to_owned()));
}

/// Such a report would answer for every namespace.
#[test]
fn a_namespace_that_was_left_out_is_not_guessed() {
    let report = "{apiVersion: example.com/v1, kind: Report, metadata: {name: r}}";
    let get = |namespace: Option<&str>| {
        let request = json!({ "api_version": "example.com/v1", "kind": "Report", "name": "r", "namespace": namespace, "disable_cache": true });
        let request = Request::of_call("get_resource", request.to_string().as_bytes()).expect("an operation").expect("a request");
        read(report).expect("a report").answer(&request)
    };
    let text = "example.com/v1/Report `r` has no namespace at f.yaml:1, and that of `prod` was asked for";
    assert_eq!(get(Some("prod")), Err(text.to_owned()));
    assert!(get(None).is_ok());
}

#[test]
fn lists_are_in_order_and_selected() {
    let all = |selectors: Value| {
        let mut request = json!({ "api_version": "v1", "kind": "Pod" });
        request.as_object_mut().expect("members").extend(selectors.as_object().expect("members").clone());
        ask("list_resources_all", &request)
    };
    assert_eq!(names(&all(json!({}))), ["dev/a", "prod/a", "prod/b"]);
    assert_eq!(names(&all(json!({ "label_selector": "app=web" }))), ["dev/a", "prod/b"]);
    assert_eq!(names(&all(json!({ "field_selector": "metadata.name=a,metadata.namespace!=dev" }))), ["prod/a"]);
    assert!(all(json!({ "label_selector": "a>1" })).is_err());
    let list = ask(
        "list_resources_by_namespace",
        &json!({ "api_version": "v1", "kind": "Pod", "namespace": "prod", "field_masks": ["spec.containers"] }),
    );
    assert_eq!(names(&list), ["prod/a", "prod/b"]);
    let list = list.expect("a list");
    assert_eq!((&list["apiVersion"], &list["kind"], &list["metadata"]), (&json!("v1"), &json!("PodList"), &json!({})));
    let pod = &list["items"][1];
    assert_eq!(pod["spec"], json!({ "containers": [] }));
    assert_eq!((&pod["metadata"]["managedFields"], &pod["metadata"]["annotations"]), (&json!([]), &json!({})));
    let none =
        ask("list_resources_by_namespace", &json!({ "api_version": "example.com/v1", "kind": "Report", "namespace": "prod" }));
    assert_eq!((names(&none), &none.expect("a list")["kind"]), (vec![], &json!("ReportList")));
}

#[test]
fn what_is_no_object_is_refused_with_its_place() {
    for (text, expected) in [
        ("a: b", "f.yaml:1: expected a Kubernetes object, found one without `apiVersion` and `kind`"),
        (
            "---\nkind: Pod\nmetadata: { name: a }",
            "f.yaml:2: expected a Kubernetes object, found one without `apiVersion` and `kind`",
        ),
        ("[]", "f.yaml:1: expected a Kubernetes object, found "),
        ("apiVersion: v1\nkind: Pod\n", "f.yaml:1: expected v1/Pod with a name, found none at metadata.name"),
        ("apiVersion: v1\nkind: Pod\nmetadata: { name: a, labels: [x] }\n", "f.yaml:1: expected a Kubernetes object, found "),
        ("apiVersion: v1\nkind: List\nitems:\n- a: b\n", "f.yaml:4: expected a Kubernetes object, found one without"),
        ("a: {", "f.yaml: line "),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: n }\n---\napiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: n }\n",
            "f.yaml:5: expected each object once, found v1/Pod n/a again, which is at f.yaml:1 too",
        ),
        (
            "apiVersion: v1\nkind: PodList\nitems:\n- metadata: { name: a, namespace: n }\n- metadata: { name: b }\n",
            "f.yaml:5: expected v1/Pod `b` with a namespace, as the one at f.yaml:4, found none",
        ),
        (
            "{\"apiVersion\": \"v1\", \"kind\": \"NodeList\", \"items\": [{\"metadata\": {\"name\": \"a\"}},\n {\"metadata\": {\"name\": \"a\"}}]}",
            "f.yaml:2: expected each object once, found v1/Node a again, which is at f.yaml:1 too",
        ),
    ] {
        let found = read(text).expect_err(text);
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn files_and_folders_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("deeper")).expect("a folder");
    std::fs::write(path("deeper/a.json"), r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"}}"#).expect("a file");
    std::fs::write(path("b.yml"), "# nothing\n---\n").expect("a file");
    std::fs::write(path("README.md"), "no object").expect("a file");
    let objects = Objects::read(&[folder.path().to_owned()]).expect("objects");
    assert_eq!((objects.len(), objects.is_empty()), (1, false));
    let again = Objects::read(&[folder.path().to_owned(), path("deeper/a.json")]).expect_err("twice");
    assert!(matches!(&again, ObjectsError::Duplicate { object, .. } if object == "v1/Node a"), "{again}");
    let absent = Objects::read(&[path("absent.yaml")]).expect_err("absent").to_string();
    assert!(absent.contains("absent.yaml: ") && absent.contains("No such file"), "{absent}");
    std::fs::write(path("long.yaml"), vec![b'#'; crate::limits::OBJECT_FILE_BYTES + 1]).expect("a file");
    let long = Objects::read(&[path("long.yaml")]).expect_err("too long").to_string();
    assert!(long.ends_with("long.yaml: expected at most 67108864 bytes"), "{long}");
    let mut deep = path("d");
    (0..=crate::limits::FOLDERS).for_each(|_| deep.push("d"));
    std::fs::create_dir_all(deep).expect("folders");
    let deep = Objects::read(&[path("d")]).expect_err("too deep").to_string();
    assert!(deep.ends_with(": expected at most 32 nested folders"), "{deep}");
}

fn layered(proposed: &[&str], known: Option<&str>) -> Layered {
    let mut set = Objects::default();
    for (n, draft) in proposed.iter().enumerate() {
        let object = documents::yaml::read(draft).expect("YAML").remove(0).value;
        set.propose(&format!("m{n}.yaml"), object).expect("an object");
    }
    Layered::new(set, known.map(|text| read(text).expect("a world")).unwrap_or_default(), None)
}

fn ask_layered(layered: &Layered, operation: &str, request: &Value) -> Result<Value, String> {
    let request = Request::of_call(operation, request.to_string().as_bytes()).expect("an operation").expect("a request");
    layered.answer(&request).map(|answer| serde_json::from_slice(&answer).expect("JSON"))
}

#[test]
fn what_is_proposed_replaces_what_is_known() {
    let draft = "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: prod, labels: {app: db}}}";
    let layered = layered(&[draft, draft, "{apiVersion: v1, kind: Node, metadata: {name: n}}"], Some(WORLD));
    let get = json!({ "api_version": "v1", "kind": "Pod", "name": "a", "namespace": "prod", "disable_cache": false });
    assert_eq!(ask_layered(&layered, "get_resource", &get).expect("a pod")["metadata"]["labels"], json!({ "app": "db" }));
    let list = |selector: Option<&str>| {
        let request = json!({ "api_version": "v1", "kind": "Pod", "label_selector": selector });
        names(&ask_layered(&layered, "list_resources_all", &request))
    };
    assert_eq!(list(None), ["dev/a", "prod/a", "prod/b"]);
    assert_eq!(list(Some("app=db")), ["prod/a"]);
    assert_eq!(list(Some("!app")), [""; 0], "the known one has no label; the proposed one has");
}

#[test]
fn what_is_not_among_the_files_is_absent_only_where_its_kind_was_given() {
    let known = layered(&["{apiVersion: v1, kind: Node, metadata: {name: n}}"], Some(WORLD));
    let get = |kind: &str| json!({ "api_version": "v1", "kind": kind, "name": "x", "namespace": "prod", "disable_cache": true });
    let found = ask_layered(&known, "get_resource", &get("Pod")).expect_err("absent");
    assert_eq!(found, "Cannot find v1/Pod named 'x' inside of namespace 'Some(\"prod\")'");
    let hint = "and no cluster is asked; hint: give what there is with --objects, or ask a cluster with --cluster";
    for kind in ["Node", "Secret"] {
        let found = ask_layered(&known, "get_resource", &get(kind)).expect_err("unknown");
        assert_eq!(found, format!("v1/{kind} `x` of the namespace `prod` is not among the files, {hint}"));
        let list = json!({ "api_version": "v1", "kind": kind });
        let found = ask_layered(&known, "list_resources_all", &list).expect_err("unknown");
        assert_eq!(found, format!("which v1/{kind} objects there are is not among the files, {hint}"));
    }
}

#[test]
fn drafts_that_differ_are_an_error_where_they_matter() {
    let draft = |label: &str| format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: prod, labels: {{tier: {label}}}}}}}");
    let layered = layered(&[&draft("gold"), &draft("lead"), &draft("tin")], Some(WORLD));
    let get = json!({ "api_version": "v1", "kind": "Namespace", "name": "prod", "disable_cache": true });
    let twice = "v1/Namespace `prod` is there twice and not the same, at m0.yaml and m1.yaml";
    assert_eq!(ask_layered(&layered, "get_resource", &get), Err(twice.to_owned()));
    let list = json!({ "api_version": "v1", "kind": "Namespace" });
    assert_eq!(ask_layered(&layered, "list_resources_all", &list), Err(twice.to_owned()));
}
