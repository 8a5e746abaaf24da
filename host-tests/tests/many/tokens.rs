//! A registry that wants a token for each thing that is asked of it.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use host::credentials::Credentials;
use host::registry::{Registry, RegistryOptions};
use host::sources::Sources;
use host_tests::docker_registry::{DockerRegistry, Options};
use host_tests::odd_registry::{Answer, OddRegistry};
use serde_json::json;

/// `tester:secret`.
const BASIC: &str = "Basic dGVzdGVyOnNlY3JldA==";
/// The same for htpasswd.
const USERS: &str = "tester:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n";

/// A client with the credentials of `tester`.
fn client(address: &str) -> (Registry, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let auths = json!({ "auths": { address: { "username": "tester", "password": "secret" } } });
    std::fs::write(folder.path().join("config.json"), auths.to_string()).unwrap();
    let credentials = Credentials::from_folder(folder.path());
    let options = RegistryOptions { sources: Sources::insecure([address]), credentials, ..RegistryOptions::default() };
    (Registry::new(options).unwrap(), folder)
}

/// Answers one request: tokens for whoever has the password, and the rest for whoever has the token of its scope.
fn serve(mut stream: TcpStream, address: &str, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut first = [0];
    if stream.peek(&mut first)? == 0 || !first[0].is_ascii_uppercase() {
        return Ok(());
    }
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let line = lines.next().unwrap()?;
    let mut authorization = String::new();
    for header in lines {
        let header = header?;
        if header.is_empty() {
            break;
        }
        if let Some((_, value)) = header.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
            authorization = value.to_owned();
        }
    }
    let (method, rest) = line.split_once(' ').unwrap();
    let path = rest.split(' ').next().unwrap();
    asked.lock().unwrap().push(format!("{method} {path} {authorization}"));
    let scope = if method == "DELETE" { "repository:app:delete" } else { "repository:app:pull" };
    let (head, body) = match path.strip_prefix("/token?") {
        Some(query) if authorization == BASIC && query.contains("service=s+1") => {
            let scope = query.split('&').find_map(|part| part.strip_prefix("scope=")).unwrap().replace("%3A", ":");
            ("200 OK".to_owned(), json!({ "access_token": format!("of-{scope}") }).to_string())
        }
        Some(_) => ("401 No\r\nX: y".to_owned(), "who are you".to_owned()),
        // Strangers are told that it is not there, and nobody that a token would help.
        None if path.starts_with("/v2/hidden/") => {
            let head = if authorization == "Bearer of-repository:hidden:pull" { "200 OK" } else { "404 No" };
            (head.to_owned(), json!({ "tags": ["a"] }).to_string())
        }
        None if authorization == format!("Bearer of-{scope}") => ("200 OK".to_owned(), json!({ "tags": ["a"] }).to_string()),
        None => {
            let challenge = format!("Bearer realm=\"http://{address}/token\",service=\"s 1\",scope=\"{scope}\"");
            (format!("401 No\r\nWWW-Authenticate: {challenge}"), String::new())
        }
    };
    stream.write_all(format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()).as_bytes())?;
    stream.write_all(if method == "HEAD" { b"" } else { body.as_bytes() })
}

/// The registry's address, and what is asked of it.
fn start() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (own, noted) = (address.clone(), Arc::clone(&asked));
    // It listens until the process ends.
    std::thread::spawn(move || {
        listener.incoming().for_each(|stream| drop(stream.and_then(|stream| serve(stream, &own, &noted))))
    });
    (address, asked)
}

#[test]
fn what_is_hidden_from_strangers_is_not_gone() {
    let (address, _) = start();
    let (registry, _folder) = client(&address);
    let (repository, digest) = (format!("{address}/hidden"), format!("sha256:{}", "1".repeat(64)));
    assert!(!registry.is_gone(&repository, &digest).unwrap());
    assert_eq!(registry.tags(&repository).unwrap(), ["a"]);
}

#[test]
fn each_request_has_the_token_of_its_scope() {
    let (address, asked) = start();
    let (registry, _folder) = client(&address);
    let (repository, digest) = (format!("{address}/app"), format!("sha256:{}", "1".repeat(64)));
    for _ in 0..2 {
        assert_eq!(registry.tags(&repository).unwrap(), ["a"]);
        assert!(!registry.is_gone(&repository, &digest).unwrap());
        registry.delete_manifest(&repository, &digest).unwrap();
    }
    let asked = asked.lock().unwrap();
    assert_eq!(asked.iter().filter(|line| line.contains("/token?")).count(), 2, "one for each scope: {asked:#?}");
    let anonymous = RegistryOptions { sources: Sources::insecure([address.as_str()]), ..RegistryOptions::default() };
    drop(asked);
    let error = Registry::new(anonymous).unwrap().tags(&repository).unwrap_err();
    assert!(error.is_unauthorized() && error.to_string().contains("who are you"), "{error}");
}

#[test]
fn a_password_is_given_to_who_asks_for_it() {
    let debian = DockerRegistry::start_with(&Options { htpasswd: Some(USERS.to_owned()), ..Options::default() }).unwrap();
    let (registry, _folder) = client(&debian.address());
    let (repository, image) = (format!("{}/app", debian.address()), format!("{}/app:a", debian.address()));
    let config = registry.push_blob(&image, b"{}").unwrap();
    let kind = host_tests::world::MANIFEST;
    let manifest = json!({ "schemaVersion": 2, "mediaType": kind, "layers": [], "config": { "mediaType": "application/json", "digest": config, "size": 2 } });
    let digest = registry.push_manifest_raw(&image, manifest.to_string().as_bytes(), kind).unwrap();
    assert_eq!(registry.tags(&repository).unwrap(), ["a"]);
    assert!(!registry.is_gone(&repository, &digest).unwrap());
    let options = RegistryOptions { sources: Sources::insecure([debian.address()]), ..RegistryOptions::default() };
    let anonymous = Registry::new(options).unwrap();
    assert!(anonymous.is_gone(&repository, &digest).is_err_and(|error| error.is_unauthorized()));
    assert!(anonymous.delete_manifest(&repository, &digest).is_err_and(|error| error.forbids()));
    registry.delete_manifest(&repository, &digest).unwrap();
    registry.delete_manifest(&repository, &digest).unwrap();
    assert!(registry.is_gone(&repository, &digest).unwrap());
}

#[test]
fn a_place_that_a_redirect_leads_to_is_told_nothing() {
    let token = ("/token?scope=repository%3Aapp%3Apull", Answer::new(200, r#"{"token":"t"}"#));
    let tokens = OddRegistry::start([token]).unwrap();
    let challenge = format!("Bearer realm=\"http://{}/token\"", tokens.address());
    let elsewhere = OddRegistry::start([("/x", Answer::new(401, "").header("WWW-Authenticate", &challenge))]).unwrap();
    let moved = Answer::new(307, "").header("Location", &format!("http://{}/x", elsewhere.address()));
    let server = OddRegistry::start([("/v2/app/manifests/a", moved)]).unwrap();
    let (registry, _folder) = client(&server.address());
    let pulled = registry.pull_manifest_raw(&format!("{}/app:a", server.address()));
    assert!(pulled.as_ref().is_err_and(|error| error.is_unauthorized()), "{pulled:?}");
    assert_eq!((elsewhere.requests(), tokens.requests()), (vec!["GET /x".to_owned()], Vec::new()));
}

#[test]
fn an_answer_without_end_is_no_answer() {
    let long = format!("{{\"tags\": [\"{}\"]}}", "a".repeat(17 * 1024 * 1024));
    let server = OddRegistry::start([("/v2/app/tags/list?n=1000", Answer::new(200, long))]).unwrap();
    let (registry, _folder) = client(&server.address());
    let error = registry.tags(&format!("{}/app", server.address())).unwrap_err();
    assert!(error.to_string().contains("expected an answer of at most"), "{error}");
}
