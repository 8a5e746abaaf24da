//! What was attached, for people and for programs.

use host::signing::Signed;
use policy::findings::summary::{self, Summary};
use policy::findings::{self, Document, Severity, json as written};
use serde_json::{Value, json};

use super::publish::Earlier;
use super::{Prepared, candidates, sign};
use crate::exit::Failure;
use crate::output::{Colour, Format, Output};
use crate::{table, visible};
use policy::image::Digest;
use reports::artifact::{Artifact, Descriptor, MANIFEST};

/// Version of the JSON that `--format json` writes.
const SCHEMA_VERSION: u32 = 1;

/// What was done with the artifacts.
pub(super) struct Shown<'a> {
    pub(super) is_dry_run: bool,
    pub(super) is_signed: bool,
    /// One for each artifact, in their order; none where nothing was pushed.
    pub(super) signatures: Vec<Option<Signed>>,
    /// What was under each tag; none where nobody looked.
    pub(super) earlier: Vec<Option<Earlier>>,
    /// What was in the registry, where that was looked at.
    pub(super) candidates: Option<&'a [(candidates::Candidate, candidates::Outcome)]>,
}

impl Shown<'_> {
    fn signature_of(&self, nth: usize) -> Option<&Signed> {
        self.signatures.get(nth).and_then(Option::as_ref)
    }

    fn earlier_of(&self, nth: usize) -> Option<&Earlier> {
        self.earlier.get(nth).and_then(Option::as_ref)
    }
}

pub(super) fn write(output: &mut Output<'_>, format: Format, prepared: &Prepared, shown: &Shown<'_>) -> Result<(), Failure> {
    match format {
        Format::Json => {
            let artifacts = prepared.artifacts.iter().enumerate();
            let artifacts: Vec<Value> =
                artifacts.map(|(nth, (artifact, document))| value(artifact, document, shown, nth)).collect();
            let notes: Vec<Value> = prepared.notes.iter().map(|(note, times)| json!({ "note": note, "times": times })).collect();
            let mut value =
                json!({ "schemaVersion": SCHEMA_VERSION, "pushed": !shown.is_dry_run, "artifacts": artifacts, "notes": notes });
            if let (Some(all), Some(members)) = (shown.candidates, value.as_object_mut()) {
                members.insert("candidates".to_owned(), candidates::value(all));
            }
            output.json(&value)?;
        }
        Format::Table => {
            if let Some(all) = shown.candidates {
                table::write(output.results, &candidates::rows(all), |_| false)?;
                writeln!(output.results)?;
            }
            for (nth, (artifact, document)) in prepared.artifacts.iter().enumerate() {
                block(output, artifact, document, shown, nth)?;
                table::write(output.results, &parts(artifact, shown), |column| column == 2)?;
                writeln!(output.results)?;
                if shown.is_dry_run {
                    output.json(&written::write(document))?;
                    writeln!(output.results)?;
                }
            }
            for (note, times) in prepared.notes.iter() {
                match times {
                    1 => output.note(note)?,
                    times => output.note(format_args!("{note} ({times} times)"))?,
                }
            }
        }
    }
    Ok(())
}

fn value(artifact: &Artifact, document: &Document<'_>, shown: &Shown<'_>, nth: usize) -> Value {
    let config = Digest::of(&artifact.config);
    let signed = shown.signature_of(nth);
    let signature = json!({
        "reference": sign::reference(artifact),
        "digest": signed.map(|signed| &signed.digest),
        "added": signed.is_some_and(|signed| signed.is_new),
    });
    let earlier = shown
        .earlier_of(nth)
        .map(|earlier| json!({ "digest": earlier.digest, "scannedAt": earlier.scanned_at.map(|at| at.to_string()) }));
    let mut value = json!({
        "reference": artifact.reference,
        "digest": artifact.digest(),
        "configBytes": artifact.config.len(),
        "signature": if shown.is_signed { signature } else { Value::Null },
        "blobs": blobs(artifact),
        "replaces": earlier,
        "summary": summary::summarize(document, config.as_str()),
    });
    if let Some(members) = value.as_object_mut().filter(|_| shown.is_dry_run) {
        members.insert("document".to_owned(), written::write(document));
    }
    value
}

/// The reports and the config, as the manifest names them.
fn blobs(artifact: &Artifact) -> Vec<Descriptor> {
    let reports = artifact.reports.iter().map(|(media_type, bytes)| Descriptor::of(media_type, bytes));
    reports.chain([Descriptor::of(findings::MEDIA_TYPE, &artifact.config)]).collect()
}

/// What was pushed, or would be: one row for each blob and the manifest.
fn parts(artifact: &Artifact, shown: &Shown<'_>) -> Vec<Vec<String>> {
    let head = if shown.is_dry_run { "WOULD BE PUSHED" } else { "PUSHED" };
    let mut rows = vec![[head, "MEDIA TYPE", "BYTES", "DIGEST"].map(str::to_owned).to_vec()];
    let n_reports = artifact.reports.len();
    let named = blobs(artifact).into_iter().enumerate().map(|(n, blob)| (if n < n_reports { "report" } else { "config" }, blob));
    for (name, part) in named.chain([("manifest", Descriptor::of(MANIFEST, &artifact.manifest))]) {
        rows.push(vec![name.to_owned(), part.media_type, part.size.to_string(), part.digest]);
    }
    rows
}

fn block(
    output: &mut Output<'_>,
    artifact: &Artifact,
    document: &Document<'_>,
    shown: &Shown<'_>,
    nth: usize,
) -> Result<(), Failure> {
    let config = Digest::of(&artifact.config);
    let summary = summary::summarize(document, config.as_str());
    let scanner = match &document.scanner.version {
        Some(version) => format!("{} {version}", document.scanner.name),
        None => document.scanner.name.to_string(),
    };
    let mut pairs = vec![
        ("findings of", document.subject.to_string()),
        ("attached as", artifact.reference.clone()),
        ("digest", artifact.digest()),
        ("scanned", format!("{} by {scanner}", document.scanned_at)),
    ];
    if let Some(earlier) = shown.earlier_of(nth) {
        let same = if earlier.digest == artifact.digest() { " (the same)" } else { "" };
        let at = earlier.scanned_at.map_or_else(|| "says no time of a scan".to_owned(), |at| format!("scanned {at}"));
        pairs.push(("replaces", format!("{}, {at}{same}", earlier.digest)));
    }
    if shown.is_signed {
        let again = shown.signature_of(nth).is_some_and(|signed| !signed.is_new);
        let what = if again { " (signed with this key before)" } else { "" };
        pairs.push(("signed as", format!("{}{what}", sign::reference(artifact))));
    }
    for (name, value) in pairs {
        let name = output.paint(Colour::Heading, &format!("{name:<11}"));
        // The scanner's name and version are the report's own words.
        writeln!(output.results, "{name}  {}", visible::line(&value))?;
    }
    writeln!(output.results)?;
    table::write(output.results, &counts(&summary), |column| column > 1)?;
    writeln!(output.results)?;
    Ok(())
}

fn counts(summary: &Summary<'_>) -> Vec<Vec<String>> {
    let mut severities = Severity::ALL.to_vec();
    severities.reverse();
    let mut head = vec!["PLATFORM".to_owned(), String::new()];
    head.extend(severities.iter().map(|severity| severity.word().to_uppercase()));
    let mut rows = vec![head];
    for image in &summary.images {
        let platform = image.platform.as_deref().unwrap_or("unknown").to_owned();
        let Some(counts) = &image.counts else {
            rows.push(vec![platform, "not scanned".to_owned()]);
            continue;
        };
        let of =
            |pick: fn(&summary::Count) -> u32| severities.iter().map(move |severity| pick(&counts.of(*severity)).to_string());
        let row = |first: &str, name: &str, numbers: Vec<String>| [vec![first.to_owned(), name.to_owned()], numbers].concat();
        rows.push(row(&platform, "vulnerabilities", of(|c| c.0).collect()));
        rows.push(row("", "fixable", of(|c| c.1).collect()));
        rows.push(row("", "findings", of(|c| c.2).collect()));
    }
    rows
}
