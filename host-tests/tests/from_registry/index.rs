//! Image indexes: what is about each platform, what is about the index, and what is inside of it.

use gatectl::ExitCode;
use host_tests::world::MANIFEST;
use serde_json::{Value, json};

use crate::artifacts::{COSIGN_VULN, DSSE, IN_TOTO, INDEX, SARIF, attest, envelope, refer, sarif, statement, trivy_statement};
use crate::place::{Place, ids_of};

/// An index under `v1`, its two images, and what BuildKit puts beside the first.
struct Whole {
    index: String,
    images: [String; 2],
}

fn push(place: &Place, attested: Option<&str>) -> Whole {
    let repository = &place.repository;
    let images = ["amd64", "arm64"].map(|architecture| place.world.push(&format!("{repository}:{architecture}"), architecture));
    let mut manifests: Vec<Value> = images
        .iter()
        .zip(["amd64", "arm64"])
        .map(|((digest, size), architecture)| {
            json!({ "mediaType": MANIFEST, "digest": digest, "size": size, "platform": { "os": "linux", "architecture": architecture } })
        })
        .collect();
    if let Some(cve) = attested {
        let (of, kind) = (&images[0].0, "https://in-toto.io/attestation/vulns/v0.2");
        let layer = crate::artifacts::defender_statement(of, 15, cve);
        let registry = &place.world.registry;
        let digest = registry.push_blob(&format!("{repository}:x"), layer.as_bytes()).unwrap();
        let config = registry.push_blob(&format!("{repository}:x"), b"{}").unwrap();
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST,
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2 },
            "layers": [{ "mediaType": IN_TOTO, "digest": digest, "size": layer.len(), "annotations": { "in-toto.io/predicate-type": kind } }] })
        .to_string();
        let attestation =
            registry.push_manifest_raw(&format!("{repository}:attestation"), manifest.as_bytes(), MANIFEST).unwrap();
        manifests.push(json!({ "mediaType": MANIFEST, "digest": attestation, "size": manifest.len(),
            "platform": { "os": "unknown", "architecture": "unknown" },
            "annotations": { "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of } }));
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests }).to_string();
    let index = place.world.registry.push_manifest_raw(&format!("{repository}:v1"), index.as_bytes(), INDEX).unwrap();
    Whole { index, images: images.map(|(digest, _)| digest) }
}

fn some(id: &str) -> Option<Vec<String>> {
    Some(vec![id.to_owned()])
}

#[test]
fn each_platform_has_the_newest_of_its_own() {
    for place in Place::both() {
        let Whole { index, images: [amd64, arm64] } = push(&place, Some("CVE-2026-9"));
        let signed = |of: &str, day, cve| envelope(&trivy_statement(of, day, cve), &place.key);
        attest(
            &place.world,
            &place.repository,
            &arm64,
            &[(COSIGN_VULN, signed(&arm64, 11, "CVE-2026-2")), (COSIGN_VULN, signed(&arm64, 10, "CVE-2026-3"))],
        );
        // The attestation in the index is not signed.
        let ended = place.trusting(&[]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        assert!(ended.notes.contains("platform linux/amd64 was not scanned"), "{}", ended.notes);
        assert_eq!(ids_of(&place.document(&index)), [None, some("CVE-2026-2")]);
        let ended = place.attach(&[]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        assert!(ended.results.contains("in the index"), "{}", ended.results);
        let document = place.document(&index);
        assert_eq!(ids_of(&document), [some("CVE-2026-9"), some("CVE-2026-2")]);
        assert_eq!(document.scanned_at.to_string(), "2026-11-11T10:00:00Z");
        assert_eq!(ids_of(&place.document(&amd64)), [some("CVE-2026-9")]);
        // Of one platform.
        attest(&place.world, &place.repository, &amd64, &[(COSIGN_VULN, signed(&amd64, 20, "CVE-2026-4"))]);
        let ended = place.trusting(&["--platform", "linux/amd64", "--no-carry-over"]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        assert_eq!(ids_of(&place.document(&index)), [some("CVE-2026-4"), None]);
    }
}

#[test]
fn what_is_about_the_index_has_to_say_which_platform() {
    for place in Place::both() {
        let Whole { index, images: [amd64, _] } = push(&place, None);
        let document = sarif("CVE-2026-1");
        let digest = refer(&place.world, &place.repository, &index, SARIF, &document, Some("2026-11-20T10:00:00Z"));
        attest(
            &place.world,
            &place.repository,
            &amd64,
            &[(COSIGN_VULN, envelope(&trivy_statement(&amd64, 10, "CVE-2026-2"), &place.key))],
        );
        for more in [&[][..], &["--platform", "linux/amd64"]] {
            let ended = place.attach(more);
            assert_eq!(ended.exit, ExitCode::Failed, "{ended:?}");
            for part in ["in the way: ", "a platform, which the report does not state,"] {
                assert!(ended.notes.contains(part), "{part}: {}", ended.notes);
            }
        }
        // Under keys it is nobody's.
        assert_eq!(place.trusting(&[]).exit, ExitCode::Admitted);
        assert_eq!(ids_of(&place.document(&index)), [some("CVE-2026-2"), None]);
        // Who asks for this very one may say which.
        let ended = place.attach(&["--candidate", &digest, "--platform", "linux/arm64", "--no-carry-over"]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        assert_eq!(ids_of(&place.document(&index)), [None, some("CVE-2026-1")]);
    }
}

#[test]
fn a_statement_about_the_index_whose_report_states_the_platform() {
    for place in Place::both() {
        let Whole { index, .. } = push(&place, None);
        let mut inner: Value = serde_json::from_str(&trivy_statement(&index, 20, "CVE-2026-5")).unwrap();
        inner["predicate"]["scanner"]["result"]["Metadata"]["ImageConfig"] = json!({ "os": "linux", "architecture": "arm64" });
        let signed = envelope(&statement(&index, COSIGN_VULN, &inner["predicate"]), &place.key);
        refer(&place.world, &place.repository, &index, DSSE, &signed, None);
        let ended = place.trusting(&[]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        assert_eq!(ids_of(&place.document(&index)), [None, some("CVE-2026-5")]);
        let ended = place.trusting(&["--platform", "linux/amd64"]);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains("it is about the platform linux/arm64"), "{ended:?}");
    }
}
