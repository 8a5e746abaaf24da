//! The caps of what is read from a registry's signatures and from key files. What is above a cap is refused with a sentence.

/// The signatures (layers) of one signature manifest. Cosign adds one for each time that a digest is signed.
pub const SIGNATURES: usize = 1_000;
/// All layers of one signature manifest and its config together, in bytes. A layer has some hundred of them.
pub const SIGNATURE_BYTES: usize = 16 * 1024 * 1024;
/// A file with a private or public key or certificates, in bytes.
pub const KEY_FILE_BYTES: usize = 64 * 1024;
/// A file with a trust root, in bytes. That of the public Sigstore instance has 7 kB.
pub const TRUST_ROOT_BYTES: usize = 4 * 1024 * 1024;
