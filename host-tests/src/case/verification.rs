//! What the host is asked about a signature.

use host::exchange::Request;
use serde_json::{Value, json};

use super::Case;

/// The question whether a signer of the settings signed an artifact, with the annotation that says what it is.
pub(super) fn request(case: &Case, image: &str, by: Option<&Value>) -> Request {
    let (signer, key) = match by {
        Some(Value::Array(place)) => (place[0].as_u64(), place[1].as_u64()),
        Some(signer) => (signer.as_u64(), Some(0)),
        None => (Some(0), Some(0)),
    };
    let position =
        |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or_else(|| panic!("{}: `by` is a position", case.note));
    let signer = &case.signers[position(signer)];
    let bytes = |pem: &Value| json!(pem.as_str().map(str::as_bytes));
    let (kind, mut query) = if let Some(keys) = signer.get("publicKeys") {
        ("SigstorePubKeyVerify", json!({ "pub_keys": [keys[position(key)]] }))
    } else if let Some(keyless) = signer.get("keyless").filter(|keyless| keyless.get("subjectPrefix").is_some()) {
        let one = json!({ "issuer": keyless["issuer"], "url_prefix": keyless["subjectPrefix"] });
        ("SigstoreKeylessPrefixVerify", json!({ "keyless_prefix": [one] }))
    } else if let Some(keyless) = signer.get("keyless") {
        ("SigstoreKeylessVerify", json!({ "keyless": [keyless] }))
    } else if let Some(action) = signer.get("githubAction") {
        ("SigstoreGithubActionsVerify", json!({ "owner": action["owner"], "repo": action["repository"] }))
    } else if let Some(written) = signer.get("certificate") {
        let chain = written["chain"].as_array().filter(|chain| !chain.is_empty());
        let chain: Option<Vec<Value>> = chain.map(|chain| chain.iter().map(bytes).collect());
        let is_required = written["rekorBundle"] == "required";
        let certificate = bytes(&written["certificate"]);
        let query = json!({ "certificate": certificate, "certificate_chain": chain, "require_rekor_bundle": is_required });
        ("SigstoreCertificateVerify", query)
    } else {
        panic!("{}: the settings have no such signer: {by:?}", case.note)
    };
    query["image"] = image.into();
    query["annotations"] = json!({ "io.gated-deployment.type": "findings.v1" });
    let mut query = query.as_object().cloned().unwrap_or_default();
    query.retain(|_, value| !value.is_null());
    Request::Verify { kind: kind.to_owned(), query }
}
