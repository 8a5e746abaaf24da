//! Several statements about one finding, the report's own among them: which of them counts, and that it is said.

use policy::findings::{Field, VexStatus};
use reports::{document, vex};
use serde_json::json;

use super::openvex::openvex;
use super::{NET, applied, read, web};
use crate::trivy::digest;

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
