//! Writes the policy metadata into a WebAssembly module and reads it back: the custom section `io.kubewarden.metadata`, in JSON.
//!
//! A policy server refuses a module without that section, because it does not say which protocol the module speaks. Kubewarden's
//! own tool ignores keys that it does not know; here they are refused, since a misspelt `hostCapabilities` would go unnoticed
//! until a cluster is asked to grant them. Knows nothing of YAML and runs no module: the caller brings the document as a JSON
//! value, and the protocol version that the module itself reported.
//!
//! Sources: WebAssembly core specification 2.0, sections 5.2.2 (LEB128) and 5.5.2 to 5.5.3 (sections, custom section);
//! Kubewarden, "Policy metadata".

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name of the custom section.
pub const SECTION: &str = "io.kubewarden.metadata";

/// Bytes of a module. Ours stays below one MiB; a file larger than this is something else.
const MODULE_BYTES: usize = 64 * 1024 * 1024;
/// Sections of a module. There are twelve kinds, and custom ones may repeat.
const SECTIONS: usize = 1_000;
/// Bytes of the metadata as JSON. A whole readme in the `usage` annotation has room.
const METADATA_BYTES: usize = 1024 * 1024;
/// Magic number and version of a core module; a component has another version.
const HEADER: &[u8] = b"\0asm\x01\0\0\0";
/// The only protocol between policy server and module that is in use.
const PROTOCOL: &str = "v1";
/// The id of a custom section.
const CUSTOM: u8 = 0;

/// What is wrong with a module or with its metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnotateError {
    /// The module, or its metadata, exceeds a cap; says which, and the cap in bytes or entries.
    TooLarge(&'static str, usize),
    /// The bytes do not begin as a WebAssembly core module does.
    NotAModule,
    /// A section is cut short or its length is no LEB128 number; carries the section's offset.
    BrokenSection(usize),
    /// The metadata does not have the shape of [`Metadata`]; carries the reader's sentence.
    Shape(String),
    /// One entry of the metadata is not acceptable: where, and why.
    Entry(String, &'static str),
    /// The module speaks a protocol other than `v1`.
    Protocol(String),
}

impl fmt::Display for AnnotateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(what, cap) => write!(f, "module: {what}: more than {cap}"),
            Self::NotAModule => f.write_str("module: not a WebAssembly core module"),
            Self::BrokenSection(offset) => write!(f, "module: the section at byte {offset} is cut short or has no valid length"),
            Self::Shape(why) => write!(f, "metadata: {why}"),
            Self::Entry(at, why) => write!(f, "metadata: `{at}`: {why}"),
            Self::Protocol(found) => write!(f, "module: speaks protocol `{found}`, expected `{PROTOCOL}`"),
        }
    }
}

impl std::error::Error for AnnotateError {}

/// The policy metadata, every key that Kubewarden documents and no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Written by [`Metadata::with_protocol`]; a document that brings one is refused unless it is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<String>,
    /// Which admission requests the policy wants to see.
    pub rules: Vec<MatchRule>,
    /// Descriptive texts, by key: `io.kubewarden.policy.*`, `io.artifacthub.*`.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// Whether the policy may change the admitted object.
    pub mutating: bool,
    /// Whether the audit scanner runs the policy over what is already in the cluster.
    #[serde(default = "yes")]
    pub background_audit: bool,
    /// Kubernetes objects that the policy reads besides the one under review.
    #[serde(default)]
    pub context_aware_resources: Vec<ContextAwareResource>,
    /// How the module is run.
    #[serde(default)]
    pub execution_mode: ExecutionMode,
    /// Whether the policy judges Kubernetes admission requests or arbitrary JSON.
    #[serde(default)]
    pub policy_type: PolicyType,
    /// The oldest Kubewarden that can run the policy, as `major.minor.patch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_kubewarden_version: Option<String>,
    /// The host functions that the policy calls, as `namespace/operation`. It grants nothing; operators read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_capabilities: Option<Vec<String>>,
}

/// One admission match rule, in the words of a Kubernetes webhook configuration. No list is empty, and `*` stands alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchRule {
    /// API groups; the core group is the empty string.
    pub api_groups: Vec<String>,
    /// API versions, for example `v1`.
    pub api_versions: Vec<String>,
    /// Resources in the plural, subresources behind a slash.
    pub resources: Vec<String>,
    /// Operations.
    pub operations: Vec<Operation>,
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// It is created.
    Create,
    /// It is changed.
    Update,
    /// It is removed.
    Delete,
    /// It is connected to, as by `kubectl exec`.
    Connect,
    /// Any of them.
    #[serde(rename = "*")]
    Any,
}

/// One kind of object that a policy may read from the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContextAwareResource {
    /// Group and version, as in a manifest.
    pub api_version: String,
    /// The kind, as in a manifest.
    pub kind: String,
}

/// How a policy server runs a module. This reader is for waPC modules; the others have no section of ours to carry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecutionMode {
    /// Through waPC.
    #[default]
    #[serde(rename = "kubewarden-wapc")]
    KubewardenWapc,
}

/// What a policy judges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyType {
    /// Kubernetes admission requests.
    #[default]
    Kubernetes,
    /// Any JSON.
    Raw,
}

fn yes() -> bool {
    true
}

impl Metadata {
    /// Reads a metadata document strictly.
    ///
    /// # Errors
    /// [`AnnotateError::Shape`] for a missing, unknown or wrongly typed key; [`AnnotateError::Entry`] for a match rule with an
    /// empty list or with `*` beside other entries, no match rule at all, a version that is not `major.minor.patch`, an unknown
    /// severity, an empty keyword, or a host capability that is not a path.
    pub fn parse(document: &Value) -> Result<Self, AnnotateError> {
        let metadata = Self::deserialize(document).map_err(|e| AnnotateError::Shape(e.to_string()))?;
        metadata.check()?;
        Ok(metadata)
    }

    /// Enters the protocol version that the module reported.
    ///
    /// # Errors
    /// [`AnnotateError::Protocol`] where it is not `v1`, or where the document claimed another one.
    pub fn with_protocol(mut self, reported: &str) -> Result<Self, AnnotateError> {
        if reported != PROTOCOL {
            return Err(AnnotateError::Protocol(reported.to_owned()));
        }
        if self.protocol_version.as_deref().is_some_and(|claimed| claimed != reported) {
            return Err(AnnotateError::Entry("protocolVersion".to_owned(), "the module reports another one; leave it out"));
        }
        self.protocol_version = Some(reported.to_owned());
        Ok(self)
    }

    /// The metadata as the JSON value that [`annotate`] writes.
    ///
    /// # Errors
    /// [`AnnotateError::Shape`] where it cannot be serialised, which no value of this type is known to do.
    pub fn to_value(&self) -> Result<Value, AnnotateError> {
        serde_json::to_value(self).map_err(|e| AnnotateError::Shape(e.to_string()))
    }

    fn check(&self) -> Result<(), AnnotateError> {
        if self.rules.is_empty() {
            return Err(AnnotateError::Entry("rules".to_owned(), "at least one is needed"));
        }
        for (n, rule) in self.rules.iter().enumerate() {
            check_list(&rule.api_groups, n, "apiGroups", |v| v == "*")?;
            check_list(&rule.api_versions, n, "apiVersions", |v| v == "*")?;
            check_list(&rule.resources, n, "resources", |v| v == "*" || v == "*/*")?;
            check_list(&rule.operations, n, "operations", |v| *v == Operation::Any)?;
        }
        for (at, version) in [
            ("minimumKubewardenVersion", self.minimum_kubewarden_version.as_deref()),
            ("io.kubewarden.policy.version", self.annotation("io.kubewarden.policy.version")),
        ] {
            if version.is_some_and(|v| !is_version(v)) {
                return Err(AnnotateError::Entry(at.to_owned(), "expected major.minor.patch, without a leading v"));
            }
        }
        let severity = "io.kubewarden.policy.severity";
        if self.annotation(severity).is_some_and(|s| !["info", "low", "medium", "high", "critical"].contains(&s)) {
            return Err(AnnotateError::Entry(severity.to_owned(), "expected one of info, low, medium, high, critical"));
        }
        for list in ["io.artifacthub.keywords", "io.artifacthub.resources"] {
            if self.annotation(list).is_some_and(|l| l.split(',').any(|word| word.trim().is_empty())) {
                return Err(AnnotateError::Entry(list.to_owned(), "an entry of the comma-separated list is empty"));
            }
        }
        for (n, path) in self.host_capabilities.iter().flatten().enumerate() {
            if !path.split_once('/').is_some_and(|(namespace, operation)| !namespace.is_empty() && !operation.is_empty()) {
                return Err(AnnotateError::Entry(format!("hostCapabilities[{n}]"), "expected namespace/operation"));
            }
        }
        Ok(())
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key).map(String::as_str)
    }
}

fn check_list<T>(list: &[T], rule: usize, name: &str, is_wildcard: impl Fn(&T) -> bool) -> Result<(), AnnotateError> {
    let at = || format!("rules[{rule}].{name}");
    if list.is_empty() {
        return Err(AnnotateError::Entry(at(), "the list is empty"));
    }
    if list.len() > 1 && list.iter().any(is_wildcard) {
        return Err(AnnotateError::Entry(at(), "a wildcard stands alone"));
    }
    Ok(())
}

/// Whether a text is `major.minor.patch` with an optional pre-release. Not all of semantic versioning: enough to catch a slip.
fn is_version(text: &str) -> bool {
    let (core, pre) = match text.split_once('-') {
        Some((core, pre)) => (core, Some(pre)),
        None => (text, None),
    };
    let number = |part: &str| {
        part == "0" || (!part.starts_with('0') && !part.is_empty() && part.len() < 10 && part.bytes().all(|b| b.is_ascii_digit()))
    };
    core.split('.').count() == 3
        && core.split('.').all(number)
        && pre.is_none_or(|pre| {
            pre.split('.').all(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        })
}

/// Returns the module with `metadata` as its one section of that name, at the end; any earlier one is taken out.
///
/// The other sections keep their bytes and their order, so that the same two inputs give the same module.
///
/// # Errors
/// [`AnnotateError::NotAModule`], [`AnnotateError::BrokenSection`] or [`AnnotateError::TooLarge`] for a module that cannot be
/// walked; [`AnnotateError::TooLarge`] for metadata above one MiB.
pub fn annotate(wasm: &[u8], metadata: &Value) -> Result<Vec<u8>, AnnotateError> {
    let mut out = HEADER.to_vec();
    for section in Sections::of(wasm)? {
        let section = section?;
        if section.name != Some(SECTION.as_bytes()) {
            out.extend_from_slice(section.whole);
        }
    }
    let json = serde_json::to_vec(metadata).map_err(|e| AnnotateError::Shape(e.to_string()))?;
    if json.len() > METADATA_BYTES {
        return Err(AnnotateError::TooLarge("bytes of metadata", METADATA_BYTES));
    }
    let mut content = Vec::with_capacity(json.len() + SECTION.len() + 5);
    push_length(&mut content, SECTION.len())?;
    content.extend_from_slice(SECTION.as_bytes());
    content.extend_from_slice(&json);
    out.push(CUSTOM);
    push_length(&mut out, content.len())?;
    out.extend_from_slice(&content);
    Ok(out)
}

/// Reads the metadata of a module; `None` where it carries none, or where it or the module cannot be read.
#[must_use]
pub fn metadata(wasm: &[u8]) -> Option<Value> {
    for section in Sections::of(wasm).ok()? {
        let section = section.ok()?;
        if section.name == Some(SECTION.as_bytes()) {
            return (section.content.len() <= METADATA_BYTES).then(|| serde_json::from_slice(section.content).ok())?;
        }
    }
    None
}

/// One section of a module.
struct Section<'a> {
    /// Id, length and contents: what is copied.
    whole: &'a [u8],
    /// The name, of a custom section. Compared as bytes: a name that is no UTF-8 is simply not ours.
    name: Option<&'a [u8]>,
    /// What follows the name of a custom section; of any other section all of it.
    content: &'a [u8],
}

/// Walks the sections of a module; after the first error there is nothing more.
struct Sections<'a> {
    rest: &'a [u8],
    offset: usize,
    n: usize,
}

impl<'a> Sections<'a> {
    fn of(wasm: &'a [u8]) -> Result<Self, AnnotateError> {
        if wasm.len() > MODULE_BYTES {
            return Err(AnnotateError::TooLarge("bytes", MODULE_BYTES));
        }
        let rest = wasm.strip_prefix(HEADER).ok_or(AnnotateError::NotAModule)?;
        Ok(Self { rest, offset: HEADER.len(), n: 0 })
    }
}

impl<'a> Iterator for Sections<'a> {
    type Item = Result<Section<'a>, AnnotateError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let section = if self.n == SECTIONS {
            Err(AnnotateError::TooLarge("sections", SECTIONS))
        } else {
            split_section(self.rest).ok_or(AnnotateError::BrokenSection(self.offset))
        };
        self.n += 1;
        Some(match section {
            Ok((section, rest)) => {
                self.offset += section.whole.len();
                self.rest = rest;
                Ok(section)
            }
            Err(e) => {
                self.rest = &[];
                Err(e)
            }
        })
    }
}

/// Takes the first section off `bytes`.
fn split_section(bytes: &[u8]) -> Option<(Section<'_>, &[u8])> {
    let (id, after_id) = bytes.split_first()?;
    let (body, rest) = split_counted(after_id)?;
    let whole = bytes.get(..bytes.len().checked_sub(rest.len())?)?;
    let (name, content) =
        if *id == CUSTOM { split_counted(body).map(|(name, content)| (Some(name), content))? } else { (None, body) };
    Some((Section { whole, name, content }, rest))
}

/// Takes a length and that many bytes off `bytes`.
fn split_counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = split_length(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// Takes an unsigned LEB128 number of at most 32 bits off `bytes`. Padding with zero groups is legal, up to five bytes.
fn split_length(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0_u64;
    for (n, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(value).ok()?, bytes.get(n + 1..)?));
        }
    }
    None
}

/// Appends a length as the shortest LEB128 number.
fn push_length(out: &mut Vec<u8>, length: usize) -> Result<(), AnnotateError> {
    let mut rest = u32::try_from(length).map_err(|_| AnnotateError::TooLarge("bytes of metadata", METADATA_BYTES))?;
    loop {
        let [low, ..] = (rest & 0x7f).to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            out.push(low);
            return Ok(());
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![id];
        push_length(&mut out, content.len()).unwrap();
        out.extend_from_slice(content);
        out
    }

    fn custom(name: &str, content: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        push_length(&mut body, name.len()).unwrap();
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(content);
        section(CUSTOM, &body)
    }

    fn module(sections: &[Vec<u8>]) -> Vec<u8> {
        [HEADER.to_vec(), sections.concat()].concat()
    }

    fn document() -> Value {
        json!({
            "rules": [{ "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"] }],
            "mutating": false,
            "hostCapabilities": ["oci/v1/manifest_digest"],
            "minimumKubewardenVersion": "1.30.0",
            "annotations": { "io.kubewarden.policy.severity": "high", "io.kubewarden.policy.version": "0.1.0-rc.1" }
        })
    }

    fn with(key: &str, value: Value) -> Value {
        let mut document = document();
        document.as_object_mut().unwrap().insert(key.to_owned(), value);
        document
    }

    #[test]
    fn what_is_written_is_read_back() {
        let value = json!({ "mutating": false });
        let out = annotate(&module(&[section(1, b"\x00"), custom("name", b"x")]), &value).unwrap();
        assert_eq!(metadata(&out), Some(value));
    }

    #[test]
    fn earlier_metadata_is_replaced_and_the_rest_keeps_its_bytes() {
        let bare = module(&[section(1, b"\x00"), custom("name", b"x"), section(10, &[0; 300])]);
        let old = module(&[
            custom(SECTION, b"{\"old\":1}"),
            section(1, b"\x00"),
            custom("name", b"x"),
            custom(SECTION, b"{\"old\":2}"),
            section(10, &[0; 300]),
        ]);
        let value = json!({ "new": true });
        let out = annotate(&old, &value).unwrap();
        assert_eq!(out, annotate(&bare, &value).unwrap());
        assert!(out.starts_with(&bare));
        assert_eq!(annotate(&out, &value).unwrap(), out, "annotating twice changes nothing");
    }

    #[test]
    fn a_module_without_metadata_has_none() {
        assert_eq!(metadata(&module(&[section(1, b"\x00")])), None);
        assert_eq!(metadata(b"MZ"), None);
        assert_eq!(metadata(&module(&[custom(SECTION, b"{")])), None);
    }

    #[test]
    fn every_truncation_is_refused_or_a_shorter_module() {
        let whole = module(&[section(1, b"\x00"), custom("name", b"x"), section(10, &[0; 300])]);
        let ends = [8, 11, 19, whole.len()];
        for n in 0..=whole.len() {
            let result = annotate(whole.get(..n).unwrap(), &json!({}));
            assert_eq!(result.is_ok(), ends.contains(&n), "at {n}: {result:?}");
        }
    }

    #[test]
    fn broken_modules_are_refused() {
        for (bytes, error) in [
            (b"".to_vec(), AnnotateError::NotAModule),
            (b"\0asm\x0d\0\x01\0".to_vec(), AnnotateError::NotAModule),
            (module(&[vec![1, 0xff, 0xff, 0xff, 0xff, 0xff, 0]]), AnnotateError::BrokenSection(8)),
            (module(&[vec![1, 0xff, 0xff, 0xff, 0xff, 0x1f]]), AnnotateError::BrokenSection(8)),
            (module(&[section(1, b"\x00"), vec![0, 1, 5]]), AnnotateError::BrokenSection(11)),
            (module(&vec![section(1, b""); SECTIONS + 1]), AnnotateError::TooLarge("sections", SECTIONS)),
        ] {
            assert_eq!(annotate(&bytes, &json!({})), Err(error));
        }
    }

    #[test]
    fn a_padded_length_is_legal() {
        let padded = module(&[vec![1, 0x81, 0x80, 0x80, 0x80, 0x00, 7]]);
        assert!(annotate(&padded, &json!({})).unwrap().starts_with(&padded));
    }

    #[test]
    fn lengths_survive_the_round_trip() {
        for n in [0, 1, 127, 128, 300, 16_383, 16_384, 2_097_152, 268_435_456, 4_294_967_295] {
            let mut bytes = Vec::new();
            push_length(&mut bytes, n).unwrap();
            assert_eq!(split_length(&bytes), Some((u32::try_from(n).unwrap(), [].as_slice())));
        }
    }

    #[test]
    fn metadata_above_its_cap_is_refused() {
        let large = Value::String("x".repeat(METADATA_BYTES));
        assert_eq!(annotate(&module(&[]), &large), Err(AnnotateError::TooLarge("bytes of metadata", METADATA_BYTES)));
    }

    #[test]
    fn a_document_is_completed_with_defaults_and_the_protocol() {
        let value = Metadata::parse(&document()).unwrap().with_protocol("v1").unwrap().to_value().unwrap();
        assert_eq!(value.get("protocolVersion"), Some(&json!("v1")));
        assert_eq!(value.get("executionMode"), Some(&json!("kubewarden-wapc")));
        assert_eq!(value.get("policyType"), Some(&json!("kubernetes")));
        assert_eq!(value.get("backgroundAudit"), Some(&json!(true)));
        assert_eq!(value.get("contextAwareResources"), Some(&json!([])));
        assert_eq!(value.pointer("/rules/0/operations/0"), Some(&json!("CREATE")));
        assert_eq!(Metadata::parse(&value).unwrap().to_value().unwrap(), value, "what is written is valid itself");
    }

    #[test]
    fn another_protocol_is_refused() {
        let metadata = Metadata::parse(&document()).unwrap();
        assert_eq!(metadata.with_protocol("v2"), Err(AnnotateError::Protocol("v2".to_owned())));
        let metadata = Metadata::parse(&with("protocolVersion", json!("v0"))).unwrap();
        assert!(metadata.with_protocol("v1").is_err());
    }

    #[test]
    fn slips_in_the_document_are_refused_by_name() {
        let rule = |key: &str, list: Value| {
            let mut rule = document().pointer("/rules/0").unwrap().clone();
            rule.as_object_mut().unwrap().insert(key.to_owned(), list);
            with("rules", json!([rule]))
        };
        for (document, message) in [
            (with("hostCapabilites", json!([])), "hostCapabilites"),
            (with("mutating", json!("no")), "expected a boolean"),
            (with("executionMode", json!("opa")), "opa"),
            (with("rules", json!([])), "`rules`: at least one is needed"),
            (rule("operations", json!(["PATCH"])), "PATCH"),
            (rule("operations", json!(["*", "CREATE"])), "`rules[0].operations`: a wildcard stands alone"),
            (rule("resources", json!([])), "`rules[0].resources`: the list is empty"),
            (rule("apiGroups", json!(["*", ""])), "`rules[0].apiGroups`: a wildcard stands alone"),
            (with("minimumKubewardenVersion", json!("1.30")), "major.minor.patch"),
            (with("hostCapabilities", json!(["oci"])), "`hostCapabilities[0]`: expected namespace/operation"),
            (with("annotations", json!({ "io.kubewarden.policy.version": "v0.1.0" })), "io.kubewarden.policy.version"),
            (with("annotations", json!({ "io.kubewarden.policy.severity": "severe" })), "expected one of info"),
            (with("annotations", json!({ "io.artifacthub.keywords": "a,,b" })), "is empty"),
        ] {
            let error = Metadata::parse(&document).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn versions() {
        for good in ["0.1.0", "1.35.0", "10.20.30", "1.0.0-rc.1", "1.0.0-a-b"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.2.x", "1.2.3-", "1.2.3-a..b", "1..3"] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
