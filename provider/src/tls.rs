//! Certificate, key and Gatekeeper's authority, from files that are read again when they change.
//!
//! TLS 1.3 only. Source: Gatekeeper's external data client, which refuses less, and presents its webhook's certificate.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// The files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The server's certificate and those of its issuers, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// The authority that clients' certificates must be of, PEM; `None` asks clients for none.
    pub client_authority: Option<PathBuf>,
}

impl Files {
    /// What the files hold, ready to serve with.
    ///
    /// # Errors
    /// One sentence with the file.
    pub fn load(&self) -> Result<Arc<ServerConfig>, String> {
        let chain = certificates(&self.certificate)?;
        let key = private_key(&self.key)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| format!("TLS: {error}"))?;
        let builder = match &self.client_authority {
            None => builder.with_no_client_auth(),
            Some(file) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(file)? {
                    roots.add(certificate).map_err(|error| format!("{}: {error}", file.display()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| format!("{}: {error}", file.display()))?)
            }
        };
        let config = builder.with_single_cert(chain, key);
        config.map(Arc::new).map_err(|error| format!("{} and {}: {error}", self.certificate.display(), self.key.display()))
    }

    /// What each file holds; `None` where it cannot be read.
    fn content(&self) -> Vec<Option<Vec<u8>>> {
        let files = [Some(&self.certificate), Some(&self.key), self.client_authority.as_ref()];
        files.into_iter().flatten().map(|file| fs::read(file).ok()).collect()
    }
}

fn blocks(file: &PathBuf) -> Result<Vec<pem::Pem>, String> {
    let text = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    pem::parse_many(text).map_err(|error| format!("{}: expected PEM: {error}", file.display()))
}

fn certificates(file: &PathBuf) -> Result<Vec<CertificateDer<'static>>, String> {
    let blocks = blocks(file)?.into_iter().filter(|block| block.tag() == "CERTIFICATE");
    let found: Vec<_> = blocks.map(|block| CertificateDer::from(block.into_contents())).collect();
    if found.is_empty() {
        return Err(format!("{}: expected a certificate, found none", file.display()));
    }
    Ok(found)
}

fn private_key(file: &PathBuf) -> Result<PrivateKeyDer<'static>, String> {
    let key = blocks(file)?.into_iter().find_map(|block| match block.tag() {
        "PRIVATE KEY" => Some(PrivateKeyDer::from(PrivatePkcs8KeyDer::from(block.into_contents()))),
        "RSA PRIVATE KEY" => Some(PrivateKeyDer::from(PrivatePkcs1KeyDer::from(block.into_contents()))),
        "EC PRIVATE KEY" => Some(PrivateKeyDer::from(PrivateSec1KeyDer::from(block.into_contents()))),
        _ => None,
    });
    key.ok_or_else(|| format!("{}: expected a private key that is not encrypted, found none", file.display()))
}

/// The files' present content.
pub struct Reloading {
    files: Files,
    state: Mutex<State>,
}

struct State {
    config: Arc<ServerConfig>,
    /// What the files held when they were used.
    used: Vec<Option<Vec<u8>>>,
    /// Why what they hold now is not.
    refused: Option<String>,
}

/// What a look at the files showed.
#[derive(Debug)]
pub enum Look {
    /// They are as they were.
    Same,
    /// They are new, and used from now on.
    Renewed,
    /// They are new and not usable: what was there before is used.
    Refused(String),
}

impl Reloading {
    /// Reads the files.
    ///
    /// # Errors
    /// As [`Files::load`].
    pub fn new(files: Files) -> Result<Self, String> {
        let used = files.content();
        let config = files.load()?;
        Ok(Self { files, state: Mutex::new(State { config, used, refused: None }) })
    }

    /// Reads the files again where they have changed.
    pub fn look(&self) -> Look {
        let content = self.files.content();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if content == state.used {
            return Look::Same;
        }
        match self.files.load() {
            Ok(config) => {
                (state.config, state.used, state.refused) = (config, content, None);
                Look::Renewed
            }
            // It is tried again each time, and said once.
            Err(error) if state.refused.as_ref() == Some(&error) => Look::Same,
            Err(error) => {
                state.refused = Some(error.clone());
                Look::Refused(error)
            }
        }
    }

    /// What to serve with.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.state.lock().unwrap_or_else(PoisonError::into_inner).config)
    }
}

impl fmt::Debug for Reloading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloading").field("files", &self.files).finish_non_exhaustive()
    }
}

/// A name that a client's certificate can have.
///
/// # Errors
/// One sentence.
pub fn name(name: &str) -> Result<ServerName<'_>, String> {
    ServerName::try_from(name).map_err(|_| format!("expected a host name, found `{name}`"))
}

/// Whether a client's certificate, which was verified already, is for this name.
///
/// # Errors
/// One sentence: no certificate, none that can be read, another name.
pub fn is_of(certificates: Option<&[CertificateDer<'_>]>, name: &str) -> Result<(), String> {
    let certificate = certificates.and_then(<[_]>::first).ok_or("expected a client certificate, found none")?;
    let certificate =
        webpki::EndEntityCert::try_from(certificate).map_err(|error| format!("the client's certificate: {error}"))?;
    let server = self::name(name)?;
    let refused = |_| format!("expected a client certificate of `{name}`, found another");
    certificate.verify_is_valid_for_subject_name(&server).map_err(refused)
}
