//! Every cap of the module, with its unit and its reason. What is larger is refused by name, never cut silently.

/// Bytes of one host answer. The host sets no limit of its own; 20 000 vulnerabilities pack to about 0.4 MiB.
pub const HOST_ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of all reports of one namespace, as trivy-operator keeps them: each of its workloads has one for each container.
pub const NAMESPACE_REPORTS_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of all reports in the cluster that are read for one request.
pub const REQUEST_REPORTS_BYTES: usize = 16 * 1024 * 1024;
/// Registries and repositories that a source names the objects of.
pub const REGISTRY_OBJECTS: usize = 256;
/// Bytes of a findings document once inflated. 20 000 vulnerabilities take about 3 MiB.
pub const DOCUMENT_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of the summary annotation; a larger one is not read and the document is (findings artifact, "The summary").
pub const SUMMARY_BYTES: usize = 64 * 1024;
/// Bytes of all findings documents of one request, inflated: they are held together, and the policy's time is a second or two.
pub const REQUEST_BYTES: usize = 48 * 1024 * 1024;
/// Images (platforms) in one findings document.
pub const DOCUMENT_IMAGES: usize = 256;
/// Vulnerabilities of one image in a findings document.
pub const VULNERABILITIES: usize = 100_000;
/// Elements of any other list in a findings document (findings of a vulnerability, aliases, fixed versions).
pub const LIST_ITEMS: usize = 10_000;
/// Images of one workload, all container lists and volumes together. The API server's own request limit is reached earlier.
pub const WORKLOAD_IMAGES: usize = 5_000;
/// Characters of an image reference: 255 for the name, 128 for the tag, 72 for the digest, and separators.
pub const REFERENCE_CHARS: usize = 512;
/// Rules in a settings document.
pub const RULES: usize = 1_000;
/// Exemptions in a settings document.
pub const EXEMPTIONS: usize = 10_000;
/// Sources of findings.
pub const SOURCES: usize = 8;
/// Platforms of an image index that are looked up one by one: each costs host calls.
pub const INDEX_PLATFORMS: usize = 32;
/// Signers in `trust`, keys in one of them, certificates in a chain: each may cost a host call.
pub const SIGNERS: usize = 16;
/// Characters of a name, a rule's or an exemption's.
pub const NAME_CHARS: usize = 63;
/// Characters of an id in a settings document.
pub const ID_CHARS: usize = 128;
/// Bytes of a path pattern in a settings document, leading slashes not counted.
pub const GLOB_BYTES: usize = 1024;
/// Problems reported of one settings document; the rest is counted.
pub const SETTINGS_PROBLEMS: usize = 50;
/// Seconds that a scan may lie in the future, for clocks that disagree (rule language, "Evidence").
pub const CLOCK_SKEW_SECONDS: i64 = 300;
/// Vulnerabilities that a message names.
pub const MESSAGE_VULNERABILITIES: usize = 5;
/// Images that a message names.
pub const MESSAGE_IMAGES: usize = 5;
/// Bytes of the whole message.
pub const MESSAGE_BYTES: usize = 8 * 1024;
/// Bytes of one warning: the API server may truncate at 256 characters.
pub const WARNING_BYTES: usize = 256;
/// Bytes of all warnings together: the API server drops what exceeds 4096.
pub const WARNINGS_BYTES: usize = 4096;
/// Bytes of one audit annotation's value: they are stored with every audit event.
pub const ANNOTATION_BYTES: usize = 8 * 1024;
/// Bytes of a piece of foreign text (a registry's error, a name) quoted in an answer.
pub const QUOTE_BYTES: usize = 200;
/// Seconds before its end in which every use of an exemption is announced (rule language, "The answer").
pub const EXEMPTION_NOTICE_SECONDS: i64 = 7 * 24 * 3600;
