//! The words of the rule language, version 1: which keys stand where, and which words a value may be. The reader reads by these lists, and
//! the published schema is made of them.
//!
//! Caps are in [`crate::limits`], the units of durations in [`DURATION_UNITS`](crate::time::DURATION_UNITS).

use super::Evaluation;
use super::condition::Unit;
use super::exceptions::{ControllerPods, PinDigests};
use super::rule::{Action, Answer, Trusting};
use super::scope::{Field, Operator};
use crate::findings::Severity;

/// Keys of the settings document.
pub const SETTINGS_KEYS: [&str; 11] = [
    "cluster",
    "evaluation",
    "unknownSeverity",
    "vex",
    "findings",
    "trust",
    "pinDigests",
    "controllerPods",
    "breakGlass",
    "rules",
    "exemptions",
];
/// Keys of `findings`.
pub const FINDINGS_KEYS: [&str; 3] = ["sources", "platforms", "lookupBudget"];
/// Keys of a source of findings; it has exactly one of them.
pub const SOURCE_KEYS: [&str; 3] = ["registry", "sbomScanner", "trivyOperator"];
/// Keys of a registry as a source.
pub const REGISTRY_KEYS: [&str; 1] = ["repository"];
/// Keys of SBOMscanner as a source.
pub const SBOM_SCANNER_KEYS: [&str; 2] = ["namespace", "registries"];
/// Keys of `breakGlass`.
pub const BREAK_GLASS_KEYS: [&str; 3] = ["annotation", "users", "groups"];
/// Keys of `trust`.
pub const TRUST_KEYS: [&str; 1] = ["anyOf"];
/// Keys of a signer; it has exactly one of them.
pub const SIGNER_KEYS: [&str; 4] = ["publicKeys", "keyless", "githubAction", "certificate"];
/// Values of a certificate's `rekorBundle`: whether one is needed.
pub const REKOR_BUNDLE: [(&str, bool); 2] = [("required", true), ("optional", false)];
/// Keys of a rule.
pub const RULE_KEYS: [&str; 9] =
    ["name", "description", "action", "enabled", "scope", "conditions", "maxAge", "maxDatabaseAge", "evidence"];
/// Keys of a rule's `evidence` for findings that are not there; their values are [`ANSWERS`].
pub const ABSENCE_KEYS: [&str; 3] = ["missing", "unavailable", "unreadable"];
/// Keys of a rule's `evidence` for findings with a flaw; their values are [`TRUSTING_ANSWERS`].
pub const FLAW_KEYS: [&str; 3] = ["untrusted", "stale", "incomplete"];
/// Keys of an entry of a `scope`. `key` stands beside the [keyed](FieldKind::Keyed) fields, and beside no other.
pub const SCOPE_KEYS: [&str; 4] = ["field", "key", "operator", "values"];
/// Keys of a condition.
pub const CONDITION_KEYS: [&str; 14] = [
    "severity",
    "counting",
    "count",
    "moreThan",
    "ids",
    "fixable",
    "cvss",
    "epss",
    "knownExploited",
    "publishedFor",
    "fixAvailableFor",
    "packages",
    "paths",
    "osEndOfLife",
];
/// Keys of a condition that say how another one is meant: a condition has at least one key besides.
pub const CONDITION_MODIFIERS: [&str; 2] = ["counting", "count"];
/// Keys of an exemption, besides its predicates.
pub const EXEMPTION_KEYS: [&str; 8] = ["name", "reason", "owner", "scope", "rules", "from", "until", "untilFixed"];
/// Predicates of an exemption.
pub const EXEMPTION_PREDICATES: [&str; 5] = ["ids", "packages", "paths", "fixable", "severityAtMost"];
/// Predicates of a condition that an exemption must not have: they would widen it as scores and dates change.
pub const EXEMPTION_REFUSED_KEYS: [&str; 6] = ["cvss", "epss", "knownExploited", "publishedFor", "fixAvailableFor", "severity"];

/// Values of `evaluation`.
pub const EVALUATIONS: [(&str, Evaluation); 3] =
    [("severityFirst", Evaluation::SeverityFirst), ("ruleOrder", Evaluation::RuleOrder), ("strictest", Evaluation::Strictest)];
/// Values of `severity` and `severityAtMost`, worst first.
pub const SEVERITIES: [(&str, Severity); 5] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
    ("negligible", Severity::Negligible),
];
/// Values of `unknownSeverity`; `None`: it satisfies no `severity`.
pub const UNKNOWN_SEVERITIES: [(&str, Option<Severity>); 6] = [
    ("critical", Some(Severity::Critical)),
    ("high", Some(Severity::High)),
    ("medium", Some(Severity::Medium)),
    ("low", Some(Severity::Low)),
    ("negligible", Some(Severity::Negligible)),
    ("ignore", None),
];
/// Values of `vex`: whether VEX statements set findings aside.
pub const VEX: [(&str, bool); 2] = [("apply", true), ("ignore", false)];
/// Values of `pinDigests`.
pub const PIN_DIGESTS: [(&str, PinDigests); 3] =
    [("never", PinDigests::Never), ("pods", PinDigests::Pods), ("always", PinDigests::Always)];
/// Values of `controllerPods`.
pub const CONTROLLER_PODS: [(&str, ControllerPods); 3] =
    [("judge", ControllerPods::Judge), ("audit", ControllerPods::Audit), ("skip", ControllerPods::Skip)];
/// Values of a rule's `action`.
pub const ACTIONS: [(&str, Action); 2] = [("deny", Action::Deny), ("audit", Action::Audit)];
/// Values of the [`ABSENCE_KEYS`].
pub const ANSWERS: [(&str, Answer); 3] = [("deny", Some(Action::Deny)), ("audit", Some(Action::Audit)), ("allow", None)];
/// Values of the [`FLAW_KEYS`].
pub const TRUSTING_ANSWERS: [(&str, Trusting); 4] = [
    ("deny", Trusting::Answer(Some(Action::Deny))),
    ("audit", Trusting::Answer(Some(Action::Audit))),
    ("allow", Trusting::Answer(None)),
    ("use", Trusting::Use),
];
/// Values of `counting`: whether the severity is meant exactly.
pub const COUNTINGS: [(&str, bool); 2] = [("atLeast", false), ("exactly", true)];
/// Values of `count`.
pub const UNITS: [(&str, Unit); 2] = [("vulnerabilities", Unit::Vulnerabilities), ("findings", Unit::Findings)];
/// Values of `operator`.
pub const OPERATORS: [(&str, Operator); 5] = [
    ("equals", Operator::Equals),
    ("notEquals", Operator::NotEquals),
    ("startsWith", Operator::StartsWith),
    ("endsWith", Operator::EndsWith),
    ("contains", Operator::Contains),
];

/// What a field of a scope belongs to, and how it is made from what is written.
#[derive(Clone, Copy, Debug)]
pub enum FieldKind {
    /// Of the request or its object.
    Plain(fn() -> Field),
    /// Of some metadata, by the entry's `key`.
    Keyed(fn(String) -> Field),
    /// Of each image.
    OfImage(fn() -> Field),
}

/// Values of `field`.
pub const FIELDS: [(&str, FieldKind); 17] = [
    ("cluster", FieldKind::Plain(|| Field::Cluster)),
    ("namespace", FieldKind::Plain(|| Field::Namespace)),
    ("namespaceLabel", FieldKind::Keyed(Field::NamespaceLabel)),
    ("kind", FieldKind::Plain(|| Field::Kind)),
    ("name", FieldKind::Plain(|| Field::Name)),
    ("label", FieldKind::Keyed(Field::Label)),
    ("annotation", FieldKind::Keyed(Field::Annotation)),
    ("serviceAccount", FieldKind::Plain(|| Field::ServiceAccount)),
    ("user", FieldKind::Plain(|| Field::User)),
    ("group", FieldKind::Plain(|| Field::Group)),
    ("operation", FieldKind::Plain(|| Field::Operation)),
    ("container", FieldKind::OfImage(|| Field::Container)),
    ("image", FieldKind::OfImage(|| Field::Image)),
    ("registry", FieldKind::OfImage(|| Field::Registry)),
    ("repository", FieldKind::OfImage(|| Field::Repository)),
    ("tag", FieldKind::OfImage(|| Field::Tag)),
    ("digest", FieldKind::OfImage(|| Field::Digest)),
];
