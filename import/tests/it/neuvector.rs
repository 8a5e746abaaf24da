//! NeuVector's rules, judged as its controller matches them: `isAdmissionRuleMet`, `MatchK8sAdmissionRules` and the criteria of its API.

use import::Imported;
use serde_json::{Value, json};

use crate::given;
use crate::judge::Judge;

const IMAGE: &str = "registry.example.com/shop/web:v1";

fn criterion(name: &str, op: &str, value: &str) -> Value {
    json!({ "name": name, "op": op, "value": value })
}

fn deny(criteria: Value) -> Value {
    json!({ "action": "deny", "rule_mode": "protect", "criteria": criteria })
}

fn allow(criteria: Value) -> Value {
    json!({ "action": "allow", "criteria": criteria })
}

fn resource(rules: &[Value]) -> Value {
    json!({ "apiVersion": "neuvector.com/v1", "kind": "NvAdmissionControlSecurityRule", "metadata": { "name": "local" },
        "spec": { "config": { "enable": true, "mode": "monitor", "client_mode": "service" }, "rules": rules } })
}

fn imported(document: Value) -> Imported {
    let imported = given::documents(&[document]).unwrap();
    assert!(given::is_usable(&imported));
    imported
}

fn judge(rules: &[Value]) -> Judge {
    Judge::by(&imported(resource(rules)).settings)
}

#[test]
fn counts_are_of_findings_from_a_number_on() {
    let count = |name: &str, least: &str| deny(json!([criterion(name, ">=", least)]));
    let aged = |days: &str| {
        let mut rule = count("cveHighCount", "1");
        rule["criteria"][0]["sub_criteria"] = json!([criterion("publishDays", ">=", days)]);
        rule
    };
    let scored = |score: &str, least: &str| {
        let mut rule = count("cveScoreCount", score);
        rule["criteria"][0]["sub_criteria"] = json!([criterion("count", ">=", least)]);
        rule
    };
    for (rule, findings, wanted) in [
        // High counts critical, for compatibility; the other does not.
        (count("cveHighCount", "2"), &["CVE-1 high", "CVE-2 critical"][..], "deny"),
        (count("cveHighCount", "2"), &["CVE-1 high", "CVE-2 medium"], "admit"),
        (count("cveHighCountNoCritical", "1"), &["CVE-2 critical"], "admit"),
        (count("cveHighCountNoCritical", "1"), &["CVE-2 high"], "deny"),
        (count("cveCriticalCount", "1"), &["CVE-2 high"], "admit"),
        (count("cveMediumCount", "1"), &["CVE-1 high"], "admit"),
        (count("cveMediumCount", "1"), &["CVE-1 medium"], "deny"),
        (count("cveMediumCount", "1"), &["CVE-1 unknown"], "admit"),
        // A vulnerability counts for each package.
        (count("cveHighCount", "2"), &["CVE-1 high", "CVE-1 high package=pkg:npm/a@1"], "deny"),
        (count("cveHighWithFixCount", "1"), &["CVE-1 critical"], "admit"),
        (count("cveHighWithFixCount", "1"), &["CVE-1 critical fixable"], "deny"),
        (count("cveCriticalWithFixCount", "1"), &["CVE-1 high fixable"], "admit"),
        (count("cveHighWithFixCountNoCritical", "1"), &["CVE-1 critical fixable"], "admit"),
        (aged("30"), &["CVE-1 high published=2026-10-01T00:00:00Z"], "deny"),
        (aged("30"), &["CVE-1 high published=2026-11-01T00:00:00Z"], "admit"),
        (scored("7.0", "2"), &["CVE-1 low cvss=7.0", "CVE-2 high cvss=9.1"], "deny"),
        (scored("7.0", "2"), &["CVE-1 low cvss=6.9", "CVE-2 high cvss=9.1"], "admit"),
        (count("cveScore", "9"), &["CVE-2 high cvss=9.1"], "deny"),
    ] {
        assert_eq!(judge(std::slice::from_ref(&rule)).found(IMAGE, findings).verdict(), wanted, "{rule} {findings:?}");
    }
}

#[test]
fn names_are_compared_as_sets() {
    let names = |op: &str, value: &str| deny(json!([criterion("cveNames", op, value)]));
    for (rule, findings, wanted) in [
        (names("containsAny", "cve-2021-44228, CVE-2021-45046"), &["CVE-2021-44228 low"][..], "deny"),
        (names("containsAny", "CVE-2021-44228"), &["CVE-2021-44229 low"], "admit"),
        (names("containsOtherThan", "CVE-1,CVE-2"), &["CVE-1 high", "CVE-2 low"], "admit"),
        (names("containsOtherThan", "CVE-1,CVE-2"), &["CVE-1 high", "CVE-3 low"], "deny"),
        // All of several, and patterns: stricter here, and said.
        (names("containsAll", "CVE-1,CVE-2"), &["CVE-1 high"], "deny"),
        (names("containsAll", "CVE-1,CVE-2"), &["CVE-2 high"], "admit"),
        (names("containsAny", "CVE-2021-*"), &["CVE-2022-1 high"], "deny"),
        (names("containsAny", "CVE-2021-*"), &[], "admit"),
    ] {
        assert_eq!(judge(std::slice::from_ref(&rule)).found(IMAGE, findings).verdict(), wanted, "{rule} {findings:?}");
    }
}

#[test]
fn criteria_of_other_names_must_hold_too_and_scopes_say_where() {
    let high = criterion("cveHighCount", ">=", "1");
    let about = |other: Value| vec![deny(json!([high, other]))];
    let verdict = |rules: &[Value], workload: fn(Judge) -> Judge| workload(judge(rules)).found(IMAGE, &["CVE-1 high"]).verdict();
    let same: fn(Judge) -> Judge = |judge| judge;
    for (other, workload, wanted) in [
        (criterion("namespace", "containsAny", "prod,dev-*"), same, "deny"),
        (criterion("namespace", "containsAny", "dev-*"), same, "admit"),
        (criterion("namespace", "containsAny", "prod,dev-*"), (|judge| judge.namespace("dev-1")) as fn(Judge) -> Judge, "deny"),
        (criterion("namespace", "notContainsAny", "prod"), same, "admit"),
        (criterion("namespace", "notContainsAny", "dev"), same, "deny"),
        (criterion("user", "containsAny", "alice@example.com"), same, "deny"),
        (criterion("user", "containsAny", "bob"), same, "admit"),
        (criterion("userGroups", "containsAll", "developers,sre"), same, "admit"),
        (criterion("userGroups", "containsAll", "developers"), same, "deny"),
        (criterion("imageRegistry", "containsAny", "https://registry.example.com/"), same, "deny"),
        (criterion("imageRegistry", "containsAny", "docker.io"), same, "admit"),
        (criterion("imageRegistry", "notContainsAny", "registry.example.com"), same, "admit"),
        // No host of a registry, and so not Docker Hub.
        (criterion("imageRegistry", "notContainsAny", "shop"), same, "deny"),
        (criterion("image", "containsAny", "https://registry.example.com/shop/*"), same, "deny"),
        (criterion("image", "containsAny", "registry.example.com/shop/web:v1"), same, "deny"),
        (criterion("image", "containsAny", "registry.example.com/shop/web:v2"), same, "admit"),
        (criterion("image", "containsAny", "registry.example.com/shop/web"), same, "deny"),
        (criterion("image", "notContainsAny", "registry.example.com/shop/web"), same, "admit"),
        // Without a counterpart the rule holds more often.
        (criterion("labels", "containsAny", "tier=web"), same, "deny"),
        (criterion("runAsRoot", "=", "true"), same, "deny"),
        (criterion("image", "containsAny", "shop/other"), same, "deny"),
        (criterion("namespace", "notContainsAny", "pro*"), same, "deny"),
        (criterion("cveMediumCount", ">=", "1"), same, "deny"),
        (criterion("imageScanned", "=", "true"), same, "deny"),
    ] {
        assert_eq!(verdict(&about(other.clone()), workload), wanted, "{other}");
    }
    // Several of one name: one is enough.
    let either = deny(json!([criterion("cveMediumCount", ">=", "5"), { "name": "cveMediumCount", "op": ">=", "value": "1",
        "sub_criteria": [criterion("publishDays", ">=", "90")] }]));
    let found = |line| judge(std::slice::from_ref(&either)).found(IMAGE, &[line]).verdict();
    assert_eq!(found("CVE-1 medium published=2026-01-01T00:00:00Z"), "deny");
    assert_eq!(found("CVE-1 medium published=2026-11-01T00:00:00Z"), "admit");
}

#[test]
fn an_image_that_is_not_scanned_is_a_matter_of_its_own() {
    let scanned = |value: &str| criterion("imageScanned", "=", value);
    let high = criterion("cveHighCount", ">=", "1");
    assert_eq!(judge(&[deny(json!([scanned("false")]))]).unscanned(IMAGE).verdict(), "deny");
    assert_eq!(judge(&[deny(json!([scanned("false")]))]).found(IMAGE, &["CVE-1 critical"]).verdict(), "admit");
    // NeuVector admits it; here with a warning.
    assert_eq!(judge(&[deny(json!([high]))]).unscanned(IMAGE).verdict(), "audit");
    let (every, there) =
        (deny(json!([scanned("true")])), deny(json!([criterion("imageRegistry", "containsAny", "registry.example.com")])));
    // What is not about vulnerabilities, and can be said: a registry that nothing is let in from.
    for (rule, unscanned, found) in
        [(every, "audit", "deny"), (there, "deny", "deny"), (deny(json!([criterion("cveHighCount", ">=", "0")])), "deny", "deny")]
    {
        let rules = std::slice::from_ref(&rule);
        assert_eq!(judge(rules).unscanned(IMAGE).verdict(), unscanned, "{rule}");
        assert_eq!(judge(rules).found(IMAGE, &[]).verdict(), found, "{rule}");
    }
    let elsewhere = deny(json!([criterion("imageRegistry", "containsAny", "other.example.com")]));
    assert_eq!(judge(&[elsewhere]).found(IMAGE, &[]).verdict(), "admit");
    let in_dev = deny(json!([scanned("false"), criterion("namespace", "containsAny", "dev")]));
    assert_eq!(judge(std::slice::from_ref(&in_dev)).unscanned(IMAGE).verdict(), "admit");
    assert_eq!(judge(&[in_dev]).namespace("dev").unscanned(IMAGE).verdict(), "deny");
}

#[test]
fn modes_are_actions_and_what_allows_goes_before_what_denies_from_there() {
    let high = || json!([criterion("cveHighCount", ">=", "1")]);
    let own = |mode: &str| json!({ "action": "deny", "rule_mode": mode, "criteria": high() });
    let found = |rules: &[Value]| judge(rules).found(IMAGE, &["CVE-1 high", "CVE-2 high"]).verdict();
    assert_eq!((found(&[own("monitor")]), found(&[own("protect")]), found(&[own("")])), ("audit", "deny", "audit"));
    let mut disabled = own("protect");
    disabled["disabled"] = json!(true);
    assert_eq!(found(&[disabled, own("monitor")]), "audit");
    let here = allow(json!([criterion("namespace", "containsAny", "prod")]));
    let there = allow(json!([criterion("namespace", "containsAny", "dev")]));
    assert_eq!((found(&[own("protect"), here.clone()]), found(&[own("protect"), there])), ("admit", "deny"));
    let ids = allow(json!([criterion("cveNames", "containsAny", "CVE-1")]));
    // NeuVector admits the image whatever else it has; here that vulnerability is exempt.
    assert_eq!(found(&[own("protect"), ids.clone()]), "deny");
    assert_eq!(judge(&[own("protect"), ids]).found(IMAGE, &["CVE-1 high"]).verdict(), "admit");
    let few = allow(json!([criterion("cveHighCount", "<=", "5")]));
    let narrower = allow(json!([criterion("namespace", "containsAny", "prod"), criterion("labels", "containsAny", "a=b")]));
    assert_eq!((found(&[own("protect"), few]), found(&[own("protect"), narrower])), ("deny", "deny"));
    // Of the API: what is federal goes first, and a user's rule does not exempt from it.
    let api = |allowed: &str, denied: &str| {
        let rules = json!([
            { "id": 1000, "category": "Kubernetes", "rule_type": "exception", "cfg_type": allowed, "criteria": here["criteria"], "disable": false },
            { "id": 1001, "category": "Kubernetes", "rule_type": "deny", "cfg_type": denied, "rule_mode": "", "criteria": high(), "disable": false },
        ]);
        let documents =
            [json!({ "rules": rules }), json!({ "state": { "enable": true, "mode": "protect", "default_action": "allow" } })];
        let imported = given::documents(&documents).unwrap();
        Judge::by(&imported.settings).found(IMAGE, &["CVE-1 high"]).verdict()
    };
    assert_eq!(
        (api("user_created", "user_created"), api("user_created", "federal"), api("federal", "ground")),
        ("admit", "deny", "admit")
    );
}

#[test]
fn what_is_not_taken_over_is_said() {
    let high = criterion("cveHighCount", ">=", "1");
    let kept = deny(json!([high]));
    for (rule, wanted) in [
        (
            deny(json!([criterion("runAsPrivileged", "=", "true")])),
            vec!["[1].criteria[0]: nothing stands for it", "[1]: none of its criteria is about vulnerabilities"],
        ),
        (
            deny(json!([high, criterion("imageScanned", "=", "false")])),
            vec!["[1]: an image that is not scanned has no vulnerabilities"],
        ),
        (
            deny(json!([criterion("cveNames", "notContainsAny", "CVE-1")])),
            vec!["[1].criteria[0]: a condition cannot ask that something was not found", "[1]: none of its"],
        ),
        (deny(json!([criterion("cveHighCount", ">=", "0"), high])), vec!["[1].criteria[0]: every image has 0 or more"]),
        (
            deny(json!([high, criterion("cveMediumCount", ">=", "3")])),
            vec!["[1].criteria[1]: conditions are not asked for together"],
        ),
        (
            json!({ "action": "deny", "rule_mode": "protect", "criteria": [high], "containers": ["init_containers"] }),
            vec!["[1]: it is not about containers"],
        ),
        (
            json!({ "action": "deny", "rule_mode": "protect", "criteria": [high], "new": 1 }),
            vec!["[1].new: this member is not known"],
        ),
        (deny(json!([])), vec!["[1]: it has no criteria"]),
        (
            deny(json!([criterion("cveHighCount", "<=", "5")])),
            vec!["[1].criteria[0]: a condition has a number that is too many", "[1]: none of its"],
        ),
        (allow(json!([criterion("imageRegistry", "containsAny", "shop")])), vec!["[1]: not the host of a registry"]),
        (allow(json!([])), vec!["[1]: it would exempt every image"]),
        (allow(json!([criterion("namespace", "containsAny", "*")])), vec!["[1]: it would exempt every image"]),
        (allow(json!([criterion("imageRegistry", "containsAny", "docker.io")])), vec![]),
    ] {
        let losses = given::losses(&imported(resource(&[kept.clone(), rule.clone()])));
        assert_eq!(losses.len(), wanted.len(), "{rule}: {losses:?}");
        assert!(
            losses.iter().zip(&wanted).all(|(loss, wanted)| loss.starts_with(&format!("spec.rules{wanted}"))),
            "{rule}: {losses:?}"
        );
    }
    let losses = given::losses(&imported(json!({ "rules": [{ "rule_type": "deny", "criteria": [high] }] })));
    assert!(matches!(&losses[..], [loss] if loss.starts_with("rules[0]: it goes by the mode of the whole")), "{losses:?}");
    let refusal = given::documents(&[resource(&[deny(json!([criterion("cveHighCount", ">=", "many")]))])]).unwrap_err();
    assert!(
        refusal.to_string().contains("spec.rules[0].criteria[0].value`: expected a whole number from 0, found `many`"),
        "{refusal}"
    );
}
