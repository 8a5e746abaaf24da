//! Each shape in which findings are kept is found, held against keys, and kept unchanged beside what is made of it.

use gatectl::ExitCode;
use host::signing;
use serde_json::{Value, json};

use crate::artifacts::{
    BUNDLE, COSIGN_VULN, DSSE, IN_TOTO, SARIF, artifact, attest, bundle, defender, defender_statement, envelope, push, refer,
    sarif, statement, trivy_statement,
};
use crate::place::Place;

#[test]
fn what_cosign_attested() {
    for place in Place::both() {
        let signed = envelope(&trivy_statement(&place.digest, 20, "CVE-2026-1"), &place.key);
        let bom = envelope(&statement(&place.digest, "https://spdx.dev/Document", &json!({})), &place.key);
        attest(
            &place.world,
            &place.repository,
            &place.digest,
            &[("https://spdx.dev/Document", bom), (COSIGN_VULN, signed.clone())],
        );
        let ended = place.trusting(&["--format", "json"]);
        place.wants_published(&ended, &["CVE-2026-1"]);
        let shown: Value = serde_json::from_str(&ended.results).unwrap();
        let [other, taken] = shown["candidates"].as_array().unwrap().as_slice() else { panic!("{shown}") };
        assert_eq!((&other["outcome"], &other["kind"]), (&json!("left"), &json!("https://spdx.dev/Document")));
        for (member, wanted) in [
            ("outcome", json!("taken")),
            ("foundAs", json!("cosign's tag")),
            ("format", json!("in-toto")),
            ("scanner", json!("trivy")),
            ("scannedAt", json!("2026-11-20T10:00:00Z")),
            ("signedBy", json!(place.world.path("scan.pub"))),
            ("image", json!(place.digest)),
        ] {
            assert_eq!(taken[member], wanted, "{member}");
        }
        let manifest = place.answer(&place.digest)["manifest"].clone();
        assert_eq!(manifest["annotations"]["org.opencontainers.image.created"], "2026-11-20T10:00:00Z");
        assert_eq!(manifest["layers"][0]["mediaType"], DSSE);
        let kept = place.world.registry.pull_blob(
            &format!("{}:v1", place.repository),
            manifest["layers"][0]["digest"].as_str().unwrap(),
            1 << 20,
        );
        assert_eq!(kept.unwrap(), signed.as_bytes(), "with the signature, for whoever wants to check it again");
        assert_eq!(ended.notes.matches("note:").count(), 0, "{}", ended.notes);
    }
}

#[test]
fn what_cosign_attested_as_a_bundle() {
    for place in Place::both() {
        let bundle = bundle(&envelope(&trivy_statement(&place.digest, 20, "CVE-2026-1"), &place.key));
        // As trivy-plugin-referrer and older clients do it: the type of the artifact is that of its config.
        let mut manifest = artifact(&place.world, &place.repository, &place.digest, "", &[(BUNDLE, bundle, json!({}))], None);
        manifest["config"]["mediaType"] = json!(BUNDLE);
        push(&place.world, &place.repository, &place.digest, &manifest);
        place.wants_published(&place.trusting(&[]), &["CVE-2026-1"]);
    }
}

#[test]
fn what_defender_found() {
    for place in Place::both() {
        let digest = defender(&place.world, &place.repository, &place.digest, 20, "CVE-2026-3");
        place.wants_refused(
            &place.trusting(&[]),
            &[
                "that a key of `--trust-key` signed, found none that can be taken",
                "no trusted key signed it",
                "in-toto by",
                "scanned 2026-11-20T10:00:00Z",
            ],
        );
        signing::sign(&place.world.registry, &place.repository, &digest, &place.other, &Default::default()).unwrap();
        place.wants_refused(&place.trusting(&[]), &["no trusted key signed it"]);
        signing::sign(&place.world.registry, &place.repository, &digest, &place.key, &Default::default()).unwrap();
        let (scan, other) = (place.world.path("scan.pub"), place.world.path("other.pub"));
        let ended = place.attach(&["--trust-key", &scan, "--trust-key", &other]);
        place.wants_published(&ended, &["CVE-2026-3"]);
        assert_eq!(place.answer(&place.digest)["manifest"]["layers"][0]["mediaType"], IN_TOTO);
    }
}

#[test]
fn what_oras_attached() {
    for place in Place::both() {
        refer(&place.world, &place.repository, &place.digest, SARIF, &sarif("CVE-2026-1"), Some("2026-11-19T10:00:00Z"));
        refer(&place.world, &place.repository, &place.digest, SARIF, &sarif("CVE-2026-2"), Some("2026-11-20T10:00:00Z"));
        let ended = place.attach(&[]);
        place.wants_published(&ended, &["CVE-2026-2"]);
        for part in ["nobody's signature was checked", "when its artifact was made stands in"] {
            assert!(ended.notes.contains(part), "{part}: {}", ended.notes);
        }
        for part in ["left: there is a newer one", "taken", "made 2026-11-20T10:00:00Z", "not checked"] {
            assert!(ended.results.contains(part), "{part}: {}", ended.results);
        }
        let created = place.answer(&place.digest)["manifest"]["annotations"]["org.opencontainers.image.created"].clone();
        assert_eq!(created, "2026-11-20T10:00:00Z");
        // Ours are no source of ours, and the same gives the same.
        let again = place.attach(&["--format", "json"]);
        let shown: Value = serde_json::from_str(&again.results).unwrap();
        assert_eq!(shown["artifacts"][0]["replaces"]["digest"], shown["artifacts"][0]["digest"]);
        // The user's own word about the time goes before the artifact's.
        let ended = place.attach(&["--scanned-at", "2026-11-21T00:00:00Z"]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        assert!(!ended.notes.contains("stands in"), "{}", ended.notes);
    }
}

#[test]
fn our_own_findings_are_no_source() {
    for place in Place::both() {
        refer(&place.world, &place.repository, &place.digest, SARIF, &sarif("CVE-2026-1"), Some("2026-11-19T10:00:00Z"));
        assert_eq!(place.attach(&[]).exit, ExitCode::Admitted);
        let ours = place.world.registry.resolve(&place.findings_of(&place.digest)).unwrap().digest;
        if !place.world.registry.referrers(&place.repository, &place.digest).unwrap().contains(&ours) {
            crate::artifacts::list_by_tag(&place.world, &place.repository, &place.digest, &ours, 1);
        }
        let shown: Value = serde_json::from_str(&place.attach(&["--format", "json"]).results).unwrap();
        let all = shown["candidates"].as_array().unwrap();
        let listed = all.iter().find(|candidate| candidate["artifact"] == ours.as_str()).unwrap();
        assert_eq!((&listed["outcome"], &listed["why"]), (&json!("left"), &json!("it is a findings artifact already")));
        assert_eq!(all.iter().filter(|candidate| candidate["outcome"] == "taken").count(), 1);
    }
}

#[test]
fn a_dry_run_shows_all_and_pushes_nothing() {
    for place in Place::both() {
        let statement = defender_statement(&place.digest, 20, "CVE-2026-1");
        refer(&place.world, &place.repository, &place.digest, DSSE, &envelope(&statement, &place.key), None);
        let ended = place.trusting(&["--dry-run"]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        for part in ["CANDIDATE", "taken", "WOULD BE PUSHED", "CVE-2026-1"] {
            assert!(ended.results.contains(part), "{part}: {}", ended.results);
        }
        assert!(!place.world.registry.exists(&place.findings_of(&place.digest)).unwrap());
    }
}
