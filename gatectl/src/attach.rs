//! `gatectl attach`: a scanner report + an image → findings artifacts beside the image.
//!
//! Source: the findings document, "The artifact" and "Indexes". The same report and image give the same bytes.

mod artifact;
mod bind;
mod show;
mod sign;
mod subject;

use std::path::PathBuf;

use clap::Args;
use host::registry::{Registry, Resolved};
use host::signing::Signed;
use policy::findings::{self, Document};
use policy::image::{Digest, Reference};
use policy::time::Timestamp;
use reports::document::{self, Target};
use reports::report::Notes;
use reports::{Format, Leniency, Report};

pub(crate) use self::artifact::{Artifact, Descriptor, MANIFEST, sha256};
use self::subject::{Scanned, Subject};
use crate::connection::Connection;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::{self, Output};
use crate::password::Passwords;

/// Attaches the findings of a scanner report to an image in its registry
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trivy image --format json --output web.json ghcr.io/acme/web:1.4
  gatectl attach ghcr.io/acme/web:1.4 --report web.json

  gatectl attach ghcr.io/acme/web:1.4 --report web-amd64.json --report web-arm64.json
  gatectl attach ghcr.io/acme/web:1.4 --report web-arm64.json --platform linux/arm64
  gatectl attach ghcr.io/acme/web:1.4 --report web.json --repository ghcr.io/acme/findings --dry-run

  COSIGN_PASSWORD=… gatectl attach ghcr.io/acme/web:1.4 --report web.json --sign-key cosign.key
  cosign verify --key cosign.pub --insecure-ignore-tlog --annotations io.gated-deployment.type=findings.v1 REPOSITORY@DIGEST

A signature is pushed before the findings tag moves, to the tag sha256-….sig of the artifact's own digest (cosign's storage of
version 2), and is not entered in a transparency log.")]
pub(crate) struct Attach {
    /// The image or image index
    image: String,
    /// The scanner's report, `-` for stdin; once for each scanned platform of an image index
    #[arg(long, value_name = "FILE", required = true)]
    report: Vec<PathBuf>,
    /// Format of the report [default: as its top-level keys show]
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    report_format: Option<Format>,
    /// The platform of an image index that was scanned, such as linux/arm64 [default: as the report states]
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// When the scan was finished, for reports that do not say
    #[arg(long, value_name = "TIME", value_parser = time)]
    scanned_at: Option<Timestamp>,
    /// Attach the report even though it states another image, or no container image at all
    #[arg(long)]
    force_subject: bool,
    /// Accept a report that does not show that it looked for vulnerabilities
    #[arg(long)]
    accept_empty: bool,
    /// Repository for the artifact [default: the image's own]
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// Sign the artifacts with this private key of `gatectl keys generate` or cosign; its password is in COSIGN_PASSWORD, or asked for
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
    /// Show what would be attached and push nothing
    #[arg(long)]
    dry_run: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value = "table")]
    format: output::Format,
    #[command(flatten)]
    connection: Connection,
}

fn format(name: &str) -> Result<Format, String> {
    let names = || Format::ALL.iter().map(|f| f.name()).collect::<Vec<_>>().join(", ");
    Format::from_name(name).ok_or_else(|| format!("expected one of {}", names()))
}

/// A time on the command line.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "expected an RFC 3339 time such as 2026-11-21T10:00:00Z".to_owned())
}

/// What is made before anything is pushed: one artifact for the image, or one for each scanned platform and one for the index.
pub(crate) struct Prepared {
    pub(crate) artifacts: Vec<(Artifact, Document<'static>)>,
    pub(crate) notes: Notes,
}

/// How the report is bound to the image.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Binding<'a> {
    pub(crate) platform: Option<&'a str>,
    pub(crate) scanned_at: Option<Timestamp>,
    pub(crate) is_forced: bool,
}

impl Attach {
    pub(crate) fn run(self, output: &mut Output<'_>, passwords: &Passwords) -> Outcome {
        // A password that is wrong is best known before anything else is done.
        let key = self.sign_key.as_deref().map(|file| sign::key(file, passwords)).transpose()?;
        let leniency = Leniency { any_subject: self.force_subject, unclear_claim: self.accept_empty };
        let mut read = Vec::new();
        for file in &self.report {
            let bytes = crate::manifests::read_bytes(file)?;
            let report = reports::read_with(&bytes, self.report_format, leniency).map_err(|e| Failure::at(file.display(), e))?;
            read.push((report, bytes));
        }
        let registry = self.connection.registry()?;
        let resolved = resolve(&registry, &self.image)?;
        let repository = match &self.repository {
            Some(text) => repository(text)?,
            None => resolved.repository.clone(),
        };
        let binding = Binding { platform: self.platform.as_deref(), scanned_at: self.scanned_at, is_forced: self.force_subject };
        let prepared = prepare(&registry, &resolved, &repository, &read, binding)?;
        let mut signatures: Vec<Option<Signed>> = Vec::new();
        if self.dry_run {
            output.note("nothing was pushed (--dry-run)")?;
        } else if let Some(key) = &key {
            // By digest, then the signature, then the tag: at no instant does a gate find an unsigned artifact under the tag.
            for (artifact, _) in &prepared.artifacts {
                upload(&registry, artifact)?;
                signatures.push(Some(sign::sign(&registry, artifact, key)?));
            }
            for (artifact, _) in &prepared.artifacts {
                tag(&registry, artifact)?;
            }
        } else {
            for (artifact, _) in &prepared.artifacts {
                push(&registry, artifact)?;
            }
        }
        let shown = show::Shown { is_dry_run: self.dry_run, is_signed: key.is_some(), signatures };
        show::write(output, self.format, &prepared, &shown)?;
        Ok(ExitCode::Admitted)
    }
}

/// The image's digest now, by its normalised reference.
pub(crate) fn resolve(registry: &Registry, image: &str) -> Result<Resolved, Failure> {
    let reference = Reference::parse(image).map_err(|e| Failure::at(format_args!("image `{image}`"), e))?;
    registry.resolve(&reference.to_string()).map_err(|e| match e.is_not_found() {
        true => Failure::at(format_args!("image `{reference}`"), "the registry has no such image"),
        false => Failure::at(format_args!("image `{reference}`"), e),
    })
}

/// Makes the artifacts of reports, and pushes nothing.
pub(crate) fn prepare(
    registry: &Registry,
    resolved: &Resolved,
    repository: &str,
    reports: &[(Report, Vec<u8>)],
    binding: Binding<'_>,
) -> Result<Prepared, Failure> {
    let subject = Subject::fetch(registry, resolved)?;
    let mut prepared = Prepared { artifacts: Vec::new(), notes: Notes::default() };
    let mut scanned: Vec<(Scanned, &Report)> = Vec::new();
    let layers: Vec<(&str, &[u8])> =
        reports.iter().map(|(report, bytes)| (report.format.reader().media_type, bytes.as_slice())).collect();
    for ((report, _), layer) in reports.iter().zip(&layers) {
        let image = bind::scanned(&subject, report, binding.platform)?;
        if scanned.iter().any(|(other, _)| other.digest == image.digest) {
            return Err(Failure::new(format_args!(
                "two reports are about the same image, {}; hint: attach one of them",
                image.digest
            )));
        }
        prepared.notes.extend(&report.notes);
        if let Some(note) = bind::check(&subject, &image, report, registry, resolved, binding.is_forced)? {
            prepared.notes.add(note);
        }
        let target = Target::image(image.digest.clone(), image.platform.clone(), report);
        let (document, folded) = document::make(&target, binding.scanned_at).map_err(Failure::new)?;
        prepared.notes.extend(&folded);
        let artifact = Artifact::make(&document, subject.descriptor_of(&image), repository, &[*layer])?;
        prepared.artifacts.push((artifact, document));
        scanned.push((image, report));
    }
    if let Some(index) = subject.index_target(&scanned) {
        for image in index.images.iter().filter(|image| image.report.is_none()) {
            let platform = image.platform.as_deref().unwrap_or("unknown");
            prepared.notes.add(format!("platform {platform} was not scanned: it has no findings"));
        }
        let (document, _) = document::make(&index, binding.scanned_at).map_err(Failure::new)?;
        let artifact = Artifact::make(&document, subject.descriptor.clone(), repository, &layers)?;
        prepared.artifacts.push((artifact, document));
    }
    Ok(prepared)
}

/// Pushes blobs, then the manifest under the findings tag.
pub(crate) fn push(registry: &Registry, artifact: &Artifact) -> Result<(), Failure> {
    push_blobs(registry, artifact)?;
    tag(registry, artifact)
}

/// Pushes blobs, then the manifest under its digest only: the findings tag stays what it is.
fn upload(registry: &Registry, artifact: &Artifact) -> Result<(), Failure> {
    push_blobs(registry, artifact)?;
    push_manifest(registry, artifact, &format!("{}@{}", artifact.repository(), artifact.digest()))
}

/// Moves the findings tag to the artifact.
fn tag(registry: &Registry, artifact: &Artifact) -> Result<(), Failure> {
    push_manifest(registry, artifact, &artifact.reference)
}

fn push_blobs(registry: &Registry, artifact: &Artifact) -> Result<(), Failure> {
    for blob in artifact.reports.iter().chain([&artifact.config]) {
        registry.push_blob(&artifact.reference, blob).map_err(|e| Failure::at(format_args!("`{}`", artifact.reference), e))?;
    }
    Ok(())
}

fn push_manifest(registry: &Registry, artifact: &Artifact, reference: &str) -> Result<(), Failure> {
    let pushed = registry.push_manifest_raw(reference, &artifact.manifest, MANIFEST);
    pushed.map(|_| ()).map_err(|e| Failure::at(format_args!("`{reference}`"), e))
}

fn repository(text: &str) -> Result<String, Failure> {
    let at = format_args!("repository `{text}`").to_string();
    let reference = Reference::parse(text).map_err(|e| Failure::at(&at, e))?;
    let last = text.rsplit('/').next().unwrap_or_default();
    if last.contains([':', '@']) {
        return Err(Failure::at(&at, "expected a repository without tag and digest"));
    }
    Ok(reference.repository())
}

/// The tag of an image's findings in a repository.
fn findings_reference(repository: &str, digest: &Digest) -> String {
    format!("{repository}:{}", findings::tag(digest.hex()))
}
