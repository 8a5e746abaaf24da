//! `gatectl serve` as a process of its own, with certificates, and clients that ask it.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::client::{Authority, client, request, runtime};
use crate::engine::root;

/// A running provider; it is killed when dropped.
pub struct Process {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    /// Where Gatekeeper is served.
    pub address: String,
    plain: String,
    /// Who issued its certificate.
    pub authority: Arc<Authority>,
    folder: Arc<TempDir>,
    client: reqwest::Client,
    runtime: Arc<Runtime>,
}

impl Process {
    /// Starts it, and waits until it serves.
    pub fn start(arguments: &[&str]) -> Self {
        let (folder, authority) = files();
        Self::start_with(arguments, folder, authority, runtime())
    }

    /// What it says when it does not even start.
    pub fn refused(arguments: &[&str]) -> String {
        let (folder, _) = files();
        let output = command(&folder, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    fn start_with(arguments: &[&str], folder: Arc<TempDir>, authority: Arc<Authority>, runtime: Arc<Runtime>) -> Self {
        let mut child = command(&folder, arguments).stdout(Stdio::piped()).spawn().unwrap();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (lines, noted) = (BufReader::new(child.stdout.take().unwrap()).lines(), Arc::clone(&seen));
        thread::spawn(move || lines.map_while(Result::ok).for_each(|line| noted.lock().unwrap().push(line)));
        let client = client(&authority.pem, None).build().unwrap();
        let mut process =
            Self { child, lines: seen, address: String::new(), plain: String::new(), authority, folder, client, runtime };
        let serving = process.event("serving");
        let at = |key: &str| serving["fields"][key].as_str().unwrap().replace("127.0.0.1", "localhost");
        (process.address, process.plain) = (at("address"), at("plainAddress"));
        process
    }

    /// Kills it as nothing can be refused, and starts another with the same files.
    pub fn killed_and_started(mut self, arguments: &[&str]) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        Self::start_with(arguments, Arc::clone(&self.folder), Arc::clone(&self.authority), Arc::clone(&self.runtime))
    }

    /// The first event whose message has this part, waited for.
    pub fn event(&mut self, part: &str) -> Value {
        for _ in 0..3_000 {
            let events = self.events();
            if let Some(event) = events.iter().find(|event| event["fields"]["message"].as_str().is_some_and(|m| m.contains(part)))
            {
                return event.clone();
            }
            assert!(self.child.try_wait().unwrap().is_none(), "it ended before `{part}`: {events:?}");
            thread::sleep(Duration::from_millis(10));
        }
        panic!("no event says `{part}`: {:?}", self.events());
    }

    /// All events so far.
    pub fn events(&self) -> Vec<Value> {
        self.log().lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }

    /// The same as it was written.
    pub fn log(&self) -> String {
        self.lines.lock().unwrap().iter().map(|line| format!("{line}\n")).collect()
    }

    /// Where one of its files is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Asks with a client of one's own.
    pub fn ask(&self, client: &reqwest::Client, path: &str, body: String) -> reqwest::Result<Value> {
        let url = format!("https://{}{path}", self.address);
        self.runtime.block_on(async {
            let answer = client.post(url).header("Content-Type", "application/json").body(body).send().await?;
            assert_eq!(answer.status(), 200);
            Ok(serde_json::from_slice(&answer.bytes().await?).unwrap())
        })
    }

    /// The answer to a body, of a client that it trusts.
    pub fn post(&self, path: &str, body: String) -> Value {
        self.ask(&self.client, path, body).unwrap()
    }

    /// The answer about one key.
    pub fn validate(&self, key: &str) -> Value {
        self.post("/validate", request(&[key.to_owned()]))["response"].clone()
    }

    /// What is at a path of the plain port.
    pub fn plain(&self, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.plain);
        self.runtime.block_on(async {
            let answer = self.client.get(url).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }

    /// A number of its metrics, the sum of every line that begins so.
    pub fn metric(&self, line: &str) -> f64 {
        let (_, text) = self.plain("/metrics");
        text.lines()
            .filter(|found| found.starts_with(line))
            .filter_map(|found| found.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    /// Tells it to end, as Kubernetes does.
    pub fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// How it ended, waited for.
    pub fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Bytes of memory that it has (`VmRSS`), or had at most (`VmHWM`), as Linux counts them.
    pub fn memory(&self, which: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(which)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
    }

    /// A client that trusts it.
    pub fn client(&self) -> reqwest::Client {
        self.client.clone()
    }

    /// The threads of its clients.
    pub fn runtime(&self) -> Arc<Runtime> {
        Arc::clone(&self.runtime)
    }
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Process at {}", self.address)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A certificate for `localhost` and its key in a folder, and who issued it.
fn files() -> (Arc<TempDir>, Arc<Authority>) {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let (certificate, key) = authority.issue("localhost");
    std::fs::write(folder.path().join("tls.crt"), certificate).unwrap();
    std::fs::write(folder.path().join("tls.key"), key).unwrap();
    (Arc::new(folder), Arc::new(authority))
}

fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(root().join("dist/gatectl"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--listen-plain", "127.0.0.1:0", "--tls-certificate"]);
    command.arg(folder.path().join("tls.crt")).arg("--tls-key").arg(folder.path().join("tls.key"));
    if !arguments.contains(&"--client-authority") {
        command.arg("--allow-any-client");
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// The key of a Pod of one image that is created, as the templates make it.
pub fn key(settings: &Value, name: &str, image: &str) -> String {
    json!({ "settings": settings, "namespaceLabels": null, "request": {
        "kind": { "group": "", "kind": "Pod" }, "operation": "CREATE", "namespace": "prod", "name": name,
        "userInfo": { "username": "alice", "groups": ["developers"] },
        "object": { "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name },
            "spec": { "containers": [{ "name": "web", "image": image }] } } } })
    .to_string()
}

/// One rule that denies critical vulnerabilities, with what it says of evidence.
pub fn settings(evidence: &Value) -> Value {
    json!({ "rules": [{ "name": "r", "action": "deny", "conditions": [{ "severity": "critical" }], "evidence": evidence }] })
}
