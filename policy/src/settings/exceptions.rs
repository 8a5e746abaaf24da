//! What is not judged as everything else is: pods that controllers restart, and whoever breaks the glass.
//!
//! Source: the rule language, "Restarts", "Break-glass" and "Pinning".

use super::language::BREAK_GLASS_KEYS;
use super::node::Node;
use crate::limits;

/// What becomes of pods that Kubernetes' own controllers create from digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControllerPods {
    /// They are judged.
    Judge,
    /// They are judged, and never denied.
    Audit,
    /// They are not looked up.
    Skip,
}

/// Into which objects the judged digests are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinDigests {
    /// None.
    Never,
    /// Pods.
    Pods,
    /// Every workload.
    Always,
}

/// Who may have a workload admitted without a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlass {
    /// The annotation that holds the reason.
    pub annotation: String,
    /// Names of users.
    pub users: Vec<String>,
    /// Names of groups.
    pub groups: Vec<String>,
}

pub(super) fn read_break_glass(node: &Node<'_>) -> Option<BreakGlass> {
    let members = node.object(&BREAK_GLASS_KEYS, &[], "")?;
    let annotation = members.require("annotation").and_then(|node| {
        node.parsed("the key of an annotation such as gated-deployment.io/break-glass", |text| {
            is_annotation(text).then(|| text.to_owned())
        })
    });
    if !members.has("users") && !members.has("groups") {
        node.problem("expected `users` or `groups`, found neither: nobody could break the glass");
    }
    let names = |key: &'static str| -> Vec<String> {
        let node = members.get(key);
        let list = node.iter().flat_map(|node| node.list(limits::LIST_ITEMS)).flatten();
        list.filter_map(|name| name.text().map(str::to_owned)).collect()
    };
    Some(BreakGlass { annotation: annotation?, users: names("users"), groups: names("groups") })
}

/// A qualified name: `[prefix/]name`, the name of at most 63 characters that begins and ends with a letter or digit.
fn is_annotation(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let is_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_name = name.len() <= 63
        && is_edge(name.chars().next())
        && is_edge(name.chars().next_back())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let is_prefix = |prefix: &str| {
        let is_label = |label: &str| is_edge(label.chars().next()) && is_edge(label.chars().next_back());
        prefix.len() <= 253
            && prefix.split('.').all(is_label)
            && prefix.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
    };
    is_name && prefix.is_none_or(is_prefix)
}
