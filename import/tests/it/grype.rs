//! Grype's configuration, judged as Grype decides: "Specifying matches to ignore" of its documentation, and how it matches
//! (`grype/match/ignore.go`, `hasSeverityAtOrAbove`).

use import::{Format, Imported};
use serde_json::{Value, json};

use crate::given;
use crate::judge::Judge;

const IMAGE: &str = "ghcr.io/acme/web:v1";

fn imported(configuration: Value) -> Imported {
    let imported = given::documents(&[configuration]).unwrap();
    assert!(given::is_usable(&imported));
    imported
}

fn verdict(configuration: Value, findings: &[&str]) -> &'static str {
    Judge::by(&imported(configuration).settings).found(IMAGE, findings).verdict()
}

#[test]
fn it_fails_at_and_above_the_severity_and_ignores_the_unknown() {
    for (severity, finding, wanted) in [
        ("high", "CVE-1 high", "deny"),
        ("high", "CVE-1 critical", "deny"),
        ("high", "CVE-1 medium", "admit"),
        ("HIGH", "CVE-1 high", "deny"),
        ("negligible", "CVE-1 negligible", "deny"),
        ("negligible", "CVE-1 unknown", "admit"),
        ("low", "CVE-1 negligible", "admit"),
    ] {
        assert_eq!(verdict(json!({ "fail-on-severity": severity }), &[finding]), wanted, "{severity} {finding}");
    }
}

#[test]
fn it_ignores_what_fulfils_every_criterion_of_a_rule() {
    let with = |ignore: Value| json!({ "fail-on-severity": "low", "ignore": ignore });
    for (ignore, finding, wanted) in [
        (json!([{ "vulnerability": "CVE-2008-4318" }]), "CVE-2008-4318 high", "admit"),
        (json!([{ "vulnerability": "CVE-2008-4318" }]), "CVE-2008-4319 high", "deny"),
        (json!([{ "vulnerability": "CVE-2008-4318", "fix-state": "fixed" }]), "CVE-2008-4318 high fixable", "admit"),
        (json!([{ "vulnerability": "CVE-2008-4318", "fix-state": "fixed" }]), "CVE-2008-4318 high", "deny"),
        (json!([{ "vulnerability": "CVE-2008-4318", "fix-state": "wont-fix" }]), "CVE-2008-4318 high", "deny"),
        (json!([{ "package": { "type": "npm" } }]), "CVE-1 high package=pkg:npm/lodash@4.0.0", "admit"),
        (json!([{ "package": { "type": "npm" } }]), "CVE-1 high", "deny"),
        (json!([{ "package": { "type": "npm", "name": "lodash" } }]), "CVE-1 high package=pkg:npm/lodash@4.0.0", "admit"),
        (
            json!([{ "package": { "type": "npm", "name": "lodash", "version": "4.0.1" } }]),
            "CVE-1 high package=pkg:npm/lodash@4.0.0",
            "deny",
        ),
        (
            json!([{ "package": { "type": "npm", "name": "@babel/core" } }]),
            "CVE-1 high package=pkg:npm/%40babel/core@7.0.0",
            "admit",
        ),
        (
            json!([{ "package": { "location": "/usr/local/lib/node_modules/**" } }]),
            "CVE-1 high path=usr/local/lib/node_modules/a/b.json",
            "admit",
        ),
        (json!([{ "package": { "location": "/usr/local/lib/node_modules/**" } }]), "CVE-1 high path=srv/node_modules/a", "deny"),
        // Each of these is narrower than an exemption can be.
        (json!([{ "vulnerability": "CVE-1", "namespace": "debian:distro:debian:12" }]), "CVE-1 high", "deny"),
        (json!([{ "vulnerability": "CVE-1", "match-type": "cpe-match" }]), "CVE-1 high", "deny"),
        (json!([{ "vulnerability": "CVE-1", "package": { "upstream-name": "openssl" } }]), "CVE-1 high", "deny"),
        (json!([{ "vulnerability": "CVE-1", "package": { "language": "python" } }]), "CVE-1 high", "deny"),
        (json!([{ "vulnerability": "CVE-1", "package": { "name": "openssl" } }]), "CVE-1 high", "deny"),
        (json!([{ "package": { "type": "npm", "name": "lo.*" } }]), "CVE-1 high package=pkg:npm/lodash@4.0.0", "deny"),
        (json!([{ "package": { "type": "deb", "name": "openssl" } }]), "CVE-1 high", "deny"),
        (json!([{ "package": { "location": "usr/lib/**" } }]), "CVE-1 high path=usr/lib/a", "deny"),
        (json!([{ "reason": "no criterion" }]), "CVE-1 high", "deny"),
        (json!([{ "vulnerability": "CVE-1", "until": "2027-01-01" }]), "CVE-1 high", "deny"),
    ] {
        assert_eq!(verdict(with(ignore.clone()), &[finding]), wanted, "{ignore} {finding}");
    }
}

#[test]
fn fix_states_by_themselves_are_taken_over_where_they_are_all_or_fixed() {
    let state = |state: &str| json!({ "fix-state": state });
    let all = json!([state("not-fixed"), state("wont-fix"), state("unknown")]);
    for (configuration, finding, wanted) in [
        (json!({ "only-fixed": true }), "CVE-1 high", "admit"),
        (json!({ "only-fixed": true }), "CVE-1 high fixable", "deny"),
        (json!({ "only-notfixed": true }), "CVE-1 high", "deny"),
        (json!({ "only-notfixed": true }), "CVE-1 high fixable", "admit"),
        (json!({ "ignore": all }), "CVE-1 high", "admit"),
        (json!({ "ignore": all }), "CVE-1 high fixable", "deny"),
        (json!({ "ignore-wontfix": "not-fixed,unknown,wont-fix" }), "CVE-1 high", "admit"),
        (json!({ "ignore-wontfix": "wont-fix" }), "CVE-1 high", "deny"),
        (json!({ "ignore": [state("wont-fix")] }), "CVE-1 high", "deny"),
        (json!({ "ignore": [state("fixed")] }), "CVE-1 high fixable", "admit"),
        // The flag's name is none of the file's.
        (json!({ "ignore-states": "not-fixed,unknown,wont-fix" }), "CVE-1 high", "deny"),
    ] {
        let mut whole = configuration.clone();
        whole["fail-on-severity"] = json!("low");
        assert_eq!(verdict(whole, &[finding]), wanted, "{configuration} {finding}");
    }
}

#[test]
fn without_a_severity_to_fail_on_there_are_exemptions_alone() {
    let imported =
        imported(json!({ "ignore": [{ "vulnerability": "CVE-2024-1", "reason": "not reachable" }], "output": ["json"] }));
    assert_eq!((imported.recognised.format, imported.has_rules()), (Format::GrypeIgnore, false));
    assert_eq!(
        imported.settings,
        json!({ "exemptions": [{ "name": "grype-ignore", "reason": "not reachable", "ids": ["CVE-2024-1"] }] })
    );
    assert_eq!(given::losses(&imported), Vec::<String>::new());
}

#[test]
fn what_is_not_taken_over_is_said() {
    for (member, value, wanted) in [
        ("exclude", json!(["/etc/**"]), "exclude: it says what is found, not what is allowed"),
        ("ignore-states", json!("unknown"), "ignore-states: Grype knows this as a flag"),
        ("ignore-wontfix", json!("wont-fix"), "ignore-wontfix: whether there is a fix is known here"),
        ("new", json!(1), "new: this member is not known"),
        ("ignore", json!([{ "vex-status": "not_affected" }]), "ignore[0]: VEX statements apply by themselves here"),
        ("ignore", json!([{ "package": { "name": "a" } }]), "ignore[0]: a package without a `type` has no URL"),
        ("ignore", json!([{ "package": { "type": "binary" } }]), "ignore[0]: packages are known by their URLs here"),
        (
            "ignore",
            json!([{ "package": { "type": "go-module", "name": "github.com/a/b" } }]),
            "ignore[0]: without a version it would cover",
        ),
        ("ignore", json!([{ "vulnerability": "A B" }]), "ignore[0].vulnerability: no id of at most 128 characters"),
    ] {
        let imported = imported(json!({ "fail-on-severity": "high", member: value }));
        let losses = given::losses(&imported);
        assert!(matches!(&losses[..], [loss] if loss.starts_with(wanted)), "{wanted}: {losses:?}");
        assert_eq!(imported.settings.get("exemptions"), None, "{wanted}");
    }
    let wrong = given::documents(&[json!({ "fail-on-severity": "severe" })]).unwrap_err().to_string();
    assert!(
        wrong.contains("`fail-on-severity`: expected one of negligible, low, medium, high, critical, found `severe`"),
        "{wrong}"
    );
}
