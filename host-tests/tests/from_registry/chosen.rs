//! What is never taken, what keeps others from being taken, and what the user can say about it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatectl::ExitCode;
use serde_json::{Value, json};

use crate::artifacts::{
    COSIGN_VULN, DSSE, IN_TOTO, SARIF, artifact, attest, defender, defender_statement, envelope, list_by_tag, push, refer, sarif,
    statement, trivy_statement,
};
use crate::place::Place;

/// Of the world's keys.
const PASSWORD: &str = "of the world's keys";
const OTHER: &str = "sha256:5555555555555555555555555555555555555555555555555555555555555555";

impl Place {
    /// A signed envelope as a referrer that says when it was made; the artifact's digest.
    fn signed(&self, statement: &str, made_at: Option<&str>) -> String {
        let envelope = envelope(statement, &self.key);
        refer(&self.world, &self.repository, &self.digest, DSSE, &envelope, made_at)
    }
}

#[test]
fn nothing_is_there() {
    for place in Place::both() {
        for more in [&[][..], &["--trust-key", &place.world.path("scan.pub")]] {
            place.wants_refused(&place.attach(more), &["expected findings in the registry, found none", "--report"]);
        }
    }
}

#[test]
fn signatures_of_others_and_of_other_bytes_do_not_count() {
    for place in Place::both() {
        let (good, image) = (trivy_statement(&place.digest, 10, "CVE-2026-1"), place.digest.as_str());
        // Changed after it was signed, signed by another key, no envelope at all, and not signed.
        let mut tampered: Value = serde_json::from_str(&envelope(&good, &place.key)).unwrap();
        tampered["payload"] = json!(STANDARD.encode(trivy_statement(image, 20, "CVE-2026-2")));
        let newer = trivy_statement(image, 21, "CVE-2026-3");
        attest(
            &place.world,
            &place.repository,
            image,
            &[
                (COSIGN_VULN, tampered.to_string()),
                (COSIGN_VULN, envelope(&newer, &place.other)),
                (COSIGN_VULN, "{ garbage".to_owned()),
            ],
        );
        refer(&place.world, &place.repository, image, IN_TOTO, &newer, Some("2026-11-21T11:00:00Z"));
        let ended = place.trusting(&[]);
        place.wants_refused(&ended, &["in-toto by trivy", "scanned 2026-11-20T10:00:00Z", "scanned 2026-11-21T10:00:00Z"]);
        assert_eq!(ended.notes.matches("left: no trusted key signed it").count(), 4, "{}", ended.notes);
        // They neither stand in for what is signed, nor in its way.
        place.signed(&good, None);
        let ended = place.trusting(&[]);
        place.wants_published(&ended, &["CVE-2026-1"]);
        assert!(ended.notes.contains("a later scan than the one that is taken is there, and left"), "{}", ended.notes);
    }
}

#[test]
fn what_is_about_another_image_is_left() {
    for place in Place::both() {
        // A statement about another image beside this one, signed by the right key.
        place.signed(&trivy_statement(OTHER, 20, "CVE-2026-2"), None);
        // An artifact of another image that is listed for this one.
        let statement = defender_statement(&place.digest, 20, "CVE-2026-3");
        let (foreign, _) = place.world.push(&format!("{}:other", place.repository), "arm64");
        let manifest = artifact(&place.world, &place.repository, &foreign, IN_TOTO, &[(IN_TOTO, statement, json!({}))], None);
        let digest = push(&place.world, &place.repository, &foreign, &manifest);
        list_by_tag(&place.world, &place.repository, &place.digest, &digest, manifest.to_string().len());
        // Another image, which names no subject.
        list_by_tag(&place.world, &place.repository, &place.digest, &foreign, 1);
        let ended = place.attach(&[]);
        let parts = ["the statement is about other digests", "it names another subject", "it names no subject"];
        place.wants_refused(&ended, &parts);
        // A report that states another image, in an artifact that names this one.
        let stating = sarif("CVE-2026-1").replace(
            "\"results\"",
            &format!("\"properties\":{{\"imageName\":\"x\",\"repoDigests\":[\"x@{OTHER}\"]}},\"results\""),
        );
        refer(&place.world, &place.repository, &place.digest, SARIF, &stating, Some("2026-11-20T10:00:00Z"));
        place.wants_refused(&place.attach(&[]), &["the report states another image"]);
    }
}

#[test]
fn the_newest_is_never_replaced_by_an_older_one_because_it_cannot_be_read() {
    for place in Place::both() {
        let older = place.signed(&trivy_statement(&place.digest, 10, "CVE-2026-1"), None);
        // Signed, about this image, and of no report that anybody reads.
        let broken = statement(&place.digest, COSIGN_VULN, &json!({ "scanner": { "result": { "a": 1 } }, "metadata": {} }));
        place.signed(&broken, Some("2026-11-20T10:00:00Z"));
        let expected = "expected to read whatever may be the newest scan, found what cannot be";
        for ended in [place.trusting(&[]), place.attach(&[])] {
            place.wants_refused(&ended, &[expected, "in the way: ", "--candidate DIGEST", &older]);
        }
        // What is older than the scan that is taken hides nothing; under keys its time is what anybody wrote beside the envelope.
        let newer = place.signed(&trivy_statement(&place.digest, 21, "CVE-2026-2"), None);
        place.wants_published(&place.attach(&[]), &["CVE-2026-2"]);
        let ended = place.trusting(&[]);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains("in the way: "), "{ended:?}");
        place.wants_published(&place.trusting(&["--candidate", &newer]), &["CVE-2026-2"]);
        // The user may choose, but not what nobody signed.
        let chosen = place.trusting(&["--candidate", &older, "--replace-newer"]);
        place.wants_published(&chosen, &["CVE-2026-1"]);
        assert!(chosen.results.contains("another one was asked for"), "{}", chosen.results);
    }
}

/// Whoever may push can put an envelope that somebody else signed into an artifact of another time, or about another image.
#[test]
fn what_nobody_signed_neither_dates_nor_binds() {
    for place in Place::both() {
        // A statement that says no time, as old as it may be, in an artifact that says to be of today.
        let dated: Value = serde_json::from_str(&trivy_statement(&place.digest, 10, "CVE-2026-1")).unwrap();
        let mut undated = dated.clone();
        undated["predicate"]["metadata"] = json!({});
        place.signed(&undated.to_string(), Some("2026-11-22T09:00:00Z"));
        place.wants_refused(&place.trusting(&[]), &["in the way: the statement does not say when the scan was finished"]);
        place.wants_published(&place.trusting(&["--scanned-at", "2026-11-20T10:00:00Z"]), &["CVE-2026-1"]);
    }
    // A report that is signed as it is, and states no image.
    for place in Place::both() {
        let dated: Value = serde_json::from_str(&trivy_statement(&place.digest, 10, "CVE-2026-2")).unwrap();
        let mut report = dated["predicate"]["scanner"]["result"].clone();
        report["CreatedAt"] = "2026-11-10T10:00:00Z".into();
        place.signed(&report.to_string(), None);
        place.wants_refused(&place.trusting(&[]), &["what was signed is no statement"]);
    }
    // A layer of two artifacts says of neither which image it is about.
    for place in Place::both() {
        let other = place.world.push(&format!("{}:other", place.repository), "arm64").0;
        let report = trivy_statement(&place.digest, 10, "CVE-2026-3");
        let of = |digest: &str, made: &str| refer(&place.world, &place.repository, digest, IN_TOTO, &report, Some(made));
        let (first, second) = (of(&place.digest, "2026-11-10T10:00:00Z"), of(&place.digest, "2026-11-11T10:00:00Z"));
        assert_ne!(first, second);
        assert_ne!(of(&other, "2026-11-10T10:00:00Z"), first);
        let layer = host_tests::document::digest_of(report.as_bytes());
        place.wants_refused(&place.attach(&["--candidate", &layer]), &["a layer of several: sha256:"]);
        place.wants_published(&place.attach(&["--candidate", &second]), &["CVE-2026-3"]);
    }
}

#[test]
fn what_was_asked_for_has_to_be_good() {
    for place in Place::both() {
        let unsigned = defender(&place.world, &place.repository, &place.digest, 20, "CVE-2026-1");
        place.signed(&trivy_statement(&place.digest, 10, "CVE-2026-2"), None);
        place.wants_refused(&place.trusting(&["--candidate", &unsigned]), &["in the way: no trusted key signed it"]);
        place.wants_refused(
            &place.trusting(&["--candidate", OTHER]),
            &["expected the digest of something that is there, found `sha256:5555"],
        );
        // By the digest of the artifact as well as by that of the layer; and by format.
        refer(&place.world, &place.repository, &place.digest, SARIF, "{ \"version\": \"2.1.0\", \"runs\": [] }", None);
        place.wants_refused(&place.attach(&[]), &["in the way"]);
        place.wants_published(&place.attach(&["--report-format", "in-toto"]), &["CVE-2026-1"]);
        place.wants_published(&place.attach(&["--candidate", &unsigned]), &["CVE-2026-1"]);
    }
}

#[test]
fn of_one_time_all_count_and_copies_once() {
    for place in Place::both() {
        let (one, two) = (trivy_statement(&place.digest, 20, "CVE-2026-1"), defender_statement(&place.digest, 20, "CVE-2026-2"));
        place.signed(&one, None);
        attest(&place.world, &place.repository, &place.digest, &[(COSIGN_VULN, envelope(&one, &place.key))]);
        let ended = place.trusting(&[]);
        place.wants_published(&ended, &["CVE-2026-1"]);
        assert!(ended.results.contains("one that says the same is taken"), "{}", ended.results);
        place.signed(&two, None);
        place.wants_published(&place.trusting(&[]), &["CVE-2026-1", "CVE-2026-2"]);
    }
}

#[test]
fn what_has_no_time_is_not_chosen_by_chance() {
    for place in Place::both() {
        refer(&place.world, &place.repository, &place.digest, SARIF, &sarif("CVE-2026-1"), None);
        place.wants_refused(&place.attach(&[]), &["says when the scan was finished; hint: state it with `--scanned-at`"]);
        place.wants_published(&place.attach(&["--scanned-at", "2026-11-20T10:00:00Z"]), &["CVE-2026-1"]);
    }
}

#[test]
fn what_is_no_report_is_never_in_the_way() {
    for place in Place::both() {
        let bom = r#"{ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [] }"#;
        refer(&place.world, &place.repository, &place.digest, "application/vnd.cyclonedx+json", bom, None);
        refer(&place.world, &place.repository, &place.digest, "application/json", r#"{ "any": "thing" }"#, None);
        refer(&place.world, &place.repository, &place.digest, "application/vnd.cncf.notary.signature", "x", None);
        place.wants_refused(
            &place.attach(&[]),
            &[
                "is a bill of materials",
                "it is no vulnerability report that can be read",
                "it holds nothing of a type that reports have",
            ],
        );
        place.signed(&trivy_statement(&place.digest, 10, "CVE-2026-1"), None);
        place.wants_published(&place.attach(&[]), &["CVE-2026-1"]);
    }
}

#[test]
fn what_is_too_large_is_not_read_to_its_end() {
    let place = Place::both().next().unwrap();
    place.signed(&trivy_statement(&place.digest, 10, "CVE-2026-1"), None);
    let huge = "x".repeat(reports::MAX_BYTES + 1);
    refer(&place.world, &place.repository, &place.digest, DSSE, &huge, Some("2026-11-20T10:00:00Z"));
    let ended = place.trusting(&[]);
    place.wants_refused(&ended, &["in the way: it could not be fetched: ", "more than 67108864 bytes"]);
}

#[test]
fn flags_that_make_no_sense_together_are_refused() {
    let place = Place::both().next().unwrap();
    let file = place.world.file("report.json", "{}");
    let image = format!("{}:v1", place.repository);
    for (arguments, part) in [
        (&["attach", &image, "--from-registry", "--report", &file][..], "cannot be used with"),
        (&["attach", &image, "--from-registry", "--force-subject"], "cannot be used with"),
        (&["attach", &image, "--report", &file, "--trust-key", &file], "cannot be used with"),
        (&["attach", &image, "--report", &file, "--candidate", OTHER], "cannot be used with"),
        (&["attach", &image, "--candidate", OTHER], "--from-registry"),
        (&["attach", &image], "--report"),
        (
            &["attach", &image, "--from-registry", "--trust-key", &file],
            "expected a public key in PEM, as in `cosign.pub`, found none",
        ),
        (&["attach", &image, "--from-registry", "--trust-key", "/no/such/key"], "--trust-key /no/such/key"),
    ] {
        let ended = place.world.gatectl(arguments);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains(part), "{part}: {ended:?}");
    }
}

#[test]
fn a_key_signs_what_somebody_vouches_for() {
    let place = Place::both().last().unwrap();
    let key = place.world.file("scan.key", &place.key.seal(PASSWORD.as_bytes()).unwrap());
    let sign = |more: &[&str]| place.attach(&[&["--sign-key", &key], more].concat());
    let layer = place.signed(&trivy_statement(&place.digest, 10, "CVE-2026-1"), None);
    place.wants_refused(&sign(&[]), &["expected `--trust-key` beside `--from-registry` and `--sign-key`", "--accept-unsigned"]);
    let scan = place.world.path("scan.pub");
    for more in [&["--trust-key", &scan][..], &["--candidate", &layer], &["--accept-unsigned"]] {
        let ended = sign(more);
        place.wants_published(&ended, &["CVE-2026-1"]);
        assert!(ended.results.contains("signed as"), "{}", ended.results);
    }
}
