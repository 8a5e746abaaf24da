//! A pattern of images that are let through → an entry of a scope.
//!
//! Source: `AdmissionWhitelistPattern` and `ImageAllowlist` of the Binary Authorization API: a trailing `*` stands for text without `/`, a
//! trailing `**` for any text.

use policy::image::{DOCKER_HUB, Reference};
use serde_json::Value;

use crate::pattern::entry;

/// What a pattern says, or why that cannot be said.
pub(crate) fn entry_of(pattern: &str) -> Result<Value, &'static str> {
    if let Some(start) = pattern.strip_suffix("**") {
        return starting(start);
    }
    if pattern.ends_with('*') {
        return Err("an entry cannot stop at the next `/`, as a single `*` does");
    }
    if pattern.contains('*') {
        return Err("a `*` stands at the end");
    }
    let reference = Reference::parse(pattern).map_err(|_| "not an image reference")?;
    if has_host(pattern) {
        Ok(entry("image", "equals", &[&reference.to_string()]))
    } else {
        Err("it does not say of which registry")
    }
}

fn starting(start: &str) -> Result<Value, &'static str> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':' | b'@');
    if !start.bytes().all(is_plain) {
        return Err("not the beginning of an image reference in its full form");
    }
    let host = start.split_once('/').map_or("", |(host, _)| host);
    if !has_host(start) || host.ends_with(DOCKER_HUB) {
        return Err(
            "images are compared in their full form here, so that a text without a registry's host at its start, or with Docker Hub's, would exempt others",
        );
    }
    Ok(entry("image", "startsWith", &[start]))
}

fn has_host(text: &str) -> bool {
    text.split_once('/').is_some_and(|(host, _)| host.contains(['.', ':']) || host == "localhost")
}
