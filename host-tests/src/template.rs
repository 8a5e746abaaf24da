//! Gatekeeper's templates: the Rego of `deploy/gatekeeper/rego`, with the settings' schema as that of a constraint's parameters.
//!
//! Two templates share a key, and with it an answer: one shows denials, one what was admitted with a warning, since the action belongs to the
//! constraint and not to the violation.

use serde_json::{Map, Value, json};

use crate::engine::root;
use crate::reference;

/// Keywords that a structural schema has, as the settings' schema means them. Patterns are left out: those of the API server are another
/// dialect, and the provider says more.
const KEPT: [&str; 8] = ["type", "description", "enum", "required", "minimum", "maximum", "minItems", "maxItems"];

/// A template.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// Its kind.
    pub kind: &'static str,
    /// The file in `deploy/gatekeeper/rego` behind `key.rego`.
    pub rego: &'static str,
    about: &'static str,
}

/// Both templates.
pub const TEMPLATES: [Template; 2] = [
    Template {
        kind: "GatedDeployment",
        rego: "deny.rego",
        about: "Denies workloads whose images break a rule, or of which nothing is known where a rule says so.",
    },
    Template {
        kind: "GatedDeploymentAudit",
        rego: "audit.rego",
        about: "Warns of workloads that a rule audits. Give it the parameters of the constraint that denies, and `enforcementAction: warn`.",
    },
];

impl Template {
    /// The package of its rules.
    #[must_use]
    pub fn package(&self) -> String {
        self.kind.to_lowercase()
    }

    /// The file that it is kept in.
    #[must_use]
    pub fn file(&self) -> String {
        format!("deploy/gatekeeper/template-{}", self.rego.replace(".rego", ".yaml"))
    }

    /// Its Rego.
    ///
    /// # Panics
    /// There is none in this checkout.
    #[must_use]
    pub fn rego(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(root().join("deploy/gatekeeper/rego").join(name)).expect("Rego");
        format!("package {}\n\n{}{}", self.package(), read("key.rego"), read(self.rego))
    }

    /// The manifest.
    #[must_use]
    pub fn yaml(&self) -> String {
        let schema = serde_json::to_string_pretty(&structural(&reference::schema())).expect("JSON");
        let indented = |text: &str, by: usize| -> String {
            let lines = text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{:by$}{line}\n", "") });
            lines.collect()
        };
        format!(
            "# Made of rego/ and of the settings' schema by `./just derived`.
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: {name}
  annotations:
    metadata.gatekeeper.sh/title: {kind}
    description: >-
      {about}
spec:
  crd:
    spec:
      names:
        kind: {kind}
      validation:
        openAPIV3Schema:
{schema}  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
{rego}",
            name = self.package(),
            kind = self.kind,
            about = self.about,
            schema = indented(&schema, 10),
            rego = indented(&self.rego(), 8),
        )
    }
}

/// The part of a schema that the API server takes. What it does not name is kept and not pruned, so that the provider can refuse it.
fn structural(schema: &Value) -> Value {
    let mut kept = Map::new();
    for key in KEPT {
        if let Some(value) = schema.get(key).filter(|value| key != "type" || value.is_string()) {
            kept.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        let properties: Map<String, Value> = properties.iter().map(|(key, value)| (key.clone(), structural(value))).collect();
        kept.insert("properties".to_owned(), Value::Object(properties));
    }
    if schema["items"].is_object() {
        kept.insert("items".to_owned(), structural(&schema["items"]));
    }
    if !kept.contains_key("type") || schema["type"] == "object" {
        kept.insert("x-kubernetes-preserve-unknown-fields".to_owned(), json!(true));
    }
    Value::Object(kept)
}
