//! Findings documents, and what else there may be in their place.

use serde_json::{Value, json};

use super::Draws;
use crate::document::digest_of;
use crate::model::Evidence;

const SEVERITIES: [&str; 6] = ["high", "critical", "medium", "low", "unknown", "negligible"];
const PACKAGES: [&str; 4] = ["pkg:npm/a@1", "pkg:npm/a/b@2", "pkg:deb/debian/a@1?arch=amd64", "pkg:npm/ab@1"];
const PATHS: [&str; 3] = ["usr/bin/xz", "app/lib.jar", "app/x/lib.jar"];
const DATES: [&str; 3] = ["2026-11-21T12:00:00Z", "2026-11-01T00:00:00Z", "2026-11-22T12:00:00Z"];
const FIELDS: [&str; 8] = ["aliases", "cvss", "epss", "knownExploited", "publishedAt", "fixAvailableAt", "path", "vex"];

/// Too far in the future.
pub const FUTURE: &str = "2026-11-22T12:05:01Z";

/// Any evidence, mostly a document: of a platform of an index where it is named, else of an image or an index.
pub(super) fn evidence(draws: &mut Draws, subject: &str, platform: Option<Option<&str>>) -> Evidence {
    let state = signed(draws, subject, platform);
    if draws.chance(30) { Evidence::Untrusted(Box::new(state)) } else { state }
}

/// Any evidence whose signature does not matter.
pub fn signed(draws: &mut Draws, subject: &str, platform: Option<Option<&str>>) -> Evidence {
    if draws.chance(90) {
        Evidence::Scanned(document(draws, subject, platform))
    } else {
        draws.pick(&[&Evidence::Missing, &Evidence::Unavailable, &Evidence::Unreadable, &Evidence::NotGranted]).clone()
    }
}

fn document(draws: &mut Draws, subject: &str, single: Option<Option<&str>>) -> Value {
    let provides: Vec<&str> =
        if draws.chance(35) { FIELDS.into_iter().filter(|_| draws.chance(60)).collect() } else { FIELDS.into() };
    let end_of_life = draws.pick(&[None, Some(true), Some(false)]);
    let os = json!({ "family": "debian", "version": "12", "endOfLife": end_of_life });
    let image = |draws: &mut Draws, digest: &str, platform: Option<&str>| {
        let vulnerabilities = vulnerabilities(draws, &provides);
        json!({ "digest": digest, "platform": platform, "os": os, "vulnerabilities": vulnerabilities })
    };
    let mut images = Vec::new();
    if let Some(platform) = single {
        images.push(image(draws, subject, platform));
    } else if draws.chance(15) {
        for platform in [Some("linux/amd64"), draws.pick(&[Some("linux/arm64/v8"), Some("linux/arm64"), None])] {
            let mut image = image(draws, &digest_of(platform.unwrap_or_default().as_bytes()), platform);
            if draws.chance(15) {
                image["vulnerabilities"] = Value::Null;
            }
            images.push(image);
        }
    } else {
        images.push(image(draws, subject, Some("linux/amd64")));
    }
    let scanned_at = if draws.chance(3) {
        FUTURE
    } else {
        draws.pick(&["2026-11-22T11:00:00Z", "2026-11-22T10:59:59Z", "2026-11-01T00:00:00Z"])
    };
    let database = draws.pick(&[Some("2026-11-22T09:59:59Z"), None, Some("2026-10-01T00:00:00Z")]);
    json!({
        "schemaVersion": 1, "subject": subject, "scanner": { "name": "trivy", "version": "0.66.0", "databaseUpdatedAt": database },
        "scannedAt": scanned_at, "provides": provides, "images": images,
    })
}

fn vulnerabilities(draws: &mut Draws, provides: &[&str]) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for place in 1..=5 {
        if draws.chance(45) {
            all.push(vulnerability(draws, &format!("CVE-2024-000{place}"), provides));
        }
    }
    sort(&mut all);
    all
}

/// A vulnerability that says nothing of fields that the document does not provide.
pub fn vulnerability(draws: &mut Draws, id: &str, provides: &[&str]) -> Value {
    let severity = draws.pick(&SEVERITIES);
    let mut vulnerability = json!({ "id": id, "severity": severity });
    let put = |draws: &mut Draws, value: &mut Value, (field, key): (&str, &str), chosen: Value| {
        if draws.chance(50) && provides.contains(&field) {
            value[key] = chosen;
        }
    };
    let last = id.chars().last().unwrap_or('0');
    put(draws, &mut vulnerability, ("aliases", "aliases"), json!([format!("GHSA-aaaa-bbbb-000{last}")]));
    let (cvss, epss) = (draws.pick(&[7.0, 6.9, 9.8]), draws.pick(&[0.5, 0.49999, 0.9]));
    put(draws, &mut vulnerability, ("cvss", "cvss"), json!(cvss));
    put(draws, &mut vulnerability, ("epss", "epss"), json!(epss));
    put(draws, &mut vulnerability, ("knownExploited", "knownExploited"), json!(true));
    let published = draws.pick(&DATES);
    put(draws, &mut vulnerability, ("publishedAt", "publishedAt"), json!(published));
    if draws.chance(20) {
        vulnerability["advisories"] = json!(["DSA-1"]);
    }
    let many = draws.below(3);
    let findings = (0..=many).map(|_| {
        let mut finding = json!({ "purl": draws.pick(&PACKAGES), "installed": "1", "fixState": "unknown" });
        match draws.below(4) {
            0 => finding["fixState"] = "not_fixed".into(),
            1 => finding["fixState"] = "fixed".into(),
            2 => finding["fixed"] = json!(["2"]),
            _ => {}
        }
        let (date, path, vex) =
            (draws.pick(&DATES), draws.pick(&PATHS), draws.pick(&["not_affected", "affected", "fixed", "under_investigation"]));
        put(draws, &mut finding, ("fixAvailableAt", "fixAvailableAt"), json!(date));
        put(draws, &mut finding, ("path", "path"), json!(path));
        if draws.chance(25) {
            put(draws, &mut finding, ("vex", "vex"), json!(vex));
        }
        finding
    });
    let findings = findings.collect::<Vec<_>>();
    vulnerability["findings"] = findings.into();
    vulnerability
}

/// Puts vulnerabilities in the order of a findings document.
pub fn sort(vulnerabilities: &mut [Value]) {
    let order = ["critical", "high", "medium", "low", "negligible", "unknown"];
    vulnerabilities.sort_by_key(|vulnerability| {
        (order.iter().position(|word| vulnerability["severity"] == *word), vulnerability["id"].as_str().map(str::to_owned))
    });
}
