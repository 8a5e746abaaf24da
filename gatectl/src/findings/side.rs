//! One side of a comparison: an image, a scanner's report or a findings document → vulnerabilities, those of all platforms together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use policy::findings::{Document, Image, Severity, Vulnerability, json};
use policy::image::Digest;
use policy::lookup::buffers::Buffers;
use policy::time::Timestamp;
use reports::document::{self, Target};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::gate::Gate;
use super::seen::is_judged;
use super::worst;
use crate::exit::Failure;
use crate::output::Output;

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Side {
    /// As it was named.
    pub(super) name: String,
    /// Who looked.
    pub(super) scanner: String,
    pub(super) vulnerabilities: Vec<Known>,
}

/// A vulnerability of a side; the worst of it where platforms differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) id: String,
    /// The id and the aliases, in lower case.
    pub(super) names: BTreeSet<String>,
    pub(super) severity: Severity,
    pub(super) is_fixable: bool,
    pub(super) packages: BTreeSet<String>,
    pub(super) fixed: BTreeSet<String>,
}

impl Side {
    /// Reads what a text names: `-` and files that are there are reports or findings documents, everything else is an image.
    pub(super) fn read(name: &str, platform: Option<&str>, gate: &Gate, output: &mut Output<'_>) -> Result<Self, Failure> {
        let path = Path::new(name);
        if name == "-" || path.is_file() {
            return Self::of_file(path, name, platform, output);
        }
        let buffers = Buffers::default();
        let seen = gate.look_up(&buffers, name)?;
        let mut documents = Vec::new();
        for part in &seen.parts {
            if platform.is_some() && part.platform.is_some() && part.platform.as_deref() != platform {
                continue;
            }
            let of = part.platform.as_deref().map(|platform| format!(", platform {platform}")).unwrap_or_default();
            match (part.state(), part.document()) {
                (None, Some(document)) => documents.push(document),
                (Some((state, why)), _) => return Err(Failure::at(format_args!("`{name}`{of}"), format_args!("{state}: {why}"))),
                (None, None) => return Err(Failure::at(format_args!("`{name}`{of}"), "there are no findings to compare")),
            }
        }
        let judged = |document: &Document<'_>, image: &Image<'_>| is_judged(document, image, &gate.settings);
        Self::of_documents(name, &documents, platform, judged)
    }

    fn of_file(path: &Path, name: &str, platform: Option<&str>, output: &mut Output<'_>) -> Result<Self, Failure> {
        let bytes = crate::unpacked::read(path)?;
        // Its own version is in no scanner's report; what then is wrong with it is told as of what it is.
        if let Some(texts) = std::str::from_utf8(&bytes).ok().and_then(findings_documents) {
            let at = |e| Failure::at(format_args!("{name}: findings document"), e);
            let documents: Vec<_> = texts.iter().map(|text| json::read(text).map_err(at)).collect::<Result<_, _>>()?;
            return Self::of_documents(name, &documents, platform, |_, _| true);
        }
        let report = reports::read(&bytes, None).map_err(|e| Failure::at(name, e))?;
        // Which image it is about and when it was made is not compared.
        let digest = Digest::of(&bytes);
        let target = Target::image(digest, report.subject.platform.clone(), &report);
        let (document, folded) = document::make(&target, Some(Timestamp::EPOCH)).map_err(|e| Failure::at(name, e))?;
        for (note, times) in report.notes.iter().chain(folded.iter()) {
            output.note(format_args!("{name}: {note}{}", if times > 1 { format!(" ({times} times)") } else { String::new() }))?;
        }
        Self::of_documents(name, &[document], platform, |_, _| true)
    }

    fn of_documents(
        name: &str,
        documents: &[Document<'_>],
        platform: Option<&str>,
        is_judged: impl Fn(&Document<'_>, &Image<'_>) -> bool,
    ) -> Result<Self, Failure> {
        let (mut all, mut scanners, mut n_images) = (BTreeMap::new(), BTreeSet::new(), 0_usize);
        for document in documents {
            scanners.insert(document.scanner.name.to_string());
            for image in document.images.iter().filter(|image| is_judged(document, image)) {
                let stated = image.platform.as_deref();
                let is_it = stated == platform || document.is_single() && stated.is_none();
                if platform.is_some() && !is_it {
                    continue;
                }
                let Some(vulnerabilities) = &image.vulnerabilities else {
                    let of = stated.unwrap_or(&image.digest);
                    return Err(Failure::at(
                        format_args!("`{name}`, platform {of}"),
                        "it was not scanned, so that less than the image would be compared; hint: choose a platform with `--platform`",
                    ));
                };
                n_images = n_images.saturating_add(1);
                vulnerabilities.iter().for_each(|vulnerability| add(&mut all, vulnerability));
            }
        }
        if n_images == 0 {
            let of = platform.map(|platform| format!(" of platform {platform}")).unwrap_or_default();
            return Err(Failure::at(format_args!("`{name}`"), format_args!("there are no findings{of} to compare")));
        }
        let scanner = scanners.into_iter().collect::<Vec<_>>().join(", ");
        Ok(Self { name: name.to_owned(), scanner, vulnerabilities: all.into_values().collect() })
    }
}

/// Other platforms of an image mostly have the same.
fn add(all: &mut BTreeMap<String, Known>, vulnerability: &Vulnerability<'_>) {
    let next = Known::new(vulnerability);
    let known = all.entry(next.id.to_lowercase()).or_insert_with(|| next.clone());
    known.names.extend(next.names);
    known.severity = known.severity.max(next.severity);
    known.is_fixable |= next.is_fixable;
    known.packages.extend(next.packages);
    known.fixed.extend(next.fixed);
}

impl Known {
    fn new(vulnerability: &Vulnerability<'_>) -> Self {
        let findings = &vulnerability.findings;
        Self {
            id: vulnerability.id.to_string(),
            names: std::iter::once(&vulnerability.id).chain(&vulnerability.aliases).map(|name| name.to_lowercase()).collect(),
            severity: vulnerability.severity,
            is_fixable: findings.iter().any(|finding| finding.is_fixable()),
            packages: findings.iter().map(|finding| worst::package(&finding.purl).to_owned()).collect(),
            fixed: findings.iter().flat_map(|finding| &finding.fixed).map(|version| version.to_string()).collect(),
        }
    }
}

/// What `gatectl findings --format json` writes: a findings document or several, known by the members that no scanner's report has together.
/// One of a report that states no time gets one, which is not compared.
fn findings_documents(text: &str) -> Option<Vec<String>> {
    let texts: Vec<&RawValue> = match serde_json::from_str::<&RawValue>(text).ok()? {
        list if list.get().starts_with('[') => serde_json::from_str(list.get()).ok()?,
        one => vec![one],
    };
    let documents: Option<Vec<String>> = texts.into_iter().map(|text| with_time(text.get())).collect();
    documents.filter(|documents| !documents.is_empty())
}

/// The text of a findings document; `None` where it is something else.
fn with_time(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Outline {
        #[serde(rename = "schemaVersion")]
        _version: IgnoredAny,
        #[serde(rename = "subject")]
        _subject: IgnoredAny,
        #[serde(rename = "provides")]
        _provides: IgnoredAny,
        #[serde(rename = "images")]
        _images: IgnoredAny,
        scanned_at: Option<IgnoredAny>,
    }
    let outline: Outline = serde_json::from_str(text).ok()?;
    match outline.scanned_at {
        Some(_) => Some(text.to_owned()),
        None => text.strip_prefix('{').map(|members| format!("{{\"scannedAt\":\"{}\",{members}", Timestamp::EPOCH)),
    }
}
