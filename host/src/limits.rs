//! The caps of what is read from a registry's signatures, from a cluster and from files. What is above a cap is refused with a sentence.

/// A manifest or index, in bytes: what registries have to take (OCI distribution specification 1.1, "Pushing Manifests").
pub const MANIFEST_BYTES: usize = 4 * 1024 * 1024;
/// One page of a registry's list of referrers, in bytes.
pub const REFERRERS_BYTES: usize = 4 * 1024 * 1024;
/// The pages of one such list.
pub const REFERRERS_PAGES: usize = 64;
/// The artifacts that name one image as their subject.
pub const REFERRERS: usize = 1_000;
/// The signatures of one DSSE envelope.
pub const ENVELOPE_SIGNATURES: usize = 100;
/// The signatures (layers) of one signature manifest. Cosign adds one for each time that a digest is signed.
pub const SIGNATURES: usize = 1_000;
/// All layers of one signature manifest and its config together, in bytes. A layer has some hundred of them.
pub const SIGNATURE_BYTES: usize = 16 * 1024 * 1024;
/// One answer about a repository, such as a page of its tags, in bytes.
pub const REGISTRY_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// The tags of one repository.
pub const TAGS: usize = 1_000_000;
/// A file with a private or public key or certificates, in bytes.
pub const KEY_FILE_BYTES: usize = 64 * 1024;
/// A file with a trust root, in bytes. That of the public Sigstore instance has 7 kB.
pub const TRUST_ROOT_BYTES: usize = 4 * 1024 * 1024;
/// One answer of a cluster's API server, in bytes. A single object has less than 2 MB there; a list has all of a namespace.
pub const CLUSTER_ANSWER_BYTES: usize = 256 * 1024 * 1024;
/// The Kubernetes objects of one set read from files.
pub const OBJECTS: usize = 200_000;
/// One file of Kubernetes objects, in bytes: what the YAML reader accepts at most.
pub const OBJECT_FILE_BYTES: usize = documents::yaml::MAX_BYTES;
/// All files of one set of Kubernetes objects together, in bytes.
pub const OBJECT_BYTES: usize = 512 * 1024 * 1024;
/// The deepest nesting of folders that is walked.
pub const FOLDERS: usize = 32;
/// One answer that is kept on disk, in bytes: what a guest reads at most, twice.
pub const KEPT_BYTES: usize = 16 * 1024 * 1024;
