//! A cluster → the requests that its workloads would be admitted by.

use documents::request::{self, Defaults, Submitted};
use host::kubernetes::{Cluster, List, Resource};
use policy::workload::KINDS;
use serde_json::json;

use crate::exit::Failure;

/// Asks for the workloads of all namespaces, and for the namespaces.
///
/// # Errors
/// The API server refuses a list: what is left out would look as if it were admitted.
pub(super) fn read(
    cluster: &Cluster,
    defaults: &Defaults,
    take: &mut dyn FnMut(Submitted) -> Result<(), String>,
) -> Result<(), Failure> {
    let workloads = KINDS.iter().map(|(group, kind, _)| (*group, *kind));
    for (group, kind) in workloads.chain([("", "Namespace")]) {
        let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
        let resource = Resource { api_version: api_version.clone(), kind: kind.to_owned() };
        let list = List { resource, namespace: None, label_selector: None, field_selector: None, field_masks: None };
        let at = |error: &dyn std::fmt::Display| Failure::at(format_args!("the {kind} objects of the cluster"), error);
        for object in cluster.list(&list).map_err(|error| at(&error.report()))? {
            let object = serde_json::to_value(&object).map_err(|error| at(&error))?;
            // An item of a list may not say what it is.
            let one = json!({ "kind": format!("{kind}List"), "apiVersion": api_version, "items": [object] });
            for (_, request) in request::of(&one, "", defaults).map_err(|error| at(&error))? {
                take(Submitted::of("cluster", request)).map_err(Failure::new)?;
            }
        }
    }
    Ok(())
}
