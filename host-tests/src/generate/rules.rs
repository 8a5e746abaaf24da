//! Settings of few words: rules, their conditions and scopes, exemptions.

use serde_json::{Map, Value, json};

use super::{BREAK_GLASS, Draws, FINDINGS};

/// The key that signatures are made with, and one that is not used.
pub(super) const SIGNER: &str = "-----BEGIN PUBLIC KEY-----\nc2lnbmVy\n-----END PUBLIC KEY-----\n";
const OTHER: &str = "-----BEGIN PUBLIC KEY-----\nb3RoZXI=\n-----END PUBLIC KEY-----\n";

const IDS: [&str; 6] = ["CVE-2024-0001", "cve-2024-0002", "CVE-2024-0003", "GHSA-aaaa-bbbb-0004", "DSA-1", "CVE-2024-0005"];

/// Any settings.
pub(super) fn settings(draws: &mut Draws) -> Value {
    let rules: Vec<Value> = (0..=draws.below(4)).map(|place| rule(draws, place)).collect();
    let names: Vec<&str> = rules.iter().map(|rule| rule["name"].as_str().expect("a name")).collect();
    let many = if draws.chance(50) { 1 + draws.below(2) } else { 0 };
    let exemptions: Vec<Value> = (0..many).map(|place| exemption(draws, place, &names)).collect();
    let mut settings = json!({ "evaluation": draws.pick(&["severityFirst", "ruleOrder", "strictest"]) });
    if draws.chance(40) {
        settings["unknownSeverity"] = draws.pick(&["ignore", "high", "negligible", "critical"]).into();
    }
    if draws.chance(20) {
        settings["vex"] = "ignore".into();
    }
    if draws.chance(30) {
        settings["cluster"] = "prod".into();
    }
    if !exemptions.is_empty() {
        settings["exemptions"] = exemptions.into();
    }
    look_up(draws, &mut settings);
    except(draws, &mut settings);
    settings["rules"] = rules.into();
    settings
}

/// Where findings are looked for, of what, and whose are trusted.
fn look_up(draws: &mut Draws, settings: &mut Value) {
    if draws.chance(30) {
        settings["trust"] = trust(draws);
    }
    if draws.chance(30) {
        let (beside, apart) = (json!({ "registry": {} }), json!({ "registry": { "repository": FINDINGS } }));
        let registries = draws.pick(&[Value::Null, json!({ "ghcr.io/acme": "acme", "docker.io": "hub" })].each_ref()).clone();
        let mut scans = json!({ "sbomScanner": { "namespace": "sbomscanner", "registries": registries } });
        if scans["sbomScanner"]["registries"].is_null() {
            scans["sbomScanner"] = json!({ "namespace": "sbomscanner" });
        }
        let operator = json!({ "trivyOperator": {} });
        let sources = [
            json!([beside, apart]),
            json!([apart, beside]),
            json!([apart]),
            json!([beside]),
            json!([beside, scans]),
            json!([operator, scans]),
            json!([scans]),
            json!([operator]),
        ];
        settings["findings"]["sources"] = draws.pick(&sources.each_ref()).clone();
    }
    if draws.chance(25) {
        settings["findings"]["platforms"] = json!(draws.some(&["linux/amd64", "linux/arm64", "linux/arm64/v8", "linux/arm"]));
    }
    if draws.chance(10) {
        settings["findings"]["lookupBudget"] = "1h".into();
    }
}

/// Signers of whom one signs.
pub fn trust(draws: &mut Draws) -> Value {
    let key = |key: &str| json!({ "publicKeys": [key] });
    let signers = [json!([key(SIGNER)]), json!([{ "publicKeys": [OTHER, SIGNER] }]), json!([key(OTHER), key(SIGNER)])];
    json!({ "anyOf": draws.pick(&signers.each_ref()) })
}

/// What is not judged as all else is, and what is written.
fn except(draws: &mut Draws, settings: &mut Value) {
    if draws.chance(25) {
        settings["controllerPods"] = draws.pick(&["audit", "skip", "judge"]).into();
    }
    if draws.chance(20) {
        let who =
            [json!({ "users": ["alice"] }), json!({ "groups": ["admins"] }), json!({ "users": ["carol"], "groups": ["x"] })];
        settings["breakGlass"] = draws.pick(&who.each_ref()).clone();
        settings["breakGlass"]["annotation"] = BREAK_GLASS.into();
    }
    if draws.chance(30) {
        settings["pinDigests"] = draws.pick(&["always", "pods", "never"]).into();
    }
}

fn rule(draws: &mut Draws, place: usize) -> Value {
    let conditions: Vec<Value> = (0..=draws.below(2)).map(|_| condition(draws)).collect();
    let mut rule = json!({ "name": format!("r{place}"), "action": draws.pick(&["deny", "audit"]), "conditions": conditions });
    if draws.chance(8) {
        rule["enabled"] = false.into();
    }
    if draws.chance(30) {
        rule["scope"] = scope(draws);
    }
    if draws.chance(20) {
        rule["maxAge"] = draws.pick(&["2h", "1h", "3599s"]).into();
    }
    if draws.chance(10) {
        rule["maxDatabaseAge"] = draws.pick(&["1d", "1h"]).into();
    }
    let mut table = Map::new();
    for state in ["missing", "unavailable", "unreadable", "untrusted", "stale", "incomplete"] {
        let can_be_used = matches!(state, "untrusted" | "stale" | "incomplete");
        if draws.chance(if can_be_used { 60 } else { 30 }) {
            let words = if can_be_used { &["use", "deny", "audit", "allow"][..] } else { &["deny", "audit", "allow"] };
            table.insert(state.to_owned(), draws.pick(words).into());
        }
    }
    if !table.is_empty() {
        rule["evidence"] = table.into();
    }
    rule
}

fn condition(draws: &mut Draws) -> Value {
    if draws.chance(5) {
        return json!({ "osEndOfLife": true });
    }
    let mut condition = json!({});
    let named = draws.below(10);
    if named < 7 {
        condition["severity"] = draws.pick(&["high", "critical", "medium", "low", "negligible"]).into();
        if draws.chance(15) {
            condition["counting"] = "exactly".into();
        }
    }
    let choices = if named < 7 { draws.below(3) } else { 1 + draws.below(2) };
    for _ in 0..choices {
        let (key, value) = match draws.below(9) {
            0 => ("fixable", json!(!draws.chance(40))),
            1 => ("ids", json!(draws.some(&IDS))),
            2 => ("packages", json!(draws.some(&["pkg:npm", "pkg:npm/a", "pkg:deb/debian/a@1"]))),
            3 => ("paths", json!(draws.some(&["app/**", "*/lib.jar", "/usr/bin/x?", "**"]))),
            4 => ("cvss", json!(draws.pick(&[7.0, 4.5]))),
            5 => ("epss", json!(draws.pick(&[0.5, 0.1]))),
            6 => ("knownExploited", json!(true)),
            7 => ("publishedFor", json!(draws.pick(&["1d", "2d", "0s"]))),
            _ => ("fixAvailableFor", json!(draws.pick(&["1d", "2d"]))),
        };
        condition[key] = value;
    }
    if condition["fixable"] == false {
        condition.as_object_mut().expect("an object").remove("fixAvailableFor");
    }
    if draws.chance(40) || condition == json!({}) {
        condition["moreThan"] = draws.below(3).into();
    }
    if draws.chance(25) {
        condition["count"] = "findings".into();
    }
    condition
}

fn scope(draws: &mut Draws) -> Value {
    let many = draws.below(2);
    let entries = (0..=many).map(|_| {
        let operator = draws.pick(&["equals", "notEquals", "startsWith", "endsWith", "contains"]);
        let (field, values): (_, &[&str]) = match draws.below(15) {
            0 => ("namespace", &["prod", "dev"]),
            1 => ("namespaceLabel", &["a", "b"]),
            2 | 3 => ("label", &["a", "b"]),
            4 => ("kind", &["Pod", "Deployment"]),
            5 => ("name", &["web", "api"]),
            6 => ("serviceAccount", &["default", "robot"]),
            7 => ("group", &["developers", "admins"]),
            8 => ("container", &["c1", "c2"]),
            9 => ("image", &["ghcr.io/acme/web", "docker.io/library/nginx:1.27"]),
            10 => ("registry", &["ghcr.io", "docker.io"]),
            11 => ("repository", &["ghcr.io/acme/web", "docker.io/library/nginx"]),
            12 => ("tag", &["1.27", "latest"]),
            13 => ("cluster", &["prod", "dev"]),
            _ => ("digest", &["sha256:", "0"]),
        };
        let mut entry = json!({ "field": field, "operator": operator, "values": draws.some(values) });
        if matches!(field, "label" | "namespaceLabel") {
            entry["key"] = "tier".into();
        }
        entry
    });
    entries.collect::<Vec<_>>().into()
}

/// An exemption that names no other rules than these.
pub fn exemption(draws: &mut Draws, place: usize, rules: &[&str]) -> Value {
    let mut exemption = json!({ "name": format!("e{place}"), "reason": "reviewed" });
    match draws.below(6) {
        0 | 1 => exemption["ids"] = json!(draws.some(&IDS)),
        2 => exemption["packages"] = json!(draws.some(&["pkg:npm/a", "pkg:deb"])),
        3 => exemption["severityAtMost"] = draws.pick(&["medium", "high", "low"]).into(),
        4 => exemption["paths"] = json!(["app/*"]),
        _ => exemption["scope"] = scope(draws),
    }
    if exemption["scope"].is_null() {
        if draws.chance(20) {
            exemption["untilFixed"] = true.into();
        } else if draws.chance(20) {
            exemption["fixable"] = draws.chance(50).into();
        }
        if draws.chance(30) {
            exemption["scope"] = scope(draws);
        }
    }
    if draws.chance(40) {
        exemption["rules"] = json!([draws.pick(rules)]);
    }
    if draws.chance(25) {
        exemption["until"] = draws.pick(&["2026-11-22", "2026-11-21", "2026-11-22T12:00:00Z", "2026-11-22T11:59:59Z"]).into();
    } else if draws.chance(20) {
        exemption["from"] = draws.pick(&["2026-11-22", "2026-11-23", "2026-11-22T12:00:00Z", "2026-11-22T12:00:01Z"]).into();
    }
    exemption
}
