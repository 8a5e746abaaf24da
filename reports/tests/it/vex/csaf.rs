//! CSAF: products through the tree, and the profile that is demanded.

use policy::findings::VexStatus;
use reports::vex;
use serde_json::{Value, json};

use super::{NET, applied, read, refusal};
use crate::trivy::digest;

fn csaf(status: &Value, more: &Value) -> Value {
    let mut vulnerability = json!({ "cve": NET, "product_status": status, "flags": [{ "label": "component_not_present", "product_ids": ["parser", "parser-on-web"] }] });
    vulnerability.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let product =
        |id: &str, purl: &str| json!({ "product_id": id, "name": id, "product_identification_helper": { "purl": purl } });
    let relationship = |category: &str, id: &str, part: &str| json!({ "category": category, "full_product_name": { "product_id": id, "name": id }, "product_reference": part, "relates_to_product_reference": "web" });
    json!({
        "document": { "category": "csaf_vex", "csaf_version": "2.0", "publisher": { "name": "Acme" },
            "tracking": { "id": "ACME-1", "current_release_date": "2026-11-01T00:00:00Z" } },
        "product_tree": {
            "branches": [{ "branches": [{ "product": product("parser", "pkg:npm/%40shop/parser@1.0.0") }] }],
            "full_product_names": [product("web", &format!("pkg:oci/web@{}", digest())), product("other", "pkg:npm/other")],
            "relationships": [
                relationship("default_component_of", "parser-on-web", "parser"),
                relationship("default_component_of", "other-on-web", "other"),
                relationship("installed_with", "parser-beside-web", "parser")
            ],
            "product_groups": [{ "group_id": "all", "product_ids": ["parser", "other-on-web"] }]
        },
        "vulnerabilities": [vulnerability]
    })
}

#[test]
fn csaf_products_are_resolved_through_the_tree() {
    for (status, more, expected) in [
        (json!({ "known_not_affected": ["parser"] }), json!({}), Some(VexStatus::NotAffected)),
        (json!({ "known_not_affected": ["parser-on-web"] }), json!({}), Some(VexStatus::NotAffected)),
        (json!({ "known_not_affected": ["web"] }), json!({}), None),
        (
            json!({ "known_not_affected": ["web"] }),
            json!({ "threats": [{ "category": "impact", "details": "not loaded" }] }),
            Some(VexStatus::NotAffected),
        ),
        (
            json!({ "known_not_affected": ["parser"] }),
            json!({ "flags": [{ "label": "x", "group_ids": ["all"] }] }),
            Some(VexStatus::NotAffected),
        ),
        (json!({ "known_not_affected": ["parser"] }), json!({ "flags": [{ "label": "x", "group_ids": ["none"] }] }), None),
        (json!({ "fixed": ["parser"] }), json!({ "flags": null }), Some(VexStatus::Fixed)),
        (json!({ "known_affected": ["web"] }), json!({}), Some(VexStatus::Affected)),
        (json!({ "under_investigation": ["parser"], "fixed": ["parser"] }), json!({}), Some(VexStatus::UnderInvestigation)),
        (json!({ "recommended": ["parser"] }), json!({}), None),
        (json!({ "fixed": ["other-on-web"] }), json!({}), None),
        (json!({ "fixed": ["parser-beside-web"] }), json!({}), None),
        (json!({ "fixed": ["unheard-of"] }), json!({}), None),
        (
            json!({ "fixed": ["parser"] }),
            json!({ "cve": null, "ids": [{ "system_name": "GitHub", "text": "GHSA-aaaa-bbbb-cccc" }] }),
            Some(VexStatus::Fixed),
        ),
    ] {
        let document = read(&csaf(&status, &more));
        let (statuses, _) = applied(NET, &[document]);
        assert!(statuses.iter().all(|s| *s == expected), "{status} {more}: {statuses:?}");
    }
    let document = vex::read(csaf(&json!({ "fixed": ["parser"] }), &json!({})).to_string().as_bytes(), None).unwrap();
    assert_eq!(document.source, "ACME-1 (Acme)");
    let none = json!({});
    for (path, value, part) in [
        ("csaf_version", "1.2", "version 2.0 or 2.1, found `1.2`"),
        ("category", "csaf_security_advisory", "category `csaf_vex`"),
    ] {
        let mut wrong = csaf(&none, &none);
        wrong["document"][path] = value.into();
        assert!(refusal(&wrong).contains(part));
    }
}
