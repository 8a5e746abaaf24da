//! A way to a registry that refuses the first requests.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// It listens until the process ends.
pub(crate) struct Flaky {
    address: SocketAddr,
}

impl Flaky {
    /// The first `n_refused` connections that speak HTTP get this status; everything after goes to the registry.
    pub(crate) fn start(registry: String, status: &'static str, n_refused: usize) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let left = Arc::new(AtomicUsize::new(n_refused));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (registry, left) = (registry.clone(), Arc::clone(&left));
                thread::spawn(move || stream.and_then(|stream| serve(stream, &registry, status, &left)));
            }
        });
        Self { address }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }
}

fn serve(mut stream: TcpStream, registry: &str, status: &str, left: &AtomicUsize) -> io::Result<()> {
    let mut first = [0];
    // Who begins with a TLS handshake is hung up on.
    if stream.peek(&mut first)? == 0 || !first[0].is_ascii_uppercase() {
        return Ok(());
    }
    if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request)?;
        return stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes());
    }
    let onward = TcpStream::connect(registry)?;
    let (mut from, mut to) = (stream.try_clone()?, onward.try_clone()?);
    let there = thread::spawn(move || {
        let copied = io::copy(&mut from, &mut to);
        to.shutdown(Shutdown::Write).and(copied.map(|_| ()))
    });
    let (mut from, mut to) = (onward, stream);
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Both)?;
    there.join().unwrap_or(Ok(()))
}
