//! A certificate → whose key signs, and whether anybody vouches for that.
//!
//! What is looked at, and in which order, is the policy server's: a key usage and that for code signing, an alternative name, no validity
//! that lies ahead, and an issuer among the given certificates, each of which is an anchor. The texts are its, too.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, anchor_from_trusted_cert};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::referenced::OwnedToRef;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, SubjectAltName};
use x509_cert::time::Validity;

use super::key::PublicKey;
use super::layer::Layer;

/// `id-kp-codeSigning`. Source: RFC 5280, 4.2.1.12.
const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
/// Who vouches for the signer. Source: Fulcio, `docs/oid-info.md`.
const ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");
/// The repository of the workflow that signed, `owner/name`. Source: Fulcio, `docs/oid-info.md`.
const GITHUB_REPOSITORY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.5");

/// Judges signatures by one certificate's key.
pub(super) struct Verifier {
    key: PublicKey,
    validity: Validity,
    needs_bundle: bool,
}

/// Who signed without a key of its own, as its certificate says.
#[derive(Clone)]
pub(super) struct Signer {
    /// The key that the certificate is about.
    pub(super) key: PublicKey,
    pub(super) subject: Subject,
    pub(super) issuer: Option<String>,
    pub(super) github_repository: Option<String>,
}

/// The first alternative name of a signer.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// An address.
    Email(String),
    /// A URL.
    Uri(String),
}

impl Subject {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Email(text) | Self::Uri(text) => text,
        }
    }
}

impl Verifier {
    /// Reads a certificate and, where a chain is given, checks that one of it issued the certificate and that it is valid now. Without
    /// a chain the certificate is trusted as it is, an expired one too.
    pub(super) fn new(certificate: &[u8], chain: Option<&[Vec<u8>]>, needs_bundle: bool, now: UnixTime) -> Result<Self, String> {
        let block = pem::parse(certificate).map_err(|error| error.to_string())?;
        let parsed = Certificate::from_der(block.contents()).map_err(|error| format!("x509 error: parse from der {error}"))?;
        suits(&parsed, now)?;
        if let Some(chain) = chain {
            let read = |bytes: &Vec<u8>| pem::parse(bytes).map(|block| block.into_contents()).map_err(|error| error.to_string());
            let chain = chain.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            Anchors::new(&chain)?.check(block.contents(), now)?;
        }
        let key = key_of(&parsed)?;
        Ok(Self { key, validity: parsed.tbs_certificate.validity, needs_bundle })
    }

    /// Whether the certificate's key made the signature and, where the log says when, that was while the certificate was valid.
    pub(super) fn accepts(&self, layer: &Layer) -> bool {
        layer.is_signed_by(&self.key)
            && match &layer.bundle {
                Some(bundle) => is_within(&self.validity, bundle.integrated_time()),
                None => !self.needs_bundle,
            }
    }
}

/// Certificates that may have issued others.
#[derive(Clone, Debug)]
pub(super) struct Anchors(Vec<TrustAnchor<'static>>);

impl Anchors {
    pub(super) fn new(certificates: &[Vec<u8>]) -> Result<Self, String> {
        let anchor =
            |der: &Vec<u8>| anchor_from_trusted_cert(&CertificateDer::from(der.as_slice())).map(|anchor| anchor.to_owned());
        certificates.iter().map(anchor).collect::<Result<_, _>>().map(Self).map_err(|error| error.to_string())
    }

    /// Checks that one of these issued a certificate for code signing that is valid at a time.
    fn check(&self, der: &[u8], time: UnixTime) -> Result<(), String> {
        let der = CertificateDer::from(der);
        let certificate = EndEntityCert::try_from(&der).map_err(|error| error.to_string())?;
        let usage = webpki::KeyUsage::required(CODE_SIGNING.as_bytes());
        certificate
            .verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &self.0, &[], time, usage, None, None)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    /// Who signed, where one of these issued the certificate and the log's entry is from the time of its validity.
    pub(super) fn signer(&self, certificate: &str, integrated_time: i64, now: UnixTime) -> Result<Signer, String> {
        let block = pem::parse(certificate).map_err(|error| error.to_string())?;
        if block.tag() != "CERTIFICATE" {
            return Err(format!("expected a PEM block `CERTIFICATE`, found `{}`", block.tag()));
        }
        let parsed = Certificate::from_der(block.contents()).map_err(|error| format!("x509 error: parse from pem: {error}"))?;
        let validity = parsed.tbs_certificate.validity;
        // Such certificates live for minutes: they are checked at their own beginning.
        self.check(block.contents(), UnixTime::since_unix_epoch(validity.not_before.to_unix_duration()))?;
        suits(&parsed, now)?;
        if !is_within(&validity, integrated_time) {
            return Err("the certificate was not valid when the signature was entered in the log".to_owned());
        }
        let (_, names) = extension::<SubjectAltName>(&parsed).ok_or("the certificate has no alternative name")?;
        let subject = names.0.iter().find_map(|name| match name {
            GeneralName::Rfc822Name(text) => Some(Subject::Email(text.to_string())),
            GeneralName::UniformResourceIdentifier(text) => Some(Subject::Uri(text.to_string())),
            _ => None,
        });
        Ok(Signer {
            key: key_of(&parsed)?,
            subject: subject.ok_or("Certificate with incomplete Subject Alternative Name")?,
            issuer: text_extension(&parsed, ISSUER)?,
            github_repository: text_extension(&parsed, GITHUB_REPOSITORY)?,
        })
    }
}

/// Checks what does not depend on who issued the certificate. Its validity must not lie ahead; that it is over is no matter here.
fn suits(certificate: &Certificate, now: UnixTime) -> Result<(), String> {
    // That there is a key usage is enough for the policy server, whichever it is.
    extension::<KeyUsage>(certificate).ok_or("Bundled certificate does not have digital signature key usage")?;
    let usage = extension::<ExtendedKeyUsage>(certificate).filter(|(_, usage)| usage.0.contains(&CODE_SIGNING));
    usage.ok_or("Bundled certificate does not have code signing extended key usage")?;
    extension::<SubjectAltName>(certificate).ok_or("Certificate without Subject Alternative Name")?;
    let begin = certificate.tbs_certificate.validity.not_before;
    if now.as_secs() < begin.to_unix_duration().as_secs() {
        return Err(format!("Certificate validity check failed: cannot be used before {begin}"));
    }
    Ok(())
}

/// An extension, where it is there once and can be read.
fn extension<'a, T: Decode<'a> + x509_cert::der::oid::AssociatedOid>(certificate: &'a Certificate) -> Option<(bool, T)> {
    certificate.tbs_certificate.get::<T>().ok().flatten()
}

/// An extension that is bare text, no ASN.1: what Fulcio wrote before it knew better.
fn text_extension(certificate: &Certificate, oid: ObjectIdentifier) -> Result<Option<String>, String> {
    let found = certificate.tbs_certificate.extensions.iter().flatten().find(|extension| extension.extn_id == oid);
    let text = found.map(|extension| String::from_utf8(extension.extn_value.as_bytes().to_vec()));
    text.transpose().map_err(|_| format!("the certificate's extension {oid} is no UTF-8"))
}

fn key_of(certificate: &Certificate) -> Result<PublicKey, String> {
    PublicKey::from_info(&certificate.tbs_certificate.subject_public_key_info.owned_to_ref())
}

fn is_within(validity: &Validity, seconds: i64) -> bool {
    let Ok(seconds) = u64::try_from(seconds) else { return false };
    (validity.not_before.to_unix_duration().as_secs()..=validity.not_after.to_unix_duration().as_secs()).contains(&seconds)
}

/// When a certificate's validity is judged: at an instant in Unix seconds, else at present.
#[expect(clippy::disallowed_methods, reason = "as the policy server's own check: certificates are valid now or not")]
pub(super) fn instant(at: Option<i64>) -> UnixTime {
    let since = match at {
        Some(seconds) => Duration::from_secs(u64::try_from(seconds).unwrap_or_default()),
        None => std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default(),
    };
    UnixTime::since_unix_epoch(since)
}
