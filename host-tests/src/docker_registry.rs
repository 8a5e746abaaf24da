//! Starts the `docker-registry` of the system (the `distribution` project's server) on a free loopback port, for one test.
//!
//! A system without it fails the test: it is what most clusters pull from, and no other program stands in for its answers.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

/// The program, as Debian's package of the same name installs it.
const PROGRAM: &str = "docker-registry";

/// How often is looked whether it listens, and how many times before that is a failure: ten seconds.
const POLL: (Duration, usize) = (Duration::from_millis(20), 500);

/// What differs from a registry that anybody may use over plain HTTP.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Certificate and key, both PEM: it speaks HTTPS, and HTTPS only.
    pub tls: Option<(String, String)>,
    /// Lines of `user:bcrypt hash`: it asks for one of these users.
    pub htpasswd: Option<String>,
    /// It does not allow deletion.
    pub forbids_deletion: bool,
}

/// A running registry with storage of its own; it is stopped, and its storage removed, when dropped.
#[derive(Debug)]
pub struct DockerRegistry {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl DockerRegistry {
    /// Starts one with the default options.
    ///
    /// # Errors
    /// As [`DockerRegistry::start_with`].
    pub fn start() -> io::Result<Self> {
        Self::start_with(&Options::default())
    }

    /// Starts one and waits until it listens.
    ///
    /// # Errors
    /// Where the program is absent or does not come up; the text says which, and what to install.
    pub fn start_with(options: &Options) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        // Another process may take the port between its choice and its use: then another port is tried.
        let mut last = io::Error::other("no attempt was made");
        for _ in 0..5 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            let config = folder.path().join("config.yml");
            fs::write(&config, configuration(folder.path(), port, options)?)?;
            let mut command = Command::new(PROGRAM);
            command.arg("serve").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut process = command.spawn().map_err(|error| {
                io::Error::new(error.kind(), format!("`{PROGRAM}`: {error}; hint: install the package `docker-registry`"))
            })?;
            match wait(&mut process, port) {
                Ok(()) => return Ok(Self { process, port, _folder: folder }),
                Err(error) => last = error,
            }
            stop(&mut process);
        }
        Err(last)
    }

    /// Where it listens, such as `localhost:41234`: what stands in front of the repository in an image reference.
    #[must_use]
    pub fn address(&self) -> String {
        format!("localhost:{}", self.port)
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        stop(&mut self.process);
    }
}

/// Ends a process of ours; one that has ended already is fine.
fn stop(process: &mut Child) {
    let _ = process.kill();
    let _ = process.wait();
}

fn wait(process: &mut Child, port: u16) -> io::Result<()> {
    for _ in 0..POLL.1 {
        if let Some(status) = process.try_wait()? {
            return Err(io::Error::other(format!("`{PROGRAM}` ended at once: {status}")));
        }
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(());
        }
        sleep(POLL.0);
    }
    Err(io::Error::other(format!("`{PROGRAM}` does not listen")))
}

fn configuration(folder: &Path, port: u16, options: &Options) -> io::Result<String> {
    let path = |name: &str| folder.join(name).display().to_string();
    let mut text = format!(
        "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\n  delete: {{enabled: {}}}\n",
        path("storage"),
        !options.forbids_deletion
    );
    text.push_str(&format!("http:\n  addr: 127.0.0.1:{port}\n  secret: of-one-test\n"));
    if let Some((certificate, key)) = &options.tls {
        fs::write(path("certificate.pem"), certificate)?;
        fs::write(path("key.pem"), key)?;
        text.push_str(&format!("  tls: {{certificate: {}, key: {}}}\n", path("certificate.pem"), path("key.pem")));
    }
    if let Some(users) = &options.htpasswd {
        fs::write(path("htpasswd"), users)?;
        text.push_str(&format!("auth:\n  htpasswd: {{realm: test, path: {}}}\n", path("htpasswd")));
    }
    Ok(text)
}
