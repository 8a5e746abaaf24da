//! Microsoft Defender's `SecurityArtifactPolicy`, v1alpha1 to v1alpha3: one object for a cluster, with all rules of the portal that cover it.
//!
//! Source: the CRD `securityartifactpolicies.defender.microsoft.com`. The order of the rules is their priority, severities are counted
//! cumulatively ("high or higher"), and of several rules the first fulfilled one decides. What the CRD leaves open (how "not equals", a
//! cluster, a label or an exempted resource is written) is not guessed.

mod exceptions;

use policy::limits;
use policy::time::Duration;
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::pattern::{self, entry};
use crate::source::At;
use crate::{Refusal, ids};

/// What no member of the object says.
pub(crate) const NOTES: &[&str] = &[
    "Defender's webhook never evaluates the namespaces kube-system and gatekeeper-system: leave them out where the policy is deployed",
    "Defender believes signed findings only: with `trust` these settings do so too, and without it they believe whoever can push",
    "Defender admits what it cannot judge while its webhook is down; here `failurePolicy` of the policy says so, and `evidence.unavailable` \
     what becomes of an image whose findings cannot be asked for: as imported, the rule's own action",
    "Defender does not see ReplicationControllers and ephemeral containers; here they are judged",
];

const GROUP: &str = "defender.microsoft.com/";
const VERSIONS: [&str; 3] = ["v1alpha1", "v1alpha2", "v1alpha3"];
const SEVERITIES: [&str; 4] = ["critical", "high", "medium", "low"];
const CONFIGURATION: [&str; 8] = [
    "maximumVaFileAge",
    "maxAllowedSeverities",
    "forbiddenCves",
    "ignoredCves",
    "blockUnscannedImages",
    "excludedRegistries",
    "exemptions",
    "unsupportedRegistries",
];
/// Rules that one rule may become where the values of its scope need several operators.
const ALTERNATIVES: usize = 16;
/// Entries of a scope: the portal has six types.
const MATCHERS: usize = 64;

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    let said = |key: &str| at.value().get(key).and_then(Value::as_str);
    let (version, kind) = (said("apiVersion")?, said("kind")?);
    let is_one = version.starts_with(GROUP) && kind == "SecurityArtifactPolicy";
    is_one.then(|| format!("apiVersion: {}, kind: {kind}", policy::text::quote(version)))
}

/// Reads the one object into the draft.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    if let Some(second) = objects.get(1) {
        return Err(Box::new(Refusal {
            place: second.place().to_owned(),
            expected: "one SecurityArtifactPolicy: a cluster has one".to_owned(),
            found: format!("{} of them", objects.len()),
            hint: Some("import that of each cluster by itself".to_owned()),
        }));
    }
    for object in objects {
        read_object(object, draft)?;
    }
    draft.set("evaluation", "ruleOrder");
    Ok(())
}

fn read_object(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let api_version = at.require("apiVersion")?;
    if !api_version.text()?.strip_prefix(GROUP).is_some_and(|version| VERSIONS.contains(&version)) {
        return Err(api_version.expected(&format!("{GROUP} and a version of {}", VERSIONS.join(", "))));
    }
    draft.lose_others(at, &["apiVersion", "kind", "metadata", "status", "spec"])?;
    let spec = at.require("spec")?;
    draft.lose_others(&spec, &["policyLastEditTime", "vulnerabilityAssessmentGatedDeployment"])?;
    let list = spec.require("vulnerabilityAssessmentGatedDeployment")?;
    let rules = list.list()?;
    if rules.is_empty() || rules.len() > limits::RULES {
        let none = "Defender has no enabled rule for this cluster: there is nothing to take over";
        let hint = rules.is_empty().then(|| none.to_owned());
        return Err(Box::new(Refusal { hint, ..*list.expected(&format!("1 to {} rules", limits::RULES)) }));
    }
    let actions = rules.iter().map(|rule| rule.require("action")?.word(&ACTIONS)).collect::<Result<Vec<_>, _>>()?;
    let last_deny = actions.iter().rposition(|action| *action == "deny");
    for (i, (rule, action)) in rules.iter().zip(&actions).enumerate() {
        read_rule(rule, action, last_deny.is_some_and(|last| i < last), draft)?;
    }
    Ok(())
}

const ACTIONS: [(&str, &str); 2] = [("deny", "deny"), ("audit", "audit")];

/// `may_shield`: a deny rule stands behind this one.
fn read_rule(at: &At<'_>, action: &str, may_shield: bool, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    draft.lose_others(at, &["name", "action", "configuration", "scope"])?;
    let original = at.require("name")?.text()?;
    let configuration = at.require("configuration")?;
    draft.lose_others(&configuration, &CONFIGURATION)?;
    let blocks_unscanned = configuration.get("blockUnscannedImages").map_or(Ok(false), |switch| switch.boolean())?;
    let is_audit_before_deny = action == "audit" && may_shield;
    let losses = draft.losses();
    let mut conditions = read_conditions(&configuration, is_audit_before_deny, draft)?;
    if conditions.is_empty() {
        if !blocks_unscanned {
            draft.lose_as(
                at.place().to_owned(),
                format!("rule `{}`", policy::text::quote(original)),
                "it has no condition that is known, so that it never decides: left out",
            );
            return Ok(());
        }
        // A rule has at least one condition; this one is about the missing artifacts alone.
        conditions.push(json!({ "severity": "critical", "moreThan": u32::MAX }));
    }
    let scopes = read_scope(at, draft)?;
    let without_findings = if blocks_unscanned { action } else { "audit" };
    let mut body = json!({
        "description": original,
        "action": action,
        "conditions": conditions,
        "evidence": { "missing": without_findings, "untrusted": without_findings, "stale": without_findings },
    });
    if let (Some(age), Some(body)) = (configuration.get("maximumVaFileAge"), body.as_object_mut()) {
        let text = age.text()?;
        Duration::parse(text).ok_or_else(|| age.expected("a whole number and a unit, such as 365d"))?;
        body.insert("maxAge".to_owned(), text.into());
    }
    let (mut names, mut rules) = (Vec::new(), Vec::new());
    for scope in scopes {
        let name = draft.name_rule(original);
        let mut rule = body.clone();
        if let Some(rule) = rule.as_object_mut() {
            rule.insert("name".to_owned(), name.clone().into());
            if !scope.is_empty() {
                rule.insert("scope".to_owned(), scope.into());
            }
        }
        rules.push(rule);
        names.push(name);
    }
    exceptions::read(&configuration, &names, draft)?;
    let is_last = is_audit_before_deny && draft.losses() > losses;
    if is_last {
        let why = "with what it lost this audit rule may be fulfilled more often and shield the deny rules behind it: it is put behind them";
        draft.lose_as(at.place().to_owned(), format!("rule `{}`", policy::text::quote(original)), why);
    }
    rules.into_iter().for_each(|rule| draft.push_rule(rule, is_last));
    Ok(())
}

/// The unit that Defender counts is not published: findings are never fewer than vulnerabilities, so that a deny rule counts them, and an
/// audit rule before one, which shields it, does not.
fn read_conditions(configuration: &At<'_>, is_audit_before_deny: bool, draft: &mut Draft) -> Result<Vec<Value>, Box<Refusal>> {
    let mut conditions = Vec::new();
    let unit = if is_audit_before_deny { "vulnerabilities" } else { "findings" };
    if let Some(allowed) = configuration.get("maxAllowedSeverities") {
        draft.lose_others(&allowed, &SEVERITIES)?;
        for severity in SEVERITIES {
            if let Some(most) = allowed.get(severity) {
                conditions.push(json!({ "severity": severity, "moreThan": most.count()?, "count": unit }));
            }
        }
    }
    let forbidden = read_ids(configuration, "forbiddenCves", draft)?;
    if !forbidden.is_empty() {
        conditions.push(json!({ "ids": forbidden }));
    }
    Ok(conditions)
}

/// Ids as written; one that is none of a vulnerability is said.
fn read_ids<'a>(configuration: &At<'a>, key: &str, draft: &mut Draft) -> Result<Vec<&'a str>, Box<Refusal>> {
    let mut ids = Vec::new();
    for id in configuration.list_of(key)? {
        let text = id.text()?;
        if !ids::is_vulnerability(text) {
            draft.lose(
                &id,
                "no CVE or GHSA: taken over as written, and names nothing where the findings do not know it by this name",
            );
        }
        ids.push(text);
    }
    Ok(ids)
}

/// Scopes of which any one is enough.
fn read_scope(at: &At<'_>, draft: &mut Draft) -> Result<Vec<Vec<Value>>, Box<Refusal>> {
    let mut scopes: Vec<Vec<Value>> = vec![Vec::new()];
    let matchers = at.list_of("scope")?;
    if let (Some(scope), true) = (at.get("scope"), matchers.len() > MATCHERS) {
        return Err(scope.expected(&format!("at most {MATCHERS} matchers")));
    }
    for matcher in matchers {
        draft.lose_others(&matcher, &["matcherType", "anyOf"])?;
        let alternatives = read_matcher(&matcher)?;
        match alternatives {
            Ok(alternatives) if scopes.len().saturating_mul(alternatives.len()) <= ALTERNATIVES => {
                let and = |scope: &Vec<Value>| {
                    let scope = scope.clone();
                    alternatives.iter().map(move |more| [scope.clone(), more.clone()].concat()).collect::<Vec<_>>()
                };
                scopes = scopes.iter().flat_map(and).collect();
            }
            other => {
                let why = other.err().unwrap_or("its values need too many operators");
                draft.lose(&matcher, format!("{why}: the rule is for every workload that its other entries leave"));
            }
        }
    }
    Ok(scopes)
}

/// The scopes that one matcher stands for, or why there is none.
fn read_matcher(at: &At<'_>) -> Result<Result<Vec<Vec<Value>>, &'static str>, Box<Refusal>> {
    let kind = at.require("matcherType")?.text()?.to_ascii_lowercase();
    let globs = at.require("anyOf").and_then(|_| at.texts_of("anyOf"))?;
    if globs.is_empty() {
        return Ok(Err("no value can match"));
    }
    let (field, of_kind) = match kind.as_str() {
        "namespace" => ("namespace", None),
        "pod" => ("name", Some("Pod")),
        "deployment" => ("name", Some("Deployment")),
        "cluster" => {
            return Ok(Err(
                "a policy learns its cluster's name from `cluster` alone, and how it is written here is not published",
            ));
        }
        "image" | "label" => return Ok(Err("how values of this type are written and compared is not published")),
        _ => return Ok(Err("this type is not known")),
    };
    let Ok(entries) = pattern::of_globs(field, &globs) else {
        return Ok(Err("not every value is a name with `*` at its ends"));
    };
    let of_kind: Vec<Value> = of_kind.map(|kind| entry("kind", "equals", &[kind])).into_iter().collect();
    if entries.is_empty() {
        return Ok(Ok(vec![of_kind]));
    }
    Ok(Ok(entries.into_iter().map(|entry| [of_kind.clone(), vec![entry]].concat()).collect()))
}
