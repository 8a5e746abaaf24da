//! Lists of referrers as registries should not answer them, and as they may: page by page.

use gatectl::ExitCode;
use host::registry::{Registry, RegistryOptions};
use host::sources::Sources;
use host_tests::odd_registry::{Answer, OddRegistry};
use host_tests::world::{Ended, MANIFEST, World};
use serde_json::json;

use crate::artifacts::{INDEX, hex};

const OF: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

fn digest(of: char) -> String {
    format!("sha256:{}", of.to_string().repeat(64))
}

fn list(digests: &[&str]) -> Answer {
    let manifests: Vec<_> = digests.iter().map(|digest| json!({ "mediaType": MANIFEST, "digest": digest, "size": 1 })).collect();
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
    Answer::new(200, index.to_string()).header("Content-Type", INDEX)
}

/// What a registry with these answers lists, or the error.
fn listed(answers: &[(&str, Answer)]) -> Result<Vec<String>, String> {
    let odd = OddRegistry::start(answers.iter().map(|(path, answer)| ((*path).to_owned(), answer.clone()))).unwrap();
    let options = RegistryOptions { sources: Sources::insecure([odd.address()]), ..RegistryOptions::default() };
    let repository = format!("{}/app", odd.address());
    Registry::new(options).unwrap().referrers(&repository, OF).map_err(|error| error.to_string())
}

#[test]
fn all_pages_and_the_tag() {
    let (a, b, c) = (digest('a'), digest('b'), digest('c'));
    let first = format!("/v2/app/referrers/{OF}");
    let second = format!("{first}?last=x");
    let tag = format!("/v2/app/manifests/sha256-{}", hex(OF));
    let paged = list(&[&b]).header("Link", &format!("<{second}>; rel=\"next\""));
    let found = listed(&[(&first, paged.clone()), (&second, list(&[&a, &b])), (&tag, list(&[&c]))]);
    assert_eq!(found, Ok(vec![a.clone(), b.clone(), c.clone()]));
    // A page that is not there is no end of the list; nor is one that leads elsewhere, or round in a circle.
    let error = listed(&[(&first, paged)]).unwrap_err();
    assert!(error.contains("expected the next page of its referrers, found none"), "{error}");
    let elsewhere = list(&[&b]).header("Link", "<https://registry.example/v2/>; rel=\"next\"");
    let error = listed(&[(&first, elsewhere)]).unwrap_err();
    assert!(error.contains("goes on at the same registry, found `https://registry.example/v2/`"), "{error}");
    let circle = list(&[&b]).header("Link", &format!("<{first}>; rel=\"next\""));
    let error = listed(&[(&first, circle)]).unwrap_err();
    assert!(error.contains("expected at most 64 pages of referrers"), "{error}");
}

#[test]
fn a_registry_without_the_list_has_the_tag() {
    let (api, tag) = (format!("/v2/app/referrers/{OF}"), format!("/v2/app/manifests/sha256-{}", hex(OF)));
    let page = Answer::new(200, "<html>").header("Content-Type", "text/html");
    for without in [
        Answer::new(404, "404 page not found"),
        Answer::error(404, "NOT_FOUND", "x"),
        Answer::error(405, "UNSUPPORTED", "x"),
        Answer::new(405, ""),
        page,
    ] {
        let found = listed(&[(&api, without.clone()), (&tag, list(&[&digest('a')]))]);
        assert_eq!(found, Ok(vec![digest('a')]), "{without:?}");
        assert_eq!(listed(&[(&api, without)]), Ok(Vec::new()));
    }
    let redirected = [
        (api.as_str(), Answer::new(303, "").header("Location", "/login")),
        ("/login", Answer::new(200, "<html>").header("Content-Type", "text/html")),
    ];
    assert_eq!(listed(&redirected), Ok(Vec::new()));
}

#[test]
fn a_list_that_cannot_be_had_is_not_an_empty_one() {
    let (api, tag) = (format!("/v2/app/referrers/{OF}"), format!("/v2/app/manifests/sha256-{}", hex(OF)));
    let large = json!({ "schemaVersion": 2, "manifests": [], "annotations": { "x": "x".repeat(5 << 20) } }).to_string();
    for refusal in [
        Answer::new(500, ""),
        Answer::error(429, "TOOMANYREQUESTS", "x"),
        Answer::error(403, "DENIED", "x"),
        Answer::new(401, ""),
        Answer::new(200, "{").header("Content-Type", INDEX),
        Answer::new(200, large).header("Content-Type", INDEX),
    ] {
        assert!(listed(&[(&api, refusal.clone())]).is_err(), "{:?}", refusal.status);
        assert!(listed(&[(&api, Answer::new(404, "")), (&tag, refusal.clone())]).is_err(), "{:?}", refusal.status);
    }
    let many: Vec<String> = (0..1001).map(|n| format!("sha256:{n:064x}")).collect();
    let error = listed(&[(&api, list(&many.iter().map(String::as_str).collect::<Vec<_>>()))]).unwrap_err();
    assert!(error.contains("expected at most 1000 referrers, found 1001"), "{error}");
}

#[test]
fn a_token_is_asked_for_once() {
    let tokens =
        OddRegistry::start([("/token?scope=repository%3Aapp%3Apull&service=x".to_owned(), Answer::new(200, r#"{"token":"t"}"#))]);
    let tokens = tokens.unwrap();
    let challenge = format!("Bearer realm=\"http://{}/token\",service=\"x\"", tokens.address());
    let odd = OddRegistry::start([
        ("/v2/".to_owned(), Answer::new(401, "").header("WWW-Authenticate", &challenge)),
        (format!("/v2/app/referrers/{OF}"), list(&[&digest('a')])),
    ])
    .unwrap();
    let options = RegistryOptions { sources: Sources::insecure([odd.address()]), ..RegistryOptions::default() };
    let registry = Registry::new(options).unwrap();
    for _ in 0..2 {
        assert_eq!(registry.referrers(&format!("{}/app", odd.address()), OF).unwrap(), [digest('a')]);
    }
    assert_eq!(tokens.requests().len(), 1, "{:?}", tokens.requests());
}

/// What `--from-registry` ends with where the list of referrers is this.
fn attach(list: Answer) -> Ended {
    let image = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": OF, "size": 1 } })
    .to_string();
    let digest = format!("sha256:{}", sha256(image.as_bytes()));
    let manifest = Answer::new(200, image).header("Content-Type", MANIFEST).header("Docker-Content-Digest", &digest);
    let world = World::odd(vec![
        ("/v2/app/manifests/v1".to_owned(), manifest.clone()),
        (format!("/v2/app/manifests/{digest}"), manifest),
        (format!("/v2/app/referrers/{digest}"), list),
        (format!("/v2/app/manifests/{}", self::digest('b')), Answer::error(403, "DENIED", "requested access is denied")),
    ]);
    let ended = world.gatectl(&["attach", &world.image("app:v1"), "--from-registry"]);
    assert_eq!(ended.exit, ExitCode::Failed, "{ended:?}");
    ended
}

#[test]
fn what_is_listed_has_to_be_there() {
    let refused = attach(Answer::error(403, "DENIED", "requested access is denied"));
    assert!(refused.notes.contains("referrers of `") && refused.notes.contains("access is denied"), "{}", refused.notes);
    let gone = attach(list(&[&digest('a')]));
    assert!(gone.notes.contains("left: it is listed, and gone from the registry"), "{}", gone.notes);
    let kept = attach(list(&[&digest('a'), &digest('b')]));
    assert!(
        kept.notes.contains("in the way: its manifest could not be read: ") && kept.notes.contains("denied"),
        "{}",
        kept.notes
    );
    let odd = attach(list(&["sha512:1"]));
    assert!(odd.notes.contains("it is listed under what is no sha256 digest"), "{}", odd.notes);
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
