//! An OCI registry in memory on a loopback port: for demonstrations and tests, never for anything that must last.
//!
//! It serves the distribution API 1.1 (manifests by tag and digest, blobs, uploads, tags, referrers) without credentials over plain
//! HTTP. A client needs its address among the insecure sources: [`crate::sources::Sources::insecure`].
//!
//! A guest knows an absent image by the registry's message only, so this registry's messages are those of the registry most in use
//! (the `distribution` project), whatever the library would say.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::Response;
use ferro_blob_store::InMemoryBlobStore;
use ferro_oci_server::{AppState, InMemoryRegistryMeta};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// A running registry; it stops, and forgets everything, when dropped.
pub struct EmbeddedRegistry {
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl EmbeddedRegistry {
    /// Starts an empty registry on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Where no thread can be started or no loopback port be bound.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("embedded-registry").enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let state = AppState::new(Arc::new(InMemoryBlobStore::new()), Arc::new(InMemoryRegistryMeta::new()));
        let app = ferro_oci_server::router(state).layer(axum::middleware::map_response(with_usual_messages));
        runtime.spawn(async move { axum::serve(listener, app).await });
        Ok(Self { address, runtime: Some(runtime) })
    }

    /// Where it listens, such as `127.0.0.1:41234`: what stands in front of the repository in an image reference.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

/// The longest error that is looked at, in bytes.
const MAX_ERROR: usize = 64 * 1024;

/// The message of the `distribution` registry for an error code, where it matters to a client.
fn usual_message(code: &str) -> Option<&'static str> {
    match code {
        "BLOB_UNKNOWN" => Some("blob unknown to registry"),
        "MANIFEST_UNKNOWN" => Some("manifest unknown"),
        "NAME_UNKNOWN" => Some("repository name not known to registry"),
        _ => None,
    }
}

/// Puts the usual messages into an error answer and leaves every other answer alone.
async fn with_usual_messages(response: Response) -> Response {
    let json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !(response.status().is_client_error() && json) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, MAX_ERROR).await.unwrap_or_default();
    let Ok(mut envelope) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    for error in envelope.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten() {
        let message = error.get("code").and_then(Value::as_str).and_then(usual_message);
        if let (Some(message), Some(entries)) = (message, error.as_object_mut()) {
            entries.insert("message".to_owned(), Value::from(message));
        }
    }
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(envelope.to_string()))
}

impl Drop for EmbeddedRegistry {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for EmbeddedRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedRegistry").field("address", &self.address).finish_non_exhaustive()
    }
}
