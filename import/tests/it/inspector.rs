//! Amazon Inspector's thresholds and suppression filters as documented, judged by the evaluator on imported settings.
//!
//! Sources: the inputs of `aws-actions/vulnerability-scan-github-action-for-amazon-inspector` and how it counts; the API `inspector2`,
//! `Filter` and `FilterCriteria`. The numbers are those of the conformance cases.

use import::{File, import};
use serde_json::{Value, json};

use crate::given;
use crate::judge::Judge;

const IMAGE: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/web:v1";

fn whole(document: Value) -> Value {
    let imported = given::documents(&[document]).unwrap();
    assert_eq!(imported.losses, []);
    imported.settings
}

fn found(count: usize, line: &str) -> Vec<String> {
    (0..count).map(|i| format!("CVE-2024-{}-{i} {line}", line.replace(' ', "-"))).collect()
}

#[test]
fn a_threshold_is_reached_by_as_many_of_exactly_that_severity() {
    for (number, inputs, findings, wanted) in [
        (6, json!({ "high_threshold": 1 }), vec![found(1, "critical")], "admit"),
        (6, json!({ "high_threshold": 1 }), vec![found(1, "high")], "deny"),
        (7, json!({ "critical_threshold": 2 }), vec![found(2, "critical")], "deny"),
        (7, json!({ "critical_threshold": "2" }), vec![found(1, "critical")], "admit"),
        (8, json!({ "critical_threshold": 0, "low_threshold": 5 }), vec![found(9, "critical")], "admit"),
        (8, json!({ "critical_threshold": 1, "medium_threshold": 1 }), vec![found(1, "medium")], "deny"),
        (0, json!({ "other_threshold": 2 }), vec![found(1, "unknown"), found(1, "negligible")], "deny"),
        (0, json!({ "other_threshold": 2 }), vec![found(1, "unknown"), found(9, "low"), found(9, "high")], "admit"),
        (0, json!({ "low_threshold": 1 }), vec![found(9, "unknown"), found(9, "negligible")], "admit"),
        (
            0,
            json!({ "high_threshold": 2, "threshold_fixable_only": true }),
            vec![found(1, "high fixable"), found(5, "high")],
            "admit",
        ),
        (0, json!({ "high_threshold": 2, "threshold_fixable_only": "true" }), vec![found(2, "high fixable")], "deny"),
    ] {
        let lines: Vec<&str> = findings.iter().flatten().map(String::as_str).collect();
        let settings = whole(inputs.clone());
        assert_eq!(Judge::by(&settings).found(IMAGE, &lines).verdict(), wanted, "vector {number}: {inputs}: {findings:?}");
        // Vector 42: the second container is judged as the first.
        let beside = Judge::by(&settings).found("ghcr.io/acme/clean:v1", &[]).found(IMAGE, &lines);
        assert_eq!(beside.verdict(), wanted, "vector 42: {inputs}");
    }
}

const WORKFLOW: &str = "on: [push]
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    - name: Scan the image
      uses: aws-actions/vulnerability-scan-github-action-for-amazon-inspector@v1
      with:
        artifact_type: container
        artifact_path: web:latest
        critical_threshold: 1
        high_threshold: ${{ vars.HIGH }}
        skip_scanners: binaries
";

#[test]
fn a_workflow_has_a_rule_for_each_step() {
    let imported = given::text(WORKFLOW).unwrap();
    let with = "jobs.build.steps[1].with";
    assert_eq!(
        given::losses(&imported),
        [
            format!("{with}.skip_scanners: what is looked for is said to the scanner: every finding counts that it made"),
            format!("{with}.high_threshold: an expression is not evaluated: a threshold of 1 is taken"),
        ]
    );
    assert_eq!(imported.settings["rules"][0]["name"], json!("scan-the-image"));
    assert_eq!(Judge::by(&imported.settings).found(IMAGE, &["CVE-1 high"]).verdict(), "deny");
    for (from, to, wanted) in [
        ("container", "repository", "it judges something else than an image"),
        (
            "artifact_type: container",
            "display_vulnerability_findings: enabled",
            "without one it judges a repository, not an image",
        ),
    ] {
        let refusal = given::text(&WORKFLOW.replace(from, to)).unwrap_err().to_string();
        assert!(refusal.contains(wanted), "{refusal}");
    }
    for (from, to, wanted) in [
        (
            "critical_threshold: 1",
            "critical_threshold: many",
            "`jobs.build.steps[1].with.critical_threshold`: expected a whole number from 0, found `many`",
        ),
        (
            "skip_scanners: binaries",
            "threshold_fixable_only: perhaps",
            "threshold_fixable_only`: expected one of true, false, found `perhaps`",
        ),
    ] {
        let refusal = given::text(&WORKFLOW.replace(from, to)).unwrap_err().to_string();
        assert!(refusal.contains(wanted), "{refusal}");
    }
}

fn equals(values: &[&str]) -> Value {
    values.iter().map(|value| json!({ "comparison": "EQUALS", "value": value })).collect()
}

fn filter(criteria: Value) -> Value {
    json!({ "filters": [{ "arn": "arn:aws:inspector2:eu-central-1:123456789012:owner/123456789012/filter/1", "ownerId": "123456789012",
        "name": "Not exploitable", "action": "SUPPRESS", "reason": "Reviewed", "criteria": criteria }] })
}

/// A deny rule on everything, with the exemptions of a filter.
fn beside_a_gate(filters: &Value) -> Value {
    let (inputs, filters) =
        (json!({ "critical_threshold": 1, "high_threshold": 1, "low_threshold": 1 }).to_string(), filters.to_string());
    let files = [File { name: "filters.json", text: &filters }, File { name: "inputs.json", text: &inputs }];
    let imported = import(&files).unwrap();
    assert_eq!(imported.losses, []);
    assert_eq!(
        (imported.recognised.format.word(), imported.beside[0].format.word()),
        ("inspectorThresholds", "inspectorFilters")
    );
    imported.settings
}

#[test]
fn a_filter_sets_aside_what_all_its_criteria_select() {
    let container = || equals(&["AWS_ECR_CONTAINER_IMAGE"]);
    let digest = format!("sha256:{}", "0".repeat(64));
    let pinned = format!("123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/web@{digest}");
    let other = "210987654321.dkr.ecr.eu-central-1.amazonaws.com/team/web:v1";
    for (criteria, image, line, wanted) in [
        (json!({ "vulnerabilityId": equals(&["CVE-1", "CVE-2"]) }), IMAGE, "CVE-2 high", "admit"),
        (json!({ "vulnerabilityId": equals(&["CVE-1", "CVE-2"]) }), IMAGE, "CVE-3 high", "deny"),
        (json!({ "vulnerabilityId": equals(&["CVE-1"]), "fixAvailable": equals(&["NO"]) }), IMAGE, "CVE-1 high", "admit"),
        (json!({ "vulnerabilityId": equals(&["CVE-1"]), "fixAvailable": equals(&["NO"]) }), IMAGE, "CVE-1 high fixable", "deny"),
        (json!({ "resourceType": container(), "severity": equals(&["LOW", "INFORMATIONAL"]) }), IMAGE, "CVE-1 low", "admit"),
        (json!({ "resourceType": container(), "severity": equals(&["LOW", "INFORMATIONAL"]) }), IMAGE, "CVE-1 high", "deny"),
        (json!({ "ecrImageRepositoryName": equals(&["team/web"]) }), IMAGE, "CVE-1 high", "admit"),
        (json!({ "ecrImageRepositoryName": equals(&["web"]) }), IMAGE, "CVE-1 high", "deny"),
        (json!({ "ecrImageRepositoryName": equals(&["team/web"]) }), "ghcr.io/team/web:v1", "CVE-1 high", "deny"),
        (json!({ "ecrImageRepositoryName": equals(&["team/web"]) }), "ghcr.io/x.amazonaws.com/team/web:v1", "CVE-1 high", "deny"),
        (json!({ "ecrImageRegistry": equals(&["123456789012"]), "fixAvailable": equals(&["NO"]) }), IMAGE, "CVE-1 high", "admit"),
        (json!({ "ecrImageRegistry": equals(&["123456789012"]), "fixAvailable": equals(&["NO"]) }), other, "CVE-1 high", "deny"),
        (json!({ "ecrImageHash": equals(&[&digest]) }), pinned.as_str(), "CVE-1 high", "admit"),
        (json!({ "ecrImageHash": equals(&[&digest]) }), IMAGE, "CVE-1 high", "deny"),
        (json!({ "ecrImageTags": equals(&["v1"]), "vulnerabilityId": equals(&["CVE-1"]) }), IMAGE, "CVE-1 high", "admit"),
        (json!({ "ecrImageTags": equals(&["v2"]), "vulnerabilityId": equals(&["CVE-1"]) }), IMAGE, "CVE-1 high", "deny"),
    ] {
        let settings = beside_a_gate(&filter(criteria.clone()));
        assert_eq!(Judge::by(&settings).found(image, &[line]).verdict(), wanted, "{criteria}: {image}: {line}");
    }
}

#[test]
fn filters_alone_are_exemptions_to_be_put_into_settings() {
    let imported = given::documents(&[filter(json!({ "vulnerabilityId": equals(&["CVE-1"]) }))]).unwrap();
    assert!(!imported.has_rules());
    assert_eq!(
        imported.settings,
        json!({ "exemptions": [{ "name": "not-exploitable", "reason": "Reviewed", "ids": ["CVE-1"] }] })
    );
    let yaml = imported.to_yaml(&["filters.json"]);
    assert!(yaml.contains("# There is no rule in it: put these under `exemptions:` of your settings.\n"), "{yaml}");
    let created = json!({ "name": "a", "action": "SUPPRESS", "filterCriteria": { "vulnerabilityId": equals(&["CVE-1"]) } });
    assert_eq!(given::documents(&[created]).unwrap().settings["exemptions"][0]["ids"], json!(["CVE-1"]));
}

#[test]
fn a_filter_that_cannot_be_said_whole_exempts_nothing() {
    let id = || equals(&["CVE-1"]);
    for (criteria, place, why) in [
        (
            json!({ "vulnerabilityId": id(), "epssScore": [{ "upperInclusive": 0.1 }] }),
            "epssScore",
            "an exemption has whole values alone",
        ),
        (
            json!({ "vulnerabilityId": id(), "exploitAvailable": equals(&["NO"]) }),
            "exploitAvailable",
            "an exemption has no such predicate",
        ),
        (json!({ "x.vulnerabilityId": id() }), "x.vulnerabilityId", "an exemption has no such predicate"),
        (
            json!({ "vulnerabilityId": [{ "comparison": "PREFIX", "value": "CVE-2024" }] }),
            "vulnerabilityId",
            "an exemption has whole values alone",
        ),
        (
            json!({ "vulnerabilityId": [{ "comparison": "NOT_EQUALS", "value": "CVE-2024" }] }),
            "vulnerabilityId",
            "an exemption has whole values alone",
        ),
        (
            json!({ "resourceTags": [{ "comparison": "EQUALS", "key": "env", "value": "dev" }] }),
            "resourceTags",
            "an exemption has whole values alone",
        ),
        (json!({ "severity": equals(&["LOW"]) }), "severity", "an exemption covers a severity with all below it"),
        (
            json!({ "severity": equals(&["INFORMATIONAL", "LOW", "UNTRIAGED"]) }),
            "severity",
            "an exemption covers a severity with all below it",
        ),
        (
            json!({ "fixAvailable": equals(&["NO", "PARTIAL"]) }),
            "fixAvailable",
            "an exemption is for findings with a fix or for those without",
        ),
        (
            json!({ "resourceType": equals(&["AWS_EC2_INSTANCE"]), "vulnerabilityId": id() }),
            "resourceType",
            "it is about something else than images",
        ),
        (
            json!({ "vulnerablePackages": [{ "name": { "comparison": "EQUALS", "value": "openssl" } }] }),
            "vulnerablePackages",
            "an exemption has whole values alone",
        ),
        (json!({ "ecrImageHash": equals(&["sha512:0"]) }), "ecrImageHash", "an exemption has no such predicate"),
        (json!({ "vulnerabilityId": [] }), "vulnerabilityId", "it has no value"),
    ] {
        let imported = given::documents(&[filter(criteria)]).unwrap();
        let losses = given::losses(&imported);
        let wanted = format!("filters[0].criteria.{place}: {why}");
        assert!(
            matches!(&losses[..], [loss] if loss.starts_with(&wanted) && loss.ends_with("by the filter `Not exploitable`")),
            "{wanted}: {losses:?}"
        );
        assert_eq!(imported.settings, json!({ "exemptions": [] }));
    }
    for criteria in
        [json!({}), json!({ "resourceType": equals(&["AWS_ECR_CONTAINER_IMAGE"]) }), json!({ "ecrImageTags": equals(&["v1"]) })]
    {
        let imported = given::documents(&[filter(criteria)]).unwrap();
        assert!(
            matches!(&given::losses(&imported)[..], [loss] if loss.starts_with("filters[0].criteria: it would set everything aside"))
        );
        assert_eq!(imported.settings, json!({ "exemptions": [] }));
    }
    let mut narrowed = filter(json!({ "vulnerabilityId": id() }));
    narrowed["filters"][0]["criteria"]["vulnerabilityId"][0]["negate"] = json!(true);
    let imported = given::documents(&[narrowed]).unwrap();
    assert!(given::losses(&imported)[0].contains("an exemption has whole values alone"));
    assert_eq!(imported.settings, json!({ "exemptions": [] }));
    let mut narrowed = filter(json!({ "vulnerabilityId": id() }));
    narrowed["filters"][0]["expiresAt"] = json!("2020-01-01");
    let imported = given::documents(&[narrowed]).unwrap();
    assert!(given::losses(&imported)[0].starts_with("filters[0].expiresAt: this member is not known, and may narrow"));
    assert_eq!(imported.settings, json!({ "exemptions": [] }));
    let mut saved = filter(json!({ "vulnerabilityId": id() }));
    saved["filters"][0]["action"] = json!("NONE");
    saved["nextToken"] = json!("more");
    let losses = given::losses(&given::documents(&[saved]).unwrap());
    assert!(
        matches!(&losses[..], [more, none] if more.starts_with("nextToken: there are more filters") && none.contains("its action is NONE")),
        "{losses:?}"
    );
}
