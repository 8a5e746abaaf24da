//! A host's error text → what it means. The one table of texts; an unknown text is a failed look-up, never absence.
//!
//! The host gives one free text: HTTP status and OCI error code are lost. The texts of the host's own client were observed with
//! kwctl 1.36; registries' own messages are those of their sources and documentation. Only the part outside URLs is looked at: a tag
//! may be named like an error.

use super::Evidence;
use super::budget::SPENT;
use crate::text::quote;

/// Why a host call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is no such manifest.
    Absent,
    /// It is there, but not of a form that can be used.
    Unreadable(String),
    /// Nobody trusted signed it.
    Untrusted(String),
    /// It could not be asked for.
    Unavailable(String),
    /// The host refuses the call to this policy.
    NotGranted(String),
}

impl Failure {
    /// As the state of an image's evidence.
    pub fn into_evidence<'a>(self) -> Evidence<'a> {
        match self {
            Self::Absent => Evidence::Missing,
            Self::Unreadable(why) => Evidence::Unreadable(why),
            Self::Untrusted(why) => Evidence::Untrusted { source: String::new(), why, then: None },
            Self::Unavailable(why) => Evidence::Unavailable(why),
            Self::NotGranted(why) => Evidence::NotGranted(why),
        }
    }
}

/// What is being asked for decides what a text can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The digest of an image: its absence is a failed look-up, there may soon be something under the tag.
    Digest,
    /// A findings artifact.
    Artifact,
    /// A report in the cluster.
    Report,
    /// Its signature. Only where the artifact itself could not be asked for it is absent or unavailable: the host calls a signature that
    /// it could not fetch a missing one.
    Signature,
}

/// What the host puts before whatever a look-up failed by, and before nothing else (kubewarden's `policy-evaluator`).
const CALLBACK: &str = "Callback evaluation failure: ";
/// How the host says that it could not fetch what it was to verify, and how the name of that ends.
const NOT_FETCHED: (&str, &str) = ("failed to get image trusted layers: Cannot fetch manifest of ", ".findings: ");

/// What the host says of an object that the API server does not have. Of a kind that it never had it says neither; of one that was taken away
/// since the host started, the same.
const NO_OBJECT: (&str, &str) = ("Cannot find ", " named '");

/// Registries' messages that mean that a manifest or its repository does not exist: beginning and end, and between them no blank, so that
/// a longer sentence which happens to begin and end so is none of them.
const ABSENT: [(&str, &str); 11] = [
    ("manifest unknown", ""),                      // distribution, Docker Hub, GHCR, GitLab, Quay, zot
    ("manifest unknown to registry", ""),          // distribution
    ("repository name not known to registry", ""), // distribution
    ("repository not known to registry", ""),      // distribution specification
    ("blob unknown to registry", ""),              // distribution: of a config, see below
    ("manifest ", " not found"),                   // embedded registries
    ("manifest tagged by ", " is not found"),      // Azure
    ("Requested image not found", ""),             // Amazon ECR
    ("artifact ", " not found"),                   // Harbor
    ("The named manifest is not known to the registry.", ""), // JFrog Artifactory
    ("Failed to fetch \"", "\""),                  // Google Artifact Registry
];
/// Amazon ECR's longer sentence has the image's identity and the repository's name in it.
const ABSENT_AMAZON: (&str, &str) = ("The image with imageId {", "} does not exist within the repository with name '");

/// The beginning of the text where the manifest or config is there and of no use.
const UNREADABLE: [&str; 12] = [
    "Digest error:",
    "Invalid digest",
    "Cannot parse config as UTF-8",
    "recursion limit exceeded",
    "Unsupported media type",
    "Unsupported schema version",
    "data did not match any variant of untagged enum OciManifest",
    "Failed to parse manifest",
    "Image manifest not found",
    "Received Image Index/Manifest List",
    "no entry found in image index manifest",
    "Manifest is missing",
];

/// How a JSON parser's text begins; it ends in `at line 1 column 1`.
const JSON: [&str; 11] = [
    "expected ",
    "EOF while parsing",
    "trailing ",
    "recursion limit",
    "invalid ",
    "missing field",
    "duplicate field",
    "key must be",
    "control character",
    "lone ",
    "number out of range",
];

/// What a host's error text means.
pub fn classify(text: &str, asked: Asked) -> Failure {
    let line = text.lines().next().unwrap_or_default().trim();
    let line = line.strip_prefix(CALLBACK).unwrap_or(line);
    let why = quote(line);
    if is_not_granted(line) {
        return Failure::NotGranted(why);
    }
    // Not begun: so it is for a signature too.
    if asked == Asked::Digest || line.starts_with(SPENT) {
        return Failure::Unavailable(why);
    }
    if asked == Asked::Report {
        let is_absent = line.strip_prefix(NO_OBJECT.0).is_some_and(|rest| rest.contains(NO_OBJECT.1));
        return if is_absent { Failure::Absent } else { Failure::Unavailable(why) };
    }
    if asked == Asked::Signature {
        let said = line.strip_prefix(NOT_FETCHED.0).and_then(|rest| rest.split_once(NOT_FETCHED.1));
        return match said.map(|(_, said)| registry_answer(said)) {
            Some(Some((_, said))) if is_absent(said) => Failure::Absent,
            Some(_) => Failure::Unavailable(why),
            None => Failure::Untrusted(why),
        };
    }
    // The host puts its client's text behind these, or behind nothing.
    let said = line.strip_prefix("Fail to interact with OCI registry: ").unwrap_or(line);
    let said = said.strip_prefix("Generic error: Some(\"").unwrap_or(said);
    match registry_answer(said) {
        // The artifact is there and its config is not.
        Some((url, said)) if is_absent(said) && url.contains("/blobs/") => Failure::Unreadable(why),
        Some((_, said)) if is_absent(said) => Failure::Absent,
        None if is_unreadable(said) => Failure::Unreadable(why),
        _ => Failure::Unavailable(why),
    }
}

/// Refused by the host, or unknown to it.
fn is_not_granted(line: &str) -> bool {
    line.starts_with("Policy has not been granted access to the '") && line.contains("' host capability")
        || line.starts_with("Policy has not been granted access to Kubernetes ") && line.contains(" resources.")
        || ["unknown namespace", "unknown operation", "unknown binding"].iter().any(|start| line.starts_with(start))
}

/// The URL and what the registry said of it: URLs have no blanks.
fn registry_answer(said: &str) -> Option<(&str, &str)> {
    let rest = ["Registry error: url ", "Server error: url "].iter().find_map(|start| said.strip_prefix(start))?;
    rest.split_once(", ").filter(|(url, _)| !url.contains(' '))
}

/// `envelope: OCI API errors: [OCI API error: MESSAGE]` of one error, or `code: 404, message: …` where the body is no OCI error.
fn is_absent(said: &str) -> bool {
    if said.starts_with("code: 404,") {
        return true;
    }
    // A list of several errors goes on in the next line, and has no bracket here.
    let errors = said.strip_prefix("envelope: OCI API errors: [OCI API error: ").and_then(|errors| errors.strip_suffix(']'));
    let Some(message) = errors else { return false };
    let is_amazon = message.strip_prefix(ABSENT_AMAZON.0).is_some_and(|rest| rest.contains(ABSENT_AMAZON.1));
    is_amazon
        || ABSENT.iter().any(|(start, end)| match *end {
            "" => message == *start,
            end => {
                let between = message.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
                between.is_some_and(|between| !between.contains(' '))
            }
        })
}

fn is_unreadable(said: &str) -> bool {
    let is_missing_config = said.starts_with("HTTP status client error (404 Not Found) for url (") && said.contains("/blobs/");
    is_missing_config || UNREADABLE.iter().any(|start| said.starts_with(start)) || is_json_error(said)
}

/// `expected value at line 1 column 1`.
fn is_json_error(said: &str) -> bool {
    let Some((_, place)) = said.rsplit_once(" at line ") else { return false };
    let Some((line, column)) = place.split_once(" column ") else { return false };
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    JSON.iter().any(|start| said.starts_with(start)) && is_number(line) && is_number(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://r.example/v2/app/manifests/sha256-ab.findings";

    fn kind(text: &str) -> &'static str {
        match classify(text, Asked::Artifact) {
            Failure::Absent => "absent",
            Failure::Unreadable(_) => "unreadable",
            Failure::Unavailable(_) => "unavailable",
            Failure::NotGranted(_) => "not granted",
            Failure::Untrusted(_) => "untrusted",
        }
    }

    #[test]
    fn texts_mean_what_the_host_means() {
        let registry = |message: &str| format!("Registry error: url {URL}, envelope: OCI API errors: [OCI API error: {message}]");
        for (text, means) in [
            (registry("manifest unknown"), "absent"),
            (registry("repository name not known to registry"), "absent"),
            (registry("manifest tagged by \"sha256-ab.findings\" is not found"), "absent"),
            (registry("artifact library/app:sha256-ab.findings not found"), "absent"),
            (
                registry("The image with imageId {imageDigest:'null', imageTag:'x'} does not exist within the repository with name 'a' in the registry with id '1'"),
                "absent",
            ),
            (format!("Fail to interact with OCI registry: {}", registry("manifest unknown")), "absent"),
            (
                "Registry error: url https://r.example/v2/app/blobs/sha256:ab, envelope: OCI API errors: [OCI API error: blob unknown to registry]"
                    .to_owned(),
                "unreadable",
            ),
            ("Server error: url https://r.example/v2/app/blobs/sha256:ab, code: 404, message: ".to_owned(), "unreadable"),
            ("Fail to interact with OCI registry: Generic error: Some(\"Cannot parse config as UTF-8 string: x\")".to_owned(), "unreadable"),
            (
                "Fail to interact with OCI registry: Failed to parse manifest as Versioned object: data did not match any variant".to_owned(),
                "unreadable",
            ),
            (registry("Digest error: at line 1 column 1"), "unavailable"),
            (registry("requested access to the resource is denied"), "unavailable"),
            (registry("slow down"), "unavailable"),
            (registry("project app not found"), "unavailable"),
            (format!("Server error: url {URL}, code: 404, message: <html>\n</html>"), "absent"),
            (format!("Server error: url {URL}, code: 500, message: code: 404, boom"), "unavailable"),
            (format!("Not authorized: url {URL}"), "unavailable"),
            ("error sending request for url (https://r.example/v2/): Connection refused".to_owned(), "unavailable"),
            ("Server error: url https://r.example/v2/app/manifests/manifest%20unknown, code: 503, message: x".to_owned(), "unavailable"),
            ("HTTP status client error (404 Not Found) for url (https://r.example/v2/app/blobs/sha256:ab)".to_owned(), "unreadable"),
            ("Digest error: Invalid digest. Expected sha256:a, got sha256:b".to_owned(), "unreadable"),
            ("expected value at line 1 column 1".to_owned(), "unreadable"),
            ("recursion limit exceeded at line 1 column 128".to_owned(), "unreadable"),
            ("Cannot parse config as UTF-8 string".to_owned(), "unreadable"),
            (
                "Policy has not been granted access to the 'oci/v1/oci_manifest' host capability. The violation has been reported.".to_owned(),
                "not granted",
            ),
            ("unknown operation: v1/oci_manifest".to_owned(), "not granted"),
            (format!("{CALLBACK}{}\n\nCaused by:\n    x", registry("manifest unknown")), "absent"),
            (format!("{CALLBACK}expected value at line 1 column 1"), "unreadable"),
            ("something nobody has seen".to_owned(), "unavailable"),
            (String::new(), "unavailable"),
        ] {
            assert_eq!(kind(&text), means, "{text}");
        }
    }

    #[test]
    fn only_an_artifact_that_could_not_be_asked_for_is_not_untrusted() {
        let fetched = |said: &str| {
            format!("failed to get image trusted layers: Cannot fetch manifest of r.example/app:sha256-ab.findings: {said}")
        };
        let unknown = format!("Registry error: url {URL}, envelope: OCI API errors: [OCI API error: manifest unknown]");
        for (text, means) in [
            (fetched(&unknown), "absent"),
            (fetched("error sending request for url (https://r.example/v2/): Connection refused"), "unavailable"),
            (fetched(&format!("Not authorized: url {URL}")), "unavailable"),
            ("no signatures found for image: r.example/app:sha256-ab.findings ".to_owned(), "untrusted"),
            ("Image verification failed: missing signatures".to_owned(), "untrusted"),
            (unknown.clone(), "untrusted"),
            (format!("{SPENT}800ms is spent"), "unavailable"),
            (
                "Policy has not been granted access to the 'oci/v2/verify' host capability. The violation has been reported."
                    .to_owned(),
                "not granted",
            ),
            (format!("{CALLBACK}{}\n\nCaused by:\n    x", fetched(&unknown)), "absent"),
            (format!("{CALLBACK}no signatures found for image: r.example/app:sha256-ab.findings "), "untrusted"),
            (String::new(), "untrusted"),
        ] {
            let kind = match classify(&text, Asked::Signature) {
                Failure::Absent => "absent",
                Failure::Unavailable(_) => "unavailable",
                Failure::Untrusted(_) => "untrusted",
                Failure::NotGranted(_) => "not granted",
                Failure::Unreadable(_) => "unreadable",
            };
            assert_eq!(kind, means, "{text}");
        }
    }

    #[test]
    fn only_an_object_that_the_api_server_does_not_have_is_absent() {
        const KIND: &str = "storage.sbomscanner.kubewarden.io/v1alpha1/VulnerabilityReport";
        for (text, means) in [
            (format!("{CALLBACK}Cannot find {KIND} named 'ab' inside of namespace 'Some(\"sbomscanner\")'"), Failure::Absent),
            (format!("Cannot find {KIND} named 'ab' inside of namespace 'None'"), Failure::Absent),
        ] {
            assert_eq!(classify(&text, Asked::Report), means, "{text}");
        }
        for text in [
            "Cannot find resource storage.sbomscanner.kubewarden.io/v1alpha1/VulnerabilityReport",
            "error finding resource aquasecurity.github.io/v1alpha1 / VulnerabilityReport: ApiError: not found",
            "ApiError: vulnerabilityreports.aquasecurity.github.io is forbidden: User \"u\" cannot get resource: Forbidden",
            "kube::Client was not initialized properly",
            "",
        ] {
            assert!(matches!(classify(text, Asked::Report), Failure::Unavailable(_)), "{text}");
        }
        let refused = "Policy has not been granted access to Kubernetes v1/Namespace resources. The violation has been reported.";
        for asked in [Asked::Report, Asked::Digest] {
            assert!(matches!(classify(refused, asked), Failure::NotGranted(_)));
        }
    }

    #[test]
    fn an_absent_image_is_a_failed_look_up() {
        let text = format!("Registry error: url {URL}, envelope: OCI API errors: [OCI API error: manifest unknown]");
        assert!(matches!(classify(&text, Asked::Digest), Failure::Unavailable(_)));
    }
}
