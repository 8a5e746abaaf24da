//! VEX documents of three formats against a small report: what matches, what does not, and which of several statements counts.

use std::sync::Arc;

use policy::findings::{Field, VexStatus};
use reports::report::Notes;
use reports::vex::{self, VexDocument};
use reports::{Report, document};
use serde_json::{Value, json};

use crate::folders::{files, samples};
use crate::trivy::{WEB, digest};

const NET: &str = "CVE-2026-2001";

fn web() -> Report {
    let mut report = reports::read(WEB.as_bytes(), None).unwrap();
    report.subject.name = Some("ghcr.io/acme/web:1.4".to_owned());
    report.notes = Notes::default();
    report
}

fn openvex(product: &Value, more: &Value) -> Value {
    let mut statement = json!({ "vulnerability": { "name": NET }, "products": [product], "status": "not_affected", "justification": "component_not_present" });
    statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/1", "author": "Acme", "timestamp": "2026-11-01T00:00:00Z",
        "version": 1, "statements": [statement] })
}

fn read(document: &Value) -> VexDocument {
    vex::read(document.to_string().as_bytes(), Some("web.vex.json")).unwrap()
}

fn refusal(document: &Value) -> String {
    vex::read(document.to_string().as_bytes(), None).unwrap_err().to_string()
}

/// The statuses of the rows of an id after the documents, and the notes.
fn applied(id: &str, documents: &[VexDocument]) -> (Vec<Option<VexStatus>>, Vec<(String, usize)>) {
    let mut report = web();
    vex::apply(&mut report, documents);
    let statuses = report.rows.iter().filter(|row| row.id == id).map(|row| row.vex.as_ref().map(|v| v.status)).collect();
    (statuses, report.notes.iter().map(|(note, times)| (note.to_owned(), times)).collect())
}

fn is_set(document: &Value) -> bool {
    let (statuses, notes) = applied(NET, &[read(document)]);
    let is_set = statuses.iter().any(Option::is_some);
    assert_eq!(notes.iter().any(|(note, _)| note.contains("no finding matches (web.vex.json (Acme))")), !is_set, "{notes:?}");
    is_set
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
fn the_latest_statement_counts_and_of_equal_ones_that_which_keeps_the_finding() {
    let product = json!({ "@id": "pkg:npm/%40shop/parser" });
    let at = |status: &str, time: &str| read(&openvex(&product, &json!({ "status": status, "timestamp": time })));
    let (early, late) = ("2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z");
    for (documents, expected) in [
        ([at("affected", early), at("not_affected", late)], VexStatus::NotAffected),
        ([at("not_affected", late), at("affected", early)], VexStatus::NotAffected),
        ([at("not_affected", early), at("under_investigation", late)], VexStatus::UnderInvestigation),
        ([at("not_affected", late), at("affected", late)], VexStatus::Affected),
        ([at("under_investigation", late), at("fixed", late)], VexStatus::UnderInvestigation),
        ([at("not_affected", "yesterday"), at("affected", early)], VexStatus::Affected),
    ] {
        let (statuses, notes) = applied(NET, &documents);
        assert!(statuses.iter().all(|status| *status == Some(expected)), "{statuses:?}");
        assert!(notes.iter().any(|(note, _)| note.contains("disagree")), "{notes:?}");
    }
}

#[test]
fn a_document_replaces_what_the_report_says_and_stays_visible() {
    let document = read(&openvex(
        &json!("pkg:oci/web?repository_url=ghcr.io/acme"),
        &json!({ "vulnerability": "CVE-2026-2002", "status": "affected" }),
    ));
    let (statuses, notes) = applied("CVE-2026-2002", std::slice::from_ref(&document));
    assert_eq!(statuses, [Some(VexStatus::Affected)]);
    assert_eq!(notes, [("VEX status of the report replaced by that of a document".to_owned(), 1)]);
    let mut report = web();
    report.provides.retain(|field| *field != Field::Vex);
    vex::apply(&mut report, &[document]);
    let (made, _) = document::make(&document::Target::image(digest(), None, &report), None).unwrap();
    let findings = made.images[0].vulnerabilities.iter().flatten().flat_map(|v| &v.findings);
    let sources: Vec<&str> = findings.filter_map(|f| f.vex_source.as_deref()).collect();
    assert!(sources.contains(&"web.vex.json (Acme)"), "{sources:?}");
    let before = web();
    let mut after = before.clone();
    vex::apply(&mut after, &[]);
    assert_eq!(before, after);
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

#[test]
fn what_is_no_vex_document_is_refused_by_name() {
    for (bytes, part) in [
        (WEB.as_bytes(), "not a VEX document: the document is a readable report"),
        (b"[]", "an empty list"),
        (b"<xml/>", "found XML"),
        (b"{\"@context\":\"https://openvex.dev/ns\"}", "the OpenVEX document cannot be read: missing field `statements`"),
        (b"{\"document\":{\"csaf_version\":2}}", "the CSAF document cannot be read"),
    ] {
        let error = vex::read(bytes, None).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let unnamed = vex::read(br#"{"@context":"https://openvex.dev/ns","statements":[]}"#, None).unwrap();
    assert_eq!(unnamed.source, "VEX document without an id");
}

#[test]
fn every_sample_is_read_in_full_or_refused_with_a_reason() {
    let Some(folder) = samples() else { return };
    let truth: Value = serde_json::from_slice(&std::fs::read(folder.join("TRUTH.json")).unwrap()).unwrap();
    let mut n_read = 0;
    for kind in ["openvex", "csaf-vex", "cyclonedx-vex"] {
        for (name, bytes) in files(&folder.join(kind)) {
            let truth = &truth[format!("{kind}/{name}")];
            let document = match vex::read(&bytes, None) {
                Ok(document) => document,
                Err(error) => {
                    let is_csaf_of_another_kind = truth["category"].as_str().is_some_and(|category| category != "csaf_vex");
                    assert!(is_csaf_of_another_kind || truth["vex_statements"].is_null(), "{kind}/{name}: {error}");
                    continue;
                }
            };
            n_read += 1;
            let dropped: usize = document.notes.iter().filter(|(note, _)| note.contains("dropped")).map(|(_, times)| times).sum();
            let (ours, theirs) = match kind {
                "openvex" => (document.statements.len() + dropped, truth["statements"].clone()),
                "csaf-vex" => {
                    let recommended = truth["vex_by_status"]["recommended"].as_u64().unwrap_or(0);
                    let stated = truth["vex_statements"].as_u64().unwrap_or(0) - recommended;
                    (document.statements.iter().map(|s| s.products.len()).sum::<usize>() + dropped, stated.into())
                }
                _ => {
                    let products = document.statements.iter().map(|s| s.products.len()).sum::<usize>();
                    // Products whose versions are ranges match nothing and are not in the list.
                    assert!(products <= usize::try_from(truth["vex_statements"].as_u64().unwrap()).unwrap() * 2, "{name}");
                    continue;
                }
            };
            assert_eq!(theirs, json!(ours), "{kind}/{name}");
            let mut report = web();
            vex::apply(&mut report, &[document]);
        }
    }
    assert!(n_read > 50);
}

/// Ten thousand rows and ten thousand products, one statement or one each: what covers them is found, and nothing else.
#[test]
fn many_products_are_held_against_many_rows() {
    const MANY: usize = 10_000;
    let product = |n: usize| json!({ "@id": format!("pkg:deb/debian/lib{n}@1.{n}?arch=amd64") });
    let mut one = openvex(&json!("pkg:npm/none"), &json!({}));
    one["statements"][0]["products"] = (0..MANY).step_by(2).map(product).collect();
    let mut each = openvex(&json!("pkg:npm/none"), &json!({}));
    let statement = each["statements"][0].clone();
    let with = |n: usize| {
        let mut statement = statement.clone();
        statement["products"] = json!([product(n)]);
        statement
    };
    each["statements"] = (0..MANY).step_by(2).map(with).collect();
    for document in [one, each] {
        let mut report = many_rows(MANY, |n| format!("pkg:deb/debian/lib{n}@1.{n}?arch=amd64&distro=debian-12"));
        vex::apply(&mut report, &[read(&document)]);
        assert!(report.rows.iter().enumerate().all(|(n, row)| row.vex.is_some() == (n % 2 == 0)));
        assert!(report.notes.is_empty(), "{:?}", report.notes);
    }
}

/// Products that differ in what is compared last of all: the rows for which there is no time stay counted, and that is said.
#[test]
fn products_without_end_end() {
    let product = |n: usize| json!(format!("pkg:deb/debian/a@1?q={n}"));
    let mut document = openvex(&json!("pkg:npm/none"), &json!({}));
    document["statements"][0]["products"] = (0..10_000).map(product).collect();
    let mut report = many_rows(10_000, |n| format!("pkg:deb/debian/a@1?q={n}"));
    vex::apply(&mut report, &[read(&document)]);
    let n_set = report.rows.iter().filter(|row| row.vex.is_some()).count();
    assert!(n_set > 500 && n_set < 10_000, "{n_set}");
    let left = report.notes.iter().find(|(note, _)| note.contains("no VEX statement was held against")).map(|(_, times)| times);
    assert_eq!(left, Some(10_000 - n_set));

    let mut statement = document["statements"][0].clone();
    statement["vulnerability"]["aliases"] = (0..1_000).map(|n| format!("X-{n}")).collect();
    document["statements"] = json!([statement]);
    let mut report = many_rows(1, |_| "pkg:deb/debian/a@1?q=0".to_owned());
    vex::apply(&mut report, &[read(&document)]);
    assert_eq!(report.rows[0].vex, None);
    let notes: Vec<(&str, usize)> = report.notes.iter().collect();
    assert_eq!(notes, [("VEX statements that do not count, since all together list too many products: 1", 1)]);
}

/// A report with rows of one vulnerability, each in a package of its own.
fn many_rows(n_rows: usize, purl: impl Fn(usize) -> String) -> Report {
    let mut report = web();
    let row = report.rows.iter().find(|row| row.id == NET).unwrap().clone();
    report.rows = (0..n_rows)
        .map(|n| {
            let mut row = row.clone();
            row.vex = None;
            Arc::make_mut(&mut row.package).purl = purl(n);
            row
        })
        .collect();
    report
}
