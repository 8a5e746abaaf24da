//! Sets of objects: how they are read, asked, and refused.

use serde_json::{Value, json};

use super::*;

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
    read::text_of(&mut objects, "f.yaml", text).map(|()| objects).map_err(|error| error.to_string())
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
