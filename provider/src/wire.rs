//! `ProviderRequest` and `ProviderResponse`, as Gatekeeper writes and reads them.
//!
//! Source: <https://open-policy-agent.github.io/gatekeeper/website/docs/externaldata>, `externaldata.gatekeeper.sh/v1beta1`. Every request is
//! answered with 200 and a response: of any other body Gatekeeper tells its user only that it could not be read.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::limits;

const VERSION: &str = "externaldata.gatekeeper.sh/v1beta1";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    api_version: String,
    kind: String,
    request: RawRequest,
}

#[derive(Deserialize)]
struct RawRequest {
    keys: Vec<String>,
}

/// What one key is answered with.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// The answer.
    Value(Value),
    /// Why there is none and will be none.
    Error(String),
}

/// The distinct keys of a request, in their order.
///
/// # Errors
/// One sentence: no JSON, another version or kind, too many keys.
pub fn read(body: &[u8]) -> Result<Vec<String>, String> {
    let raw: Raw = serde_json::from_slice(body).map_err(|error| format!("the ProviderRequest cannot be read: {error}"))?;
    if raw.api_version != VERSION || raw.kind != "ProviderRequest" {
        let (kind, version) = (short(&raw.kind), short(&raw.api_version));
        return Err(format!("expected a ProviderRequest of {VERSION}, found a {kind} of {version}"));
    }
    let keys = raw.request.keys;
    if keys.len() > limits::KEYS {
        return Err(format!("expected at most {} keys, found {}", limits::KEYS, keys.len()));
    }
    // Gatekeeper hands on what it gets twice, and a template must not have to choose.
    let mut seen = BTreeSet::new();
    Ok(keys.iter().filter(|key| seen.insert(key.as_str())).cloned().collect())
}

/// As much of a foreign text as a sentence carries.
fn short(text: &str) -> String {
    text.chars().take(100).filter(|letter| !letter.is_control()).collect()
}

/// The response with an item for each key.
#[must_use]
pub fn items(items: &[(String, Item)]) -> Vec<u8> {
    let items: Vec<Value> = items
        .iter()
        .map(|(key, item)| match item {
            Item::Value(value) => json!({ "key": key, "value": value }),
            Item::Error(error) => json!({ "key": key, "error": error }),
        })
        .collect();
    response(items, "")
}

/// The response that Gatekeeper does not remember: the provider itself could not do what it was asked for.
#[must_use]
pub fn system_error(error: &str) -> Vec<u8> {
    response(Vec::new(), error)
}

fn response(items: Vec<Value>, system_error: &str) -> Vec<u8> {
    let response = json!({ "idempotent": true, "items": items, "systemError": system_error });
    json!({ "apiVersion": VERSION, "kind": "ProviderResponse", "response": response }).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_once_each() {
        let body =
            br#"{"apiVersion":"externaldata.gatekeeper.sh/v1beta1","kind":"ProviderRequest","request":{"keys":["b","a","b"]}}"#;
        assert_eq!(read(body), Ok(vec!["b".to_owned(), "a".to_owned()]));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let many = format!(
            r#"{{"apiVersion":"{VERSION}","kind":"ProviderRequest","request":{{"keys":[{}""]}}}}"#,
            r#""","#.repeat(5_000)
        );
        for (body, part) in [
            ("", "EOF while parsing"),
            ("[]", "cannot be read"),
            ("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"request\":{\"keys\":[]}}", "found a Pod of v1"),
            ("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}", "missing field `request`"),
            (many.as_str(), "at most 5000 keys, found 5001"),
        ] {
            let error = read(body.as_bytes()).expect_err(part);
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_response_is_as_gatekeeper_reads_it() {
        let response = items(&[("a".to_owned(), Item::Value(json!(true))), ("b".to_owned(), Item::Error("no".to_owned()))]);
        assert_eq!(
            String::from_utf8_lossy(&response),
            r#"{"apiVersion":"externaldata.gatekeeper.sh/v1beta1","kind":"ProviderResponse","response":{"idempotent":true,"items":[{"key":"a","value":true},{"error":"no","key":"b"}],"systemError":""}}"#
        );
    }
}
