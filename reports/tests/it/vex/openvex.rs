//! OpenVEX: what a product is, which names a vulnerability has, and which statements are valid.

use serde_json::{Value, json};

use super::{NET, is_set, read, refusal};
use crate::trivy::digest;

pub(super) fn openvex(product: &Value, more: &Value) -> Value {
    let mut statement = json!({ "vulnerability": { "name": NET }, "products": [product], "status": "not_affected", "justification": "component_not_present" });
    statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/1", "author": "Acme", "timestamp": "2026-11-01T00:00:00Z",
        "version": 1, "statements": [statement] })
}

#[test]
fn a_product_is_the_image_or_the_package() {
    let part = |purl: &str| json!([{ "@id": purl }]);
    let image = |id: String| json!({ "@id": id });
    let hex = digest().hex().to_owned();
    let by_digest = format!("pkg:oci/web@sha256%3A{hex}?repository_url=ghcr.io%2Felsewhere");
    for (product, expected) in [
        (json!("pkg:npm/%40shop/parser@1.0.0"), true),
        (json!({ "@id": "pkg:npm/%40shop/parser" }), true),
        (json!({ "identifiers": { "purl": "pkg:npm/@shop/parser@1.0.0" } }), true),
        (json!({ "@id": "pkg:npm/%40shop/parser@1.0.1" }), false),
        (json!({ "@id": "pkg:npm/parser@1.0.0" }), false),
        (json!({ "@id": "pkg:pypi/%40shop/parser@1.0.0" }), false),
        (json!({ "@id": "pkg:npm/%40shop/parser@1.0.0?arch=amd64" }), false),
        (json!({ "@id": "pkg:npm/%40shop/parser@1.0.0#src" }), false),
        (json!({ "identifiers": { "cpe23": "cpe:2.3:a:shop:parser:1.0.0:*:*:*:*:*:*:*" } }), false),
        (json!({ "@id": "@shop/parser" }), false),
        (image(by_digest.clone()), true),
        (json!({ "@id": "image", "hashes": { "sha-256": hex } }), true),
        (image(format!("pkg:oci/web@sha256:{}", "9".repeat(64))), false),
        (image(format!("pkg:oci/web@sha256:{hex}?arch=amd64&os=linux")), true),
        (image(format!("pkg:oci/web@sha256:{hex}?arch=arm64")), false),
        (image(format!("pkg:oci/web@sha256:{hex}?flavour=slim")), false),
        (image("pkg:oci/web".to_owned()), false),
        (image("pkg:oci/web?repository_url=ghcr.io/acme".to_owned()), true),
        (image("pkg:oci/web?repository_url=GHCR.io/acme/web".to_owned()), true),
        (image("pkg:oci/web?repository_url=ghcr.io/acme/web&tag=1.4".to_owned()), true),
        (image("pkg:oci/web?repository_url=ghcr.io/acme/web&tag=1.5".to_owned()), false),
        (image("pkg:oci/web?repository_url=ghcr.io/other/web".to_owned()), false),
        (image("pkg:oci/other?repository_url=ghcr.io/acme/web".to_owned()), false),
        (image("pkg:oci/web@1.4?repository_url=ghcr.io/acme/web".to_owned()), false),
        (json!({ "@id": by_digest, "subcomponents": part("pkg:npm/%40shop/parser") }), true),
        (json!({ "@id": by_digest, "subcomponents": part("pkg:npm/other") }), false),
        (json!({ "@id": by_digest, "subcomponents": part("cpe:2.3:a:shop:parser") }), false),
        (json!({ "@id": "pkg:oci/other", "subcomponents": part("pkg:npm/%40shop/parser") }), false),
        (json!({ "@id": "pkg:npm/%40shop/parser", "subcomponents": part("pkg:npm/inner") }), false),
    ] {
        assert_eq!(is_set(&openvex(&product, &json!({}))), expected, "{product}");
    }
}

#[test]
fn names_are_ids_and_aliases_on_both_sides() {
    let product = json!({ "@id": "pkg:npm/%40shop/parser" });
    let named = |name: &str, alias: &str| openvex(&product, &json!({ "vulnerability": { "name": name, "aliases": [alias] } }));
    assert!(is_set(&named("cve-2026-2001", "X-1")));
    assert!(is_set(&named("GHSA-aaaa-bbbb-cccc", "X-1")), "an alias of the row");
    assert!(is_set(&named("X-1", "CVE-2026-2001")), "an alias of the statement");
    assert!(!is_set(&named("CVE-2026-9", "X-1")));
}

#[test]
fn openvex_statements_that_are_not_valid_do_not_count() {
    let product = json!({ "@id": "pkg:npm/%40shop/parser" });
    for (more, note) in [
        (json!({ "justification": "" }), "without a justification or an impact statement"),
        (json!({ "status": "harmless" }), "status `harmless`"),
        (json!({ "status": null }), "status ``"),
        (json!({ "vulnerability": null }), "names no vulnerability"),
        (json!({ "vulnerability": { "@id": "https://example.com" } }), "names no vulnerability"),
        (json!({ "products": [] }), "without products"),
        (json!({ "timestamp": "soon" }), "time of a VEX statement that is not a time"),
    ] {
        let document = read(&openvex(&product, &more));
        assert!(document.notes.iter().any(|(text, _)| text.contains(note)), "{note}: {:?}", document.notes);
    }
    assert!(is_set(&openvex(&product, &json!({ "justification": null, "impact_statement": "not loaded" }))));
    let mut old = openvex(
        &json!("pkg:oci/web?repository_url=ghcr.io/acme"),
        &json!({ "vulnerability": NET, "subcomponents": ["pkg:npm/%40shop/parser"] }),
    );
    old["@context"] = "https://openvex.dev/ns".into();
    assert!(is_set(&old));
    old["statements"][0]["subcomponents"] = json!(["pkg:npm/other"]);
    assert!(!is_set(&old));
    old["@context"] = "https://openvex.dev/ns/v9.0.0".into();
    assert!(refusal(&old).contains("found `https://openvex.dev/ns/v9.0.0`"));
}
