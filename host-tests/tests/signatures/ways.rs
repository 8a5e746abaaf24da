//! How the registry is reached, the grant, and kwctl's file of calls.

use std::fs;
use std::sync::Arc;

use host::capability::{Capabilities, Granted};
use host::credentials::Credentials;
use host::live::Live;
use host::record::Recorder;
use host::registry::{Registry, RegistryOptions};
use host::replay::Replay;
use host::signing::{self, KeyPair};
use host::sources::Sources;
use host::verify::PublicKey;
use host_tests::docker_registry::{DockerRegistry, Options};
use host_tests::odd_registry::{Answer, OddRegistry};
use serde_json::json;

use crate::place::{MANIFEST, Place, ask, by_keys, map};

/// User `tester` with the password `secret`.
const USERS: &str = "tester:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n";

#[test]
fn a_private_authority_and_credentials_are_used() {
    let tls = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = tls.cert.pem();
    let options = Options {
        tls: Some((pem.clone(), tls.signing_key.serialize_pem())),
        htpasswd: Some(USERS.to_owned()),
        ..Options::default()
    };
    let server = DockerRegistry::start_with(&options).unwrap();
    let address = server.address();
    let folder = tempfile::tempdir().unwrap();
    let client = |sources: Sources, password: &str| {
        let auths = json!({ "auths": { address.clone(): { "username": "tester", "password": password } } });
        fs::create_dir_all(folder.path().join(password)).unwrap();
        fs::write(folder.path().join(password).join("config.json"), auths.to_string()).unwrap();
        let credentials = Credentials::from_folder(folder.path().join(password));
        Arc::new(Registry::new(RegistryOptions { sources, credentials, ..RegistryOptions::default() }).unwrap())
    };
    let trusting = json!({ "source_authorities": { address.clone(): [{ "type": "Data", "data": pem }] } }).to_string();
    let trusting = || Sources::parse(&trusting).unwrap();
    let (good, key) = (client(trusting(), "secret"), KeyPair::generate().unwrap());
    let image = format!("{address}/app:v1");
    let config = good.push_blob(&image, b"{}").unwrap();
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "layers": [], "config": { "mediaType": "a/b", "digest": config, "size": 2 } });
    let digest = good.push_manifest_raw(&image, manifest.to_string().as_bytes(), MANIFEST).unwrap();
    signing::sign(&good, &format!("{address}/app"), &digest, &key, &map(&[])).unwrap();
    let request = by_keys(&image, &[&key.public_pem()], None);
    assert_eq!(ask(&good, &request).as_ref(), Ok(&digest));

    // What the command line asks beside it goes the same way.
    let (repository, public) = (format!("{address}/app"), PublicKey::from_pem(key.public_pem().as_bytes()).unwrap());
    let signed_by = |client: &Registry| client.signed_by(&repository, &digest, &[&public], &map(&[]));
    assert_eq!(signed_by(&good).unwrap(), Some(0));
    assert_eq!(good.referrers(&repository, &digest).unwrap(), Vec::<String>::new());
    let refused = client(trusting(), "wrong");
    assert!(signed_by(&refused).unwrap_err().is_unauthorized());
    assert!(refused.referrers(&repository, &digest).unwrap_err().is_unauthorized());
    assert!(signed_by(&client(Sources::default(), "secret")).is_err());
    assert_eq!(signed_by(&client(Sources::insecure([address.clone()]), "secret")).unwrap(), Some(0));

    let url = format!("{address}/v2/app/manifests/v1");
    for (client, cause) in [
        (client(trusting(), "wrong"), format!("Not authorized: url https://{url}")),
        (client(Sources::default(), "secret"), format!("error sending request for url (https://{url})")),
        // An insecure host is asked over plain HTTP only, unlike for reading.
        (
            client(Sources::insecure([address.clone()]), "secret"),
            format!("Server error: url http://{url}, code: 400, message: Client sent an HTTP request to an HTTPS server.\n"),
        ),
    ] {
        let cause = format!("Cannot fetch manifest of {image}: {cause}");
        let expected =
            format!("failed to get image trusted layers: {cause}\n\nCaused by:\n    {}", cause.replace('\n', "\n    "));
        assert_eq!(ask(&client, &request), Err(expected));
    }
    assert!(client(Sources::insecure([address.clone()]), "secret").manifest_digest(&image).is_ok());
}

/// A guest must not take a failure for a missing signature where it can be told apart; where it cannot, the host cannot either.
#[test]
fn failures_on_the_way() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let key = KeyPair::generate().unwrap().public_pem();
    let head = || Answer::new(200, "{}").header("Docker-Content-Digest", &digest);
    let tag = format!("/v2/app/manifests/{}.sig", digest.replace(':', "-"));
    let client = |server: &OddRegistry| {
        let sources = Sources::insecure([server.address()]);
        Arc::new(Registry::new(RegistryOptions { sources, ..RegistryOptions::default() }).unwrap())
    };
    let unsigned = |server: &OddRegistry| Err(format!("no signatures found for image: {}/app:v1 ", server.address()));
    for answer in [
        Answer::new(500, "boom"),
        Answer::new(401, ""),
        Answer::error(429, "TOOMANYREQUESTS", "slow down"),
        Answer::new(200, "x"),
    ] {
        let server = OddRegistry::start([("/v2/app/manifests/v1".to_owned(), head()), (tag.clone(), answer)]).unwrap();
        assert_eq!(ask(&client(&server), &by_keys(&format!("{}/app:v1", server.address()), &[&key], None)), unsigned(&server));
    }
    let server = OddRegistry::start([("/v2/app/manifests/v1".to_owned(), Answer::new(503, "down"))]).unwrap();
    let image = format!("{}/app:v1", server.address());
    let found = ask(&client(&server), &by_keys(&image, &[&key], None)).unwrap_err();
    let url = format!("http://{}/v2/app/manifests/v1", server.address());
    let expected = format!(
        "failed to get image trusted layers: Cannot fetch manifest of {image}: Server error: url {url}, code: 503, message: down"
    );
    assert_eq!(found.lines().next(), Some(expected.as_str()));
    let registry = client(&server);
    drop(server);
    let found = ask(&registry, &by_keys(&image, &[&key], None)).unwrap_err();
    let expected =
        format!("failed to get image trusted layers: Cannot fetch manifest of {image}: error sending request for url ({url})");
    assert_eq!(found.lines().next(), Some(expected.as_str()));

    // A layer that is promised and not there.
    let descriptor = |media_type: &str| json!({ "mediaType": media_type, "digest": digest, "size": 2 });
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor("a/b"), "layers": [descriptor(crate::place::SIMPLE_SIGNING)] });
    let server =
        OddRegistry::start([("/v2/app/manifests/v1".to_owned(), head()), (tag, Answer::new(200, manifest.to_string()))]).unwrap();
    let found = ask(&client(&server), &by_keys(&format!("{}/app:v1", server.address()), &[&key], None)).unwrap_err();
    let expected =
        format!("failed to get image trusted layers: Cannot pull {}/app:sha256-{}.sig: ", server.address(), "a".repeat(64));
    assert!(found.starts_with(&expected), "{found}");
}

#[test]
fn an_answer_is_kept_and_a_failure_is_not() {
    let place = Place::debian();
    let sources = Sources::insecure([place.address.clone()]);
    let registry = Arc::new(Registry::new(RegistryOptions { sources, ..RegistryOptions::default() }).unwrap());
    let (digest, key) = (place.push("v1", "{}"), KeyPair::generate().unwrap());
    let request = by_keys(&format!("{}:v1", place.repository()), &[&key.public_pem()], None);
    assert!(ask(&registry, &request).is_err());
    place.sign(&digest, &key, &[]);
    assert_eq!(ask(&registry, &request).as_ref(), Ok(&digest), "a failure is not kept");
    place.push("v1", "[]");
    assert_eq!(ask(&registry, &request).as_ref(), Ok(&digest), "an answer is");
    assert!(place.verify(&request).is_err(), "the tag stands for something else by now");
}

#[test]
fn it_is_granted_recorded_and_replayed() {
    let place = Place::debian();
    let (digest, key) = (place.push("v1", "{}"), KeyPair::generate().unwrap());
    place.sign(&digest, &key, &[("io.gated-deployment.type", "findings.v1")]);
    let live: Arc<dyn Capabilities> = Arc::new(Live::new(Arc::clone(&place.registry), Arc::new(|_| {})));
    let image = place.pinned(&digest);
    let good = by_keys(&image, &[&key.public_pem()], Some(&[("io.gated-deployment.type", "findings.v1")])).to_string();
    let bad = json!({ "type": "SigstoreCertificateVerify", "image": image, "certificate": [1, 2], "certificate_chain": null, "require_rekor_bundle": true, "annotations": null }).to_string();
    let call = |host: &dyn Capabilities, request: &str| host.call("kubewarden", "oci", "v2/verify", request.as_bytes());
    for (grants, is_granted) in [(&["oci/v2/verify"][..], true), (&["oci/*"], true), (&["oci/v1/*"], false), (&[], false)] {
        let answer = call(&Granted::new(grants, Arc::clone(&live)).unwrap(), &good);
        match is_granted {
            true => assert!(answer.is_ok()),
            false => assert_eq!(
                answer,
                Err(
                    "Policy has not been granted access to the 'oci/v2/verify' host capability. The violation has been reported."
                        .to_owned()
                )
            ),
        }
    }
    let recorder = Recorder::new(live);
    let answers = [&good, &bad].map(|request| call(&recorder, request));
    assert!(answers[0].is_ok() && answers[1].is_err());
    let text = recorder.to_yaml();
    assert!(text.starts_with("- type: Exchange\n  request: |\n    !SigstorePubKeyVerify\n"), "{text}");
    let replay = Replay::new(host::exchange::parse(&text).unwrap(), Arc::new(|_| {}));
    assert_eq!([&good, &bad].map(|request| call(&replay, request)), answers);
    assert!(replay.left().is_empty() && replay.unexpected().is_empty());
}
