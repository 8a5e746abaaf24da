//! The configuration of another gate → a settings document, and a line for everything in it that a settings document cannot say.
//!
//! In the order a document travels: `parse` makes documents of texts, `recognise` says whose they are, the reader of that [`Format`]
//! (`format` has the table of them) reads each member by member (`source`) into a `draft`, and the draft becomes settings that
//! [`Settings::read`] accepts; `write` makes a text of them. Reads no file, clock or network.
//!
//! Where something cannot be said, the outcome is the stricter one: a scope that is lost leaves a rule wider, an exemption that is lost
//! exempts nothing, and an audit rule that lost either is put behind the deny rules that it would shield.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic))]

mod allowed_image;
mod azure_policy;
mod binary_authorization;
mod ceiling;
mod decimal;
mod draft;
mod format;
mod grype;
mod harbor;
mod ids;
mod image_cve_policy;
mod inspector;
mod kritis;
mod kubescape;
mod names;
mod neuvector;
mod package;
mod parse;
mod pattern;
mod recognise;
mod security_artifact_policy;
mod source;
mod stackrox;
mod trivy_ignore;
mod write;

use std::fmt;

use policy::settings::Settings;
use serde_json::{Value, json};

pub use self::format::Format;
pub use self::recognise::Recognised;

use self::draft::Draft;

/// A text and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File<'a> {
    /// As people know it; it is said where there are several.
    pub name: &'a str,
    /// YAML (a stream of documents) or JSON, or another text that a format is written in.
    pub text: &'a str,
}

/// What became of a foreign configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Whose configuration it is, and what it was recognised by: the gate's, or where there is none, that of the first ignore file.
    pub recognised: Recognised,
    /// The other formats: of ignore files and allow-lists, which give exemptions alone.
    pub beside: Vec<Recognised>,
    /// A settings document, without problems; or, where no file has a rule, its `exemptions` alone, to be put into one.
    pub settings: Value,
    /// What could not be taken over, in the order of the documents.
    pub losses: Vec<Loss>,
    /// What the other gate does by itself, whatever its configuration says. One line each.
    pub notes: Vec<&'static str>,
}

impl Imported {
    /// Whether there are rules, so that the settings can be used as they are.
    #[must_use]
    pub fn has_rules(&self) -> bool {
        self.settings.get("rules").is_some()
    }

    /// The settings as YAML, behind a comment that says what they were made of and what was lost. `names` are those of the files.
    #[must_use]
    pub fn to_yaml(&self, names: &[&str]) -> String {
        write::yaml(self, names)
    }
}

/// Something that was written and has no counterpart in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Where it stands: `spec.vulnerabilityAssessmentGatedDeployment[0].scope[1]`; behind `documents[2]` where there are several, and behind
    /// the file's name where there are several files. Empty for a document as a whole.
    pub place: String,
    /// What it is, as written. One line.
    pub what: String,
    /// Why it has no counterpart, and what was done in its place. One line, lower case.
    pub why: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "`{}`: ", self.place)?;
        }
        write!(f, "{}: {}", self.what, self.why)
    }
}

/// Why there is nothing to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where; empty for the input as a whole.
    pub place: String,
    /// What would have been right.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "`{}`: ", self.place)?;
        }
        write!(f, "expected {}, found {}", self.expected, self.found)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl std::error::Error for Refusal {}

/// Makes one settings document of the configuration of one gate, and of any number of ignore files and allow-lists.
///
/// # Errors
/// A text cannot be read, nothing is of a known format, there are two gates, something is not of its format's shape, or what comes out
/// has more rules or exemptions than settings may have.
pub fn import(files: &[File<'_>]) -> Result<Imported, Box<Refusal>> {
    let parsed = files.iter().map(|file| parse::parse(file, files.len() > 1)).collect::<Result<Vec<_>, _>>()?;
    let mut draft = Draft::default();
    let groups = recognise::recognise(&parsed, &mut draft)?;
    let (mut recognised, mut notes) = (Vec::new(), Vec::new());
    let is_gate = groups.iter().any(|group| group.reader.is_gate);
    for group in groups {
        (group.reader.read)(&group.objects, &mut draft)?;
        notes.extend_from_slice(group.reader.notes);
        recognised.push(group.recognised);
    }
    let (settings, losses) = draft.finish()?;
    let mut recognised = recognised.into_iter();
    let Some(first) = recognised.next() else { return Err(recognise::nothing(&parsed)) };
    let imported = Imported { recognised: first, beside: recognised.collect(), settings, losses, notes };
    if is_gate && !imported.has_rules() {
        return Err(without_rules(&imported.losses));
    }
    check(&imported.settings)?;
    Ok(imported)
}

/// A gate that judges nothing here.
fn without_rules(losses: &[Loss]) -> Box<Refusal> {
    Box::new(Refusal {
        place: String::new(),
        expected: "something that decides by vulnerabilities".to_owned(),
        found: "nothing that a rule can be made of".to_owned(),
        hint: losses.first().map(ToString::to_string),
    })
}

/// What is handed out can be used: as it is, or exemptions in settings of any rule.
fn check(settings: &Value) -> Result<(), Box<Refusal>> {
    let mut whole = settings.clone();
    if let (Some(members), None) = (whole.as_object_mut(), settings.get("rules")) {
        let any = json!([{ "name": "any", "action": "deny", "conditions": [{ "severity": "critical" }] }]);
        members.insert("rules".to_owned(), any);
    }
    let Err(problems) = Settings::read(&whole) else { return Ok(()) };
    Err(Box::new(Refusal {
        place: String::new(),
        expected: "a configuration that settings can be made of".to_owned(),
        found: problems.first().map(ToString::to_string).unwrap_or_default(),
        hint: None,
    }))
}
