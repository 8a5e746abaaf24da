//! Candidates → what people and programs are shown of them.

use host::registry::Resolved;
use serde_json::{Value, json};

use super::choose::Outcome;
use super::find::{Held, Way};
use super::judge::{Candidate, State};
use super::trust::Trust;
use crate::exit::Failure;
use crate::visible;

/// The candidates that an error lists.
const MAX_LISTED: usize = 50;

impl Candidate {
    /// The digest by which `--candidate` names it.
    fn digest(&self) -> &str {
        match &self.found.held {
            // Cosign's tag has an attestation in each layer. Elsewhere the artifact says which image the layer is about.
            Held::Layer(layer) if self.found.way == Way::Attestation => &layer.digest,
            _ => &self.found.artifact,
        }
    }

    /// Whose scan, in what format; else what it says to be.
    fn what(&self) -> String {
        match &self.state {
            State::Readable(readable) => {
                let report = &readable.read.report;
                format!("{} by {}", report.format.name(), report.scanner.name)
            }
            _ => self.found.kind.clone(),
        }
    }

    /// When it was scanned, or made.
    fn time(&self) -> String {
        match (&self.state, self.found.made_at) {
            (State::Readable(readable), _) if !readable.is_stand_in => format!("scanned {}", readable.scanned_at),
            (State::Readable(readable), _) => format!("made {}", readable.scanned_at),
            (_, Some(at)) => format!("made {at}"),
            (_, None) => "unknown".to_owned(),
        }
    }

    fn trust(&self) -> String {
        match &self.trust {
            Trust::NotAsked => "not checked".to_owned(),
            Trust::By(key) | Trust::Envelope(key) => key.clone(),
            Trust::Nobody => "nobody trusted".to_owned(),
            Trust::Unknown => "unknown".to_owned(),
        }
    }

    /// What it is about, as far as that is known.
    fn of(&self) -> String {
        let image = match &self.state {
            State::Readable(readable) => &readable.image,
            _ => &self.found.of,
        };
        image.platform.clone().unwrap_or_else(|| "what was named".to_owned())
    }
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Left(_) => "left",
            Self::InTheWay(_) => "in the way",
        }
    }

    fn why(&self) -> Option<&str> {
        match self {
            Self::Taken => None,
            Self::Left(why) | Self::InTheWay(why) => Some(why),
        }
    }

    fn said(&self) -> String {
        self.why().map_or_else(|| self.word().to_owned(), |why| format!("{}: {why}", self.word()))
    }
}

/// One row for each, with a head.
pub(in crate::attach) fn rows(all: &[(Candidate, Outcome)]) -> Vec<Vec<String>> {
    let mut rows = vec![["CANDIDATE", "FOUND AS", "WHAT", "OF", "WHEN", "SIGNED BY", "OUTCOME"].map(str::to_owned).to_vec()];
    rows.extend(all.iter().map(|(candidate, outcome)| {
        let way = candidate.found.way.word().to_owned();
        let (time, trust) = (candidate.time(), candidate.trust());
        vec![candidate.digest().to_owned(), way, candidate.what(), candidate.of(), time, trust, outcome.said()]
    }));
    rows
}

/// One object for each.
pub(in crate::attach) fn value(all: &[(Candidate, Outcome)]) -> Value {
    let one = |(candidate, outcome): &(Candidate, Outcome)| {
        let report = match &candidate.state {
            State::Readable(readable) => Some(&**readable),
            _ => None,
        };
        let image = report.map_or(&candidate.found.of, |readable| &readable.image);
        json!({
            "digest": candidate.digest(),
            "artifact": candidate.found.artifact,
            "foundAs": candidate.found.way.word(),
            "kind": candidate.found.kind,
            "image": image.digest.as_str(),
            "platform": image.platform,
            "format": report.map(|readable| readable.read.report.format.name()),
            "scanner": report.map(|readable| &readable.read.report.scanner.name),
            "scannedAt": report.filter(|readable| !readable.is_stand_in).map(|readable| readable.scanned_at.to_string()),
            "madeAt": candidate.found.made_at.map(|at| at.to_string()),
            "signedBy": match &candidate.trust { Trust::By(key) | Trust::Envelope(key) => Some(key), _ => None },
            "outcome": outcome.word(),
            "why": outcome.why(),
        })
    };
    all.iter().map(one).collect()
}

/// An error that lists what was there, one line each.
pub(super) fn failure(resolved: &Resolved, why: &str, all: &[(Candidate, Outcome)]) -> Failure {
    let mut message = format!("`{}`: {why}", resolved.pinned());
    // What is in the way first.
    let (first, rest): (Vec<_>, Vec<_>) = all.iter().partition(|(_, outcome)| matches!(outcome, Outcome::InTheWay(_)));
    for (candidate, outcome) in first.into_iter().chain(rest).take(MAX_LISTED) {
        let parts = [candidate.found.way.word(), &candidate.what(), &candidate.of(), &candidate.time()].join(", ");
        let said = format!("{} ({parts}): {}", candidate.digest(), outcome.said());
        message.push_str(&format!("\n  {}", visible::line(&said)));
    }
    if let Some(more) = all.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        message.push_str(&format!("\n  and {more} more"));
    }
    Failure::new(message)
}
