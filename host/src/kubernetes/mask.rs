//! Field masks: which members of an object a guest gets.
//!
//! A mask is a dotted path, such as `spec.containers.image`. What a path leads to is kept whole, what leads to nothing is dropped, and
//! an array stands for each of its items. The policy server prunes what its client library calls an object's data: never `apiVersion`,
//! `kind` and `metadata`, which are always there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The members that are kept of an object, and what is kept of each; none means all.
#[derive(Default)]
struct Kept<'m>(BTreeMap<&'m str, Kept<'m>>);

/// Drops what no mask leads to. Without masks, and with an empty list of them, nothing is dropped.
pub(super) fn prune(data: &mut Value, masks: Option<&BTreeSet<String>>) {
    let mut all = Kept::default();
    for mask in masks.into_iter().flatten() {
        let mut kept = &mut all;
        for member in mask.split('.') {
            kept = kept.0.entry(member).or_default();
        }
    }
    all.prune(data);
}

impl Kept<'_> {
    // As deep as the object, which no reader makes deeper than 128.
    fn prune(&self, value: &mut Value) {
        match value {
            _ if self.0.is_empty() => {}
            Value::Object(members) => members.retain(|name, member| match self.0.get(name.as_str()) {
                Some(kept) => {
                    kept.prune(member);
                    true
                }
                None => false,
            }),
            Value::Array(items) => items.iter_mut().for_each(|item| self.prune(item)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pruned(masks: &[&str]) -> Value {
        let mut data = json!({
            "spec": { "replicas": 1, "containers": [{ "name": "a", "image": "x", "ports": [1] }, { "name": "b" }, 3] },
            "status": { "phase": "Running", "conditions": [] },
            "report": null,
        });
        prune(&mut data, Some(&masks.iter().map(|&mask| mask.to_owned()).collect()));
        data
    }

    #[test]
    fn what_no_path_leads_to_is_dropped() {
        for (masks, kept) in [
            (&["spec.replicas"][..], json!({ "spec": { "replicas": 1 } })),
            (&["spec.containers.name"], json!({ "spec": { "containers": [{ "name": "a" }, { "name": "b" }, 3] } })),
            (&["status", "report.deeper"], json!({ "status": { "phase": "Running", "conditions": [] }, "report": null })),
            (&["status.conditions.type", "status.phase"], json!({ "status": { "phase": "Running", "conditions": [] } })),
            (&["metadata.labels"], json!({})),
            (&["spec.containers.0.name"], json!({ "spec": { "containers": [{}, {}, 3] } })),
            (&[""], json!({})),
        ] {
            assert_eq!(pruned(masks), kept, "{masks:?}");
        }
    }

    /// The longer path wins over its own beginning: an empty node is told from one with members by them alone.
    #[test]
    fn a_path_and_its_beginning_keep_what_the_longer_one_does() {
        assert_eq!(pruned(&["spec", "spec.replicas"]), json!({ "spec": { "replicas": 1 } }));
    }

    #[test]
    fn no_mask_keeps_everything() {
        let whole = json!({ "spec": [1], "status": { "a": 1 } });
        for masks in [None, Some(&BTreeSet::new())] {
            let mut data = whole.clone();
            prune(&mut data, masks);
            assert_eq!(data, whole);
        }
    }
}
