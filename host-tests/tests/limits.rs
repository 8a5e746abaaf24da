//! The module at its caps and beyond them: it answers, within its memory, and never traps. Caps are those of `policy::limits`.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test's helpers fail as the test itself does")]

use std::sync::OnceLock;

use base64::Engine as _;
use host_tests::engine;
use host_tests::metered::sample::{self, Mix, Registry};
use host_tests::metered::{Metered, Report, no_answers};
use policy::findings::packed::{self, Flat};
use policy::findings::{Document, Image, summary};
use policy::limits;
use policy::time::Timestamp;
use serde_json::{Value, json};

const MIB: usize = 1024 * 1024;

fn metered() -> &'static Metered {
    static MODULE: OnceLock<Metered> = OnceLock::new();
    MODULE.get_or_init(|| Metered::load(&engine::root().join("dist/policy.wasm")))
}

/// Runs the module and demands an answer: a trap tells nobody why.
fn validate(request: &Value, settings: &Value, registry: Registry) -> Report {
    run("validate", &sample::payload(request, settings), registry)
}

fn run(operation: &str, payload: &[u8], registry: Registry) -> Report {
    let report = metered().run(operation, payload, sample::NOW, &registry.answers());
    assert!(report.answer.is_ok(), "{:?}", report.answer);
    report
}

/// The answer to a Deployment with one image of whose findings the registry keeps this.
fn judge(registry: Registry) -> Report {
    validate(&one_image(), &sample::settings(), registry)
}

fn one_image() -> Value {
    sample::request(&[sample::by_digest("web")])
}

fn message(report: &Report) -> String {
    report.json()["message"].as_str().unwrap_or_default().to_owned()
}

/// The part of a message between the last brackets.
fn code(report: &Report) -> String {
    let message = message(report);
    let after = message.rsplit_once('[').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    after.split(']').next().unwrap_or_default().to_owned()
}

fn is_judged(report: &Report) -> bool {
    code(report) == "findings-over-limit"
}

fn vulnerabilities<'d, 'a>(document: &'d mut Document<'a>) -> &'d mut Vec<policy::findings::Vulnerability<'a>> {
    document.images.first_mut().and_then(|image| image.vulnerabilities.as_mut()).expect("an image that was scanned")
}

fn publish(document: &Document<'_>) -> Registry {
    Registry::default().with("web", document)
}

#[test]
fn an_object_of_ten_mebibytes() {
    let mut request = one_image();
    let filler = sample::filler(10 * MIB);
    request["object"]["metadata"]["annotations"]["large"] = json!(filler);
    let registry = publish(&sample::document("web", 10, Mix::Usual));
    let report = validate(&request, &sample::settings(), registry.clone());
    assert!(is_judged(&report), "{}", message(&report));
    assert!(report.memory <= 64 * MIB, "{} bytes", report.memory);
    request["object"]["spec"]["template"]["spec"]["containers"][0]["args"] = json!(vec!["--verbose"; MIB]);
    let report = validate(&request, &sample::settings(), registry);
    assert!(is_judged(&report), "{}", message(&report));
}

#[test]
fn an_update_of_two_objects_of_five_mebibytes() {
    let mut request = one_image();
    request["operation"] = json!("UPDATE");
    request["object"]["metadata"]["annotations"]["large"] = json!(sample::filler(5 * MIB));
    request["oldObject"] = request["object"].clone();
    let report = validate(&request, &sample::settings(), Registry::default());
    assert_eq!(report.json()["accepted"], true);
    assert_eq!(report.host_calls.len(), 0, "nothing has changed");
}

#[test]
fn a_thousand_containers_of_as_many_images() {
    let names: Vec<String> = (0..1000).map(|i| format!("web-{i}")).collect();
    let images: Vec<String> = names.iter().map(|name| sample::by_digest(name)).collect();
    let harmless = |registry: Registry, name: &String| registry.with(name, &sample::document(name, 2, Mix::Harmless));
    let registry = names.iter().fold(Registry::default(), harmless);
    let report = validate(&sample::request(&images), &sample::settings(), registry);
    assert_eq!(report.json()["accepted"], true, "{}", message(&report));
    assert_eq!(report.host_calls.len(), 1000);
    let report = validate(&sample::request(&images), &sample::settings(), Registry::default());
    assert_eq!(code(&report), "evidence-missing", "{}", message(&report));
    assert!(report.memory <= 64 * MIB, "{} bytes", report.memory);
}

#[test]
fn a_thousand_containers_of_one_image_cost_one_look_up() {
    let images = vec![sample::by_digest("web"); 1000];
    let report = validate(&sample::request(&images), &sample::settings(), publish(&sample::document("web", 300, Mix::Usual)));
    assert!(is_judged(&report), "{}", message(&report));
    assert_eq!(report.host_calls, ["oci/v1/oci_manifest", "oci/v1/oci_manifest_config"]);
}

#[test]
fn images_of_a_workload_up_to_the_cap() {
    for (images, wanted) in [
        (limits::WORKLOAD_IMAGES - 1, "evidence-missing"),
        (limits::WORKLOAD_IMAGES, "evidence-missing"),
        (limits::WORKLOAD_IMAGES + 1, "workload-too-large"),
    ] {
        let images = vec![sample::by_digest("web"); images];
        let report = validate(&sample::request(&images), &sample::settings(), Registry::default());
        assert_eq!(code(&report), wanted, "{} images: {}", images.len(), message(&report));
    }
}

#[test]
fn references_up_to_the_cap() {
    let rest = format!("registry.example.com/@{}", sample::digest("web")).len();
    for length in [limits::REFERENCE_CHARS - 1, limits::REFERENCE_CHARS, limits::REFERENCE_CHARS + 1, MIB] {
        let image = format!("registry.example.com/{}@{}", sample::filler(length - rest), sample::digest("web"));
        assert_eq!(image.len(), length);
        let report = validate(&sample::request(&[image]), &sample::settings(), Registry::default());
        assert!(["evidence-missing", "reference-malformed"].contains(&code(&report).as_str()), "{length}: {}", message(&report));
        assert!(length <= limits::REFERENCE_CHARS || code(&report) == "reference-malformed", "{length}: {}", message(&report));
        assert!(message(&report).len() <= limits::MESSAGE_BYTES);
    }
}

#[test]
fn json_two_hundred_deep() {
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let nested = |n: usize| serde_json::value::RawValue::from_string(deep(n)).expect("JSON");
    for depth in [100, 127, 128, 200] {
        let payload = format!(r#"{{"request":{},"settings":{{}}}}"#, nested(depth));
        assert_eq!(code(&run("validate", payload.as_bytes(), Registry::default())), "request-invalid", "{depth}");
        let request =
            one_image().to_string().replace(r#""managedFields""#, &format!(r#""deep":{},"managedFields""#, nested(depth)));
        let payload = format!(r#"{{"request":{request},"settings":{}}}"#, sample::settings());
        let report = run("validate", payload.as_bytes(), publish(&sample::document("web", 10, Mix::Usual)));
        assert!(
            ["findings-over-limit", "request-invalid", "workload-invalid"].contains(&code(&report).as_str()),
            "{}",
            message(&report)
        );
        let settings = format!(r#"{{"rules":{}}}"#, nested(depth));
        assert_eq!(run("validate_settings", settings.as_bytes(), Registry::default()).json()["valid"], false, "{depth}");
    }
    for depth in [10_000, 1_000_000] {
        let answer = metered().run("validate", deep(depth).as_bytes(), sample::NOW, &no_answers()).json();
        assert_eq!(answer["accepted"], false, "{depth}");
        let answer = metered().run("validate_settings", deep(depth).as_bytes(), sample::NOW, &no_answers()).json();
        assert_eq!(answer["valid"], false, "{depth}");
        let document = sample::document("web", 1, Mix::Usual);
        let config = format!(r#"{{"schemaVersion":1,"findings":{}}}"#, deep(depth));
        let report = judge(Registry::default().with_config("web", &document, config));
        assert_eq!(code(&report), "evidence-unreadable", "{depth}: {}", message(&report));
    }
}

#[test]
fn an_answer_of_thirty_mebibytes() {
    let document = sample::document("web", 10, Mix::Usual);
    let config = json!({ "schemaVersion": 1, "subject": sample::digest("web"), "encoding": packed::ENCODING,
        "findings": sample::filler(30 * MIB) });
    let report = judge(Registry::default().with_config("web", &document, config.to_string()));
    assert_eq!(code(&report), "evidence-unreadable", "{}", message(&report));
    assert!(report.memory <= 64 * MIB, "{} bytes", report.memory);
}

#[test]
fn host_answers_up_to_the_cap() {
    let registry = publish(&sample::document("web", 10, Mix::Usual));
    for (length, judged) in
        [(limits::HOST_ANSWER_BYTES - 1, true), (limits::HOST_ANSWER_BYTES, true), (limits::HOST_ANSWER_BYTES + 1, false)]
    {
        let report = judge(registry.clone().with_answer_changed("web", |answer| answer.resize(length, b' ')));
        assert_eq!(is_judged(&report), judged, "{length}: {}", message(&report));
        assert!(report.memory <= 64 * MIB, "{} bytes", report.memory);
    }
}

/// Packs a document whatever it breaks, as a foreign publisher might.
fn pack(document: &Document<'_>) -> String {
    flat(&miniz_oxide::deflate::compress_to_vec(&rmp_serde::to_vec(document).expect("packs"), 6))
}

fn flat(deflated: &[u8]) -> String {
    let findings = base64::engine::general_purpose::STANDARD.encode(deflated);
    let subject = sample::digest("web");
    let flat = Flat { schema_version: 1, subject: subject.into(), encoding: packed::ENCODING.into(), findings: findings.into() };
    serde_json::to_string(&flat).expect("JSON")
}

/// The summary as it is, and whatever config.
fn judge_packed(document: &Document<'_>) -> Report {
    judge(Registry::default().with_config("web", document, pack(document)))
}

#[test]
fn twenty_thousand_vulnerabilities_within_64_mebibytes_and_in_linear_time() {
    let of = |n| judge(publish(&sample::document("web", n, Mix::Usual)));
    let (thousand, twenty_thousand) = (of(1000), of(20_000));
    assert!(is_judged(&thousand) && is_judged(&twenty_thousand));
    assert!(twenty_thousand.memory <= 64 * MIB, "{} bytes", twenty_thousand.memory);
    assert!(twenty_thousand.fuel <= 25 * thousand.fuel, "{} at 20 000, {} at 1 000", twenty_thousand.fuel, thousand.fuel);
}

#[test]
fn vulnerabilities_up_to_the_cap() {
    let mut document = sample::document("web", limits::VULNERABILITIES + 1, Mix::Usual);
    // The smallest that can be said of a vulnerability, so that this cap is met before that of the bytes.
    for vulnerability in vulnerabilities(&mut document).iter_mut() {
        vulnerability.findings.truncate(1);
        vulnerability.findings.iter_mut().for_each(|finding| (finding.purl, finding.path) = ("pkg:deb/debian/a@1".into(), None));
        vulnerability.aliases.clear();
    }
    for (n, judged) in
        [(limits::VULNERABILITIES + 1, false), (limits::VULNERABILITIES, true), (limits::VULNERABILITIES - 1, true)]
    {
        vulnerabilities(&mut document).truncate(n);
        let report = judge_packed(&document);
        assert_eq!(is_judged(&report), judged, "{n}: {}", message(&report));
        assert!(report.memory <= 128 * MIB, "{n}: {} bytes", report.memory);
    }
}

#[test]
fn lists_of_a_document_up_to_the_cap() {
    let document = sample::document("web", 3, Mix::Usual);
    let at = limits::LIST_ITEMS;
    for (n, judged) in [(at - 1, true), (at, true), (at + 1, false)] {
        let mut findings = document.clone();
        let vulnerability = vulnerabilities(&mut findings).first_mut().expect("three");
        let finding = vulnerability.findings.first().expect("at least one").clone();
        vulnerability.findings = vec![finding; n];
        let mut aliases = document.clone();
        vulnerabilities(&mut aliases).first_mut().expect("three").aliases = (0..n).map(|i| format!("ALIAS-{i}").into()).collect();
        let mut advisories = document.clone();
        vulnerabilities(&mut advisories).first_mut().expect("three").advisories = vec!["DSA-1".into(); n];
        let mut fixed = document.clone();
        let finding = vulnerabilities(&mut fixed).first_mut().and_then(|v| v.findings.first_mut()).expect("three");
        finding.fixed = vec!["1.0".into(); n];
        for (what, document) in [("findings", findings), ("aliases", aliases), ("advisories", advisories), ("fixed", fixed)] {
            let report = judge_packed(&document);
            assert_eq!(is_judged(&report), judged, "{n} {what}: {}", message(&report));
            assert!(message(&report).len() <= limits::MESSAGE_BYTES);
        }
    }
}

/// An index of so many platforms.
fn index(platforms: usize) -> Document<'static> {
    let document = sample::document("web", 2, Mix::Usual);
    let image = document.images.first().expect("one").clone();
    let platform = |i: usize| Image {
        digest: sample::digest(&format!("platform-{i}")).into(),
        platform: Some(format!("linux/{i}").into()),
        ..image.clone()
    };
    Document { images: (0..platforms).map(platform).collect(), ..document }
}

#[test]
fn platforms_of_an_index_up_to_the_cap() {
    for (n, judged) in
        [(limits::DOCUMENT_IMAGES - 1, true), (limits::DOCUMENT_IMAGES, true), (limits::DOCUMENT_IMAGES + 1, false)]
    {
        let report = judge_packed(&index(n));
        assert_eq!(is_judged(&report), judged, "{n}: {}", message(&report));
    }
}

#[test]
fn summaries_up_to_the_cap() {
    let document = sample::document("web", 10, Mix::Harmless);
    let config = pack(&document);
    // Blanks at the end of JSON say nothing: only the length differs.
    let of_length = |length: usize| {
        let summary = |config: &str| {
            let mut text = serde_json::to_string(&summary::summarize(&document, config)).expect("JSON");
            text.push_str(&" ".repeat(length - text.len()));
            text
        };
        judge(Registry::default().publish("web", config.clone(), summary))
    };
    for (length, calls) in [(limits::SUMMARY_BYTES - 1, 1), (limits::SUMMARY_BYTES, 1), (limits::SUMMARY_BYTES + 1, 2)] {
        let report = of_length(length);
        assert_eq!(report.json()["accepted"], true, "{length}: {}", message(&report));
        assert_eq!(report.host_calls.len(), calls, "{length}: a summary that is too large is not read, the document is");
    }
}

#[test]
fn documents_up_to_the_cap_once_inflated() {
    let mut document = sample::document("web", 2, Mix::Usual);
    let mut set = |length: usize| {
        let finding = vulnerabilities(&mut document).first_mut().and_then(|v| v.findings.first_mut()).expect("two");
        finding.installed = Some(sample::filler(length));
        rmp_serde::to_vec(&document).expect("packs").len()
    };
    let spare = limits::DOCUMENT_BYTES - set(100_000) + 100_000;
    for (length, judged) in [(spare - 1, true), (spare, true), (spare + 1, false)] {
        let bytes = set(length);
        assert_eq!(bytes, limits::DOCUMENT_BYTES + length - spare);
        let mut document = sample::document("web", 2, Mix::Usual);
        let finding = vulnerabilities(&mut document).first_mut().and_then(|v| v.findings.first_mut()).expect("two");
        finding.installed = Some(sample::filler(length));
        let report = judge_packed(&document);
        assert_eq!(is_judged(&report), judged, "{bytes} bytes: {}", message(&report));
        assert!(report.memory <= 64 * MIB, "{} bytes", report.memory);
        assert!(message(&report).len() <= limits::MESSAGE_BYTES);
    }
}

#[test]
fn deflate_bombs_are_unreadable_within_memory() {
    let document = sample::document("web", 2, Mix::Usual);
    let zeros = miniz_oxide::deflate::compress_to_vec(&vec![0; 256 * MIB], 6);
    for (what, config) in [
        ("a quarter of a gibibyte of zeros", flat(&zeros)),
        ("no end", flat(&zeros[..zeros.len() / 2])),
        ("noise", flat(&[0xa7; 100_000])),
        ("nothing", flat(&[])),
    ] {
        let report = judge(Registry::default().with_config("web", &document, config));
        assert_eq!(code(&report), "evidence-unreadable", "{what}: {}", message(&report));
        // Half as much again as the largest document takes: the buffer grows by doubling, and the halves stay.
        assert!(report.memory <= 96 * MIB, "{what}: {} bytes", report.memory);
    }
}

/// Lengths that lie reserve no more memory than the document has bytes, many times over at most.
#[test]
fn lengths_that_lie_are_unreadable_within_memory() {
    let document = sample::document("web", 2, Mix::Usual);
    let good = rmp_serde::to_vec(&document).expect("packs");
    let mut judged = 0;
    for i in 0..good.len() {
        let mut bytes = good.clone();
        // An array of 65 535 elements in the place of whatever stands here.
        bytes.splice(i..=i, [0xdc, 0xff, 0xff]);
        if i % 7 > 0 && i > 300 {
            continue;
        }
        let deflated = miniz_oxide::deflate::compress_to_vec(&bytes, 1);
        let report = judge(Registry::default().with_config("web", &document, flat(&deflated)));
        judged += usize::from(is_judged(&report));
        assert!(report.memory <= 16 * MIB, "at {i}: {} bytes", report.memory);
    }
    // A splice inside a text only changes the text, which the summary does not show.
    assert!(judged < good.len() / 2, "{judged}");
    let long = [good, vec![0; 15 * MIB]].concat();
    let mut lie = long;
    let place = lie.iter().position(|byte| *byte == 0x92).expect("a list of two");
    lie.splice(place..=place, [0xdd, 0xff, 0xff, 0xff, 0xff]);
    let deflated = miniz_oxide::deflate::compress_to_vec(&lie, 6);
    let report = judge(Registry::default().with_config("web", &document, flat(&deflated)));
    assert_eq!(code(&report), "evidence-unreadable", "{}", message(&report));
    assert!(report.memory <= 64 * MIB, "{} bytes", report.memory);
}

#[test]
fn rules_up_to_the_cap() {
    for (rules, valid) in [(limits::RULES - 1, true), (limits::RULES, true), (limits::RULES + 1, false)] {
        let settings = sample::settings_with_rules(rules);
        let report = run("validate_settings", settings.to_string().as_bytes(), Registry::default());
        assert_eq!(report.json()["valid"], valid, "{rules}: {}", report.json());
    }
    let mut settings = sample::settings_with_rules(limits::RULES);
    settings["rules"][limits::RULES - 1]["scope"] = json!([{ "field": "namespace", "operator": "equals", "values": ["shop"] }]);
    let report = validate(&one_image(), &settings, publish(&sample::document("web", 300, Mix::Usual)));
    let last = format!("rule-{}", limits::RULES - 1);
    assert_eq!(report.json()["audit_annotations"]["rule"], last, "{}", message(&report));
}

#[test]
fn exemptions_up_to_the_cap() {
    for (exemptions, valid) in [(limits::EXEMPTIONS, true), (limits::EXEMPTIONS + 1, false)] {
        let mut settings = sample::settings();
        let exemption = |i: usize| json!({ "name": format!("e-{i}"), "reason": "reviewed", "ids": [format!("CVE-2024-{i}")] });
        settings["exemptions"] = (0..exemptions).map(exemption).collect();
        let report = run("validate_settings", settings.to_string().as_bytes(), Registry::default());
        assert_eq!(report.json()["valid"], valid, "{exemptions}: {}", report.json());
        assert!(report.memory <= 64 * MIB, "{} bytes", report.memory);
    }
}

#[test]
fn many_exemptions_of_many_vulnerabilities_end_in_time() {
    let mut settings = sample::settings();
    let exemption = |i: usize| json!({ "name": format!("e-{i}"), "reason": "reviewed", "ids": [format!("CVE-2024-{i}")] });
    settings["exemptions"] = (0..500).map(exemption).collect();
    let registry = publish(&sample::document("web", 1000, Mix::Usual));
    let report = validate(&one_image(), &settings, registry);
    assert!(is_judged(&report), "{}", message(&report));
    // Two seconds are the policy server's default deadline.
    assert!(report.fuel < 2_000_000_000, "fuel {}", report.fuel);
}

#[test]
fn problems_of_settings_are_counted_beyond_the_cap() {
    let rules: Vec<Value> = (0..200).map(|_| json!({ "nmae": 1 })).collect();
    let report = run("validate_settings", json!({ "rules": rules }).to_string().as_bytes(), Registry::default());
    let message = message(&report);
    assert_eq!(message.lines().count(), limits::SETTINGS_PROBLEMS + 1, "{message}");
    assert!(message.ends_with("more problems"), "{message}");
}

#[test]
fn scans_in_the_future_up_to_the_skew_of_clocks() {
    for (ahead, judged) in [(limits::CLOCK_SKEW_SECONDS, true), (limits::CLOCK_SKEW_SECONDS + 1, false)] {
        let mut document = sample::document("web", 10, Mix::Usual);
        document.scanned_at = Timestamp::from_unix(sample::NOW + ahead).expect("a time");
        let report = judge(publish(&document));
        assert_eq!(is_judged(&report), judged, "{ahead}: {}", message(&report));
    }
}

/// Everything that may be long is: no answer exceeds what the API server takes.
#[test]
fn answers_stay_within_their_budgets() {
    let names: Vec<String> = (0..60).map(|i| format!("web-{i}")).collect();
    let images: Vec<String> = names.iter().map(|name| sample::by_digest(name)).collect();
    let registry =
        names.iter().fold(Registry::default(), |registry, name| registry.with(name, &sample::document(name, 300, Mix::Usual)));
    let mut settings = sample::settings();
    settings["evaluation"] = json!("strictest");
    for action in ["deny", "audit"] {
        for rule in settings["rules"].as_array_mut().expect("rules") {
            rule["action"] = json!(action);
        }
        let report = validate(&sample::request(&images), &settings, registry.clone());
        let answer = report.json();
        assert_eq!(answer["accepted"], action == "audit", "{answer}");
        assert!(message(&report).len() <= limits::MESSAGE_BYTES);
        let warnings: Vec<&str> = answer["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert!(warnings.iter().all(|warning| warning.len() <= limits::WARNING_BYTES), "{warnings:?}");
        assert!(warnings.iter().map(|warning| warning.len()).sum::<usize>() <= limits::WARNINGS_BYTES, "{warnings:?}");
        for (key, value) in answer["audit_annotations"].as_object().expect("annotations") {
            let text = value.as_str().unwrap_or_else(|| panic!("annotation `{key}` is no text"));
            assert!(text.len() <= limits::ANNOTATION_BYTES, "annotation `{key}` of {} bytes", text.len());
        }
    }
}
