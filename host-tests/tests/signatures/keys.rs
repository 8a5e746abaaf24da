//! By public key: what is trusted, and the text for each way not to be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use host::registry::RegistryError;
use host::signing::{self, KeyPair};
use serde_json::json;

use crate::place::{Place, SIGNATURE, by_keys, map};

const FINDINGS: (&str, &str) = ("io.gated-deployment.type", "findings.v1");

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

/// The text where a key's signature is missing: the policy server writes its constraint as YAML.
fn missing(pem: &str, annotations: &str) -> Result<String, String> {
    let lines: String = pem.lines().map(|line| format!("  {line}\n")).collect();
    Err(format!(
        "Image verification failed: missing signatures\nThe following constraints were not satisfied:\nkind: pubKey\nowner: null\nkey: |\n{lines}annotations:{annotations}\n"
    ))
}

#[test]
fn what_was_signed_is_trusted_by_tag_and_by_digest() {
    for place in Place::both() {
        let (digest, key) = (place.push("v1", "{}"), key());
        let signed = place.sign(&digest, &key, &[FINDINGS]);
        assert!(signed.is_new && signed.reference == format!("{}:{}.sig", place.repository(), digest.replace(':', "-")));
        let public = key.public_pem();
        for image in [format!("{}:v1", place.repository()), place.pinned(&digest), format!("{}:v9@{digest}", place.repository())]
        {
            for annotations in [Some(&[FINDINGS][..]), Some(&[]), None] {
                assert_eq!(place.verify(&by_keys(&image, &[&public], annotations)).as_ref(), Ok(&digest), "{image}");
            }
        }
    }
}

#[test]
fn what_is_not_fulfilled_is_an_error_by_text() {
    for place in Place::both() {
        let (digest, unsigned) = (place.push("v1", "{}"), place.push("v2", "[]"));
        let (key, other) = (key(), key());
        place.sign(&digest, &key, &[FINDINGS]);
        let (public, other, image) = (key.public_pem(), other.public_pem(), place.pinned(&digest));
        let findings = "\n  io.gated-deployment.type: findings.v1";
        assert_eq!(place.verify(&by_keys(&image, &[&other], Some(&[FINDINGS]))), missing(&other, findings));
        assert_eq!(place.verify(&by_keys(&image, &[&other], None)), missing(&other, " null"));
        let vex = [(FINDINGS.0, "vex.v1")];
        assert_eq!(
            place.verify(&by_keys(&image, &[&public], Some(&vex))),
            missing(&public, "\n  io.gated-deployment.type: vex.v1")
        );
        assert!(place.verify(&by_keys(&image, &[&public], Some(&[FINDINGS, ("more", "x")]))).is_err());
        assert_eq!(
            place.verify(&by_keys(&place.pinned(&unsigned), &[&public], Some(&[FINDINGS]))),
            Err(format!("no signatures found for image: {} ", place.pinned(&unsigned)))
        );
        assert_eq!(place.verify(&by_keys(&image, &[], None)), Err("Must provide at least one pub key".to_owned()));
        assert_eq!(place.verify(&by_keys(&image, &["no PEM\n"], None)), missing("no PEM\n", " null"));

        let absent = format!("{}:absent", place.repository());
        let found = place.verify(&by_keys(&absent, &[&public], None)).unwrap_err();
        let cause = format!(
            "Cannot fetch manifest of {absent}: Registry error: url http://{}/v2/app/manifests/absent, envelope: OCI API errors: [OCI API error: manifest unknown]",
            place.address
        );
        assert_eq!(found, format!("failed to get image trusted layers: {cause}\n\nCaused by:\n    {cause}"));
        assert_eq!(
            place.verify(&by_keys("Not A Reference", &[&public], None)),
            Err("Invalid OCI image reference: invalid reference format\n\nCaused by:\n    invalid reference format".to_owned())
        );
        let found = place.verify(&json!({ "type": "SigstorePubKeyVerify", "image": image })).unwrap_err();
        assert!(found.starts_with("missing field `pub_keys`"), "{found}");
    }
}

#[test]
fn all_of_the_keys_must_have_signed_and_signatures_are_kept() {
    for place in Place::both() {
        let digest = place.push("v1", "{}");
        let (one, two, three) = (key(), key(), key());
        let first = place.sign(&digest, &one, &[FINDINGS]);
        let second = place.sign(&digest, &two, &[FINDINGS]);
        assert_ne!(first.digest, second.digest);
        let again = place.sign(&digest, &one, &[FINDINGS]);
        assert!(!again.is_new && again.digest == second.digest, "the same key has nothing to add");
        assert!(place.sign(&digest, &one, &[("other", "x")]).is_new, "the same key, another payload");
        let [one, two, three] = [one, two, three].map(|key| key.public_pem());
        let image = place.pinned(&digest);
        for keys in [&[one.as_str()][..], &[&two], &[&one, &two], &[&two, &one, &one]] {
            assert_eq!(place.verify(&by_keys(&image, keys, Some(&[FINDINGS]))).as_ref(), Ok(&digest));
        }
        let findings = "\n  io.gated-deployment.type: findings.v1";
        assert_eq!(place.verify(&by_keys(&image, &[&one, &three, &two], Some(&[FINDINGS]))), missing(&three, findings));
        assert!(place.verify(&by_keys(&image, &[&one], Some(&[FINDINGS, ("other", "x")]))).is_err(), "one signature says both");
        assert_eq!(place.verify(&by_keys(&image, &[&one], Some(&[("other", "x")]))).as_ref(), Ok(&digest));
    }
}

/// A clean bill of one artifact must not become that of another, nor become another bill.
#[test]
fn a_signature_is_about_its_own_digest_and_bytes() {
    for place in Place::both() {
        let (digest, other, key) = (place.push("v1", "{}"), place.push("v2", "[]"), key());
        place.sign(&digest, &key, &[FINDINGS]);
        let public = key.public_pem();
        let reference = |digest: &str| signing::reference(&place.repository(), digest);
        let manifest = place.registry.pull_manifest_raw(&reference(&digest)).unwrap().bytes;
        place.registry.push_manifest_raw(&reference(&other), &manifest, crate::place::MANIFEST).unwrap();
        let cause = "No Signature Layer passed verification";
        let expected = Err(format!("failed to get image trusted layers: {cause}\n\nCaused by:\n    {cause}"));
        assert_eq!(place.verify(&by_keys(&place.pinned(&other), &[&public], Some(&[FINDINGS]))), expected);

        let signature = STANDARD.encode(key.sign(&signing::payload("x", &other, &map(&[]))).unwrap());
        let tampered = signing::payload("x", &other, &map(&[FINDINGS]));
        for (payload, signature) in [(tampered.as_slice(), signature.as_str()), (&tampered, "!"), (&tampered, "")] {
            place.push_layers(&other, &[(payload, json!({ SIGNATURE: signature }))]);
            let found = place.verify(&by_keys(&place.pinned(&other), &[&public], Some(&[FINDINGS]))).unwrap_err();
            assert!(found.starts_with("Image verification failed: missing signatures\n"), "{found}");
        }
        for (payload, annotations) in [(tampered.as_slice(), json!({})), (b"no JSON", json!({ SIGNATURE: signature }))] {
            place.push_layers(&other, &[(payload, annotations)]);
            assert_eq!(place.verify(&by_keys(&place.pinned(&other), &[&public], Some(&[FINDINGS]))), expected);
        }
    }
}

/// What cosign documents, written by hand: `specs/SIGNATURE_SPEC.md` and the simple signing format.
#[test]
fn a_signature_made_by_hand_is_trusted() {
    for place in Place::both() {
        let (digest, key) = (place.push("v1", "{}"), key());
        let payload = |optional: &str| {
            format!(
                r#"{{"critical":{{"identity":{{"docker-reference":"some/other-name"}},"image":{{"docker-manifest-digest":"{digest}"}},"type":"cosign container image signature"}},"optional":{optional}}}"#
            )
        };
        let public = key.public_pem();
        for (optional, annotations, is_trusted) in [
            ("null", &[][..], true),
            ("null", &[FINDINGS], false),
            (r#"{"creator":"me","timestamp":1,"n":7,"b":true,"list":[]}"#, &[("n", "7"), ("b", "true")], true),
            (r#"{"creator":"me","timestamp":1}"#, &[("creator", "me")], false),
            (r#"{"list":[]}"#, &[("list", "[]")], false),
            (r#"{"x":null}"#, &[("x", "null")], false),
        ] {
            let payload = payload(optional);
            let signature = STANDARD.encode(key.sign(payload.as_bytes()).unwrap());
            place.push_layers(&digest, &[(payload.as_bytes(), json!({ SIGNATURE: signature }))]);
            let found = place.verify(&by_keys(&place.pinned(&digest), &[&public], Some(annotations)));
            assert_eq!(found.is_ok(), is_trusted, "{optional} {annotations:?}: {found:?}");
            assert_eq!(found.is_ok(), found == Ok(digest.clone()));
        }
        // What another tool signed stays, and gets cosign's config.
        place.sign(&digest, &key, &[FINDINGS]);
        let manifest = place.registry.pull_manifest_raw(&signing::reference(&place.repository(), &digest)).unwrap().bytes;
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(manifest["layers"].as_array().unwrap().len(), 2);
        let config =
            place.registry.pull_blob(&place.pinned(&digest), manifest["config"]["digest"].as_str().unwrap(), 1 << 20).unwrap();
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        let digests: Vec<_> = manifest["layers"].as_array().unwrap().iter().map(|layer| layer["digest"].clone()).collect();
        assert_eq!(config["rootfs"], json!({ "type": "layers", "diff_ids": digests }));
        assert_eq!(config["history"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn other_kinds_of_keys_verify() {
    let place = Place::debian();
    for algorithm in [&rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519] {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let digest = place.push("v1", &format!("{algorithm:?}").replace(|c: char| !c.is_ascii_digit(), "1"));
        let payload = signing::payload("x", &digest, &map(&[FINDINGS]));
        let signature = STANDARD.encode(rcgen::SigningKey::sign(&key, &payload).unwrap());
        place.push_layers(&digest, &[(&payload, json!({ SIGNATURE: signature }))]);
        let public = key.public_key_pem();
        assert_eq!(place.verify(&by_keys(&place.pinned(&digest), &[&public], Some(&[FINDINGS]))), Ok(digest));
    }
}

#[test]
fn what_is_no_signature_is_neither_read_nor_replaced() {
    for place in Place::both() {
        let (digest, key) = (place.push("v1", "{}"), key());
        let reference = signing::reference(&place.repository(), &digest);
        let artifact = place.registry.pull_manifest_raw(&place.pinned(&digest)).unwrap().bytes;
        place.registry.push_manifest_raw(&reference, &artifact, crate::place::MANIFEST).unwrap();
        let found = place.verify(&by_keys(&place.pinned(&digest), &[&key.public_pem()], None)).unwrap_err();
        let cause = format!("Cannot pull {reference}: No layers to pull");
        assert_eq!(found, format!("failed to get image trusted layers: {cause}\n\nCaused by:\n    {cause}"));

        let config = place.registry.push_blob(&reference, b"{}").unwrap();
        let foreign = json!({ "schemaVersion": 2, "mediaType": crate::place::MANIFEST,
            "config": { "mediaType": "a/b", "digest": config, "size": 2 },
            "layers": [{ "mediaType": "application/vnd.dsse.envelope.v1+json", "digest": config, "size": 2 }] });
        place.registry.push_manifest_raw(&reference, foreign.to_string().as_bytes(), crate::place::MANIFEST).unwrap();
        let found = place.verify(&by_keys(&place.pinned(&digest), &[&key.public_pem()], None)).unwrap_err();
        assert!(found.contains("Incompatible layer media type: application/vnd.dsse.envelope.v1+json"), "{found}");
        let error = signing::sign(&place.registry, &place.repository(), &digest, &key, &map(&[])).unwrap_err();
        assert!(
            matches!(&error, RegistryError::Invalid(text) if text.contains("found a layer of type `application/vnd.dsse")),
            "{error}"
        );
        assert_eq!(place.registry.pull_manifest_raw(&reference).unwrap().bytes, foreign.to_string().as_bytes(), "left as it was");
    }
}

#[test]
fn a_signature_above_the_cap_is_refused() {
    let place = Place::debian();
    let (digest, key) = (place.push("v1", "{}"), key());
    let mut payload = signing::payload("x", &digest, &map(&[]));
    payload.extend(vec![b' '; host::limits::SIGNATURE_BYTES]);
    let signature = STANDARD.encode(key.sign(&payload).unwrap());
    place.push_layers(&digest, &[(&payload, json!({ SIGNATURE: signature }))]);
    let found = place.verify(&by_keys(&place.pinned(&digest), &[&key.public_pem()], None)).unwrap_err();
    assert!(found.contains("expected signatures of at most 16777216 bytes, found more"), "{found}");
    let layer = (b"{}".as_slice(), json!({}));
    place.push_layers(&digest, &vec![layer; host::limits::SIGNATURES + 1]);
    let found = place.verify(&by_keys(&place.pinned(&digest), &[&key.public_pem()], None)).unwrap_err();
    assert!(found.contains("expected at most 1000 signatures, found 1001"), "{found}");
}
