//! The configuration of another gate → a settings document, and a line for everything in it that a settings document cannot say.
//!
//! In the order a document travels: `recognise` says whose it is, the reader of that [`Format`] (`security_artifact_policy`,
//! `azure_policy`) reads it member by member (`source`) into a `draft`, and the draft becomes settings that [`Settings::read`] accepts.
//! Reads no file, clock or network.
//!
//! Where something cannot be said, the outcome is the stricter one: a scope that is lost leaves a rule wider, an exemption that is lost
//! exempts nothing, and an audit rule that lost either is put behind the deny rules that it would shield.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic))]

mod azure_policy;
mod draft;
mod pattern;
mod recognise;
mod security_artifact_policy;
mod source;

use std::fmt;

use policy::settings::Settings;
use serde_json::Value;

pub use self::recognise::{Format, Recognised};

use self::draft::Draft;
use self::source::At;

/// What became of a foreign configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Whose configuration it is, and what it was recognised by.
    pub recognised: Recognised,
    /// A settings document, without problems.
    pub settings: Value,
    /// What could not be taken over, in the order of the documents.
    pub losses: Vec<Loss>,
    /// What the other gate does by itself, whatever its configuration says. One line each.
    pub notes: &'static [&'static str],
}

/// Something that was written and has no counterpart in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Where it stands: `spec.vulnerabilityAssessmentGatedDeployment[0].scope[1]`; behind `documents[2]` where there are several.
    pub place: String,
    /// What it is, as written. One line.
    pub what: String,
    /// Why it has no counterpart, and what was done in its place. One line, lower case.
    pub why: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}: {}", self.place, self.what, self.why)
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
    pub hint: Option<&'static str>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "`{}`: ", self.place)?;
        }
        write!(f, "expected {}, found {}", self.expected, self.found)?;
        self.hint.map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl std::error::Error for Refusal {}

/// Makes one settings document of the configuration of one gate: parsed YAML or JSON documents, lists of objects among them.
///
/// # Errors
/// No document is of a known format, they are of several, one is not of its format's shape, or what comes out has more rules or
/// exemptions than settings may have.
pub fn import(documents: &[Value]) -> Result<Imported, Refusal> {
    let mut draft = Draft::default();
    let (recognised, objects) = recognise::recognise(documents, &mut draft)?;
    let (evaluation, notes) = match recognised.format {
        Format::SecurityArtifactPolicy => {
            (security_artifact_policy::read(&objects, &mut draft)?, security_artifact_policy::NOTES)
        }
        Format::AzurePolicy => (azure_policy::read(&objects, &mut draft)?, azure_policy::NOTES),
    };
    let (settings, losses) = draft.finish(evaluation);
    check(&settings, &objects)?;
    Ok(Imported { recognised, settings, losses, notes })
}

/// What is handed out can be used as it is.
fn check(settings: &Value, objects: &[At<'_>]) -> Result<(), Refusal> {
    let Err(problems) = Settings::read(settings) else { return Ok(()) };
    Err(Refusal {
        place: objects.first().map(|object| object.place().to_owned()).unwrap_or_default(),
        expected: "a configuration that settings can be made of".to_owned(),
        found: problems.first().map(ToString::to_string).unwrap_or_default(),
        hint: None,
    })
}
