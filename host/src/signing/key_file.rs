//! Cosign's key files: a private key under a password, and its public key.
//!
//! Source: cosign, `generate-key-pair`: PEM around JSON around NaCl's secretbox (XSalsa20-Poly1305) around PKCS #8, the box's key made of
//! the password by scrypt; the JSON is that of go-securesystemslib, `encrypted`. ECDSA on P-256 with SHA-256 only: it is what cosign
//! makes, and what every policy server verifies.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_secretbox::aead::{Aead, KeyInit};
use crypto_secretbox::{Nonce, XSalsa20Poly1305};
use pem::{EncodeConfig, LineEnding, Pem};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::verify::PublicKey;

/// Label of the private key's PEM block, since cosign 2.
const LABEL: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
/// The label before.
const OLD_LABEL: &str = "ENCRYPTED COSIGN PRIVATE KEY";
const KDF: &str = "scrypt";
const CIPHER: &str = "nacl/secretbox";
/// The cost that new files have: cosign's, too. About 64 MiB of memory for each password that is tried.
const COST: u32 = 1 << 16;
/// The costs that go-securesystemslib opens: its legacy, its standard, and OWASP's. Others would be a way to use up memory.
const COSTS: [u32; 3] = [1 << 15, COST, 1 << 17];
const BLOCK_SIZE: u32 = 8;
const PARALLELISM: u32 = 1;
const SALT: usize = 32;
const NONCE: usize = 24;
/// What stands before the point in a `SubjectPublicKeyInfo` of a key on P-256. Source: RFC 5480, appendix A.
const P256_INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
    0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A key that signs.
pub struct KeyPair {
    pair: EcdsaKeyPair,
    pkcs8: Vec<u8>,
    random: SystemRandom,
}

/// Why a key file cannot be used: what may stand there, what does, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It is no key file of cosign's, or one of another kind than is read.
    Malformed(String),
    /// The password does not open it.
    Password,
    /// The system has no randomness, or no memory.
    System(String),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(text) | Self::System(text) => f.write_str(text),
            Self::Password => f.write_str(
                "the password does not open this key; hint: where COSIGN_PASSWORD is set, it is the one that is tried",
            ),
        }
    }
}

impl std::error::Error for KeyError {}

#[derive(Deserialize, Serialize)]
struct File {
    kdf: FileKdf,
    cipher: FileCipher,
    ciphertext: String,
}

#[derive(Deserialize, Serialize)]
struct FileKdf {
    name: String,
    params: FileParameters,
    salt: String,
}

#[derive(Deserialize, Serialize)]
struct FileParameters {
    #[serde(rename = "N")]
    n: u32,
    r: u32,
    p: u32,
}

#[derive(Deserialize, Serialize)]
struct FileCipher {
    name: String,
    nonce: String,
}

impl KeyPair {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`KeyError::System`] where the system has no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).map_err(|_| no_randomness())?;
        Self::of(pkcs8.as_ref().to_vec())
    }

    /// Opens the text of a private key file, such as `cosign.key`.
    ///
    /// # Errors
    /// [`KeyError::Password`] where the password is another, [`KeyError::Malformed`] where the file is.
    pub fn open(text: &str, password: &[u8]) -> Result<Self, KeyError> {
        let file = read(text)?;
        let FileKdf { name, params, salt } = file.kdf;
        if name != KDF || file.cipher.name != CIPHER {
            let found = format!("`{name}` and `{}`", file.cipher.name);
            return Err(malformed(format!("expected a key under `{KDF}` and `{CIPHER}`, found {found}")));
        }
        if !COSTS.contains(&params.n) || params.r != BLOCK_SIZE || params.p != PARALLELISM {
            let FileParameters { n, r, p } = params;
            return Err(malformed(format!(
                "expected scrypt with N one of {COSTS:?}, r {BLOCK_SIZE} and p {PARALLELISM}, found N {n}, r {r} and p {p}"
            )));
        }
        let nonce = base64("nonce", &file.cipher.nonce)?;
        if nonce.len() != NONCE {
            return Err(malformed(format!("expected a nonce of {NONCE} bytes, found {}", nonce.len())));
        }
        let cipher = cipher(password, &base64("salt", &salt)?, params.n)?;
        let sealed = base64("ciphertext", &file.ciphertext)?;
        let opened = cipher.decrypt(Nonce::from_slice(&nonce), sealed.as_slice()).map_err(|_| KeyError::Password)?;
        Self::of(opened)
    }

    /// The text of a private key file, such as `cosign.key`. No two are the same.
    ///
    /// # Errors
    /// [`KeyError::System`].
    pub fn seal(&self, password: &[u8]) -> Result<String, KeyError> {
        let (mut salt, mut nonce) = ([0; SALT], [0; NONCE]);
        self.random.fill(&mut salt).and_then(|()| self.random.fill(&mut nonce)).map_err(|_| no_randomness())?;
        let sealed = cipher(password, &salt, COST)?
            .encrypt(Nonce::from_slice(&nonce), self.pkcs8.as_slice())
            .map_err(|_| KeyError::System("the key cannot be encrypted".to_owned()))?;
        let file = File {
            kdf: FileKdf {
                name: KDF.to_owned(),
                params: FileParameters { n: COST, r: BLOCK_SIZE, p: PARALLELISM },
                salt: STANDARD.encode(salt),
            },
            cipher: FileCipher { name: CIPHER.to_owned(), nonce: STANDARD.encode(nonce) },
            ciphertext: STANDARD.encode(sealed),
        };
        let json = serde_json::to_vec(&file).map_err(|error| KeyError::System(error.to_string()))?;
        Ok(encode(LABEL, json))
    }

    /// The text of the public key's file, such as `cosign.pub`.
    #[must_use]
    pub fn public_pem(&self) -> String {
        encode("PUBLIC KEY", self.public_der())
    }

    /// Signs bytes: a signature in ASN.1.
    ///
    /// # Errors
    /// [`KeyError::System`] where the system has no randomness.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.pair.sign(&self.random, bytes).map(|signature| signature.as_ref().to_vec()).map_err(|_| no_randomness())
    }

    /// Whether this key made a signature, which is base64, of these bytes.
    pub(super) fn made(&self, signature: &str, bytes: &[u8]) -> bool {
        PublicKey::from_der(&self.public_der()).is_ok_and(|key| key.made(signature, bytes))
    }

    fn public_der(&self) -> Vec<u8> {
        [&P256_INFO[..], self.pair.public_key().as_ref()].concat()
    }

    fn of(pkcs8: Vec<u8>) -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8, &random).map_err(|_| {
            malformed(
                "expected an ECDSA key on the curve P-256, found another key; hint: make one with `gatectl keys generate`"
                    .to_owned(),
            )
        })?;
        Ok(Self { pair, pkcs8, random })
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("public", &self.public_pem()).finish_non_exhaustive()
    }
}

fn read(text: &str) -> Result<File, KeyError> {
    if text.len() > limits::KEY_FILE_BYTES {
        return Err(malformed(format!("expected a key file of at most {} bytes, found more", limits::KEY_FILE_BYTES)));
    }
    let expected = format!("expected a PEM block `{LABEL}`");
    let block = pem::parse(text).map_err(|error| malformed(format!("{expected}: {error}")))?;
    match block.tag() {
        LABEL | OLD_LABEL => {}
        "PUBLIC KEY" => {
            return Err(malformed(format!("{expected}, found the public key; hint: sign with the private one, `cosign.key`")));
        }
        other => {
            let hint = "hint: import it with `cosign import-key-pair`";
            return Err(malformed(format!("{expected}, found `{other}`; {hint}")));
        }
    }
    serde_json::from_slice(block.contents()).map_err(|error| malformed(format!("{expected} around JSON: {error}")))
}

fn cipher(password: &[u8], salt: &[u8], cost: u32) -> Result<XSalsa20Poly1305, KeyError> {
    let system = |error: &dyn fmt::Display| KeyError::System(format!("the key of the password cannot be made: {error}"));
    let log = u8::try_from(cost.ilog2()).map_err(|error| system(&error))?;
    let mut key = crypto_secretbox::Key::default();
    let parameters = scrypt::Params::new(log, BLOCK_SIZE, PARALLELISM, key.len()).map_err(|error| system(&error))?;
    scrypt::scrypt(password, salt, &parameters, &mut key).map_err(|error| system(&error))?;
    Ok(XSalsa20Poly1305::new(&key))
}

fn base64(name: &str, text: &str) -> Result<Vec<u8>, KeyError> {
    STANDARD.decode(text).map_err(|error| malformed(format!("`{name}`: expected base64: {error}")))
}

fn encode(label: &str, content: Vec<u8>) -> String {
    pem::encode_config(&Pem::new(label, content), EncodeConfig::new().set_line_ending(LineEnding::LF))
}

fn malformed(text: String) -> KeyError {
    KeyError::Malformed(text)
}

fn no_randomness() -> KeyError {
    KeyError::System("the system has no randomness".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_opens_with_its_password_only() {
        let key = KeyPair::generate().expect("a key");
        let text = key.seal(b"secret").expect("a file");
        assert!(text.starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 64) && text.ends_with("-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n"));
        let opened = KeyPair::open(&text, b"secret").expect("the key");
        assert_eq!(opened.public_pem(), key.public_pem());
        let signature = STANDARD.encode(opened.sign(b"bytes").expect("a signature"));
        assert!(key.made(&signature, b"bytes") && !key.made(&signature, b"other"));
        assert!(PublicKey::from_pem(key.public_pem().as_bytes()).is_ok_and(|public| public.made(&signature, b"bytes")));
        assert_eq!(KeyPair::open(&text, b"Secret").err(), Some(KeyError::Password));
        assert_eq!(KeyPair::open(&text, b"").err(), Some(KeyError::Password));
        assert!(KeyPair::open(&text.replace("SIGSTORE", "COSIGN"), b"secret").is_ok(), "the label before cosign 2");
        assert_ne!(key.seal(b"secret").expect("another file"), text);
        assert!(!format!("{key:?}").contains("pkcs8"));
    }

    #[test]
    fn each_refusal_says_what_was_expected() {
        let key = KeyPair::generate().expect("a key");
        let (text, public) = (key.seal(b"").expect("a file"), key.public_pem());
        let json = String::from_utf8(pem::parse(&text).expect("PEM").into_contents()).expect("JSON");
        let with = |old: &str, new: &str| encode(LABEL, json.replace(old, new).into_bytes());
        for (text, part) in [
            ("no PEM".to_owned(), "expected a PEM block `ENCRYPTED SIGSTORE PRIVATE KEY`: "),
            (public, "found the public key"),
            (text.replace("ENCRYPTED SIGSTORE", "EC"), "found `EC PRIVATE KEY`; hint: import it with `cosign import-key-pair`"),
            (encode(LABEL, b"{}".to_vec()), "around JSON: missing field `kdf`"),
            (with("scrypt", "argon2"), "found `argon2` and `nacl/secretbox`"),
            (with("65536", "1073741824"), "found N 1073741824, r 8 and p 1"),
            (with("\"nonce\":\"", "\"nonce\":\"AAAA"), "expected a nonce of 24 bytes, found 27"),
            (with("\"salt\":\"", "\"salt\":\"!"), "`salt`: expected base64"),
            (" ".repeat(limits::KEY_FILE_BYTES + 1), "expected a key file of at most 65536 bytes, found more"),
        ] {
            let error = KeyPair::open(&text, b"").expect_err(part);
            assert!(matches!(&error, KeyError::Malformed(text) if text.contains(part)), "{part}: {error}");
        }
    }
}
