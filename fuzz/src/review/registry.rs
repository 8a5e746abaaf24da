//! The host of the fuzzer: a registry that keeps the input's findings documents, and otherwise answers what the input says.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use policy::findings::packed::{ENCODING, Flat};
use policy::findings::{Document, MEDIA_TYPE, SUMMARY_ANNOTATION, summary, tag};
use policy::lookup::host::Host;
use serde_json::{Value, json};

/// No digest of anything: the policy compares digests and computes none.
const CONFIG: &str = "sha256:c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0";

/// What a registry keeps of one findings document.
#[derive(Debug)]
struct Artifact {
    manifest: Value,
    config: Value,
    is_clean: bool,
}

/// Answers host calls and remembers them. A clone starts with what it was cloned with.
#[derive(Clone, Debug)]
pub(super) struct Registry {
    artifacts: Rc<BTreeMap<String, Artifact>>,
    rest: RefCell<std::vec::IntoIter<Result<Vec<u8>, String>>>,
    calls: RefCell<Vec<(String, Vec<u8>)>>,
    given: RefCell<BTreeSet<String>>,
}

impl Registry {
    /// The parts of an input behind its payload.
    pub(super) fn new(parts: &[&[u8]]) -> Self {
        let mut artifacts = BTreeMap::new();
        let mut rest = Vec::new();
        for part in parts {
            match part.split_first() {
                Some((&kind @ (b'=' | b'-'), text)) => artifacts.extend(artifact(text, kind == b'=')),
                Some((b'+', text)) => rest.push(Ok(text.to_vec())),
                Some((b'!', text)) => rest.push(Err(String::from_utf8_lossy(text).into_owned())),
                _ => {}
            }
        }
        let rest = RefCell::new(rest.into_iter());
        Self { artifacts: Rc::new(artifacts), rest, calls: RefCell::default(), given: RefCell::default() }
    }

    /// Nothing is asked twice, and the labels of the namespace once at most.
    pub(super) fn check_calls(&self) {
        let calls = self.calls.borrow();
        let distinct: BTreeSet<_> = calls.iter().collect();
        assert_eq!(distinct.len(), calls.len(), "asked twice: {calls:?}");
        let is_namespace = |query: &[u8]| String::from_utf8_lossy(query).contains(r#""kind":"Namespace""#);
        let namespaces =
            calls.iter().filter(|(operation, query)| operation.starts_with("kubernetes") && is_namespace(query)).count();
        assert!(namespaces <= 1, "{calls:?}");
    }

    /// Whether every document that was asked for says that it looked at everything and found nothing.
    pub(super) fn gave_only_clean(&self) -> bool {
        self.given.borrow().iter().all(|tag| self.artifacts[tag].is_clean)
    }
}

fn artifact(text: &[u8], with_summary: bool) -> Option<(String, Artifact)> {
    let document: Document<'_> = serde_json::from_str(std::str::from_utf8(text).ok()?).ok()?;
    let packed = rmp_serde::to_vec(&document).ok()?;
    let flat = Flat {
        schema_version: 1,
        subject: document.subject.clone(),
        encoding: ENCODING.into(),
        findings: STANDARD.encode(stored(&packed)).into(),
    };
    let descriptor = |digest: &str| json!({ "mediaType": MEDIA_TYPE, "digest": digest, "size": 1 });
    let mut manifest =
        json!({ "artifactType": MEDIA_TYPE, "config": descriptor(CONFIG), "subject": descriptor(&document.subject) });
    if with_summary {
        let summary = serde_json::to_string(&summary::summarize(&document, CONFIG)).ok()?;
        manifest["annotations"] = json!({ SUMMARY_ANNOTATION: summary });
    }
    let is_clean = document.images.iter().all(|image| image.vulnerabilities.as_ref().is_some_and(Vec::is_empty));
    let config = serde_json::to_value(&flat).ok()?;
    Some((tag(document.subject.trim_start_matches("sha256:")), Artifact { manifest, config, is_clean }))
}

/// A deflate stream of blocks that are not compressed: making a real one would take most of the fuzzer's time.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    for block in bytes.chunks(usize::from(u16::MAX)) {
        let length = u16::try_from(block.len()).expect("a block has so many at most");
        stream.push(0);
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    // An empty last block.
    stream.extend([1, 0, 0, 0xff, 0xff]);
    stream
}

impl Host for Registry {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        if namespace == "tracing" {
            assert!(serde_json::from_slice::<Value>(payload).is_ok_and(|event| event.is_object()), "an event is an object");
            return Ok(Vec::new());
        }
        self.calls.borrow_mut().push((format!("{namespace} {operation}"), payload.to_vec()));
        let image: Value = serde_json::from_slice(payload).expect("a call's payload is JSON");
        let tag = image.as_str().and_then(|image| image.rsplit_once(':')).map_or("", |(_, tag)| tag);
        match (operation, self.artifacts.get(tag)) {
            ("v1/oci_manifest", Some(artifact)) => {
                self.given.borrow_mut().insert(tag.to_owned());
                Ok(artifact.manifest.to_string().into_bytes())
            }
            ("v1/oci_manifest_config", Some(Artifact { manifest, config, .. })) => {
                self.given.borrow_mut().insert(tag.to_owned());
                Ok(json!({ "manifest": manifest, "digest": CONFIG, "config": config }).to_string().into_bytes())
            }
            _ => self.rest.borrow_mut().next().unwrap_or_else(|| Err("error sending request: connection refused".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::findings::packed;

    /// Otherwise every document would be unreadable, and the target would see little of the policy.
    #[test]
    fn what_is_kept_can_be_read() {
        let subject = "sha256:3f1c0a5d9b7e2c4f6a8b0d1e3f5a7c9b2d4e6f8a0b1c3d5e7f9a1b3c5d7e9f0a";
        let name = "x".repeat(100_000);
        let text =
            json!({ "schemaVersion": 1, "subject": subject, "scanner": { "name": name }, "scannedAt": "2026-11-21T10:00:00Z",
            "provides": [], "images": [{ "digest": subject, "vulnerabilities": [] }] })
            .to_string();
        let (tag, artifact) = artifact(text.as_bytes(), true).unwrap();
        assert_eq!(tag, format!("{}.findings", subject.replace(':', "-")));
        let config = artifact.config.to_string();
        let bytes = packed::inflate(&serde_json::from_str::<Flat<'_>>(&config).unwrap()).unwrap();
        assert_eq!(packed::read(&bytes).unwrap().scanner.name, name);
        assert!(artifact.is_clean);
    }
}
