//! A host's error text → what it means. The one table of texts; an unknown text is a failed look-up, never absence.
//!
//! The host gives one free text: HTTP status and OCI error code are lost. The texts of the host's own client were observed with
//! kwctl 1.36; registries' own messages are those of their sources and documentation. Only the part outside URLs is looked at: a tag
//! may be named like an error.

use super::Evidence;
use crate::render::quote;

/// Why a host call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is no such manifest.
    Absent,
    /// It is there, but not of a form that can be used.
    Unreadable(String),
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
}

/// Sentences of registries' messages that mean that a manifest or its repository does not exist. A message equals one, or begins
/// and ends with the two parts of one.
const ABSENT: [(&str, &str); 12] = [
    ("manifest unknown", ""),                      // distribution, Docker Hub, GHCR, GitLab, Quay, zot
    ("manifest unknown to registry", ""),          // distribution
    ("repository name not known to registry", ""), // distribution
    ("repository not known to registry", ""),      // distribution specification
    ("blob unknown to registry", ""),              // distribution specification
    ("manifest ", " not found"),                   // embedded registries
    ("manifest tagged by ", " is not found"),      // Azure
    ("Requested image not found", ""),             // Amazon ECR
    ("The image with imageId ", " does not exist within the repository"), // Amazon ECR, up to the repository's name
    ("artifact ", " not found"),                   // Harbor
    ("The named manifest is not known to the registry.", ""), // JFrog Artifactory
    ("Failed to fetch ", ""),                      // Google Artifact Registry: `Failed to fetch "tag"`
];

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
    "HTTP status client error (404 Not Found)",
];

/// What a host's error text means.
pub fn classify(text: &str, asked: Asked) -> Failure {
    let line = text.lines().next().unwrap_or_default().trim();
    let why = quote(line);
    let answer = registry_answer(line);
    // What a registry says is no word of the host's.
    if answer.is_none() && is_not_granted(line) {
        return Failure::NotGranted(why);
    }
    if asked == Asked::Digest {
        return Failure::Unavailable(why);
    }
    match answer {
        // The artifact is there and its config is not.
        Some((url, said)) if is_absent(said) && url.contains("/blobs/") => Failure::Unreadable(why),
        Some((_, said)) if is_absent(said) => Failure::Absent,
        None if is_unreadable(line) => Failure::Unreadable(why),
        _ => Failure::Unavailable(why),
    }
}

/// Refused by the host, or unknown to it.
fn is_not_granted(line: &str) -> bool {
    line.contains("has not been granted access to the '") && line.contains("' host capability")
        || ["unknown namespace", "unknown operation", "unknown binding"].iter().any(|start| line.starts_with(start))
}

/// The URL and what the registry said of it, in `… error: url URL, WHAT`: URLs have no blanks.
fn registry_answer(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once("error: url ")?;
    rest.split_once(", ").filter(|(url, _)| !url.contains(' '))
}

/// `envelope: OCI API errors: [OCI API error: MESSAGE]`, or `code: 404, message: …` where the body is no OCI error.
fn is_absent(said: &str) -> bool {
    if said.starts_with("code: 404,") {
        return true;
    }
    let Some(errors) = said.strip_prefix("envelope: OCI API errors: [") else { return false };
    let message = errors.strip_prefix("OCI API error: ").unwrap_or(errors);
    let message = message.strip_suffix(']').unwrap_or(message);
    ABSENT.iter().any(|(start, end)| match *end {
        "" => message == *start,
        // Amazon's sentence goes on with the repository's name.
        end if end.ends_with("repository") => message.starts_with(start) && message.contains(end),
        end => message.starts_with(start) && message.ends_with(end),
    })
}

/// The host puts the text behind others: `Fail to interact with OCI registry: Digest error: …`.
fn is_unreadable(line: &str) -> bool {
    let mut rest = Some(line);
    while let Some(text) = rest {
        let text = text.trim_start_matches("Some(\"");
        if UNREADABLE.iter().any(|start| text.starts_with(start)) {
            return true;
        }
        rest = text.split_once(": ").map(|(_, rest)| rest);
    }
    is_json_error(line)
}

/// A JSON parser's text: `expected value at line 1 column 1`.
fn is_json_error(said: &str) -> bool {
    let Some((_, place)) = said.rsplit_once(" at line ") else { return false };
    let Some((line, column)) = place.split_once(" column ") else { return false };
    [line, column].iter().all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
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
            ("something nobody has seen".to_owned(), "unavailable"),
            (String::new(), "unavailable"),
        ] {
            assert_eq!(kind(&text), means, "{text}");
        }
    }

    #[test]
    fn an_absent_image_is_a_failed_look_up() {
        let text = format!("Registry error: url {URL}, envelope: OCI API errors: [OCI API error: manifest unknown]");
        assert!(matches!(classify(&text, Asked::Digest), Failure::Unavailable(_)));
    }
}
