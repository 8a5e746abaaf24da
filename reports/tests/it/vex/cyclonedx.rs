//! CycloneDX: states, and what they hold for.

use policy::findings::VexStatus;
use serde_json::{Value, json};

use super::{NET, applied, read, refusal};
use crate::trivy::digest;

fn cyclonedx(component: &Value, affects: &Value, state: &str) -> Value {
    json!({ "bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": "urn:uuid:1",
        "metadata": { "timestamp": "2026-11-01T00:00:00Z", "authors": [{ "name": "Acme" }], "component": component },
        "components": [{ "bom-ref": "p", "name": "parser", "purl": "pkg:npm/%40shop/parser" }],
        "vulnerabilities": [{ "id": "GHSA-aaaa-bbbb-cccc", "affects": affects, "analysis": { "state": state, "justification": "code_not_present" } }] })
}

#[test]
fn cyclonedx_states_hold_in_the_context_of_the_documents_own_component() {
    let web = json!({ "bom-ref": "web", "type": "container", "name": "web", "purl": format!("pkg:oci/web@{}", digest()) });
    let other = json!({ "type": "container", "name": "web", "purl": format!("pkg:oci/web@sha256:{}", "9".repeat(64)) });
    let none = Value::Null;
    for (component, affects, state, expected) in [
        (&web, json!([{ "ref": "p" }]), "not_affected", Some(VexStatus::NotAffected)),
        (&web, json!([{ "ref": "web" }]), "exploitable", Some(VexStatus::Affected)),
        (&none, json!([{ "ref": "urn:cdx:1/1#pkg:npm/%40shop/parser@1.0.0" }]), "resolved", Some(VexStatus::Fixed)),
        (&none, json!([{ "ref": "p" }]), "false_positive", Some(VexStatus::NotAffected)),
        (&none, json!([{ "ref": "p" }]), "in_triage", Some(VexStatus::UnderInvestigation)),
        (
            &none,
            json!([{ "ref": "p", "versions": [{ "version": "1.0.0", "status": "affected" }] }]),
            "resolved_with_pedigree",
            Some(VexStatus::Fixed),
        ),
        (&none, json!([{ "ref": "p", "versions": [{ "version": "0.9" }] }]), "resolved", None),
        (&none, json!([{ "ref": "p", "versions": [{ "range": "vers:npm/<2" }] }]), "not_affected", None),
        (&none, json!([{ "ref": "urn:cdx:1/1#acme-product" }]), "not_affected", None),
        (&none, json!([]), "not_affected", None),
        (&other, json!([{ "ref": "p" }]), "not_affected", None),
    ] {
        let (statuses, _) = applied(NET, &[read(&cyclonedx(component, &affects, state))]);
        assert!(statuses.iter().all(|s| *s == expected), "{component} {affects} {state}: {statuses:?}");
    }
    let odd = read(&cyclonedx(&none, &json!([]), "odd"));
    assert_eq!(odd.notes.iter().collect::<Vec<_>>(), [("VEX statement dropped: analysis state `odd`", 1)]);
    let mut plain = cyclonedx(&none, &json!([]), "");
    assert!(refusal(&plain).contains("no vulnerability with an analysis"));
    plain["specVersion"] = "1.2".into();
    assert!(refusal(&plain).contains("found 1.2"));
}
