//! A log of the policy server → the workloads that it tells of, with the images that they had last.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use policy::time::Timestamp;
use policy::workload::{KINDS, Shape};
use serde_json::{Value, json};

use crate::admissions::{self, Told};
use crate::exit::Failure;

/// What a log tells of.
pub(super) struct Found {
    /// Admission requests, by namespace, kind and name.
    pub(super) requests: Vec<Value>,
    /// Lines that tell of the gate and cannot be read.
    pub(super) n_unread: u64,
    /// Images that it counts without naming them.
    pub(super) n_unlisted: u64,
}

/// Reads a log to its end.
///
/// # Errors
/// It breaks off.
pub(super) fn read(path: &Path, reader: impl Read) -> Result<Found, Failure> {
    let mut last: BTreeMap<[String; 3], (Timestamp, BTreeSet<String>)> = BTreeMap::new();
    let mut n_unlisted = 0_u64;
    let mut take = |told: Told| {
        n_unlisted = n_unlisted.saturating_add(told.n_unlisted);
        // Who was refused for another reason still has the images that it had.
        if told.images.is_empty() {
            return;
        }
        let of = last.entry([told.namespace, told.kind, told.name]).or_insert((told.time, BTreeSet::new()));
        if told.time > of.0 {
            *of = (told.time, BTreeSet::new());
        }
        if told.time == of.0 {
            of.1.extend(told.images);
        }
    };
    let n_unread = admissions::told(path, reader, &mut take)?;
    Ok(Found { requests: last.into_iter().map(|(key, (_, images))| request(&key, &images)).collect(), n_unread, n_unlisted })
}

/// The smallest object of the kind that has these images.
fn request([namespace, kind, name]: &[String; 3], images: &BTreeSet<String>) -> Value {
    let (group, kind, shape) = KINDS.iter().find(|known| known.1 == kind).unwrap_or(&("", "Pod", Shape::Pod));
    let containers: Vec<Value> =
        images.iter().enumerate().map(|(nth, image)| json!({ "name": format!("container-{nth}"), "image": image })).collect();
    let template = json!({ "metadata": {}, "spec": { "containers": containers } });
    let mut object = match shape {
        Shape::Pod => template,
        Shape::Template => json!({ "spec": { "template": template } }),
        Shape::JobTemplate => json!({ "spec": { "jobTemplate": { "spec": { "template": template } } } }),
        Shape::PodTemplate => json!({ "template": template }),
    };
    let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let head = json!({ "apiVersion": api_version, "kind": kind, "metadata": { "name": name, "namespace": namespace } });
    if let (Some(object), Value::Object(head)) = (object.as_object_mut(), head) {
        object.extend(head);
    }
    let kind = json!({ "group": group, "version": "v1", "kind": kind });
    json!({ "uid": "", "kind": kind, "name": name, "namespace": namespace, "operation": "CREATE", "userInfo": {}, "object": object })
}
