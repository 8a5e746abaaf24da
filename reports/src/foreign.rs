//! What a document is that no reader takes, in words: the user should learn what was handed in, not only that it was refused.
//!
//! Recognised by top-level keys, as the formats' own schemas name them. A format that gets a reader loses its line here.

use crate::{Format, Outline, ReportError};

/// The refusal of a document that is not of the wanted format: `reason: the document is …`.
pub(crate) fn refuse(outline: &Outline<'_>, reason: &str) -> ReportError {
    let readable: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    let what = describe(outline);
    ReportError::new(
        format!("{reason}: the document is {what}"),
        Some(&format!("formats that can be read: {}", readable.join(", "))),
    )
}

/// What a document is, in words.
pub(crate) fn describe(outline: &Outline<'_>) -> String {
    if let Some((_, reason)) = crate::recognise(outline) {
        return format!("a readable report of another format ({reason})");
    }
    match outline {
        Outline::Object(members) => match self_naming(outline).or_else(|| by_keys(outline)) {
            Some(what) => what,
            None if members.is_empty() => "an empty object".to_owned(),
            None => {
                let keys: Vec<&str> = members.keys().take(5).map(String::as_str).collect();
                format!("an object of unknown kind with the keys `{}`", keys.join("`, `"))
            }
        },
        Outline::List(None) => "an empty list".to_owned(),
        Outline::List(Some(item)) => list_of(&Outline::of(item)),
        Outline::Other(what) => (*what).to_owned(),
    }
}

/// Documents that carry their own name.
fn self_naming(o: &Outline<'_>) -> Option<String> {
    let version = |key| o.text(key).map_or(String::new(), |v| format!(" {v}"));
    let what = if o.has_list("runs") && (o.has("version") || o.has("$schema")) {
        format!("a SARIF log{}, and only those of the version 2.1 can be read", version("version"))
    } else if o.has("spdxVersion") || o.text("@context").is_some_and(|c| c.contains("spdx")) {
        format!("an SPDX bill of materials{}", o.text("spdxVersion").map_or(String::new(), |v| format!(" ({v})")))
    } else if o.has("statements") && o.text("@context").is_some_and(|c| c.contains("openvex")) {
        "an OpenVEX document".to_owned()
    } else if o.member("document").is_some_and(|d| d.has("csaf_version")) {
        "a CSAF advisory".to_owned()
    } else if o.has("payloadType") && o.has("payload") && o.has("signatures") {
        format!("a DSSE envelope{}, not of an in-toto statement", version("payloadType"))
    } else if o.has("dsseEnvelope") || o.has("messageSignature") {
        "a Sigstore bundle".to_owned()
    } else if o.text("_type").is_some_and(|t| t.starts_with("https://in-toto.io/Statement/")) {
        format!(
            "an in-toto statement{}",
            o.text("predicateType").map_or(String::new(), |p| format!(" of the predicate type `{p}`"))
        )
    } else if let (Some(api), Some(kind)) = (o.text("apiVersion"), o.text("kind")) {
        format!("a Kubernetes object of kind {kind} ({api})")
    } else {
        return None;
    };
    Some(what)
}

/// Scanners' own formats.
fn by_keys(o: &Outline<'_>) -> Option<String> {
    let first_of = |key: &str, inner: &str| o.member(key).and_then(|m| m.first()).is_some_and(|i| i.has(inner));
    let what = if o.has("matches") && (o.has("descriptor") || o.has("source")) {
        "a document of the shape of a Grype report whose descriptor does not name grype"
    } else if first_of("Findings", "ProductArn") {
        "an AWS Security Hub result"
    } else {
        return None;
    };
    Some(what.to_owned())
}

fn list_of(first: &Outline<'_>) -> String {
    match first {
        Outline::Object(_) => match self_naming(first).or_else(|| by_keys(first)) {
            Some(what) => format!("a list, beginning with {what}"),
            None => "a list of objects of unknown kind".to_owned(),
        },
        _ => "a list without objects".to_owned(),
    }
}
