//! What both kinds of log say of one answer of the gate.

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use policy::time::Timestamp;

use crate::sheet::or_dash;

/// Texts longer than this are cut: the gate's own are shorter (`policy::limits`).
const TEXT_BYTES: usize = 1024;

/// What the gate made of a workload or of one of its images, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Action {
    /// Denied; in the policy server's `monitor` mode let through nevertheless.
    Deny,
    /// Admitted with a warning.
    Audit,
    /// Nothing was decided: an exemption that was used ends soon.
    Notice,
    /// Admitted.
    Admit,
}

impl Action {
    pub(super) const ALL: [Self; 4] = [Self::Deny, Self::Audit, Self::Notice, Self::Admit];

    /// The word of the alerts' `verdict` (docs/alerts.md).
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Audit => "audit",
            Self::Notice => "notice",
            Self::Admit => "admit",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == word)
    }
}

/// Who asked for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// The API server, at an admission.
    Admission,
    /// Kubewarden's audit scanner, about what runs already.
    Scan,
}

impl Origin {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Admission => "admission",
            Self::Scan => "scan",
        }
    }
}

/// Which log told of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    /// The policy server's.
    Server,
    /// The API server's audit log.
    Audit,
}

/// An object that somebody wrote: of what a controller made, the object that it was made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Workload {
    pub(super) kind: String,
    pub(super) name: String,
}

impl std::fmt::Display for Workload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Of a request that could not be read nothing is known.
        if self.kind.is_empty() && self.name.is_empty() {
            return Ok(());
        }
        write!(f, "{}/{}", or_dash(&self.kind), or_dash(&self.name))
    }
}

/// What was decided about one image and why; without image and rule where the whole request was refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) action: Action,
    pub(super) image: String,
    pub(super) rule: String,
    pub(super) code: String,
}

/// Entries, each once, with the ids of vulnerabilities that are named for each.
pub(super) type Named = BTreeMap<Entry, BTreeSet<String>>;

/// What identical answers have in common, in whichever log they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    pub(super) origin: Origin,
    pub(super) namespace: String,
    pub(super) workload: Workload,
    pub(super) verdict: Action,
    /// Each once, in order.
    pub(super) entries: Vec<Entry>,
}

impl Shape {
    /// The bytes of its texts.
    pub(super) fn size(&self) -> usize {
        let entries = self.entries.iter().map(|entry| entry.image.len() + entry.rule.len() + entry.code.len() + 96);
        self.namespace.len() + self.workload.kind.len() + self.workload.name.len() + entries.sum::<usize>()
    }
}

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) shape: Shape,
    /// When it was given; in the audit log, when the request came.
    pub(super) time: Timestamp,
    pub(super) log: Log,
    /// What tells this record from every other: the same twice is one record, read twice.
    pub(super) identity: u128,
    /// The object's own name.
    pub(super) name: String,
    /// Ids that the answer names, by the entry of `shape` that they are named for.
    pub(super) vulnerabilities: Named,
    /// Images that the answer counts without naming them.
    pub(super) n_unlisted: u64,
}

/// A line of a log.
#[derive(Debug)]
pub(super) enum Reading {
    /// Of something else.
    Other,
    /// It cannot be read, and why.
    Malformed(String),
    /// Answers of the gate, one for each of its policies, and what else the line says of the gate.
    Answers(Vec<Answer>, Option<Around>),
    /// Something that happened around the gate.
    Around(Around),
}

/// What the logs say about the gate itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Around {
    /// A policy in `monitor` mode answered: what it denied was let through.
    Monitored,
    /// The API server did not reach a policy and refused the request.
    Unreached,
    /// The API server did not reach a policy and let the request through (`failurePolicy: Ignore`).
    FailedOpen,
    /// The policy server stopped a policy that took too long, or that broke off.
    Interrupted,
}

impl Around {
    pub(super) const ALL: [Self; 4] = [Self::Monitored, Self::Unreached, Self::FailedOpen, Self::Interrupted];

    /// The member of the JSON document.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Monitored => "monitored",
            Self::Unreached => "unreached",
            Self::FailedOpen => "failedOpen",
            Self::Interrupted => "interrupted",
        }
    }

    /// The same in words, after a number.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Monitored => "answered in monitor mode, where what is denied is let through",
            Self::Unreached => "refused by the API server, which did not reach a Kubewarden policy",
            Self::FailedOpen => {
                "let through by the API server without an answer of a Kubewarden policy (`failurePolicy: Ignore`)"
            }
            Self::Interrupted => "refused by the policy server, which had stopped the policy",
        }
    }
}

/// A text of a log, cut to what the gate itself would write.
pub(super) fn text(text: &str) -> String {
    if text.len() <= TEXT_BYTES {
        return text.to_owned();
    }
    let end = (0..=TEXT_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}
