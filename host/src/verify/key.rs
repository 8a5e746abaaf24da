//! A public key → whether it made a signature.
//!
//! Kinds and digests are those of the policy server's library: ECDSA P-256 with SHA-256, ECDSA P-384 with SHA-384, Ed25519, and RSA with
//! PKCS #1 v1.5 padding and SHA-256. RSA keys below 2048 bits, which it takes, are refused.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoRef;

/// `id-ecPublicKey`. Source: RFC 5480.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `secp256r1`. Source: RFC 5480.
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// `secp384r1`. Source: RFC 5480.
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// `rsaEncryption`. Source: RFC 8017.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `id-Ed25519`. Source: RFC 8410.
const EDWARDS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A public key of a kind that signatures are verified with.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: &'static dyn VerificationAlgorithm,
    /// The point, the modulus and exponent, or the 32 bytes.
    bytes: Vec<u8>,
    is_p256: bool,
}

impl PublicKey {
    /// Reads the first PEM block of a text, whatever its label.
    ///
    /// # Errors
    /// One sentence: no PEM, no public key, or one of a kind that nobody verifies.
    pub fn from_pem(text: &[u8]) -> Result<Self, String> {
        Self::from_der(pem::parse(text).map_err(|error| error.to_string())?.contents())
    }

    /// Reads a `SubjectPublicKeyInfo`.
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, String> {
        Self::from_info(&SubjectPublicKeyInfoRef::from_der(der).map_err(|error| error.to_string())?)
    }

    /// Reads a `SubjectPublicKeyInfo` that is parsed already.
    pub(crate) fn from_info(info: &SubjectPublicKeyInfoRef<'_>) -> Result<Self, String> {
        let curve = info.algorithm.parameters.and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok());
        let algorithm: &'static dyn VerificationAlgorithm = match (info.algorithm.oid, curve) {
            (EC, Some(P256)) => &ECDSA_P256_SHA256_ASN1,
            (EC, Some(P384)) => &ECDSA_P384_SHA384_ASN1,
            (RSA, _) => &RSA_PKCS1_2048_8192_SHA256,
            (EDWARDS, _) => &ED25519,
            (oid, _) => return Err(format!("Key with algorithm OID {oid} is not supported")),
        };
        let bytes = info.subject_public_key.as_bytes().ok_or("the public key is no whole number of bytes")?;
        Ok(Self { algorithm, bytes: bytes.to_vec(), is_p256: curve == Some(P256) })
    }

    /// Whether it is a point on the curve P-256.
    pub(crate) fn is_p256(&self) -> bool {
        self.is_p256
    }

    /// Whether this key made the signature, which is base64 as in cosign's annotation, of these bytes.
    pub(crate) fn made(&self, signature: &str, bytes: &[u8]) -> bool {
        STANDARD.decode(signature).is_ok_and(|signature| self.made_raw(&signature, bytes))
    }

    /// The same of a signature's own bytes.
    pub(crate) fn made_raw(&self, signature: &[u8], bytes: &[u8]) -> bool {
        UnparsedPublicKey::new(self.algorithm, &self.bytes).verify(bytes, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "no PEM", "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----\n"] {
            assert!(PublicKey::from_pem(text.as_bytes()).is_err(), "{text}");
        }
        // secp256k1, which nobody verifies.
        let other = "-----BEGIN PUBLIC KEY-----\nMFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEeb5mfvncu6xVoGKVzocLBwKb/NstzijZ\nWfKBWxb4F5hIOtp3JqPEZV2k+/wOEQio/Re0SKaFVBmcR9CP+xDUuA==\n-----END PUBLIC KEY-----\n";
        let error = PublicKey::from_pem(other.as_bytes()).map(|_| ()).expect_err("another curve");
        assert_eq!(error, "Key with algorithm OID 1.2.840.10045.2.1 is not supported");
    }
}
