//! A cluster's API server as far as its clients see it: HTTP over TLS on a loopback port, a bearer token, an answer for each path.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::odd_registry::Answer;

/// The token that is let in.
pub const TOKEN: &str = "token-of-a-test";

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct ApiServer {
    address: SocketAddr,
    certificate: String,
    requests: Arc<Mutex<Vec<String>>>,
    stopped: Arc<AtomicBool>,
}

/// An answer with what an API server says of an error (`meta/v1` Status).
#[must_use]
pub fn status(code: u16, reason: &str, message: &str) -> Answer {
    let status = json!({ "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "code": code, "reason": reason, "message": message });
    Answer::new(code, status.to_string())
}

/// The answer to the question for the kinds of a group: each a plural, a kind, and whether it lives in namespaces.
#[must_use]
pub fn kinds(group_version: &str, kinds: &[(&str, &str, bool)]) -> Answer {
    let kind = |(name, kind, namespaced): &(&str, &str, bool)| json!({ "name": name, "singularName": "", "kind": kind, "namespaced": namespaced, "verbs": ["get", "list"] });
    let resources: Vec<Value> = kinds.iter().map(kind).collect();
    let list = json!({ "apiVersion": "v1", "kind": "APIResourceList", "groupVersion": group_version, "resources": resources });
    Answer::new(200, list.to_string())
}

impl ApiServer {
    /// Starts a server with an answer for each path with its query. Every other path is not found; without the token none is allowed.
    ///
    /// # Panics
    /// There is no loopback port, or no certificate can be made.
    pub fn start<P: Into<String>>(answers: impl IntoIterator<Item = (P, Answer)>) -> Self {
        let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![key.cert.der().clone()], private)
            .expect("a configuration");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let (requests, stopped) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (noted, stop, config) = (Arc::clone(&requests), Arc::clone(&stopped), Arc::new(config));
        let answers: BTreeMap<String, Answer> = answers.into_iter().map(|(path, answer)| (path.into(), answer)).collect();
        let answers = Arc::new(answers);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let (answers, noted, config) = (Arc::clone(&answers), Arc::clone(&noted), Arc::clone(&config));
                // What a client breaks off is no failure of the server.
                thread::spawn(move || stream.and_then(|stream| serve(stream, config, &answers, &noted)));
            }
        });
        Self { address, certificate: key.cert.pem(), requests, stopped }
    }

    /// A kubeconfig whose current context `good` reaches the server. In `stranger` it is not trusted, in `nobody` the token is wrong.
    #[must_use]
    pub fn kubeconfig(&self) -> String {
        let server = format!("https://localhost:{}", self.address.port());
        let cluster = |authority: &str| {
            let data = STANDARD.encode(authority);
            json!({ "server": server, "certificate-authority-data": data })
        };
        let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate").cert.pem();
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "good",
            "clusters": [{ "name": "c", "cluster": cluster(&self.certificate) }, { "name": "other", "cluster": cluster(&other) }],
            "users": [{ "name": "u", "user": { "token": TOKEN } }, { "name": "n", "user": { "token": "wrong" } }],
            "contexts": [
                { "name": "good", "context": { "cluster": "c", "user": "u" } },
                { "name": "stranger", "context": { "cluster": "other", "user": "u" } },
                { "name": "nobody", "context": { "cluster": "c", "user": "n" } },
            ],
        })
        .to_string()
    }

    /// What was asked so far, as `GET /api/v1`, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.address);
    }
}

/// Reads one request and answers it.
fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    answers: &BTreeMap<String, Answer>,
    requests: &Mutex<Vec<String>>,
) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.by_ref().take(64 * 1024).read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut words = lines.first().map(String::as_str).unwrap_or_default().split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    requests.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{method} {path}"));
    let is_let_in = lines.iter().any(|line| line.trim().eq_ignore_ascii_case(&format!("authorization: Bearer {TOKEN}")));
    let answer = match answers.get(path) {
        _ if !is_let_in => status(401, "Unauthorized", "Unauthorized"),
        Some(answer) => answer.clone(),
        None => Answer::new(404, "404 page not found\n"),
    };
    thread::sleep(answer.delay);
    let length = answer.body.len();
    let head = format!(
        "HTTP/1.1 {} Answer\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n",
        answer.status
    );
    let mut stream = reader.into_inner();
    stream.write_all(head.as_bytes())?;
    stream.write_all(&answer.body)?;
    stream.conn.send_close_notify();
    stream.flush()
}
