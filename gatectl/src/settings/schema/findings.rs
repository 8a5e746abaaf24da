//! `findings` and `trust` of the rule language → their schemas: where findings are looked for, and whose signature they need.

use policy::limits;
use policy::settings::language::{
    FINDINGS_KEYS, REGISTRY_KEYS, REKOR_BUNDLE, SBOM_SCANNER_KEYS, SIGNER_KEYS, SOURCE_KEYS, TRUST_KEYS,
};
use serde_json::{Value, json};

use super::{BLANK, any_of, defaulting, duration_of, list, object, put, remove, said, text, words};

/// A registry's host and port, or the first component of a Docker Hub repository; then components. The reader takes port 65535 at most.
const REPOSITORY: &str = concat!(
    r"^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*",
    r"(:0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?",
    r"|[a-z0-9]+((_|__|-+)[a-z0-9]+)*)",
    r"(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)+$"
);

/// A registry's host and port, which has a dot or a port or is `localhost`; then any number of components.
const REGISTRY: &str = concat!(
    r"^((localhost|[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+)",
    r"(:0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?",
    r"|[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?",
    r":0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))",
    r"(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$"
);
/// A DNS label.
const LABEL: &str = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
/// What GitHub's names of owners and repositories are made of.
const GITHUB_NAME: &str = "^[A-Za-z0-9._-]+$";

pub(super) fn findings() -> Value {
    object("Findings", "Where findings are looked for, of which platforms, and for how long.", &FINDINGS_KEYS, of_findings, &[])
}

fn of_findings(key: &str) -> Value {
    match key {
        "sources" => {
            let about = "A place where findings are kept, of one of three kinds.";
            let mut source = object("Source", about, &SOURCE_KEYS, of_source, &[]);
            put(&mut source, "minProperties", json!(1));
            put(&mut source, "maxProperties", json!(1));
            let about = "Places that are asked in this order; the next one where findings are missing or cannot be asked for.";
            defaulting(said(about, list(limits::SOURCES, source)), json!([{ "registry": {} }]))
        }
        "platforms" => {
            let about = "Which platforms of an image index are judged; one without a variant selects every variant; absent: every platform.";
            let part = "[a-z0-9._-]+";
            let platform =
                json!({ "type": "string", "pattern": format!("^{part}/{part}(/{part})?$"), "examples": ["linux/amd64"] });
            said(about, list(limits::INDEX_PLATFORMS, platform))
        }
        "lookupBudget" => {
            let about = "After this much time, counted from the request's arrival, no look-up is begun; absent: until the policy server's timeout.";
            said(about, duration_of("0*[1-9][0-9]*", &["800ms", "2s"]))
        }
        _ => json!({}),
    }
}

fn of_source(key: &str) -> Value {
    match key {
        "registry" => object("Registry", "Findings artifacts in a registry.", &REGISTRY_KEYS, of_registry, &[]),
        "sbomScanner" => {
            let about = "Reports of SBOMscanner in the cluster.";
            object("SBOMscanner", about, &SBOM_SCANNER_KEYS, of_sbom_scanner, &["namespace"])
        }
        "trivyOperator" => {
            let about = "Reports of trivy-operator in the namespace of the workload.";
            object("trivy-operator", about, &[], |_| json!({}), &[])
        }
        _ => json!({}),
    }
}

fn of_sbom_scanner(key: &str) -> Value {
    match key {
        "namespace" => said(
            "Namespace of the Registry objects and of the reports.",
            json!({ "type": "string", "maxLength": 63, "pattern": format!("^{LABEL}$"), "examples": ["sbomscanner"] }),
        ),
        "registries" => said(
            "By registry or repository, the name of the Registry object under which its images are scanned: the longest one counts, and with it a report is one look-up by name.",
            json!({
                "type": "object",
                "minProperties": 1,
                "maxProperties": limits::REGISTRY_OBJECTS,
                "propertyNames": { "pattern": REGISTRY },
                "additionalProperties": { "type": "string", "maxLength": 253, "pattern": format!(r"^{LABEL}(\.{LABEL})*$") },
                "examples": [{ "ghcr.io/acme": "acme" }],
            }),
        ),
        _ => json!({}),
    }
}

fn of_registry(key: &str) -> Value {
    match key {
        "repository" => said(
            "Repository with its registry that holds the artifacts of all images; absent: each image's own.",
            json!({ "type": "string", "maxLength": limits::REFERENCE_CHARS, "pattern": REPOSITORY, "examples": ["ghcr.io/acme/findings"] }),
        ),
        _ => json!({}),
    }
}

pub(super) fn trust() -> Value {
    object("Trust", "Whose signature findings need; absent: unsigned findings are accepted.", &TRUST_KEYS, of_trust, &["anyOf"])
}

fn of_trust(key: &str) -> Value {
    match key {
        "anyOf" => {
            let mut signer =
                object("Signer", "Someone whose signature is accepted, in one of four ways.", &SIGNER_KEYS, of_signer, &[]);
            put(&mut signer, "minProperties", json!(1));
            put(&mut signer, "maxProperties", json!(1));
            said("The signature of any one of them is enough.", list(limits::SIGNERS, signer))
        }
        _ => json!({}),
    }
}

fn of_signer(key: &str) -> Value {
    match key {
        "publicKeys" => said("Any one of these public keys, each a block of PEM.", list(limits::SIGNERS, pem("PUBLIC KEY"))),
        "keyless" => {
            let about = "An identity that an OpenID Connect issuer vouched for: `subject` or `subjectPrefix`.";
            let mut keyless = object("Keyless", about, &["issuer", "subject", "subjectPrefix"], of_keyless, &["issuer"]);
            put(&mut keyless, "oneOf", any_of(&["subject", "subjectPrefix"]));
            keyless
        }
        "githubAction" => {
            object("GitHub Action", "A workflow of GitHub Actions.", &["owner", "repository"], of_github_action, &["owner"])
        }
        "certificate" => object(
            "Certificate",
            "A certificate that the signature was made with.",
            &["certificate", "chain", "rekorBundle"],
            of_certificate,
            &["certificate"],
        ),
        _ => json!({}),
    }
}

fn of_keyless(key: &str) -> Value {
    match key {
        "issuer" => said("URL of the issuer.", text()),
        "subject" => said("The identity, exactly.", text()),
        "subjectPrefix" => said("What the identity, a URL, begins with.", text()),
        _ => json!({}),
    }
}

fn of_github_action(key: &str) -> Value {
    match key {
        "owner" => said("User or organisation that the repository belongs to.", github_name()),
        "repository" => said("Name of the repository, without its owner; absent: any of the owner's.", github_name()),
        _ => json!({}),
    }
}

fn github_name() -> Value {
    json!({ "type": "string", "pattern": GITHUB_NAME })
}

fn of_certificate(key: &str) -> Value {
    match key {
        "certificate" => said("The signer's certificate, a block of PEM.", pem("CERTIFICATE")),
        "chain" => {
            let mut chain = list(limits::SIGNERS, pem("CERTIFICATE"));
            // Templates write a list of none.
            remove(&mut chain, "minItems");
            defaulting(said("Certificates between it and its root, the root last.", chain), json!([]))
        }
        "rekorBundle" => {
            let about = "Whether the signature must have been entered in the transparency log while the certificate was valid.";
            defaulting(said(about, words(&REKOR_BUNDLE)), "optional")
        }
        _ => json!({}),
    }
}

/// One block of PEM: groups of four characters of base64 with blanks between them, the last one padded, without stray bits.
fn pem(label: &str) -> Value {
    let (blank, letter) = (format!("[{BLANK}]*"), "[A-Za-z0-9+/]");
    let (four, one) = (format!("({blank}{letter}){{4}}"), format!("{blank}{letter}"));
    let last = format!("{one}(({one}){{3}}|{blank}[AQgw]({blank}=){{2}}|{one}{blank}[AEIMQUYcgkosw048]{blank}=)");
    let pattern = format!("^{blank}-----BEGIN {label}-----({four})*{last}{blank}-----END {label}-----{blank}$");
    json!({ "type": "string", "pattern": pattern })
}
