//! By certificate: a chain of our own, and what makes a certificate unfit.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use host::signing;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
    SigningKey, date_time_ymd,
};
use serde_json::{Value, json};

use crate::place::{Place, SIGNATURE, ask, client_at, map};

const FINDINGS: (&str, &str) = ("io.gated-deployment.type", "findings.v1");

/// An authority that signs itself.
pub(crate) fn authority() -> (Certificate, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let certificate = parameters.self_signed(&key).unwrap();
    (certificate, Issuer::new(parameters, key))
}

/// What a signer's certificate says, as `change` leaves it.
pub(crate) fn parameters(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    parameters.subject_alt_names = vec![SanType::Rfc822Name("scan@example.com".try_into().unwrap())];
    change(&mut parameters);
    parameters
}

fn request(image: &str, certificate: &str, chain: Option<&[&str]>, needs_bundle: bool, annotations: Option<Value>) -> Value {
    let bytes = |text: &str| json!(text.as_bytes());
    json!({ "type": "SigstoreCertificateVerify", "image": image, "certificate": bytes(certificate),
        "certificate_chain": chain.map(|chain| chain.iter().map(|pem| bytes(pem)).collect::<Vec<_>>()),
        "require_rekor_bundle": needs_bundle, "annotations": annotations })
}

#[test]
fn a_certificate_and_its_chain() {
    let place = Place::debian();
    let digest = place.push("v1", "{}");
    let image = place.pinned(&digest);
    let ((root, issuer), (foreign, _)) = (authority(), authority());
    let (root, foreign) = (root.pem(), foreign.pem());
    let key = KeyPair::generate().unwrap();
    let payload = signing::payload("x", &digest, &map(&[FINDINGS]));
    let signature = STANDARD.encode(key.sign(&payload).unwrap());
    place.push_layers(&digest, &[(&payload, json!({ SIGNATURE: signature }))]);
    let issued = |change: &dyn Fn(&mut CertificateParams)| parameters(change).signed_by(&key, &issuer).unwrap().pem();
    let (good, other) = (issued(&|_| ()), parameters(|_| ()).signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().pem());
    let expired = issued(&|p| p.not_after = date_time_ymd(2020, 1, 1));
    let ahead = issued(&|p| p.not_before = date_time_ymd(3000, 1, 1));
    let findings = || Some(json!({ FINDINGS.0: FINDINGS.1 }));
    let chain = &[root.as_str()][..];
    for (what, request, expected) in [
        ("chain", request(&image, &good, Some(chain), false, findings()), ""),
        ("two anchors", request(&image, &good, Some(&[&foreign, &root]), false, None), ""),
        ("no chain", request(&image, &good, None, false, findings()), ""),
        // As in the policy server: only a chain makes it look at the end of the validity.
        ("expired, no chain", request(&image, &expired, None, false, None), ""),
        ("expired", request(&image, &expired, Some(chain), false, None), "CertExpired { "),
        (
            "ahead",
            request(&image, &ahead, None, false, None),
            "Certificate validity check failed: cannot be used before 3000-01-01T00:00:00Z",
        ),
        ("another issuer", request(&image, &good, Some(&[&foreign]), false, None), "InvalidSignatureForPublicKey|UnknownIssuer"),
        ("no anchor", request(&image, &good, Some(&[]), false, None), "UnknownIssuer"),
        (
            "another key",
            request(&image, &other, Some(chain), false, None),
            "verification failed: Several Signature Layers failed verification",
        ),
        (
            "annotation",
            request(&image, &good, Some(chain), false, Some(json!({"x": "y"}))),
            "verification failed: Several Signature Layers failed verification",
        ),
        (
            "log entry",
            request(&image, &good, Some(chain), true, None),
            "verification failed: Several Signature Layers failed verification",
        ),
        ("no PEM", request(&image, "x", None, false, None), "malformedframing"),
        (
            "broken",
            request(&image, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None, false, None),
            "x509 error: parse from der ",
        ),
        (
            "no usage",
            request(&image, &issued(&|p| p.key_usages.clear()), None, false, None),
            "Bundled certificate does not have digital signature key usage",
        ),
        (
            "no code signing",
            request(&image, &issued(&|p| p.extended_key_usages.clear()), None, false, None),
            "Bundled certificate does not have code signing extended key usage",
        ),
        (
            "no name",
            request(&image, &issued(&|p| p.subject_alt_names.clear()), None, false, None),
            "Certificate without Subject Alternative Name",
        ),
    ] {
        let found = place.verify(&request);
        match (expected, &found) {
            ("", found) => assert_eq!(found.as_ref(), Ok(&digest), "{what}"),
            (expected, Err(text)) => assert!(expected.split('|').any(|part| text.starts_with(part)), "{what}: {text}"),
            (_, Ok(_)) => panic!("{what} is trusted"),
        }
    }
    // At another instant than the present: the expired one was valid, the one ahead will be.
    let at = |year: i32, request: &Value| {
        let seconds = date_time_ymd(year, 6, 1).unix_timestamp();
        ask(&Arc::new(client_at(&place.address, None, Some(seconds))), request)
    };
    let (expired, ahead) = (request(&image, &expired, Some(chain), false, None), request(&image, &ahead, None, false, None));
    assert_eq!((at(2019, &expired), at(3001, &ahead)), (Ok(digest.clone()), Ok(digest)));
    assert!(at(2021, &expired).is_err() && at(2999, &ahead).is_err());
}
