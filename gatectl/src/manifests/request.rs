//! One document → the admission requests in it, as the API server would make them.
//!
//! Source: Kubernetes `admission.k8s.io/v1`, `AdmissionRequest`.

use serde_json::{Value, json};

use super::Defaults;
use crate::attach::sha256;

/// Kinds that live in a namespace and are judged; for others the namespace is left as written.
const WORKLOADS: [&str; 9] =
    ["Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job", "CronJob", "PodTemplate"];

/// The requests of one document, each with the JSON pointer of its object; a sentence where it holds none.
type Requests = Result<Vec<(String, Value)>, String>;

/// The requests of one document; a sentence where it is none of what Kubernetes takes.
pub(super) fn of(value: &Value, pointer: &str, defaults: &Defaults) -> Requests {
    let kind = value.get("kind").and_then(Value::as_str);
    let items = value.get("items").and_then(Value::as_array);
    match (kind, items) {
        (Some("AdmissionReview"), _) => match value.get("request") {
            Some(request) if request.is_object() => Ok(vec![(format!("{pointer}/request"), request.clone())]),
            _ => Err("an AdmissionReview without a request".to_owned()),
        },
        (Some(list), Some(items)) if list.ends_with("List") => {
            let mut found = Vec::new();
            for (i, item) in items.iter().enumerate() {
                found.extend(of(&typed(item, list, value), &format!("{pointer}/items/{i}"), defaults)?);
            }
            Ok(found)
        }
        (Some(kind), _) => request(value, kind, defaults).map(|request| vec![(pointer.to_owned(), request)]),
        (None, _) if value.get("uid").is_some() && value.get("kind").is_some_and(Value::is_object) => {
            Ok(vec![(pointer.to_owned(), value.clone())])
        }
        (None, _) => Err("not a Kubernetes object: it has no `kind`".to_owned()),
    }
}

/// An item of a typed list, which carries the kind for all of them.
fn typed(item: &Value, list: &str, of: &Value) -> Value {
    let mut item = item.clone();
    if let Some(members) = item.as_object_mut()
        && list != "List"
    {
        members.entry("kind").or_insert_with(|| json!(list.trim_end_matches("List")));
        members.entry("apiVersion").or_insert_with(|| of.get("apiVersion").cloned().unwrap_or_default());
    }
    item
}

fn request(object: &Value, kind: &str, defaults: &Defaults) -> Result<Value, String> {
    let api_version =
        object.get("apiVersion").and_then(Value::as_str).ok_or("not a Kubernetes object: it has no `apiVersion`")?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let metadata = |key: &str| object.pointer(&format!("/metadata/{key}")).and_then(Value::as_str);
    let fallback = WORKLOADS.contains(&kind).then_some("default");
    let namespace = metadata("namespace").or(defaults.namespace.as_deref()).or(fallback);
    let kind_of = json!({ "group": group, "version": version, "kind": kind });
    let resource = json!({ "group": group, "version": version, "resource": format!("{}s", kind.to_ascii_lowercase()) });
    Ok(json!({
        "uid": uid(object, &defaults.operation),
        "kind": kind_of, "requestKind": kind_of,
        "resource": resource, "requestResource": resource,
        "name": metadata("name").unwrap_or_default(),
        "namespace": namespace.unwrap_or_default(),
        "operation": defaults.operation,
        "userInfo": {},
        "object": object,
        "dryRun": true,
    }))
}

/// The same object always has the same uid, in the form of a UUID.
fn uid(object: &Value, operation: &str) -> String {
    let digest = sha256(format!("{operation} {object}").as_bytes());
    let hex: Vec<char> = digest.chars().skip("sha256:".len()).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().iter().collect::<String>();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// How a request's object is called: `Deployment prod/web`.
pub(crate) fn name(request: &Value) -> String {
    let text = |pointer: &str| request.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let kind = text("/kind/kind").or_else(|| text("/object/kind")).unwrap_or("object");
    let name = text("/name")
        .or_else(|| text("/object/metadata/name"))
        .or_else(|| text("/object/metadata/generateName"))
        .unwrap_or("without name");
    match text("/namespace") {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}
