//! The gate's audit annotations, as the audit log keeps them → what was decided.
//!
//! Source: `policy::render::annotations`: `verdict`, and as JSON texts `violations` and `evidence`, in the order of the images.

use std::borrow::Cow;
use std::collections::BTreeMap;

use policy::diagnostic::Code;
use serde::Deserialize;

use super::event::{self, Action, Entry, Named};
use super::message;

/// What the annotations of one policy say.
#[derive(Debug)]
pub(super) struct Annotated {
    pub(super) verdict: Action,
    pub(super) named: Named,
    pub(super) n_unlisted: u64,
}

impl Annotated {
    /// Whether a denial is not explained: the request as a whole was refused.
    pub(super) fn is_bare(&self) -> bool {
        self.verdict == Action::Deny && self.named.is_empty()
    }

    /// Whether nothing was judged.
    pub(super) fn is_silent(&self) -> bool {
        self.verdict == Action::Admit && self.named.is_empty()
    }
}

#[derive(Deserialize)]
struct Violation<'l> {
    #[serde(borrow, default)]
    container: Cow<'l, str>,
    #[serde(borrow, default)]
    image: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    rule: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    action: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    code: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    vulnerabilities: Vec<Vulnerability<'l>>,
    #[serde(default)]
    more: u64,
}

#[derive(Deserialize)]
struct Vulnerability<'l> {
    #[serde(borrow, default)]
    id: Option<Cow<'l, str>>,
}

#[derive(Deserialize)]
struct Evidence<'l> {
    #[serde(borrow, default)]
    image: Option<Cow<'l, str>>,
    #[serde(default)]
    more: u64,
}

/// The annotations of each of the gate's policies, by the name of its webhook.
///
/// # Errors
/// What is the gate's by its keys is not of its form.
pub(super) fn read<'l>(all: &'l BTreeMap<Cow<'_, str>, Cow<'_, str>>) -> Result<Vec<(&'l str, Annotated)>, String> {
    let mut found = Vec::new();
    for (key, word) in all {
        let Some(webhook) = key.strip_suffix("/verdict") else { continue };
        let of = |name: &str| all.get(format!("{webhook}/{name}").as_str()).map(AsRef::as_ref);
        // Another policy's annotation may have the name, but not all three.
        let (Some(violations), Some(evidence), Some(_)) = (of("violations"), of("evidence"), of("setAside")) else { continue };
        let Some(verdict) = Action::of(word) else {
            return Err(format!("expected admit, audit or deny as `{}`, found `{}`", event::text(key), event::text(word)));
        };
        let wrong = |name: &str, error: serde_json::Error| format!("`{}/{name}`: {error}", event::text(webhook));
        let mut annotated = Annotated { verdict, named: Named::new(), n_unlisted: 0 };
        annotated.add_violations(serde_json::from_str(violations).map_err(|error| wrong("violations", error))?);
        if verdict == Action::Admit {
            let code = if of("breakGlass").is_some() { Code::BreakGlass.text() } else { "" };
            annotated.add_admitted(serde_json::from_str(evidence).map_err(|error| wrong("evidence", error))?, code);
        }
        found.push((webhook, annotated));
    }
    Ok(found)
}

impl Annotated {
    /// The first violation of an image is the one that decides about it; what the others name is the same image's.
    fn add_violations(&mut self, violations: Vec<Violation<'_>>) {
        let mut seen: BTreeMap<(Cow<'_, str>, Cow<'_, str>), Entry> = BTreeMap::new();
        for violation in violations {
            self.n_unlisted = self.n_unlisted.saturating_add(violation.more);
            let (Some(image), Some(code)) = (&violation.image, &violation.code) else { continue };
            let Some(action) = violation.action.as_deref().and_then(Action::of) else { continue };
            let entry = seen.entry((violation.container.clone(), image.clone())).or_insert_with(|| {
                let rule = event::text(violation.rule.as_deref().unwrap_or_default());
                Entry { action, image: event::text(image), rule, code: event::text(code) }
            });
            let ids = violation.vulnerabilities.iter().filter_map(|one| one.id.as_deref());
            self.named.entry(entry.clone()).or_default().extend(ids.filter(|id| message::is_id(id)).map(str::to_owned));
        }
    }

    /// Where the glass is broken there is no evidence, and one entry for the workload.
    fn add_admitted(&mut self, evidence: Vec<Evidence<'_>>, code: &str) {
        let entry =
            |image: &str| Entry { action: Action::Admit, image: event::text(image), rule: String::new(), code: code.to_owned() };
        for evidence in evidence {
            self.n_unlisted = self.n_unlisted.saturating_add(evidence.more);
            if let Some(image) = evidence.image.as_deref() {
                self.named.entry(entry(image)).or_default();
            }
        }
        if self.named.is_empty() && !code.is_empty() {
            self.named.entry(entry("")).or_default();
        }
    }
}
