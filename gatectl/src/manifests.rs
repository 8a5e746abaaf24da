//! Files of Kubernetes manifests → admission requests, as the API server would make them.
//!
//! Takes YAML streams, JSON, lists, admission reviews and bare admission requests; knows nothing of images or rules. Source:
//! Kubernetes `admission.k8s.io/v1`.

mod request;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub(crate) use self::request::name;
use crate::exit::Failure;

/// The longest input that is read, in bytes: what the YAML reader and the report readers accept at most.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
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

/// What a document holds; or its place and a sentence.
type Held = Result<Vec<Submitted>, (String, String)>;

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
            for file in host::files::below(path).map_err(Failure::new)? {
                read_file(&file, defaults, &mut submitted, Some(&mut notes))?;
            }
        } else {
            read_file(path, defaults, &mut submitted, None)?;
        }
    }
    Ok((submitted, notes))
}

fn read_file(
    path: &Path,
    defaults: &Defaults,
    submitted: &mut Vec<Submitted>,
    mut notes: Option<&mut Vec<String>>,
) -> Result<(), Failure> {
    let name = path.display().to_string();
    let text = String::from_utf8(read_bytes(path)?).map_err(|e| Failure::at(&name, e.utf8_error()))?;
    for found in documents(&name, &text, defaults)? {
        match (found, &mut notes) {
            (Ok(found), _) => submitted.extend(found),
            (Err((place, what)), Some(notes)) => notes.push(format!("{place}: passed over, {what}")),
            (Err((place, what)), None) => return Err(Failure::at(place, what)),
        }
    }
    Ok(())
}

/// The requests of a text that has the name of a file.
pub(crate) fn of_text(name: &str, text: &str, defaults: &Defaults) -> Result<Vec<Submitted>, Failure> {
    let mut submitted = Vec::new();
    for found in documents(name, text, defaults)? {
        submitted.extend(found.map_err(|(place, what)| Failure::at(place, what))?);
    }
    Ok(submitted)
}

/// What each document of a text holds, or its place and what it is instead.
fn documents(name: &str, text: &str, defaults: &Defaults) -> Result<Vec<Held>, Failure> {
    let read = |document: &host::yaml::Document| {
        let place = |pointer: &str| match document.span(pointer).line {
            0 | 1 => name.to_owned(),
            line => format!("{name}:{line}"),
        };
        let submitted = |(pointer, request): (String, Value)| Submitted { place: place(&pointer), request };
        request::of(&document.value, "", defaults)
            .map(|found| found.into_iter().map(submitted).collect())
            .map_err(|what| (place(""), what))
    };
    let documents = host::yaml::read(text).map_err(|e| Failure::at(name, e))?;
    Ok(documents.iter().filter(|document| !document.value.is_null()).map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<Value>, String> {
        let defaults = Defaults { operation: "CREATE".to_owned(), namespace: None };
        let submitted = of_text("test", text, &defaults).map_err(|e| e.message)?;
        Ok(submitted.into_iter().map(|one| one.request).collect())
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
    fn places_are_those_of_the_objects() {
        let defaults = Defaults { operation: "CREATE".to_owned(), namespace: None };
        let text = "---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n- apiVersion: v1\n  kind: Pod\n";
        let submitted = of_text("f.yaml", text, &defaults).unwrap();
        assert_eq!(submitted.iter().map(|one| one.place.as_str()).collect::<Vec<_>>(), ["f.yaml:5", "f.yaml:7"]);
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
