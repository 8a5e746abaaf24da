//! Without a key of one's own: an authority and a log of our own, and what happens without a trust root.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use host::signing;
use rcgen::{Certificate, CustomExtension, Issuer, KeyPair, PublicKeyData, SanType, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::certificates::{authority, parameters};
use crate::place::{Place, SIGNATURE, map};

const GITHUB: &str = "https://token.actions.githubusercontent.com";
const WORKFLOW: &str = "https://github.com/acme/scan/.github/workflows/scan.yml@refs/heads/main";
const FINDINGS: (&str, &str) = ("io.gated-deployment.type", "findings.v1");

/// Who vouches: an authority for identities, and a log of signatures.
struct Sigstore {
    root: Certificate,
    issuer: Issuer<'static, KeyPair>,
    log: KeyPair,
}

impl Sigstore {
    fn new() -> Self {
        let (root, issuer) = authority();
        Self { root, issuer, log: KeyPair::generate().unwrap() }
    }

    fn trust_root(&self) -> Value {
        let log = self.log.subject_public_key_info();
        let since = json!({ "start": "2020-01-01T00:00:00Z" });
        json!({ "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [{ "baseUrl": "https://rekor.example", "hashAlgorithm": "SHA2_256", "logId": { "keyId": STANDARD.encode(Sha256::digest(&log)) },
                "publicKey": { "rawBytes": STANDARD.encode(&log), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since } }],
            "certificateAuthorities": [{ "uri": "https://fulcio.example", "validFor": since,
                "certChain": { "certificates": [{ "rawBytes": STANDARD.encode(self.root.der()) }] } }],
            "ctlogs": [], "timestampAuthorities": [] })
    }

    /// The annotations of a signature by an identity, made now.
    fn sign(&self, payload: &[u8], issuer: &str, name: SanType) -> Value {
        let key = KeyPair::generate().unwrap();
        let extension =
            |n: u64, text: &str| CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 57264, 1, n], text.as_bytes().to_vec());
        let certificate = parameters(|p| {
            p.subject_alt_names = vec![name];
            p.custom_extensions = vec![extension(1, issuer), extension(5, "acme/scan")];
        });
        let certificate = certificate.signed_by(&key, &self.issuer).unwrap();
        json!({
            SIGNATURE: STANDARD.encode(key.sign(payload).unwrap()),
            "dev.sigstore.cosign/certificate": certificate.pem(),
            "dev.sigstore.cosign/bundle": self.entry().to_string(),
        })
    }

    /// The log's entry.
    fn entry(&self) -> Value {
        #[expect(clippy::disallowed_methods, reason = "a log's entry is made now, as certificates are valid now")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let log_id: String =
            Sha256::digest(self.log.subject_public_key_info()).iter().map(|byte| format!("{byte:02x}")).collect();
        let payload = json!({ "body": "e30=", "integratedTime": now, "logIndex": 7, "logID": log_id });
        // Canonical JSON of these members is theirs in alphabetical order.
        let signature = self.log.sign(payload.to_string().as_bytes()).unwrap();
        json!({ "SignedEntryTimestamp": STANDARD.encode(signature), "Payload": payload })
    }
}

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

fn keyless(image: &str, issuer: &str, subject: &str) -> Value {
    json!({ "type": "SigstoreKeylessVerify", "image": image, "keyless": [{ "issuer": issuer, "subject": subject }], "annotations": map(&[FINDINGS]) })
}

fn prefix(image: &str, url_prefix: &str) -> Value {
    json!({ "type": "SigstoreKeylessPrefixVerify", "image": image, "keyless_prefix": [{ "issuer": GITHUB, "url_prefix": url_prefix }], "annotations": null })
}

fn github(image: &str, owner: &str, repo: Option<&str>) -> Value {
    json!({ "type": "SigstoreGithubActionsVerify", "image": image, "owner": owner, "repo": repo, "annotations": null })
}

#[test]
fn without_a_trust_root_no_identity_is_trusted() {
    let place = Place::debian();
    let (digest, sigstore) = (place.push("v1", "{}"), Sigstore::new());
    let payload = signing::payload("x", &digest, &map(&[FINDINGS]));
    place.push_layers(&digest, &[(&payload, sigstore.sign(&payload, GITHUB, uri(WORKFLOW)))]);
    let image = place.pinned(&digest);
    let missing = "Image verification failed: missing signatures\nThe following constraints were not satisfied:\n";
    let annotations = "annotations:\n  io.gated-deployment.type: findings.v1\n";
    assert_eq!(
        place.verify(&keyless(&image, GITHUB, WORKFLOW)),
        Err(format!("{missing}kind: genericIssuer\nissuer: {GITHUB}\nsubject: !equal {WORKFLOW}\n{annotations}"))
    );
    assert_eq!(
        place.verify(&prefix(&image, "https://github.com/acme")),
        Err(format!(
            "{missing}kind: genericIssuer\nissuer: {GITHUB}\nsubject: !urlPrefix https://github.com/acme\nannotations: null\n"
        ))
    );
    assert_eq!(
        place.verify(&github(&image, "acme", Some("scan"))),
        Err(format!("{missing}kind: githubAction\nowner: acme\nrepo: scan\nannotations: null\n"))
    );
    for (request, text) in [
        (
            json!({ "type": "SigstoreKeylessVerify", "image": image, "keyless": [], "annotations": null }),
            "Must provide keyless info",
        ),
        (
            json!({ "type": "SigstoreKeylessPrefixVerify", "image": image, "keyless_prefix": [], "annotations": null }),
            "Must provide keyless info",
        ),
        (github(&image, "", None), "Must provide owner info"),
        (prefix(&image, "github.com/acme"), "Cannot build url prefix: relative URL without a base"),
    ] {
        assert_eq!(place.verify(&request), Err(text.to_owned()));
    }
}

#[test]
fn with_a_trust_root_identities_are_told_apart() {
    let place = Place::debian();
    let (digest, sigstore) = (place.push("v1", "{}"), Sigstore::new());
    let payload = signing::payload("x", &digest, &map(&[FINDINGS]));
    place.push_layers(&digest, &[(&payload, sigstore.sign(&payload, GITHUB, uri(WORKFLOW)))]);
    let (image, root) = (place.pinned(&digest), sigstore.trust_root());
    let client = json!({ "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json", "trustedRoot": root, "signingConfig": {} });
    for (request, is_trusted) in [
        (keyless(&image, GITHUB, WORKFLOW), true),
        (keyless(&image, "https://accounts.example", WORKFLOW), false),
        (keyless(&image, GITHUB, "https://github.com/acme/scan"), false),
        (prefix(&image, "https://github.com/acme"), true),
        (prefix(&image, "https://github.com/acme/scan/.github/"), true),
        (prefix(&image, "https://github.com/acm"), false),
        (github(&image, "acme", None), true),
        (github(&image, "acme", Some("scan")), true),
        (github(&image, "acme", Some("other")), false),
        (github(&image, "evil", None), false),
    ] {
        for root in [&root, &client] {
            let found = place.verify_with(root, &request);
            assert_eq!(found.is_ok(), is_trusted, "{request}: {found:?}");
        }
        assert!(place.verify_with(&Sigstore::new().trust_root(), &request).is_err(), "another authority and log");
    }

    let mail = SanType::Rfc822Name("me@example.com".try_into().unwrap());
    place.push_layers(&digest, &[(&payload, sigstore.sign(&payload, GITHUB, mail))]);
    assert_eq!(place.verify_with(&root, &keyless(&image, GITHUB, "me@example.com")), Ok(digest.clone()));
    assert!(place.verify_with(&root, &github(&image, "acme", None)).is_err(), "an address is no workflow");
}

/// What belongs together: the signature, the certificate, the log's entry.
#[test]
fn parts_of_other_signatures_are_not_trusted() {
    let place = Place::debian();
    let (digest, sigstore) = (place.push("v1", "{}"), Sigstore::new());
    let payload = signing::payload("x", &digest, &map(&[FINDINGS]));
    let good = sigstore.sign(&payload, GITHUB, uri(WORKFLOW));
    let (image, root) = (place.pinned(&digest), sigstore.trust_root());
    let with = |key: &str, value: Option<String>| {
        let mut annotations = good.clone();
        match value {
            Some(value) => annotations[key] = json!(value),
            None => drop(annotations.as_object_mut().unwrap().remove(key)),
        }
        place.push_layers(&digest, &[(&payload, annotations)]);
        place.verify_with(&root, &keyless(&image, GITHUB, WORKFLOW))
    };
    assert_eq!(with("unused", None), Ok(digest.clone()));
    let (bundle, certificate) = ("dev.sigstore.cosign/bundle", "dev.sigstore.cosign/certificate");
    let unverified = "failed to get image trusted layers: No Signature Layer passed verification\n";
    let mut entry = sigstore.entry();
    entry["Payload"]["integratedTime"] = json!(1);
    for (what, found, text) in [
        ("no entry", with(bundle, None), "Image verification failed: "),
        ("no certificate", with(certificate, None), "Image verification failed: "),
        ("another log's entry", with(bundle, Some(Sigstore::new().entry().to_string())), unverified),
        ("an entry that was changed", with(bundle, Some(entry.to_string())), unverified),
        ("no entry at all", with(bundle, Some("x".to_owned())), unverified),
        ("no certificate at all", with(certificate, Some("x".to_owned())), "Image verification failed: "),
        // Its signature is another key's: one who may write to the registry could take it from anywhere.
        ("another's signature", with(SIGNATURE, Some(STANDARD.encode(b"x"))), "Image verification failed: "),
    ] {
        assert!(found.as_ref().is_err_and(|found| found.starts_with(text)), "{what}: {found:?}");
    }
}
