//! Microsoft Defender's object: what each member becomes.

use serde_json::{Value, json};

use crate::given;
use crate::recognise::policy;

/// The settings and the losses, of which each is a place and the beginning of why.
fn imported(rules: Value) -> (Value, Vec<String>) {
    let imported = given::documents(&[policy(rules)]).unwrap();
    let last = |place: &str| place.trim_start_matches("spec.vulnerabilityAssessmentGatedDeployment").to_owned();
    (imported.settings, imported.losses.iter().map(|loss| format!("{}: {}", last(&loss.place), loss.why)).collect())
}

fn rule(action: &str, configuration: Value, scope: Value) -> Value {
    json!({ "name": "Gate", "action": action, "configuration": configuration, "scope": scope })
}

fn high() -> Value {
    json!({ "maxAllowedSeverities": { "high": 0 } })
}

#[test]
fn the_published_sample_is_taken_over_whole() {
    let (settings, losses) = imported(json!([{ "action": "deny", "name": "MDC Lab Example",
        "configuration": { "blockUnscannedImages": true, "exemptions": [], "forbiddenCves": [], "ignoredCves": ["CVE-1234-56789"],
            "maxAllowedSeverities": { "high": 0 }, "maximumVaFileAge": "365d",
            "unsupportedRegistries": ["mcr.microsoft.com", "docker.io", "public.ecr.aws", "gcr.io", "jfrog.io"] },
        "scope": [{ "matcherType": "pod", "anyOf": ["*gate*"] }] }]));
    assert_eq!(losses, Vec::<String>::new());
    assert_eq!(
        settings,
        json!({
            "evaluation": "ruleOrder",
            "rules": [{ "name": "mdc-lab-example", "description": "MDC Lab Example", "action": "deny",
                "scope": [{ "field": "kind", "operator": "equals", "values": ["Pod"] }, { "field": "name", "operator": "contains", "values": ["gate"] }],
                "conditions": [{ "severity": "high", "moreThan": 0, "count": "findings" }], "maxAge": "365d",
                "evidence": { "missing": "deny", "untrusted": "deny", "stale": "deny" } }],
            "exemptions": [
                { "name": "ignored-cves", "reason": "exempted in Microsoft Defender", "ids": ["CVE-1234-56789"], "rules": ["mdc-lab-example"] },
                { "name": "unsupported-registries", "reason": "Microsoft Defender does not scan these registries", "rules": ["mdc-lab-example"],
                    "scope": [{ "field": "registry", "operator": "equals", "values": ["mcr.microsoft.com", "docker.io", "public.ecr.aws", "gcr.io", "jfrog.io"] }] },
            ],
        })
    );
}

#[test]
fn each_member_of_a_configuration_has_its_counterpart() {
    let evidence = |answer: &str| json!({ "missing": answer, "untrusted": answer, "stale": answer });
    for (configuration, pointer, wanted) in [
        (
            json!({ "maxAllowedSeverities": { "low": 9, "critical": 1, "medium": 4_294_967_296_u64 } }),
            "/rules/0/conditions",
            json!([{ "severity": "critical", "moreThan": 1, "count": "findings" },
                { "severity": "medium", "moreThan": u32::MAX, "count": "findings" },
                { "severity": "low", "moreThan": 9, "count": "findings" }]),
        ),
        (json!({ "forbiddenCves": ["CVE-2021-44228"] }), "/rules/0/conditions", json!([{ "ids": ["CVE-2021-44228"] }])),
        (
            json!({ "blockUnscannedImages": true }),
            "/rules/0/conditions",
            json!([{ "severity": "critical", "moreThan": u32::MAX }]),
        ),
        (high(), "/rules/0/evidence", evidence("audit")),
        (json!({ "maxAllowedSeverities": { "high": 0 }, "blockUnscannedImages": true }), "/rules/0/evidence", evidence("deny")),
        (
            json!({ "forbiddenCves": ["CVE-1"], "exemptions": [
                { "type": "permanent", "value": "CVE-2024-0001" },
                { "type": "timeBased", "value": "CVE-2024-0002", "timeBound": { "startDate": "2026-11-01T00:00:00Z", "endDate": "2026-12-31T23:59:59Z" } },
                { "type": "permanent", "value": "CVE-2024-0003" }] }),
            "/exemptions",
            json!([
                { "name": "exempted-cves", "reason": "exempted in Microsoft Defender", "ids": ["CVE-2024-0001", "CVE-2024-0003"], "rules": ["gate"] },
                { "name": "exempted-cves-2", "reason": "exempted in Microsoft Defender", "ids": ["CVE-2024-0002"], "rules": ["gate"],
                    "from": "2026-11-01T00:00:00Z", "until": "2026-12-31T23:59:59Z" }]),
        ),
        (
            json!({ "forbiddenCves": ["CVE-1"], "excludedRegistries": [{ "sourceType": "registry", "value": "ACME.azurecr.io:443" }] }),
            "/exemptions/0/scope",
            json!([{ "field": "registry", "operator": "equals", "values": ["acme.azurecr.io"] }]),
        ),
        (
            json!({ "forbiddenCves": ["CVE-1"], "excludedRegistries": [{ "sourceType": "repository", "value": "acme.azurecr.io/base/web" }] }),
            "/exemptions/0/scope",
            json!([{ "field": "repository", "operator": "equals", "values": ["acme.azurecr.io/base/web"] }]),
        ),
        (
            json!({ "forbiddenCves": ["CVE-1"], "excludedRegistries": [{ "sourceType": "image", "value": "acme.azurecr.io/web:v1" }] }),
            "/exemptions/0/scope",
            json!([{ "field": "image", "operator": "equals", "values": ["acme.azurecr.io/web:v1"] }]),
        ),
    ] {
        let (settings, losses) = imported(json!([rule("deny", configuration, Value::Null)]));
        assert_eq!(settings.pointer(pointer), Some(&wanted));
        assert_eq!(losses, Vec::<String>::new());
    }
}

#[test]
fn a_scope_is_split_where_its_values_need_several_operators() {
    let scope = json!([{ "matcherType": "namespace", "anyOf": ["prod-*", "web", "*-live"] }, { "matcherType": "deployment", "anyOf": ["*"] }]);
    let configuration = json!({ "forbiddenCves": ["CVE-1"], "ignoredCves": ["CVE-2"] });
    let (settings, losses) = imported(json!([rule("deny", configuration, scope)]));
    assert_eq!(losses, Vec::<String>::new());
    let entry = |operator: &str, value: &str| {
        json!([{ "field": "namespace", "operator": operator, "values": [value] },
        { "field": "kind", "operator": "equals", "values": ["Deployment"] }])
    };
    let rules: Vec<(&Value, &Value)> =
        settings["rules"].as_array().unwrap().iter().map(|rule| (&rule["name"], &rule["scope"])).collect();
    assert_eq!(
        rules,
        [
            (&json!("gate"), &entry("endsWith", "-live")),
            (&json!("gate-2"), &entry("equals", "web")),
            (&json!("gate-3"), &entry("startsWith", "prod-")),
        ]
    );
    assert_eq!(settings["exemptions"][0]["rules"], json!(["gate", "gate-2", "gate-3"]));
}

#[test]
fn what_has_no_counterpart_is_said_and_makes_nothing_looser() {
    for (configuration, scope, wanted) in [
        (high(), json!([{ "matcherType": "label", "anyOf": ["tier=web"] }]), "[0].scope[0]: how values of this type are written"),
        (high(), json!([{ "matcherType": "cluster", "anyOf": ["prod"] }]), "[0].scope[0]: a policy learns its cluster's name"),
        (
            high(),
            json!([{ "matcherType": "node", "anyOf": ["a"] }]),
            "[0].scope[0]: this type is not known: the rule is for every workload",
        ),
        (
            high(),
            json!([{ "matcherType": "namespace", "anyOf": ["a*b"] }]),
            "[0].scope[0]: not every value is a name with `*` at its ends",
        ),
        (high(), json!([{ "matcherType": "namespace", "anyOf": ["!prod"] }]), "[0].scope[0]: not every value is a name"),
        (high(), json!([{ "matcherType": "namespace", "anyOf": [] }]), "[0].scope[0]: no value can match"),
        (
            json!({ "forbiddenCves": ["CVE-1"], "exemptions": [{ "type": "permanent", "value": "acme/web" }] }),
            json!([]),
            "[0].configuration.exemptions[0]: the value is no CVE or GHSA",
        ),
        (
            json!({ "forbiddenCves": ["CVE-1"], "exemptions": [{ "type": "timeBased", "value": "CVE-2" }] }),
            json!([]),
            "[0].configuration.exemptions[0]: a time-based exemption needs an `endDate`",
        ),
        (
            json!({ "forbiddenCves": ["CVE-1"], "exemptions": [{ "type": "permanent", "value": "CVE-2",
                "timeBound": { "startDate": "2026-12-01T00:00:00Z", "endDate": "2026-11-01T00:00:00Z" } }] }),
            json!([]),
            "[0].configuration.exemptions[0]: it ends before it begins",
        ),
        (
            json!({ "forbiddenCves": ["CVE-1"], "excludedRegistries": [{ "sourceType": "repository", "value": "base/web" }] }),
            json!([]),
            "[0].configuration.excludedRegistries[0]: it does not say of which registry",
        ),
        (
            json!({ "forbiddenCves": ["CVE-1"], "unsupportedRegistries": ["*.azurecr.io"] }),
            json!([]),
            "[0].configuration.unsupportedRegistries[0]: not the host of a registry",
        ),
        (json!({ "forbiddenCves": ["CVE-1"], "epss": 0.5 }), json!([]), "[0].configuration.epss: this member is not known"),
    ] {
        let (settings, losses) = imported(json!([rule("deny", configuration, scope)]));
        assert!(matches!(&losses[..], [loss] if loss.starts_with(wanted)), "{losses:?}");
        assert_eq!((settings["rules"][0].get("scope"), settings.get("exemptions")), (None, None), "{wanted}");
    }
}

#[test]
fn an_audit_rule_that_lost_something_never_shields_a_deny_rule() {
    let label = json!([{ "matcherType": "label", "anyOf": ["tier=web"] }]);
    let exemption =
        json!({ "maxAllowedSeverities": { "high": 0 }, "exemptions": [{ "type": "permanent", "value": "acme/web" }] });
    let outcome = |rules: [&Value; 2]| {
        let (settings, losses) = imported(json!(rules));
        let actions: Vec<&str> =
            settings["rules"].as_array().unwrap().iter().map(|rule| rule["action"].as_str().unwrap()).collect();
        (actions.join(" "), losses.len())
    };
    let deny = rule("deny", high(), json!([]));
    for audit in [rule("audit", high(), label), rule("audit", exemption, json!([]))] {
        assert_eq!(outcome([&audit, &deny]), ("deny audit".to_owned(), 2));
        assert_eq!(outcome([&deny, &audit]), ("deny audit".to_owned(), 1));
    }
    assert_eq!(outcome([&rule("audit", high(), json!([])), &deny]), ("audit deny".to_owned(), 0));
}

#[test]
fn an_audit_rule_before_a_deny_rule_counts_vulnerabilities_and_any_other_findings() {
    let (audit, deny) = (rule("audit", high(), json!([])), rule("deny", high(), json!([])));
    let (settings, _) = imported(json!([audit, deny, audit]));
    let units: Vec<&Value> = settings["rules"].as_array().unwrap().iter().map(|rule| &rule["conditions"][0]["count"]).collect();
    assert_eq!(units, [&json!("vulnerabilities"), &json!("findings"), &json!("findings")]);
}

#[test]
fn a_rule_without_any_condition_is_left_out() {
    let (settings, losses) = imported(json!([rule("audit", json!({}), json!([])), rule("deny", high(), json!([]))]));
    assert_eq!(settings["rules"].as_array().unwrap().len(), 1);
    assert_eq!(losses, ["[0]: it has no condition that is known, so that it never decides: left out"]);
}

#[test]
fn an_id_that_names_no_vulnerability_is_taken_over_and_said() {
    let (settings, losses) = imported(json!([rule(
        "deny",
        json!({ "forbiddenCves": ["CVE-1", "CVE-2024-*"], "ignoredCves": ["openssl"] }),
        json!([])
    )]));
    assert_eq!(
        (&settings["rules"][0]["conditions"][0]["ids"], &settings["exemptions"][0]["ids"]),
        (&json!(["CVE-1", "CVE-2024-*"]), &json!(["openssl"]))
    );
    let places: Vec<&str> = losses.iter().filter_map(|loss| loss.split(": ").next()).collect();
    assert_eq!(places, ["[0].configuration.forbiddenCves[1]", "[0].configuration.ignoredCves[0]"]);
}
