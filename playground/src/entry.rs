//! The text of one entry among the findings → a scanner's report, or what is held against reports: VEX statements, KEV, EPSS.

use documents::object;
use documents::settings::Located;
use documents::yaml::Span;
use policy::findings::Severity;
use reports::enrich::{epss, kev};
use reports::vex::{self, VexDocument};
use reports::{Format, Outline, Report, ReportError};
use serde::Deserialize;
use serde_json::Value;

use crate::places::{self, Places};

/// A report as it was typed, pasted or dropped.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) text: String,
    /// The image that it is about; `None`: every image that no other entry names.
    #[serde(default)]
    pub(crate) image: Option<String>,
}

/// What an entry turned out to be.
pub(crate) enum Content {
    /// Nobody has typed anything yet.
    Nothing,
    Report(Box<Report>),
    Vex(VexDocument),
    Kev(kev::Catalogue),
    Epss(epss::Scores),
    Refused,
}

/// An entry that was read.
pub(crate) struct Read {
    pub(crate) name: String,
    pub(crate) image: Option<String>,
    /// The name of its format, and by what it is recognised.
    pub(crate) format: Option<(&'static str, String)>,
    pub(crate) content: Content,
    /// The JSON of an object of a cluster.
    pub(crate) object: Option<String>,
}

impl Read {
    /// The entry, and what is wrong with it.
    pub(crate) fn of(entry: Entry) -> (Self, Vec<Value>) {
        let Entry { name, text, image } = entry;
        let nothing = Self { name, image, format: None, content: Content::Nothing, object: None };
        if text.trim_start_matches('\u{feff}').trim_ascii().is_empty() {
            return (nothing, Vec::new());
        }
        let refused = |problem: &Located| vec![Places::of(&text).problem(problem)];
        let json = match object::is_yaml(&text).then(|| object::as_json(&text)) {
            None => None,
            Some(Ok(json)) => Some(json),
            Some(Err(what)) => {
                let problem = Located::of_text(places::of_sentence(&what, &text), what);
                return (Self { content: Content::Refused, ..nothing }, refused(&problem));
            }
        };
        let format = format(json.as_ref().unwrap_or(&text));
        let (content, problems) =
            match read(&nothing.name, json.as_ref().unwrap_or(&text), format.as_ref().map(|(kind, _)| *kind)) {
                Ok(content) => (content, Vec::new()),
                Err(error) => {
                    // Of what was YAML, no place is known any more.
                    let at = if json.is_none() { places::of_sentence(error.message(), &text) } else { Span::default() };
                    (Content::Refused, refused(&Located { at, ..nowhere(&error) }))
                }
            };
        let is_object = matches!(&format, Some((Kind::Report(Format::Sbomscanner | Format::TrivyOperator), _)));
        let format = format.map(|(kind, reason)| (kind.name(), reason));
        let object = is_object.then(|| json.unwrap_or(text));
        (Self { format, content, object, ..nothing }, problems)
    }

    /// Whether it is held against reports, and is none.
    pub(crate) fn is_beside(&self) -> bool {
        matches!(self.content, Content::Vex(_) | Content::Kev(_) | Content::Epss(_))
    }

    pub(crate) fn report(&self) -> Option<&Report> {
        match &self.content {
            Content::Report(report) => Some(report),
            _ => None,
        }
    }
}

/// What a text shows to be.
#[derive(Clone, Copy)]
enum Kind {
    Report(Format),
    Vex,
    Kev,
    Epss,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Report(format) => format.name(),
            Self::Vex => "vex",
            Self::Kev => "kev",
            Self::Epss => "epss",
        }
    }
}

/// By its beginning, and where that does not tell, by the whole of it.
fn format(text: &str) -> Option<(Kind, String)> {
    if text.starts_with("#model_version") || text.starts_with("cve,epss") {
        return Some((Kind::Epss, "the header of FIRST's list".to_owned()));
    }
    let of = |outline: &Outline<'_>| {
        let is_openvex = outline.text("@context").is_some_and(|context| context.contains("openvex.dev/ns"));
        let is_csaf = outline.member("document").is_some_and(|document| document.has("csaf_version"));
        if is_openvex || is_csaf {
            let reason = if is_openvex { "`@context` is OpenVEX's" } else { "`document.csaf_version`" };
            return Some((Kind::Vex, reason.to_owned()));
        }
        if outline.has("catalogVersion") && outline.has("vulnerabilities") {
            return Some((Kind::Kev, "`catalogVersion` and `vulnerabilities`".to_owned()));
        }
        reports::recognise(outline).map(|(format, reason)| (Kind::Report(format), reason))
    };
    of(&Outline::head(text)).or_else(|| of(&Outline::read(text).ok()?))
}

fn read(name: &str, text: &str, kind: Option<Kind>) -> Result<Content, ReportError> {
    let bytes = text.as_bytes();
    let report = || reports::read(bytes, None).map(|report| Content::Report(Box::new(report)));
    match kind {
        Some(Kind::Vex) => vex::read(bytes, Some(name)).map(Content::Vex),
        Some(Kind::Kev) => kev::read(bytes).map(Content::Kev),
        Some(Kind::Epss) => epss::read_all(bytes).map(Content::Epss),
        // A CycloneDX document of statements alone is no report.
        Some(Kind::Report(Format::CycloneDx)) => {
            report().or_else(|error| vex::read(bytes, Some(name)).map(Content::Vex).map_err(|_| error))
        }
        _ => report(),
    }
}

/// The names under which severities are counted, as the page shows them.
pub(crate) const SEVERITIES: [Severity; 6] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Negligible, Severity::Unknown];

/// No place in the text.
pub(crate) fn nowhere(error: &ReportError) -> Located {
    Located {
        at: Span::default(),
        path: String::new(),
        message: error.message().to_owned(),
        hint: error.hint().map(str::to_owned),
    }
}
