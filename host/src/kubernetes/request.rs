//! The payloads of `kubernetes/get_resource`, `list_resources_by_namespace` and `list_resources_all`.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;

/// A kind of object as a manifest names it; written `v1/Namespace`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// `v1` for the core group, else `group/version`.
    pub api_version: String,
    /// The kind in the singular, such as `Namespace`.
    pub kind: String,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.api_version, self.kind)
    }
}

/// What a guest asks for. Members that are unknown are passed over, as the policy server passes over them.
///
/// Source: Kubewarden, "Kubernetes capabilities" (<https://docs.kubewarden.io/reference/spec/host-capabilities/kubernetes>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `get_resource`: one object by its name.
    Get(Get),
    /// `list_resources_by_namespace` and `list_resources_all`.
    List(List),
}

/// One object by its name.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Get {
    /// What it is.
    #[serde(flatten)]
    pub resource: Resource,
    /// Its name.
    pub name: String,
    /// Its namespace; of no meaning for what is in none.
    pub namespace: Option<String>,
    /// Whether an answer that was given before must not be given again.
    pub disable_cache: bool,
    /// The members that are wanted, as dotted paths; all where absent.
    pub field_masks: Option<BTreeSet<String>>,
}

/// The objects of a kind.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct List {
    /// What they are.
    #[serde(flatten)]
    pub resource: Resource,
    /// Their namespace; all where absent.
    #[serde(skip)]
    pub namespace: Option<String>,
    /// Chooses by labels; all where absent.
    pub label_selector: Option<String>,
    /// Chooses by other members; all where absent.
    pub field_selector: Option<String>,
    /// As of [`Get`].
    pub field_masks: Option<BTreeSet<String>>,
}

#[derive(Deserialize)]
struct Namespaced {
    namespace: String,
    #[serde(flatten)]
    list: List,
}

impl Request {
    /// The request behind a host call of the namespace `kubernetes`; `None` for the operations that are not served.
    ///
    /// # Errors
    /// The payload is no such request.
    #[must_use]
    pub fn of_call(operation: &str, payload: &[u8]) -> Option<Result<Self, serde_json::Error>> {
        match operation {
            "get_resource" => Some(serde_json::from_slice(payload).map(Self::Get)),
            "list_resources_all" => Some(serde_json::from_slice(payload).map(Self::List)),
            "list_resources_by_namespace" => Some(
                serde_json::from_slice(payload)
                    .map(|Namespaced { namespace, list }| Self::List(List { namespace: Some(namespace), ..list })),
            ),
            _ => None,
        }
    }

    /// What is asked for.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        match self {
            Self::Get(get) => &get.resource,
            Self::List(list) => &list.resource,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(operation: &str, payload: &str) -> Result<Request, String> {
        Request::of_call(operation, payload.as_bytes()).expect("a known operation").map_err(|error| error.to_string())
    }

    #[test]
    fn payloads_are_read() {
        let pods = Resource { api_version: "v1".to_owned(), kind: "Pod".to_owned() };
        let masks = Some(BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        assert_eq!(
            parsed(
                "get_resource",
                r#"{"api_version":"v1","kind":"Pod","name":"n","disable_cache":true,"field_masks":["b","a","b"],"later":1}"#
            ),
            Ok(Request::Get(Get {
                resource: pods.clone(),
                name: "n".to_owned(),
                namespace: None,
                disable_cache: true,
                field_masks: masks
            }))
        );
        let list = List {
            resource: pods,
            namespace: Some("n".to_owned()),
            label_selector: None,
            field_selector: Some("f".to_owned()),
            field_masks: None,
        };
        let payload = r#"{"api_version":"v1","kind":"Pod","namespace":"n","label_selector":null,"field_selector":"f"}"#;
        assert_eq!(parsed("list_resources_by_namespace", payload), Ok(Request::List(list.clone())));
        assert_eq!(parsed("list_resources_all", payload), Ok(Request::List(List { namespace: None, ..list })));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (operation, payload, missing) in [
            ("get_resource", r#"{"api_version":"v1","kind":"Pod","disable_cache":true}"#, "name"),
            ("get_resource", r#"{"api_version":"v1","kind":"Pod","name":"n"}"#, "disable_cache"),
            ("list_resources_by_namespace", r#"{"api_version":"v1","kind":"Pod"}"#, "namespace"),
            ("list_resources_all", r#"{"api_version":"v1"}"#, "kind"),
        ] {
            let found = parsed(operation, payload).expect_err(payload);
            assert!(found.starts_with(&format!("missing field `{missing}`")), "{found}");
        }
        assert!(Request::of_call("can_i", b"{}").is_none());
    }
}
