//! A loopback HTTP server that answers as it is told: for everything a registry should not say.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers beside length and connection, by name.
    pub headers: Vec<(String, String)>,
    /// The body; for HEAD only its length is sent.
    pub body: Vec<u8>,
    /// How long the client waits for it.
    pub delay: Duration,
}

impl Answer {
    /// An answer with a status and a body.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), delay: Duration::ZERO }
    }

    /// An error answer as the distribution specification has it.
    #[must_use]
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
        Self::new(status, body).header("Content-Type", "application/json")
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same after a while.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct OddRegistry {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    stopped: Arc<AtomicBool>,
}

impl OddRegistry {
    /// Starts a server with an answer for each path. `/v2/` is 200 unless said otherwise, every other path `MANIFEST_UNKNOWN`.
    ///
    /// # Errors
    /// Where no loopback port can be bound.
    pub fn start<P: Into<String>>(answers: impl IntoIterator<Item = (P, Answer)>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let mut paths = BTreeMap::from([("/v2/".to_owned(), Answer::new(200, "{}"))]);
        paths.extend(answers.into_iter().map(|(path, answer)| (path.into(), answer)));
        let (requests, stopped) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (noted, stop, paths) = (Arc::clone(&requests), Arc::clone(&stopped), Arc::new(paths));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let (paths, noted) = (Arc::clone(&paths), Arc::clone(&noted));
                // What a client breaks off is no failure of the server.
                thread::spawn(move || stream.and_then(|stream| serve(stream, &paths, &noted)));
            }
        });
        Ok(Self { address, requests, stopped })
    }

    /// Where it listens, such as `127.0.0.1:41234`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// What was asked so far, as `HEAD /v2/…`, in order. Attempts to speak TLS are not among it.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for OddRegistry {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.address);
    }
}

/// Reads one request and answers it; a client that starts with a TLS handshake is hung up on.
fn serve(mut stream: TcpStream, paths: &BTreeMap<String, Answer>, requests: &Mutex<Vec<String>>) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut first = [0];
    if stream.peek(&mut first)? == 0 || !first[0].is_ascii_uppercase() {
        return Ok(());
    }
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    io::copy(&mut reader.take(length), &mut io::sink())?;
    requests.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{method} {path}"));
    let unknown = Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
    let answer = paths.get(&path).unwrap_or(&unknown);
    thread::sleep(answer.delay);
    let mut head = format!("HTTP/1.1 {} Odd\r\nContent-Length: {}\r\nConnection: close\r\n", answer.status, answer.body.len());
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    if method != "HEAD" {
        stream.write_all(&answer.body)?;
    }
    stream.flush()
}
