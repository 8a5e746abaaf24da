//! Grype's configuration: what fails a scan, and what is ignored in it.
//!
//! Source: Grype's documentation and how it reads its file: each rule of `ignore` holds where all of its criteria do, `fail-on-severity` is
//! about what is left, a severity that is not known is below every other.

mod ignore;

use serde_json::{Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::source::At;

/// What no configuration says.
pub(crate) const NOTES: &[&str] = &[
    "Grype fails a scan; here the rule denies, and images without findings, too, are denied",
    ALIASES,
    "what Grype scans and with which data (`search`, `db`, `match`, …) is no part of settings: scan as before",
];

/// What no list of ignored matches says.
pub(crate) const IGNORE_NOTES: &[&str] = &[ALIASES];

const ALIASES: &str = "Grype compares an id with a finding's own, and with others under `include-aliases` alone; here an id always covers aliases and advisories";

const FAIL: &str = "fail-on-severity";
const SWITCHES: [(&str, bool); 2] = [("only-fixed", false), ("only-notfixed", true)];
const STATES: &str = "ignore-wontfix";
/// Members that say how a result is shown or written.
const SHOWN: [&str; 16] = [
    "output",
    "file",
    "pretty",
    "output-template-file",
    "check-for-app-update",
    "show-suppressed",
    "sort-by",
    "name",
    "timestamp",
    "quiet",
    "verbosity",
    "log",
    "dev",
    "registry",
    "default-image-pull-source",
    "from",
];
/// Members that say what is scanned, and with what.
const SCANNED: [&str; 15] = [
    "distro",
    "add-cpes-if-none",
    "platform",
    "search",
    "exclude",
    "external-sources",
    "externalSources",
    "match",
    "by-cve",
    "vex-documents",
    "vex-add",
    "match-upstream-kernel-headers",
    "fix-channel",
    "alerts",
    "db",
];

/// What says that a document has a rule.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    at.get(FAIL).filter(|fail| is_configuration(at) && fail.value() != "").map(|_| format!("a member `{FAIL}`"))
}

/// What says that a document ignores something.
pub(crate) fn recognise_ignore(at: &At<'_>) -> Option<String> {
    let members = [SWITCHES[0].0, SWITCHES[1].0, STATES].into_iter().find(|key| at.get(key).is_some());
    let is_rule = |rule: &Value| ignore::CRITERIA.iter().any(|key| rule.get(key).is_some());
    let rules = at.value().get("ignore").and_then(Value::as_array);
    let ignore = rules.and_then(|rules| rules.first()).is_some_and(is_rule).then_some("ignore");
    members.or(ignore).filter(|_| is_configuration(at)).map(|key| format!("a member `{key}` as Grype's"))
}

fn is_configuration(at: &At<'_>) -> bool {
    at.get("kind").is_none() && at.get("apiVersion").is_none()
}

/// Reads each configuration into a rule, where it has one, and exemptions.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    for object in objects {
        read_object(object, draft)?;
    }
    Ok(())
}

fn read_object(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let known = [&[FAIL, "ignore", STATES, SWITCHES[0].0, SWITCHES[1].0][..], &SHOWN, &SCANNED].concat();
    for other in at.others(&known)? {
        let why = if other.place().ends_with("ignore-states") {
            "Grype knows this as a flag, and as `ignore-wontfix` in a file: nothing is exempt by it"
        } else {
            "this member is not known: nothing stands for it, and only who knows it can say what that means"
        };
        draft.lose(&other, why);
    }
    for member in SCANNED.into_iter().filter_map(|key| at.get(key)) {
        if !is_default(member.value()) {
            draft.lose(&member, "it says what is found, not what is allowed: scan with it, and attach what was found");
        }
    }
    let rules = read_rule(at, draft)?;
    ignore::read(at, &rules, draft)
}

/// What a file has where nobody changed it.
fn is_default(value: &Value) -> bool {
    match value {
        Value::Bool(is_on) => !is_on,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// The names of the rules: one, or none.
fn read_rule(at: &At<'_>, draft: &mut Draft) -> Result<Vec<String>, Box<Refusal>> {
    let Some(fail) = at.get(FAIL).filter(|fail| fail.value().as_str() != Some("")) else { return Ok(Vec::new()) };
    let severities = ["negligible", "low", "medium", "high", "critical"].map(|severity| (severity, severity));
    let severity = fail.word(&severities)?;
    let name = draft.name_rule("grype");
    draft.set("evaluation", "strictest");
    draft.set("unknownSeverity", "ignore");
    let conditions = json!([{ "severity": severity }]);
    draft.push_rule(
        json!({ "name": name, "description": format!("Grype fails on {severity}"), "action": "deny", "conditions": conditions }),
        false,
    );
    Ok(vec![name])
}
