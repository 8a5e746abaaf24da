//! Judgements → SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), which code hosts show beside the lines of a
//! change: a result for each image and rule that is against it, at the object in its file.

use std::collections::BTreeMap;

use policy::image::Digest;
use serde_json::{Value, json};

use crate::judgement::{Judgement, Verdict, Violation};
use crate::visible;

/// Vulnerabilities that a result names.
const NAMED: usize = 10;
/// Results that code hosts take of one run, the worst first.
const RESULTS: usize = 5_000;

/// A judged object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged<'j> {
    /// `deploy/web.yaml:12`.
    pub(crate) place: &'j str,
    /// `Deployment prod/web`.
    pub(crate) name: &'j str,
    pub(crate) judgement: &'j Judgement,
}

/// The document; and how many results were left out.
pub(crate) fn document<'j>(judged: impl Iterator<Item = Judged<'j>>) -> (Value, usize) {
    let mut rules: BTreeMap<String, Value> = BTreeMap::new();
    let mut results: Vec<(Verdict, Value)> = Vec::new();
    for one in judged.filter(|one| one.judgement.verdict != Verdict::Admit) {
        let violations: Vec<(&str, &Violation)> = one
            .judgement
            .images
            .iter()
            .flat_map(|image| image.violations.iter().map(|violation| (image.image.as_str(), violation)))
            .collect();
        for (image, violation) in &violations {
            rules.entry(violation.rule.clone()).or_insert_with(|| rule(&violation.rule));
            results.push((violation.verdict, of_violation(one, image, violation)));
        }
        // A request that is refused before its images are looked at.
        if violations.is_empty() {
            let id = "request-refused";
            rules.entry(id.to_owned()).or_insert_with(|| rule(id));
            let text = format!("{}: {}", one.name, one.judgement.says);
            results.push((one.judgement.verdict, result(one, id, one.judgement.verdict, &text, id)));
        }
    }
    results.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
    let left_out = results.len().saturating_sub(RESULTS);
    let results: Vec<Value> = results.into_iter().take(RESULTS).map(|(_, result)| result).collect();
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gatectl", "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.into_values().collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    (document, left_out)
}

/// What is said of results that were left out.
pub(crate) fn left_out(n: usize) -> String {
    format!("{n} results are left out: code hosts take {RESULTS} of one run")
}

fn rule(name: &str) -> Value {
    json!({ "id": name, "name": name, "shortDescription": { "text": format!("The rule `{name}` of the gate") } })
}

fn of_violation(one: Judged<'_>, image: &str, violation: &Violation) -> Value {
    let mut text = format!("{}: image {image}: {} [{}]", one.name, violation.what, violation.code);
    let vulnerabilities = violation.counted.iter().flat_map(|counted| &counted.vulnerabilities);
    for vulnerability in vulnerabilities.clone().take(NAMED) {
        text.push_str(&format!("\n{}", vulnerability.sentence()));
    }
    if let Some(more @ 1..) = vulnerabilities.count().checked_sub(NAMED) {
        text.push_str(&format!("\nand {more} more"));
    }
    result(one, &violation.rule, violation.verdict, &text, &format!("{image} {} {}", violation.rule, violation.code))
}

fn result(one: Judged<'_>, rule: &str, verdict: Verdict, text: &str, identity: &str) -> Value {
    let (file, line) = match one.place.rsplit_once(':').map(|(file, line)| (file, line.parse::<u64>())) {
        Some((file, Ok(line))) => (file, line),
        _ => (one.place, 1),
    };
    let level = if verdict == Verdict::Deny { "error" } else { "warning" };
    json!({
        "ruleId": rule,
        "level": level,
        "message": { "text": visible::lines(text) },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(file) }, "region": { "startLine": line.max(1) } } }],
        // The same finding in another version of the file is the same finding.
        "partialFingerprints": { "judgement/v1": Digest::of(format!("{} {identity}", one.name).as_bytes()).hex() },
    })
}

/// A path as a relative reference (RFC 3986): what is not unreserved is percent-encoded, but for the slashes.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.trim_start_matches("./");
    let encoded = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    path.bytes().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("./deploy/a b.yaml"), "deploy/a%20b.yaml");
        assert_eq!(uri("deploy\\ü.yaml"), "deploy/%C3%BC.yaml");
    }
}
