//! Files of Kubernetes manifests → admission requests, as the API server would make them.
//!
//! Takes YAML streams, JSON, lists, admission reviews and bare admission requests; knows nothing of images or rules. Source:
//! Kubernetes `admission.k8s.io/v1`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::attach::sha256;
use crate::exit::Failure;

/// The longest input that is read, in bytes: what the YAML reader and the report readers accept at most.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// The deepest nesting of folders that is walked.
const MAX_FOLDERS: usize = 32;
/// Kinds that live in a namespace and are judged; for others the namespace is left as written.
const WORKLOADS: [&str; 9] =
    ["Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job", "CronJob", "PodTemplate"];

/// An admission request and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Submitted {
    /// `deploy/web.yaml:12`.
    pub(crate) place: String,
    /// The request.
    pub(crate) request: Value,
}

/// What manifests do not say.
#[derive(Clone, Debug)]
pub(crate) struct Defaults {
    pub(crate) operation: String,
    pub(crate) namespace: Option<String>,
}

/// The requests of one document; a sentence where it holds none.
type Requests = Result<Vec<Value>, String>;

/// All bytes of a file, or of stdin for `-`.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let at = |e: std::io::Error| Failure::at(path.display(), e);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_BYTES.saturating_add(1)).read_to_end(&mut bytes).map_err(at)?;
    } else {
        std::fs::File::open(path).map_err(at)?.take(MAX_BYTES.saturating_add(1)).read_to_end(&mut bytes).map_err(at)?;
    }
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(Failure::at(path.display(), format_args!("expected at most {MAX_BYTES} bytes"))),
        false => Ok(bytes),
    }
}

/// Reads files, folders and stdin, in the order given; a folder's files by name. What lies in a folder and is no Kubernetes object
/// is passed over with a note; of what was named itself it is an error.
pub(crate) fn read(paths: &[PathBuf], defaults: &Defaults) -> Result<(Vec<Submitted>, Vec<String>), Failure> {
    let (mut submitted, mut notes) = (Vec::new(), Vec::new());
    for path in paths {
        if path.is_dir() {
            let mut files = Vec::new();
            walk(path, &mut files, 0)?;
            for file in files {
                read_file(&file, defaults, &mut submitted, Some(&mut notes))?;
            }
        } else {
            read_file(path, defaults, &mut submitted, None)?;
        }
    }
    Ok((submitted, notes))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, depth: usize) -> Result<(), Failure> {
    if depth > MAX_FOLDERS {
        return Err(Failure::at(folder.display(), format_args!("expected at most {MAX_FOLDERS} nested folders")));
    }
    let at = |e: std::io::Error| Failure::at(folder.display(), e);
    let mut entries =
        std::fs::read_dir(folder).map_err(at)?.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(at)?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            walk(&entry, files, depth.saturating_add(1))?;
        } else if entry.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
            files.push(entry);
        }
    }
    Ok(())
}

fn read_file(
    path: &Path,
    defaults: &Defaults,
    submitted: &mut Vec<Submitted>,
    mut notes: Option<&mut Vec<String>>,
) -> Result<(), Failure> {
    let name = path.display().to_string();
    let text = String::from_utf8(read_bytes(path)?).map_err(|e| Failure::at(&name, e.utf8_error()))?;
    for (place, found) in documents(&name, &text, defaults)? {
        match (found, &mut notes) {
            (Ok(requests), _) => {
                submitted.extend(requests.into_iter().map(|request| Submitted { place: place.clone(), request }))
            }
            (Err(what), Some(notes)) => notes.push(format!("{place}: passed over, {what}")),
            (Err(what), None) => return Err(Failure::at(place, what)),
        }
    }
    Ok(())
}

/// The requests of a text that has the name of a file.
pub(crate) fn of_text(name: &str, text: &str, defaults: &Defaults) -> Result<Vec<Submitted>, Failure> {
    let mut submitted = Vec::new();
    for (place, found) in documents(name, text, defaults)? {
        let requests = found.map_err(|what| Failure::at(&place, what))?;
        submitted.extend(requests.into_iter().map(|request| Submitted { place: place.clone(), request }));
    }
    Ok(submitted)
}

/// Each document of a text with its place and what it holds.
fn documents(name: &str, text: &str, defaults: &Defaults) -> Result<Vec<(String, Requests)>, Failure> {
    let documents = host::yaml::read(text).map_err(|e| Failure::at(name, e))?;
    let written = documents.iter().filter(|document| !document.value.is_null());
    let place = |line: usize| if line > 1 { format!("{name}:{line}") } else { name.to_owned() };
    Ok(written.map(|document| (place(document.span("").line), requests(&document.value, defaults))).collect())
}

/// The requests of one document; a sentence where it is none of what Kubernetes takes.
fn requests(value: &Value, defaults: &Defaults) -> Requests {
    let kind = value.get("kind").and_then(Value::as_str);
    let items = value.get("items").and_then(Value::as_array);
    match (kind, items) {
        (Some("AdmissionReview"), _) => match value.get("request") {
            Some(request) if request.is_object() => Ok(vec![request.clone()]),
            _ => Err("an AdmissionReview without a request".to_owned()),
        },
        (Some(list), Some(items)) if list.ends_with("List") => {
            let mut found = Vec::new();
            for item in items {
                found.extend(requests(&typed(item, list, value), defaults)?);
            }
            Ok(found)
        }
        (Some(kind), _) => request(value, kind, defaults).map(|request| vec![request]),
        (None, _) if value.get("uid").is_some() && value.get("kind").is_some_and(Value::is_object) => Ok(vec![value.clone()]),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<Value>, String> {
        let defaults = Defaults { operation: "CREATE".to_owned(), namespace: None };
        let documents = host::yaml::read(text).unwrap();
        documents.iter().map(|d| requests(&d.value, &defaults)).collect::<Result<Vec<_>, _>>().map(|all| all.concat())
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
            ("{kind: AdmissionReview, request: {uid: x, kind: {kind: Pod}, name: r, object: {}}}", &["Pod r"]),
            ("{uid: x, kind: {kind: Pod}, name: r, namespace: n, object: {}}", &["Pod n/r"]),
            ("apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Pod\n", &["Pod default/without name"; 2]),
        ] {
            let requests = read_text(text).unwrap();
            assert_eq!(requests.iter().map(name).collect::<Vec<_>>(), names, "{text}");
        }
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
