//! VEX documents against a small report, format by format: what matches, what does not, and which of several statements counts.

mod csaf;
mod cyclonedx;
mod many;
mod openvex;
mod several;

use policy::findings::VexStatus;
use reports::Report;
use reports::report::Notes;
use reports::vex::{self, VexDocument};
use serde_json::{Value, json};

use crate::folders::{files, samples};
use crate::trivy::WEB;

const NET: &str = "CVE-2026-2001";

fn web() -> Report {
    let mut report = reports::read(WEB.as_bytes(), None).unwrap();
    report.subject.name = Some("ghcr.io/acme/web:1.4".to_owned());
    report.notes = Notes::default();
    report
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
