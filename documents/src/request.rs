//! Kubernetes manifests → admission requests, as the API server would make them.
//!
//! Takes YAML streams, JSON, lists, admission reviews and bare admission requests; knows nothing of images or rules. Source:
//! Kubernetes `admission.k8s.io/v1`, `AdmissionRequest`.

use policy::image::Digest;
use serde_json::{Value, json};

use crate::yaml::{self, Document, Span, YamlError};

/// An admission request and where it came from.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// `deploy/web.yaml:12`; the name alone where no line is known.
    pub place: String,
    /// Where the object stands in the text; empty where no line is known.
    pub at: Span,
    /// The request.
    pub request: Value,
}

impl Submitted {
    /// A request that has a place of its own, and none in a text.
    #[must_use]
    pub fn of(place: &str, request: Value) -> Self {
        Self { place: place.to_owned(), at: Span::default(), request }
    }
}

/// What manifests do not say.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// `CREATE` or `UPDATE`.
    pub operation: String,
    /// The namespace of objects that name none; `default` for workloads where this does not say.
    pub namespace: Option<String>,
}

/// A document that is none of what Kubernetes takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// `deploy/web.yaml:12`; the name alone where no line is known.
    pub place: String,
    /// Where it stands in the text.
    pub at: Span,
    /// A sentence that says what it is instead.
    pub what: String,
}

/// What a document holds.
pub type Held = Result<Vec<Submitted>, Other>;

/// What each document of a text holds; `name` is what its places begin with.
///
/// # Errors
/// The text is no YAML or JSON.
pub fn read(name: &str, text: &str, defaults: &Defaults) -> Result<Vec<Held>, YamlError> {
    let documents = yaml::read(text)?;
    Ok(documents.iter().filter(|document| !document.value.is_null()).map(|document| held(name, document, defaults)).collect())
}

fn held(name: &str, document: &Document, defaults: &Defaults) -> Held {
    let place = |at: Span| match at.line {
        0 | 1 => name.to_owned(),
        line => format!("{name}:{line}"),
    };
    let submitted = |(pointer, request): (String, Value)| {
        let at = document.span(&pointer);
        Submitted { place: place(at), at, request }
    };
    let other = |what| Other { place: place(document.span("")), at: document.span(""), what };
    of(&document.value, "", defaults).map(|found| found.into_iter().map(submitted).collect()).map_err(other)
}

/// Kinds that live in a namespace and are judged; for others the namespace is left as written.
const WORKLOADS: [&str; 9] =
    ["Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job", "CronJob", "PodTemplate"];

/// Requests, each with the JSON pointer of its object; or a sentence.
pub type Requests = Result<Vec<(String, Value)>, String>;

/// The requests of one document, each with the JSON pointer of its object below `pointer`.
///
/// # Errors
/// A sentence, where it is none of what Kubernetes takes.
pub fn of(value: &Value, pointer: &str, defaults: &Defaults) -> Requests {
    if let Some(objects) = value.as_array() {
        let found = objects.iter().enumerate().map(|(i, object)| of(object, &format!("{pointer}/{i}"), defaults));
        return Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect());
    }
    let kind = value.get("kind").and_then(Value::as_str);
    let items = value.get("items").and_then(Value::as_array);
    match (kind, items) {
        (Some("AdmissionReview"), _) => match value.get("request") {
            Some(request) if request.is_object() => Ok(vec![(format!("{pointer}/request"), request.clone())]),
            _ => Err("an AdmissionReview without a request".to_owned()),
        },
        (Some(list), Some(items)) if list.ends_with("List") => {
            if let Some(part) = is_part(value.get("metadata")) {
                return Err(part.to_owned());
            }
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

/// What is wrong with a list whose metadata says that it goes on (Kubernetes API concepts, "Retrieving large results sets in chunks").
#[must_use]
pub fn is_part(metadata: Option<&Value>) -> Option<&'static str> {
    let goes_on = metadata?.get("continue").and_then(Value::as_str).is_some_and(|next| !next.is_empty());
    goes_on.then_some("expected a whole list, found a part of one (`metadata.continue`); hint: ask for it without a limit")
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
    let digest = Digest::of(format!("{operation} {object}").as_bytes());
    let part = |from: usize, to: usize| digest.hex().get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// How a request's object is called: `Deployment prod/web`.
#[must_use]
pub fn name(request: &Value) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<Value>, String> {
        let defaults = Defaults { operation: "CREATE".to_owned(), namespace: None };
        let held: Result<Vec<_>, _> = read("test", text, &defaults).map_err(|e| e.to_string())?.into_iter().collect();
        Ok(held.map_err(|other| other.what)?.into_iter().flatten().map(|one| one.request).collect())
    }

    #[test]
    fn every_shape_becomes_requests() {
        for (text, names) in [
            ("{apiVersion: v1, kind: Pod, metadata: {name: a}}", &["Pod default/a"][..]),
            ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: prod}}", &["Deployment prod/a"]),
            ("{apiVersion: v1, kind: Namespace, metadata: {name: a}}", &["Namespace a"]),
            (
                "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod}, {apiVersion: batch/v1, kind: Job, metadata: {generateName: b-}}]}",
                &["Pod default/without name", "Job default/b-"],
            ),
            ("{apiVersion: v1, kind: PodList, items: [{metadata: {name: a}}]}", &["Pod default/a"]),
            (
                "[{apiVersion: v1, kind: Pod, metadata: {name: a}}, {apiVersion: v1, kind: Pod}]",
                &["Pod default/a", "Pod default/without name"],
            ),
            ("[]", &[]),
            ("{kind: AdmissionReview, request: {uid: x, kind: {kind: Pod}, name: r, object: {}}}", &["Pod r"]),
            ("{uid: x, kind: {kind: Pod}, name: r, namespace: n, object: {}}", &["Pod n/r"]),
            ("apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Pod\n", &["Pod default/without name"; 2]),
        ] {
            let requests = read_text(text).unwrap();
            assert_eq!(requests.iter().map(name).collect::<Vec<_>>(), names, "{text}");
        }
    }

    #[test]
    fn places_are_those_of_the_objects() {
        let defaults = Defaults { operation: "CREATE".to_owned(), namespace: None };
        let text = "---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n- apiVersion: v1\n  kind: Pod\n";
        let held = read("f.yaml", text, &defaults).unwrap();
        assert_eq!(held.iter().flatten().flatten().map(|one| one.place.as_str()).collect::<Vec<_>>(), ["f.yaml:5", "f.yaml:7"]);
    }

    #[test]
    fn what_is_no_object_is_named() {
        for (text, part) in
            [("{a: b}", "no `kind`"), ("{kind: Pod}", "no `apiVersion`"), ("{kind: AdmissionReview}", "without a request")]
        {
            assert!(read_text(text).unwrap_err().contains(part), "{text}");
        }
    }

    #[test]
    fn uids_depend_on_the_object_alone() {
        let uid = |text| read_text(text).unwrap()[0]["uid"].as_str().unwrap().to_owned();
        let one = uid("{apiVersion: v1, kind: Pod}");
        assert_eq!(one, uid("kind: Pod\napiVersion: v1"));
        assert_ne!(one, uid("{apiVersion: v1, kind: Job}"));
        assert_eq!(one.len(), 36);
    }
}
