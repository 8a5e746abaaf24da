//! Kubewarden's `image-cve-policy`: a policy that carries its settings, or the settings alone.
//!
//! Source: its documentation and settings up to 0.6: severities are counted exactly, and findings rather than vulnerabilities.

mod limits;

use serde_json::{Map, Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::pattern::entry;
use crate::source::At;

/// What no setting says.
pub(crate) const NOTES: &[&str] = &[
    "image-cve-policy takes an API server that refuses or fails for a missing report; here that is `unavailable`, and the rule's own action answers",
    "image-cve-policy judges linux/amd64 of an image index where no platform is set; here every platform is judged unless `findings.platforms` says otherwise",
    "image-cve-policy never reads the scores of a report, so that `cvssScore` has no effect there; here it has",
    "what the policy is called for (`rules`), its server and its timeouts stay with the policy that carries the settings",
];

const SETTINGS: [&str; 10] = [
    "maxSeverity",
    "allowAlways",
    "denyAlways",
    "ignoreMissingVulnerabilityReport",
    "vulnerabilityReportNamespace",
    "ignoreVexStatus",
    "cvssScore",
    "cveName",
    "platform",
    "imageLookupStrategy",
];
/// Settings that no other policy is known to have.
const MARKS: [&str; 4] = ["ignoreMissingVulnerabilityReport", "vulnerabilityReportNamespace", "ignoreVexStatus", "maxSeverity"];
/// What a policy says besides its settings and where it applies.
const CARRIER: [&str; 13] = [
    "module",
    "settings",
    "mode",
    "policyServer",
    "rules",
    "mutating",
    "contextAwareResources",
    "backgroundAudit",
    "failurePolicy",
    "matchPolicy",
    "timeoutSeconds",
    "timeoutEvalSeconds",
    "sideEffects",
];
const SELECTORS: [&str; 3] = ["namespaceSelector", "objectSelector", "matchConditions"];
const NAME: &str = "image-cve-policy";

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    if at.get("apiVersion").is_none() {
        return MARKS.into_iter().find(|mark| at.get(mark).is_some()).map(|mark| format!("a setting `{mark}`"));
    }
    let version = at.get("apiVersion")?.value().as_str()?;
    let module = at.get("spec")?.get("module")?.value().as_str()?;
    let is_one = version.starts_with("policies.kubewarden.io/") && module.contains(NAME);
    is_one.then(|| format!("spec.module: {}", policy::text::quote(module)))
}

/// Reads the one policy into rules of the draft.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    if let Some(second) = objects.get(1) {
        return Err(Box::new(Refusal {
            hint: Some("import each policy by itself: where findings come from is said once in a settings document".to_owned()),
            ..*second.expected("one image-cve-policy")
        }));
    }
    for object in objects {
        if object.get("apiVersion").is_none() {
            read_settings(object, Carrier { name: NAME.to_owned(), action: "deny", scope: Vec::new() }, draft)?;
        } else {
            let carrier = read_carrier(object, draft)?;
            read_settings(&object.require("spec")?.require("settings")?, carrier, draft)?;
        }
    }
    Ok(())
}

/// What the policy says about its settings.
struct Carrier {
    name: String,
    action: &'static str,
    scope: Vec<Value>,
}

fn read_carrier(at: &At<'_>, draft: &mut Draft) -> Result<Carrier, Box<Refusal>> {
    draft.lose_others(at, &["apiVersion", "kind", "metadata", "spec", "status"])?;
    let spec = at.require("spec")?;
    draft.lose_others(&spec, &[&CARRIER[..], &SELECTORS].concat())?;
    for key in SELECTORS {
        if let Some(selector) = spec.get(key) {
            draft.lose(
                &selector,
                "not a part of the settings: keep it on the policy that carries them, or the rules are for every workload",
            );
        }
    }
    let kinds = [("ClusterAdmissionPolicy", false), ("AdmissionPolicy", true)];
    let is_of_namespace = at.require("kind")?.word(&kinds)?;
    let modes = [("protect", "deny"), ("monitor", "audit")];
    let action = spec.get("mode").map_or(Ok("deny"), |mode| mode.word(&modes))?;
    let said = |key: &str| -> Result<Option<String>, Box<Refusal>> {
        at.get("metadata").and_then(|metadata| metadata.get(key)).map(|member| member.text().map(str::to_owned)).transpose()
    };
    let namespace = said("namespace")?.filter(|_| is_of_namespace);
    if is_of_namespace && namespace.is_none() {
        draft.lose_as(
            at.place().to_owned(),
            "no `metadata.namespace`".to_owned(),
            "an AdmissionPolicy is for the namespace that it is in, and here none is written: the rules are for every namespace",
        );
    }
    let scope = namespace.map(|namespace| entry("namespace", "equals", &[&namespace])).into_iter().collect();
    Ok(Carrier { name: said("name")?.unwrap_or_else(|| NAME.to_owned()), action, scope })
}

fn read_settings(at: &At<'_>, carrier: Carrier, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    draft.lose_others(at, &SETTINGS)?;
    read_sources(at, draft)?;
    draft.set("evaluation", "strictest");
    // Nothing there counts what has no severity but a limit of its own.
    draft.set("unknownSeverity", "ignore");
    let switch = |key: &str| at.get(key).map_or(Ok(false), |switch| switch.boolean());
    let missing = if switch("ignoreMissingVulnerabilityReport")? { "allow" } else { carrier.action };
    let push = |suffix: &str, conditions: Value, draft: &mut Draft| {
        let name = draft.name_rule(&format!("{}{suffix}", carrier.name));
        let mut rule =
            json!({ "name": name, "action": carrier.action, "conditions": conditions, "evidence": { "missing": missing } });
        if let (Some(rule), false) = (rule.as_object_mut(), carrier.scope.is_empty()) {
            rule.insert("scope".to_owned(), carrier.scope.clone().into());
        }
        draft.push_rule(rule, false);
        name
    };
    let denied = limits::read_denied(at, draft)?;
    let mut limited = Vec::new();
    let (mut conditions, unknown) = limits::read_limits(at, draft)?;
    if conditions.is_empty() && denied.is_empty() && unknown.is_empty() {
        // Without any limit it still wants a report.
        conditions.push(json!({ "severity": "critical", "moreThan": u32::MAX }));
    }
    if !conditions.is_empty() {
        limited.push(push("", conditions.into(), draft));
    }
    if !unknown.is_empty() {
        let name = [push("-unknown", unknown.into(), draft)];
        let members = json!({ "reason": "a limit on findings without a severity alone", "severityAtMost": "critical" });
        draft.exempt("with-a-severity", members, &name);
        limited.extend(name);
    }
    if !denied.is_empty() {
        push("-denied", json!([{ "ids": denied }]), draft);
    }
    let allowed = at.texts_of("allowAlways")?;
    if !allowed.is_empty() && !limited.is_empty() {
        draft.exempt("allow-always", json!({ "reason": "allowAlways of image-cve-policy", "ids": allowed }), &limited);
    }
    let ignores_vex = switch("ignoreVexStatus")?;
    if !ignores_vex && !denied.is_empty() {
        let why = "a statement of VEX sets a finding aside for every rule, and there one does not help against a denied id: \
                   `vex: ignore` is set, so that no statement counts";
        draft.lose_as(at.place().to_owned(), "`ignoreVexStatus` is not set".to_owned(), why);
    }
    if ignores_vex || !denied.is_empty() {
        draft.set("vex", "ignore");
    }
    Ok(())
}

/// Where reports are, and of which platform.
fn read_sources(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let mut findings = Map::new();
    match at.get("vulnerabilityReportNamespace") {
        Some(namespace) => {
            findings.insert("sources".to_owned(), json!([{ "sbomScanner": { "namespace": namespace.text()? } }]));
        }
        None => {
            let why = "reports are then looked for in the workload's own namespace, and here in a named one: `findings.sources` is left out, so \
                       that findings are looked for in the registry";
            draft.lose_as(at.place().to_owned(), "no `vulnerabilityReportNamespace`".to_owned(), why);
        }
    }
    if let Some(platform) = at.get("platform") {
        draft.lose_others(&platform, &["arch", "os", "variant"])?;
        let mut parts = vec![platform.require("os")?.text()?, platform.require("arch")?.text()?];
        if let Some(variant) = platform.get("variant") {
            parts.push(variant.text()?);
        }
        findings.insert("platforms".to_owned(), json!([parts.join("/")]));
    }
    if let Some(strategy) = at.get("imageLookupStrategy")
        && strategy.word(&[("digest", false), ("tag", true)])?
    {
        draft.lose(&strategy, "a report is believed only if it is about the digest that is deployed, never by its tag");
    }
    if !findings.is_empty() {
        draft.set("findings", Value::Object(findings));
    }
    Ok(())
}
