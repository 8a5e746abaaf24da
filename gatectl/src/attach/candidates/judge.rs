//! What was found → candidates: fetched, opened, held against the keys, read as a report and bound to the image.
//!
//! Three ends: a report of this image; something else, which is left; or what might be one and cannot be read, behind which a newer scan may
//! be hidden.

use host::registry::{Registry, Resolved};
use policy::time::Timestamp;
use reports::report::SubjectKind;
use reports::{Claim, Format, Outline, Report, outline};

use super::super::bind::{self, Stated};
use super::super::input::{Carried, Read};
use super::super::subject::{Content, Scanned, Subject};
use super::Wanted;
use super::find::{self, Found, Held, Layer, Way};
use super::open::{self, Opened};
use super::trust::{self, Trust, TrustKey};

/// The candidates that are fetched; of more, those that say to be made last.
const MAX_FETCHED: usize = 256;
/// All that is fetched together, in bytes.
const MAX_BYTES: usize = 512 * 1024 * 1024;

/// Something that may be taken.
#[derive(Debug)]
pub(in crate::attach) struct Candidate {
    pub(super) found: Found,
    pub(super) trust: Trust,
    pub(super) state: State,
}

/// What became of it.
#[derive(Debug)]
pub(super) enum State {
    /// A report of this image.
    Readable(Box<Readable>),
    /// Others were asked for by name.
    NotAskedFor,
    /// No report of this image: why.
    Other(String),
    /// It may be one: why it cannot be read.
    Broken(String),
}

/// A report of the image.
#[derive(Debug)]
pub(super) struct Readable {
    pub(super) read: Read,
    pub(super) image: Scanned,
    pub(super) scanned_at: Timestamp,
    /// Whether the time is that of the artifact.
    pub(super) is_stand_in: bool,
    /// What was read, out of its envelope.
    pub(super) document: Vec<u8>,
}

/// What candidates are judged with.
pub(super) struct Judge<'a> {
    pub(super) registry: &'a Registry,
    pub(super) resolved: &'a Resolved,
    pub(super) subject: &'a Subject,
    pub(super) keys: &'a [TrustKey],
    pub(super) wanted: Wanted<'a>,
}

impl Judge<'_> {
    /// Judges all, in their order.
    pub(super) fn all(&self, found: Vec<Found>) -> Vec<Candidate> {
        let mut order: Vec<usize> = (0..found.len()).collect();
        // What does not say when it was made comes first: it may be the newest.
        order.sort_by_key(|at| found.get(*at).and_then(|found| found.made_at).map(std::cmp::Reverse));
        let (mut n_fetched, mut left) = (0_usize, MAX_BYTES);
        let mut judged: Vec<Option<(Trust, State)>> = found.iter().map(|_| None).collect();
        for at in order {
            let (Some(found), Some(place)) = (found.get(at), judged.get_mut(at)) else { continue };
            *place = Some(self.one(found, &mut n_fetched, &mut left));
        }
        let together = found.into_iter().zip(judged);
        together.filter_map(|(found, judged)| judged.map(|(trust, state)| Candidate { found, trust, state })).collect()
    }

    fn one(&self, found: &Found, n_fetched: &mut usize, left: &mut usize) -> (Trust, State) {
        let unasked = if self.keys.is_empty() { Trust::NotAsked } else { Trust::Unknown };
        if !self.wanted.is_asked_for(found) {
            return (unasked, State::NotAskedFor);
        }
        let layer = match &found.held {
            Held::Other(why) => return (unasked, State::Other(why.clone())),
            Held::Broken(why) => return (unasked, State::Broken(why.clone())),
            Held::Layer(layer) => layer,
        };
        if *n_fetched >= MAX_FETCHED {
            return (unasked, State::Broken(format!("it was not fetched: of more than {MAX_FETCHED} those made last are")));
        }
        *n_fetched = n_fetched.saturating_add(1);
        let cap = outline::MAX_BYTES.min(*left);
        let bytes = match self.registry.pull_blob(&self.resolved.pinned(), &layer.digest, cap) {
            Ok(bytes) => bytes,
            Err(error) => return (unasked, State::Broken(format!("it could not be fetched: {error}"))),
        };
        *left = left.saturating_sub(bytes.len());
        let opened = open::open(&bytes);
        let envelope = opened.as_ref().ok().and_then(|opened| opened.envelope.as_ref());
        let trust = match trust::of(self.registry, &self.resolved.repository, found, envelope, self.keys) {
            Ok(trust) => trust,
            Err(why) => return (Trust::Unknown, State::Broken(why)),
        };
        let state = match opened {
            Ok(opened) => self.report(found, layer, bytes, opened, &trust),
            Err(why) => State::Broken(why),
        };
        (trust, state)
    }

    fn report(&self, found: &Found, layer: &Layer, bytes: Vec<u8>, opened: Opened, trust: &Trust) -> State {
        let broken = |e: &dyn std::fmt::Display| State::Broken(e.to_string());
        let text = match outline::text(&opened.document) {
            Ok(text) => text,
            Err(error) => return broken(&error),
        };
        let format = match Outline::read(text) {
            Ok(outline) => reports::recognise(&outline).map(|(format, _)| format),
            Err(error) => return broken(&error),
        };
        let Some(format) = format else { return State::Other("it is no vulnerability report that can be read".to_owned()) };
        if let Some(wanted) = self.wanted.format.filter(|wanted| *wanted != format) {
            return State::Other(format!("it is of the format {}, not {}", format.name(), wanted.name()));
        }
        // The tag and the index are not what anybody signs: there, what is about an image has to say so itself.
        if found.way != Way::Referrer && format != Format::InToto {
            return State::Other("it does not state which image it is about".to_owned());
        }
        if !trust.covers_manifest() && trust.is_enough() && format != Format::InToto {
            return State::Broken("what was signed is no statement, and does not say which image it is about".to_owned());
        }
        let report = match (format.reader().read)(text) {
            Ok(report) => report,
            Err(error) => return broken(&error),
        };
        match (&report.claim, &report.subject.kind) {
            (Claim::None(why), _) => return State::Other(why.clone()),
            (Claim::Unclear(why), _) if !self.wanted.is_empty_accepted => {
                return State::Broken(format!("{why}; hint: accept it as it is with `--accept-empty`"));
            }
            (_, kind @ SubjectKind::Other(what)) if !kind.is_unnamed() => {
                return State::Other(format!("it is about another kind of thing than a container image: {what}"));
            }
            _ => {}
        }
        if format == Format::InToto && !report.subject.digests.iter().any(|digest| digest == found.of.digest.as_str()) {
            return State::Other(format!("the statement is about other digests than {}", found.of.digest));
        }
        let image = match self.image(found, &report) {
            Ok(image) => image,
            Err(why) => return State::Broken(why),
        };
        if self.wanted.platform.is_some() && self.wanted.platform != image.platform.as_deref() {
            let platform = image.platform.as_deref().unwrap_or("unknown");
            return State::Other(format!("it is about the platform {platform}"));
        }
        match bind::stated(self.subject, &image, &report, self.registry, self.resolved) {
            Ok(Stated::Other(why)) => return State::Other(why),
            Ok(_) => {}
            Err(error) => return broken(&error.message),
        }
        let stated = report.scanned_at.or(self.wanted.scanned_at);
        let made_at = found.made_at.filter(|_| trust.covers_manifest() || !trust.is_enough());
        let Some(scanned_at) = stated.or(made_at) else {
            let why = match found.made_at {
                Some(_) => {
                    "the statement does not say when the scan was finished, and nobody signed what its artifact says; hint: state it with `--scanned-at`"
                }
                None => "neither the report nor its artifact says when the scan was finished; hint: state it with `--scanned-at`",
            };
            return State::Broken(why.to_owned());
        };
        // Clients may keep a report as any file.
        let kept = if find::is_report(&layer.media_type) { &layer.media_type } else { format.reader().media_type };
        let media_type = opened.media_type.unwrap_or(kept);
        let carried = Carried { image: image.clone(), media_type: media_type.to_owned() };
        let report = Report { scanned_at: Some(scanned_at), ..report };
        let read = Read { report, bytes, carried: Some(carried) };
        State::Readable(Box::new(Readable { read, image, scanned_at, is_stand_in: stated.is_none(), document: opened.document }))
    }

    /// Which image it is about: the one that it was found for, or the one of the index that it states itself.
    fn image(&self, found: &Found, report: &Report) -> Result<Scanned, String> {
        match &self.subject.content {
            Content::Index(_) if found.of.digest == self.subject.digest => {
                // Only who asks for this very one may say which platform it is about.
                let platform = self.wanted.platform.filter(|_| !self.wanted.candidates.is_empty());
                bind::scanned(self.subject, report, platform).map_err(|e| e.message)
            }
            Content::Index(_) => Ok(found.of.clone()),
            Content::Image { .. } => bind::scanned(self.subject, report, self.wanted.platform).map_err(|e| e.message),
        }
    }
}
