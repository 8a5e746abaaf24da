//! Settings as typed → what a cluster takes: a ClusterAdmissionPolicy, constraints, or the command line's own command.
//!
//! The objects around the settings are those of `deploy/`, which a test holds them to.

use documents::yaml;
use policy::settings::{Action, PinDigests, Settings, Source};
use policy::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{SCHEMA_VERSION, problem, question, settings};

/// What the policy is, as its publisher says.
const METADATA: &str = include_str!("../../metadata.yml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    settings: String,
    target: Target,
    #[serde(default)]
    name: Option<String>,
    now: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Target {
    Kubewarden,
    Gatekeeper,
    Command,
}

/// What the objects are called where nobody says.
const NAME: &str = "gated-deployment";

/// Writes `settings` for `target` (`kubewarden`, `gatekeeper` or `command`) under `name`. The answer has `text`, or the `problems` of the
/// settings; of what is no such question, `problem` alone. Comments are not kept.
#[must_use]
pub fn export(text: &str) -> String {
    let question: Question = match question(text) {
        Ok(question) => question,
        Err(what) => return problem(&what),
    };
    let Some(now) = Timestamp::parse(&question.now) else {
        return problem("`now`: expected an instant, such as 2026-11-22T12:00:00Z");
    };
    let name = question.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(NAME);
    if !is_name(name) {
        return problem("`name`: expected small letters, digits and hyphens, at most 63, with a letter or digit at both ends");
    }
    let (shown, usable) = settings::read(&question.settings, now);
    let Some(usable) = usable else {
        return json!({ "schemaVersion": SCHEMA_VERSION, "problems": shown.get("problems") }).to_string();
    };
    let text = match question.target {
        Target::Kubewarden => kubewarden(name, &usable.settings, &usable.value),
        Target::Gatekeeper => gatekeeper(name, &usable.value),
        Target::Command => command(&usable.value, now),
    };
    json!({ "schemaVersion": SCHEMA_VERSION, "text": text }).to_string()
}

/// A label of DNS (RFC 1123), which names of objects may be in any case.
fn is_name(name: &str) -> bool {
    let is_sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    name.len() <= 63 && name.bytes().all(is_sound) && !name.starts_with('-') && !name.ends_with('-')
}

/// Namespaces of what the gate itself needs to start, beside those of the engine.
const OWN: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

fn kubewarden(name: &str, settings: &Settings, value: &Value) -> String {
    let denies = settings.rules.iter().any(|rule| rule.enabled && rule.action == Action::Deny);
    let is_pinning = settings.pin_digests != PinDigests::Never;
    let namespaces = OWN.iter().chain(&["kubewarden", "cert-manager"]).collect::<Vec<_>>();
    let operations = json!(["CREATE", "UPDATE"]);
    let rule = |group: &str, resources: &[&str]| json!({ "apiGroups": [group], "apiVersions": ["v1"], "resources": resources, "operations": operations });
    let mut policy = json!({
        "apiVersion": "policies.kubewarden.io/v1",
        "kind": "ClusterAdmissionPolicy",
        "metadata": { "name": name, "annotations": {
            "io.kubewarden.policy.severity": if denies { "critical" } else { "medium" },
            "io.kubewarden.policy.category": "Image security",
        } },
        "spec": {
            "module": format!("registry://{}:v{}", address(), env!("CARGO_PKG_VERSION")),
            "policyServer": "gated-deployment",
            "mode": "protect",
            "mutating": is_pinning,
            "backgroundAudit": !is_pinning,
            "failurePolicy": if denies { "Fail" } else { "Ignore" },
            "timeoutSeconds": 15,
            "timeoutEvalSeconds": 10,
            "rules": [
                rule("", &["pods", "pods/ephemeralcontainers", "pods/resize", "replicationcontrollers", "podtemplates"]),
                rule("apps", &["deployments", "replicasets", "statefulsets", "daemonsets"]),
                rule("batch", &["jobs", "cronjobs"]),
            ],
            "namespaceSelector": { "matchExpressions": [
                { "key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": namespaces },
            ] },
            "settings": value,
        },
    });
    let asked = asked(settings);
    if let Some(spec) = policy.get_mut("spec").and_then(Value::as_object_mut).filter(|_| !asked.is_empty()) {
        spec.insert("contextAwareResources".to_owned(), asked.into());
    }
    let head =
        "# For `kubectl apply`. `module` has to be the one that you use; deploy/kubewarden/README.md says what else is needed.\n";
    format!("{head}{}", yaml::write(&policy))
}

/// Where the module is published, as metadata.yml says: what the publisher knows stands there alone.
fn address() -> &'static str {
    let said = METADATA.lines().find_map(|line| line.strip_prefix("  io.kubewarden.policy.ociUrl: "));
    said.unwrap_or_default()
}

/// The kinds of objects that the policy has to be granted.
fn asked(settings: &Settings) -> Vec<Value> {
    let scopes =
        settings.rules.iter().map(|rule| &rule.scope).chain(settings.exemptions.iter().map(|exemption| &exemption.scope));
    let has_labels = scopes.flatten().any(|entry| matches!(entry.field, policy::settings::Field::NamespaceLabel(_)));
    let namespaces = has_labels.then(|| json!({ "apiVersion": "v1", "kind": "Namespace" }));
    let reports = settings.findings.sources.iter().filter_map(|source| match source {
        Source::Registry { .. } => None,
        Source::SbomScanner(_) => Some("storage.sbomscanner.kubewarden.io/v1alpha1"),
        Source::TrivyOperator => Some("aquasecurity.github.io/v1alpha1"),
    });
    let mut asked: Vec<Value> = namespaces.into_iter().collect();
    for version in reports {
        let report = json!({ "apiVersion": version, "kind": "VulnerabilityReport" });
        if !asked.contains(&report) {
            asked.push(report);
        }
    }
    asked
}

fn gatekeeper(name: &str, value: &Value) -> String {
    let namespaces = OWN.iter().chain(&["gatekeeper-system", "gated-deployment", "cert-manager"]).collect::<Vec<_>>();
    let constraint = |kind: &str, action: &str| {
        json!({
            "apiVersion": "constraints.gatekeeper.sh/v1beta1",
            "kind": kind,
            "metadata": { "name": name },
            "spec": {
                "enforcementAction": action,
                "match": {
                    "source": "Original",
                    "kinds": [
                        { "apiGroups": [""], "kinds": ["Pod", "ReplicationController", "PodTemplate"] },
                        { "apiGroups": ["apps"], "kinds": ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"] },
                        { "apiGroups": ["batch"], "kinds": ["Job", "CronJob"] },
                    ],
                    "excludedNamespaces": namespaces,
                },
                "parameters": value,
            },
        })
    };
    let head = "# For `kubectl apply`: one constraint denies, the other shows what is audited. Both have the same parameters.\n# deploy/gatekeeper/README.md says what else is needed.\n";
    let (denying, showing) = (constraint("GatedDeployment", "deny"), constraint("GatedDeploymentAudit", "warn"));
    format!("{head}{}---\n{}", yaml::write(&denying), yaml::write(&showing))
}

/// No line of the settings can end the text: each has a colon or a dash in it.
fn command(value: &Value, now: Timestamp) -> String {
    let written = yaml::write(value);
    format!(
        "cat > settings.yaml <<'SETTINGS'\n{written}SETTINGS\n# The verdict of the gate on the manifests of a folder, by what is attached to their images now:\ngatectl check deploy/ --settings settings.yaml --explain\n# The same as of the instant of this page:\ngatectl check deploy/ --settings settings.yaml --explain --now {now}\n"
    )
}
