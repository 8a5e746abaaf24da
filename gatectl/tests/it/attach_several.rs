//! `gatectl attach` with several reports, VEX documents and public lists; what is there already.

use std::io::Write as _;

use gatectl::ExitCode;
use policy::findings::{Document, Field, Severity, VexStatus, json, packed};
use serde_json::Value;

use crate::attach::{answer, hex, report, stating};
use crate::flaky::Flaky;
use crate::world::{Ended, World};

/// A report of Grype about the same package as [`stating`]: of the low vulnerability more, of the critical one nothing.
pub(crate) fn grype(digest: &str) -> String {
    format!(
        r#"{{ "descriptor": {{ "name": "grype", "version": "0.104.0", "timestamp": "2026-11-21T09:00:00Z", "db": {{ "status": {{ "schemaVersion": "v6.1.3", "built": "2026-11-20T06:00:00Z" }} }} }},
        "source": {{ "type": "image", "target": {{ "userInput": "app", "repoDigests": ["registry.example/app@{digest}"] }} }},
        "distro": {{ "name": "alpine", "version": "3.20.1" }},
        "matches": [{{ "vulnerability": {{ "id": "CVE-2026-2", "severity": "High", "fix": {{ "state": "not-fixed" }}, "epss": [{{ "epss": 0.2 }}] }},
                       "artifact": {{ "name": "musl", "version": "1.2.5-r0", "type": "apk", "purl": "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64" }} }}] }}"#
    )
}

fn statement(digest: &str) -> String {
    format!(
        r#"{{ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://vex.example/1", "author": "Team", "timestamp": "2026-11-20T00:00:00Z", "version": 1,
        "statements": [
            {{ "vulnerability": {{ "name": "CVE-2026-1" }}, "products": [{{ "@id": "pkg:oci/app@{digest}" }}], "status": "not_affected", "justification": "vulnerable_code_not_present" }},
            {{ "vulnerability": {{ "name": "CVE-2026-9" }}, "products": [{{ "@id": "pkg:oci/app@{digest}" }}], "status": "not_affected", "justification": "vulnerable_code_not_present" }}
        ] }}"#,
        digest = digest.replace(':', "%3A")
    )
}

const SCORES: &str = "#model_version:v2025.03.14,score_date:2026-11-20T12:55:00Z\ncve,epss,percentile\nCVE-2026-1,0.9,0.99\n";
const CATALOGUE: &str = r#"{ "catalogVersion": "2026.11.20", "dateReleased": "2026-11-20T16:00:00Z", "count": 1, "vulnerabilities": [{ "cveID": "CVE-2026-2" }] }"#;

/// What a gate reads.
fn document(world: &World, digest: &str) -> Document<'static> {
    let flat = answer(world, "app", digest)["config"].to_string();
    let bytes = packed::inflate(&serde_json::from_str(&flat).unwrap()).unwrap();
    let text = json::write(&packed::read(&bytes).unwrap()).to_string();
    json::read(Box::leak(text.into_boxed_str())).unwrap()
}

fn vulnerability<'a>(document: &'a Document<'_>, id: &str) -> &'a policy::findings::Vulnerability<'a> {
    document.images[0].vulnerabilities.as_ref().unwrap().iter().find(|v| v.id == id).unwrap()
}

fn image(world: &World) -> (String, String) {
    let image = world.image("app:1");
    let (digest, _) = world.push_image(&image, "amd64");
    (image, digest)
}

#[test]
fn two_reports_are_one_document_of_the_worse() {
    let world = World::new();
    let (image, digest) = image(&world);
    let (trivy, grype_file) = (world.file("trivy.json", &stating(&digest)), world.file("grype.json", &grype(&digest)));
    let ended = world.attach(&[&image, "--report", &trivy, "--report", &grype_file]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    let merged = document(&world, &digest);
    assert_eq!((merged.scanner.name.as_ref(), merged.scanner.database_updated_at), ("grype+trivy", None));
    assert_eq!(merged.scanned_at.to_string(), "2026-11-21T09:00:00Z", "the older");
    assert_eq!(vulnerability(&merged, "CVE-2026-1").severity, Severity::Critical, "of one alone");
    let low = vulnerability(&merged, "CVE-2026-2");
    assert_eq!((low.severity, low.findings.len(), low.epss), (Severity::High, 1, None), "the worse, in one place");
    assert!(!merged.provides.contains(&Field::Epss) && ended.notes.contains("`epss` is not known of all findings"), "{ended:?}");
    let manifest = &answer(&world, "app", &digest)["manifest"];
    let layers: Vec<(&str, String)> = manifest["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| {
            let kept = world.registry.pull_blob(&image, layer["digest"].as_str().unwrap(), 1 << 20).unwrap();
            (layer["mediaType"].as_str().unwrap(), String::from_utf8(kept).unwrap())
        })
        .collect();
    assert_eq!(
        layers,
        [
            ("application/vnd.aquasec.trivy.report+json", stating(&digest)),
            ("application/vnd.anchore.grype.report+json", grype(&digest))
        ]
    );
    let turned = world.attach(&[&image, "--report", &grype_file, "--report", &trivy]);
    assert_eq!(turned.exit, ExitCode::Admitted);
    assert_eq!(document(&world, &digest), merged, "in whatever order");
    let other = world.file("other.json", &grype(&format!("sha256:{}", "5".repeat(64))));
    let ended = world.attach(&[&image, "--report", &trivy, "--report", &other]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("states another image"), "{ended:?}");
}

#[test]
fn statements_and_lists_are_held_against_the_findings() {
    let world = World::new();
    let (image, digest) = image(&world);
    let report = world.file("report.json", &stating(&digest));
    let vex = world.file("app.openvex.json", &statement(&digest));
    let (epss, kev) = (world.file("epss.csv", SCORES), world.file("kev.json", CATALOGUE));
    let ended = world.attach(&[&image, "--report", &report, "--vex", &vex, "--epss", &epss, "--kev", &kev]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    for part in [
        "note: VEX statements of app.openvex.json (Team): 2",
        "note: VEX statement that no finding matches (app.openvex.json (Team))",
        "note: EPSS scores of 2026-11-20T12:55:00Z, model v2025.03.14, of 1 CVEs",
        "note: CVE that the EPSS list has no score for",
        "note: KEV catalogue 2026.11.20 of 2026-11-20T16:00:00Z, of 1 CVEs",
    ] {
        assert!(ended.notes.contains(part), "{part}: {}", ended.notes);
    }
    let read = document(&world, &digest);
    for field in [Field::Vex, Field::Epss, Field::KnownExploited] {
        assert!(read.provides.contains(&field), "{field:?}");
    }
    let first = vulnerability(&read, "CVE-2026-1");
    assert_eq!((first.epss.unwrap().to_string().as_str(), first.known_exploited), ("0.9", Some(false)));
    assert_eq!(first.findings[0].vex, Some(VexStatus::NotAffected));
    assert_eq!(first.findings[0].vex_source.as_deref(), Some("app.openvex.json (Team)"));
    let second = vulnerability(&read, "CVE-2026-2");
    assert_eq!((second.epss, second.known_exploited, second.findings[0].vex), (None, Some(true), None));
}

/// As FIRST publishes its list, and as people keep reports.
#[test]
fn files_packed_with_gzip_are_read_as_what_is_in_them() {
    let world = World::new();
    let (image, digest) = image(&world);
    let packed = |name: &str, content: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content.as_bytes()).unwrap();
        std::fs::write(world.path(name), encoder.finish().unwrap()).unwrap();
        world.path(name)
    };
    let plain = [
        world.file("report.json", &stating(&digest)),
        world.file("vex.json", &statement(&digest)),
        world.file("epss.csv", SCORES),
        world.file("kev.json", CATALOGUE),
    ];
    let files = [
        packed("report.json.gz", &stating(&digest)),
        packed("vex.json.gz", &statement(&digest)),
        packed("epss.csv.gz", SCORES),
        packed("kev.json.gz", CATALOGUE),
    ];
    let attach = |[report, vex, epss, kev]: &[String; 4]| {
        let ended = world.attach(&[&image, "--report", report, "--vex", vex, "--epss", epss, "--kev", kev, "--replace-newer"]);
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        let mut read = document(&world, &digest);
        for finding in read.images.iter_mut().flat_map(|i| i.vulnerabilities.iter_mut().flatten()).flat_map(|v| &mut v.findings) {
            finding.vex_source = None;
        }
        read
    };
    assert_eq!(attach(&plain), attach(&files));
    std::fs::write(world.path("cut.gz"), std::fs::read(&files[0]).unwrap().split_last_chunk::<20>().unwrap().0).unwrap();
    let ended = world.attach(&[&image, "--report", &world.path("cut.gz")]);
    assert!(ended.exit == ExitCode::Failed && ended.notes.contains("cannot be unpacked as gzip"), "{ended:?}");
}

#[test]
fn statements_about_the_image_that_a_report_was_forced_on_do_not_count() {
    let world = World::new();
    let (image, _) = image(&world);
    let other = format!("sha256:{}", "5".repeat(64));
    let (report, vex) = (world.file("report.json", &stating(&other)), world.file("vex.json", &statement(&other)));
    let ended = world.attach(&["--report", &report, "--force-subject", "--vex", &vex, &image]);
    assert!(
        ended.exit == ExitCode::Admitted && ended.notes.contains("no finding matches (vex.json (Team)) (2 times)"),
        "{ended:?}"
    );
}

#[test]
fn a_dry_run_shows_the_document_and_what_would_be_pushed() {
    let world = World::new();
    let (image, digest) = image(&world);
    let file = world.file("report.json", &stating(&digest));
    let dry = |more: &[&str]| world.attach(&[&[image.as_str(), "--report", &file, "--dry-run"], more].concat());
    let shown = dry(&[]).results;
    for part in ["WOULD BE PUSHED", "application/vnd.aquasec.trivy.report+json", "\"vulnerabilities\": [", "\"CVE-2026-1\""] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let value: Value = serde_json::from_str(&dry(&["--format", "json"]).results).unwrap();
    let artifact = &value["artifacts"][0];
    let text = artifact["document"].to_string();
    assert_eq!(json::read(&text).unwrap().subject, digest);
    assert_eq!((&value["pushed"], artifact["blobs"].as_array().unwrap().len()), (&Value::Bool(false), 2));
    let pushed = world.attach(&[&image, "--report", &file, "--format", "json"]);
    let value: Value = serde_json::from_str(&pushed.results).unwrap();
    assert_eq!(value["artifacts"][0]["digest"], artifact["digest"], "what was shown is what is pushed");
    assert_eq!(value["artifacts"][0].get("document"), None);
}

#[test]
fn newer_findings_are_kept() {
    let world = World::new();
    let (image, digest) = image(&world);
    let at = |day: &str| world.file(&format!("{day}.json"), &stating(&digest).replace("2026-11-21T", &format!("2026-11-{day}T")));
    let attach = |day: &str, more: &[&str]| world.attach(&[&[image.as_str(), "--report", &at(day)], more].concat());
    let created = || answer(&world, "app", &digest)["manifest"]["annotations"]["org.opencontainers.image.created"].clone();
    assert_eq!(attach("20", &[]).exit, ExitCode::Admitted);
    let ended = attach("21", &[]);
    assert!(ended.exit == ExitCode::Admitted && ended.results.contains("scanned 2026-11-20T10:00:00Z"), "{ended:?}");
    assert!(attach("21", &[]).results.contains("(the same)"));
    for more in [&[][..], &["--dry-run"]] {
        let ended = attach("20", more);
        assert_eq!(ended.exit, ExitCode::Failed);
        let expected = "expected no findings newer than those of 2026-11-20T10:00:00Z, found those of 2026-11-21T10:00:00Z";
        assert!(ended.notes.contains(expected) && ended.notes.contains("--replace-newer"), "{ended:?}");
    }
    assert_eq!(created(), "2026-11-21T10:00:00Z");
    assert_eq!(attach("20", &["--replace-newer"]).exit, ExitCode::Admitted);
    assert_eq!(created(), "2026-11-20T10:00:00Z");
}

#[test]
fn what_is_no_findings_artifact_is_replaced_and_shown() {
    let world = World::new();
    let (image, digest) = image(&world);
    let tag = format!("app:{}", policy::findings::tag(hex(&digest)));
    world.push_image(&world.image(&tag), "other");
    let file = world.file("report.json", &stating(&digest));
    let ended = world.attach(&[&image, "--report", &file]);
    assert!(ended.exit == ExitCode::Admitted && ended.results.contains("says no time of a scan"), "{ended:?}");
}

#[test]
fn a_busy_registry_is_asked_again_and_not_for_ever() {
    let world = World::new();
    let (image, digest) = image(&world);
    let file = world.file("report.json", &stating(&digest));
    let through = |flaky: &Flaky| -> Ended {
        let address = flaky.address();
        let sources = world.file("flaky.yaml", &format!("insecure_sources: ['{address}']\n"));
        crate::world::gatectl(&["attach", &format!("{address}/app:1"), "--report", &file, "--sources", &sources])
    };
    for refusal in ["429 Too Many Requests", "503 Service Unavailable"] {
        let flaky = Flaky::start(world.embedded.address(), refusal, 3);
        let ended = through(&flaky);
        assert_eq!(ended.exit, ExitCode::Admitted, "{refusal}: {ended:?}");
    }
    let ended = through(&Flaky::start(world.embedded.address(), "500 Internal Server Error", 1000));
    assert_eq!(ended.exit, ExitCode::Failed);
    assert!(ended.notes.contains("500"), "{ended:?}");
    assert!(world.registry.exists(&image).unwrap());
}

#[test]
fn wrong_files_are_refused_before_anything_is_asked() {
    let world = World::new();
    // No registry listens there: it is not asked.
    let image = "127.0.0.1:1/app:1";
    let good = world.file("report.json", &report(""));
    let (scores, catalogue) = (world.file("epss.csv", SCORES), world.file("kev.json", CATALOGUE));
    for (arguments, part) in [
        (&["--vex", &good][..], "report.json: not a VEX document: the document is a readable report of another format"),
        (&["--vex", "/no/such.json"], "/no/such.json: "),
        (&["--vex", "a.json", "b.json"], "unexpected argument 'b.json' found"),
        (&["--epss", &catalogue], "kev.json: line 1 of the EPSS list: expected the columns `cve,epss,percentile`"),
        (&["--epss", "/no/such.csv"], "/no/such.csv: "),
        (&["--kev", &scores], "epss.csv: expected JSON"),
        (&["--kev", &good], "report.json: expected CISA's KEV catalogue"),
        (&["--report", &good], "found the bytes of another one; hint: give it once"),
        (&["--vex", "-", "--epss", "-"], "expected `-` (stdin) for one file, found it for 2"),
    ] {
        let ended = world.attach(&[&[image, "--report", &good][..], arguments].concat());
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains(part), "{part}: {ended:?}");
    }
}
