//! The rule language's own tables → a JSON Schema (draft 2020-12) of the settings document.
//!
//! It accepts what the reader accepts. Beyond that it lets pass only what a schema cannot say: names that are unique or exist, the order of
//! two instants, the calendar, lengths in bytes or of a normal form. No part refers to another, so that each can be copied by itself.

mod findings;

use policy::limits;
use policy::settings::language::{
    ABSENCE_KEYS, ACTIONS, ANSWERS, BREAK_GLASS_KEYS, CONDITION_KEYS, CONDITION_MODIFIERS, CONTROLLER_PODS, COUNTINGS,
    EVALUATIONS, EXEMPTION_KEYS, EXEMPTION_PREDICATES, FIELDS, FLAW_KEYS, FieldKind, OPERATORS, PIN_DIGESTS, RULE_KEYS,
    SCOPE_KEYS, SETTINGS_KEYS, SEVERITIES, TRUSTING_ANSWERS, UNITS, UNKNOWN_SEVERITIES, VEX,
};
use policy::time::DURATION_UNITS;
use serde_json::{Map, Value, json};

/// What the reader takes for blank, as characters of a class of an ECMA-262 pattern; `\s` is nearly the same, and differs in U+0085 and U+FEFF.
const BLANK: &str = r"\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// A date, or an RFC 3339 instant: the reader takes any ASCII character between date and time.
const INSTANT: &str = concat!(
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    r"([Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$"
);

/// The whole schema.
pub(crate) fn schema() -> Value {
    let about = "What the policy judges images by: rules that lead to denials or warnings, and exemptions from them.";
    let mut schema = object("Settings", about, &SETTINGS_KEYS, of_settings, &["rules"]);
    put(&mut schema, "$schema", json!("https://json-schema.org/draft/2020-12/schema"));
    put(&mut schema, "$id", json!("urn:gated-deployment:settings:1"));
    schema
}

fn of_settings(key: &str) -> Value {
    match key {
        "cluster" => said("Name of the cluster, for scopes on `cluster`; a policy cannot learn it by itself.", text()),
        "evaluation" => defaulting(said("Which of several fulfilled conditions decides.", words(&EVALUATIONS)), "severityFirst"),
        "unknownSeverity" => defaulting(
            said(
                "What findings without a severity count as; with `ignore` they satisfy no `severity`.",
                words(&UNKNOWN_SEVERITIES),
            ),
            "medium",
        ),
        "vex" => defaulting(said("Whether VEX statements set findings aside.", words(&VEX)), "apply"),
        "findings" => findings::findings(),
        "trust" => findings::trust(),
        "pinDigests" => {
            let about =
                "Into which admitted objects the digests that were judged are written; the policy must be deployed as mutating.";
            defaulting(said(about, words(&PIN_DIGESTS)), "never")
        }
        "controllerPods" => {
            let about = "What becomes of containers that name a digest in pods that Kubernetes' own controllers create: judged, judged and never denied, or admitted without a look-up.";
            defaulting(said(about, words(&CONTROLLER_PODS)), "judge")
        }
        "breakGlass" => break_glass(),
        "rules" => said(
            "The security rules; their order matters.",
            list(limits::RULES, object("Rule", "A security rule.", &RULE_KEYS, of_rule, &["name", "action", "conditions"])),
        ),
        "exemptions" => {
            let mut exemptions = list(limits::EXEMPTIONS, exemption());
            // Templates write a list of none.
            remove(&mut exemptions, "minItems");
            defaulting(said("What is set aside, by name.", exemptions), json!([]))
        }
        _ => json!({}),
    }
}

fn break_glass() -> Value {
    let about = "Who may have a workload admitted without a look-up, by an annotation that says why; absent: nobody.";
    let mut glass = object("Break-glass", about, &BREAK_GLASS_KEYS, of_break_glass, &["annotation"]);
    put(&mut glass, "anyOf", any_of(&["users", "groups"]));
    glass
}

fn of_break_glass(key: &str) -> Value {
    match key {
        "annotation" => {
            let pattern = concat!(
                r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?",
                r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"
            );
            let prefix = json!([{ "pattern": "^([^/]{1,253}/)?[^/]*$" }]);
            let key =
                json!({ "type": "string", "pattern": pattern, "allOf": prefix, "examples": ["gated-deployment.io/break-glass"] });
            said("Key of the annotation; its value is the reason.", key)
        }
        "users" => said("Names of users who may.", list(limits::LIST_ITEMS, text())),
        "groups" => said("Names of groups whose members may.", list(limits::LIST_ITEMS, text())),
        _ => json!({}),
    }
}

fn of_rule(key: &str) -> Value {
    match key {
        "name" => said("Unique name of the rule; answers and exemptions name it.", name()),
        "description" => said("What the rule is for; quoted in the alert event.", text()),
        "action" => said("What a fulfilled condition leads to: a denial, or admission with a warning.", words(&ACTIONS)),
        "enabled" => defaulting(said("A rule that is not enabled takes no part.", json!({ "type": "boolean" })), true),
        "scope" => said("Which workloads and images the rule is about: entries that all hold; absent: every workload.", scope()),
        "conditions" => said("Any of them fulfilled is enough.", list(limits::LIST_ITEMS, condition())),
        "maxAge" => said("Findings older than this are stale; absent: they never get stale.", duration()),
        "maxDatabaseAge" => said("Findings of a scan with a database older than this are stale.", duration()),
        "evidence" => {
            let about =
                "What to do when there is nothing, or not enough, to judge by; each entry defaults to the rule's own action.";
            object("Evidence", about, &[ABSENCE_KEYS, FLAW_KEYS].concat(), of_evidence, &[])
        }
        _ => json!({}),
    }
}

fn of_evidence(key: &str) -> Value {
    let about = match key {
        "missing" => "No findings exist for the image.",
        "unavailable" => "The findings could not be asked for.",
        "unreadable" => "The findings are there but not usable.",
        "untrusted" => "Under `trust`, nobody trusted signed the findings; `use` judges by them all the same.",
        "stale" => {
            "The findings are older than `maxAge` or their database older than `maxDatabaseAge`; `use` judges them all the same."
        }
        "incomplete" => "The findings lack a field that a condition of this rule needs; with `use` the condition does not match.",
        _ => return json!({}),
    };
    said(about, if ABSENCE_KEYS.contains(&key) { words(&ANSWERS) } else { words(&TRUSTING_ANSWERS) })
}

fn scope() -> Value {
    let about = "One entry: it holds when any one of the values does.";
    let mut entry = object("Scope entry", about, &SCOPE_KEYS, of_entry, &["field", "operator", "values"]);
    let keyed: Vec<&str> = FIELDS.iter().filter(|(_, kind)| matches!(kind, FieldKind::Keyed(_))).map(|(word, _)| *word).collect();
    put(&mut entry, "if", json!({ "properties": { "field": { "enum": keyed } } }));
    put(&mut entry, "then", json!({ "required": ["key"] }));
    put(&mut entry, "else", json!({ "not": { "required": ["key"] } }));
    list(limits::LIST_ITEMS, entry)
}

fn of_entry(key: &str) -> Value {
    match key {
        "field" => {
            let of_image = FIELDS.iter().filter(|(_, kind)| matches!(kind, FieldKind::OfImage(_))).map(|(word, _)| *word);
            let of_image = of_image.collect::<Vec<_>>().join(", ");
            said(&format!("What is looked at; of each image: {of_image}."), words(&FIELDS))
        }
        "key" => said("Key of the label or annotation; for label, annotation and namespaceLabel only.", text()),
        "operator" => said("How it is compared; only `notEquals` also holds when the thing is absent.", words(&OPERATORS)),
        "values" => said("The values to compare with.", list(limits::LIST_ITEMS, text())),
        _ => json!({}),
    }
}

fn condition() -> Value {
    let about = "Selects findings by predicates that all hold, and is fulfilled when they are more than `moreThan`.";
    let mut condition = object("Condition", about, &CONDITION_KEYS, of_condition, &[]);
    let predicates: Vec<&str> = CONDITION_KEYS.into_iter().filter(|key| !CONDITION_MODIFIERS.contains(key)).collect();
    put(&mut condition, "anyOf", any_of(&predicates));
    put(&mut condition, "dependentRequired", json!({ "counting": ["severity"] }));
    let no_fix_to_wait_for = json!({ "properties": { "fixable": { "const": true } } });
    let alone = json!({ "maxProperties": 1 });
    put(&mut condition, "dependentSchemas", json!({ "fixAvailableFor": no_fix_to_wait_for, "osEndOfLife": alone }));
    condition
}

fn of_condition(key: &str) -> Value {
    match key {
        "severity" => said("Its severity is at least this; with `counting: exactly`, exactly this.", words(&SEVERITIES)),
        "counting" => defaulting(said("How `severity` is meant.", words(&COUNTINGS)), "atLeast"),
        "count" => defaulting(
            said("What is counted: vulnerabilities with a selected finding, or the selected findings.", words(&UNITS)),
            "vulnerabilities",
        ),
        "moreThan" => {
            let number = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
            defaulting(said("More than this many are a violation.", number), 0)
        }
        "ids" | "packages" | "paths" | "fixable" => of_finding(key),
        // The reader rounds to the places of the scale.
        "cvss" => said("Its highest CVSS base score is at least this, from 0.0 to 10.0.", decimal(10.0)),
        "epss" => said("Its EPSS probability is at least this, from 0 to 1.", decimal(1.0)),
        "knownExploited" => said("It is in the CISA KEV catalogue.", always()),
        "publishedFor" => said("It was published at least that long ago; an unknown date counts as long ago.", duration()),
        "fixAvailableFor" => said(
            "It is fixable, and a fix has been available at least that long; an unknown date counts as long ago.",
            duration(),
        ),
        "osEndOfLife" => said("The image's operating system is no longer maintained; stands alone in its condition.", always()),
        _ => json!({}),
    }
}

/// The predicates that conditions and exemptions share.
fn of_finding(key: &str) -> Value {
    let pattern = |pattern: &str| list(limits::LIST_ITEMS, json!({ "type": "string", "pattern": pattern }));
    match key {
        "ids" => said(
            "Its id, an alias or an advisory id is one of these, without regard to case.",
            pattern(&format!("^[!-~]{{1,{}}}$", limits::ID_CHARS)),
        ),
        "packages" => said(
            "Its package URL equals one of these, or goes on behind it with `/`, `@`, `?` or `#`.",
            pattern(&format!("^pkg:[A-Za-z][^{BLANK}]*$")),
        ),
        "paths" => said(
            "Its location matches one of these globs: `*` and `?` stay within a component, `**` spans several.",
            pattern(&format!(r"^/*[^/][\s\S]{{0,{}}}$", limits::GLOB_BYTES.saturating_sub(1))),
        ),
        "fixable" => said("Whether a fix for it is known.", json!({ "type": "boolean" })),
        _ => json!({}),
    }
}

fn exemption() -> Value {
    let about =
        "Sets the findings aside for which all its predicates hold; without any, it excuses the images in its scope altogether.";
    let keys = EXEMPTION_KEYS.iter().chain(&EXEMPTION_PREDICATES).copied().collect::<Vec<_>>();
    let mut exemption = object("Exemption", about, &keys, of_exemption, &["name", "reason"]);
    put(&mut exemption, "anyOf", any_of(&[&EXEMPTION_PREDICATES[..], &["scope"]].concat()));
    put(&mut exemption, "if", json!({ "properties": { "untilFixed": { "const": true } }, "required": ["untilFixed"] }));
    let open = json!({ "properties": { "fixable": { "const": false } }, "anyOf": any_of(&EXEMPTION_PREDICATES) });
    put(&mut exemption, "then", open);
    exemption
}

fn of_exemption(key: &str) -> Value {
    match key {
        "name" => said("Unique name of the exemption; the answer names it.", name()),
        "reason" => said("Why it was given.", text()),
        "owner" => said("Who answers for it.", text()),
        "scope" => said("Which workloads and images it applies to: entries that all hold; absent: all of them.", scope()),
        "rules" => said("Names of the rules it is for; absent: all rules.", list(limits::RULES, name())),
        "from" => said("First day or instant at which it is in force, UTC.", instant()),
        "until" => said("Last day or instant at which it is in force; a date lasts to the end of that day, UTC.", instant()),
        "untilFixed" => {
            let about = "It does not cover a finding for which a fix is known.";
            defaulting(said(about, json!({ "type": "boolean" })), false)
        }
        "ids" | "packages" | "paths" | "fixable" => of_finding(key),
        "severityAtMost" => {
            said("Its severity is at most this; an unknown severity that is ignored is not covered.", words(&SEVERITIES))
        }
        _ => json!({}),
    }
}

/// An object with exactly these keys, each described by `of`.
fn object(title: &str, about: &str, keys: &[&str], of: fn(&str) -> Value, required: &[&str]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), of(key))).collect();
    let mut object = json!({ "title": title, "description": about, "type": "object", "additionalProperties": false });
    if !properties.is_empty() {
        put(&mut object, "properties", properties.into());
    }
    if !required.is_empty() {
        put(&mut object, "required", json!(required));
    }
    object
}

/// A list of schemas, each asking for one of the keys.
fn any_of(keys: &[&str]) -> Value {
    keys.iter().map(|key| json!({ "required": [key] })).collect()
}

/// A list of at least one element.
fn list(max: usize, items: Value) -> Value {
    json!({ "type": "array", "minItems": 1, "maxItems": max, "items": items })
}

/// One of a closed list of words.
fn words<T>(words: &[(&str, T)]) -> Value {
    json!({ "type": "string", "enum": words.iter().map(|(word, _)| *word).collect::<Vec<_>>() })
}

/// A text that is not blank.
fn text() -> Value {
    json!({ "type": "string", "pattern": format!("[^{BLANK}]") })
}

fn name() -> Value {
    json!({ "type": "string", "pattern": format!("^[a-z0-9-]{{1,{}}}$", limits::NAME_CHARS) })
}

fn duration() -> Value {
    duration_of("[0-9]+", &["12h", "7d", "2w"])
}

/// A duration whose number is of a pattern.
fn duration_of(number: &str, examples: &[&str]) -> Value {
    let units: Vec<&str> = DURATION_UNITS.iter().map(|(unit, _)| *unit).collect();
    json!({ "type": "string", "pattern": format!("^{number}({})$", units.join("|")), "examples": examples })
}

fn instant() -> Value {
    json!({ "type": "string", "pattern": INSTANT, "examples": ["2026-12-31", "2026-12-31T12:00:00Z"] })
}

/// A number from 0 to the most.
fn decimal(most: f64) -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": most })
}

/// A predicate that can only be asked for, not against.
fn always() -> Value {
    json!({ "type": "boolean", "const": true })
}

fn said(description: &str, mut schema: Value) -> Value {
    put(&mut schema, "description", json!(description));
    schema
}

/// What the reader takes where the key is absent.
fn defaulting(mut schema: Value, default: impl Into<Value>) -> Value {
    put(&mut schema, "default", default.into());
    schema
}

fn put(schema: &mut Value, keyword: &str, value: Value) {
    if let Value::Object(keywords) = schema {
        keywords.insert(keyword.to_owned(), value);
    }
}

fn remove(schema: &mut Value, keyword: &str) {
    if let Value::Object(keywords) = schema {
        keywords.remove(keyword);
    }
}
