//! What the host is asked about Kubernetes objects, written a second time: a field that the policy stops asking for is noticed.

use std::fmt::Write as _;

use host::exchange::Request;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

const SBOM_FIELDS: [&str; 12] = [
    "imageMetadata.digest",
    "report.results.vulnerabilities.cve",
    "report.results.vulnerabilities.cvss",
    "report.results.vulnerabilities.fixedVersions",
    "report.results.vulnerabilities.installedVersion",
    "report.results.vulnerabilities.packageName",
    "report.results.vulnerabilities.packagePath",
    "report.results.vulnerabilities.purl",
    "report.results.vulnerabilities.severity",
    "report.results.vulnerabilities.suppressed",
    "report.results.vulnerabilities.vexStatus",
    "report.summary",
];
const TRIVY_FIELDS: [&str; 14] = [
    "report.artifact.digest",
    "report.os",
    "report.scanner",
    "report.summary",
    "report.updateTimestamp",
    "report.vulnerabilities.fixedVersion",
    "report.vulnerabilities.installedVersion",
    "report.vulnerabilities.packagePURL",
    "report.vulnerabilities.packagePath",
    "report.vulnerabilities.publishedDate",
    "report.vulnerabilities.resource",
    "report.vulnerabilities.score",
    "report.vulnerabilities.severity",
    "report.vulnerabilities.vulnerabilityID",
];

/// The request of a call of the kinds `namespace`, `sbom`, `sboms` and `reports`.
pub(super) fn request(kind: &str, place: &str) -> Request {
    type Made = fn(Map<String, Value>) -> Request;
    let get: Made = |query| Request::GetResource { query };
    let list: Made = |query| Request::ListResourceNamespace { query };
    let of = |api_version: &str, fields: &[&str]| json!({ "api_version": api_version, "kind": "VulnerabilityReport", "field_masks": fields });
    let sbom = || of("storage.sbomscanner.kubewarden.io/v1alpha1", &SBOM_FIELDS);
    let (request, query, more) = match kind {
        "sbom" => (get, sbom(), json!({ "name": hashed(place), "namespace": "sbomscanner", "disable_cache": false })),
        "sboms" => {
            (list, sbom(), json!({ "namespace": "sbomscanner", "field_selector": format!("imageMetadata.digest={place}") }))
        }
        "reports" => (list, of("aquasecurity.github.io/v1alpha1", &TRIVY_FIELDS), json!({ "namespace": place })),
        _ => {
            let query = json!({ "api_version": "v1", "kind": "Namespace", "field_masks": ["metadata.labels"] });
            (get, query, json!({ "name": place, "disable_cache": false }))
        }
    };
    request([query, more].into_iter().filter_map(|members| members.as_object().cloned()).flatten().collect())
}

/// In hex digits.
fn hashed(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
