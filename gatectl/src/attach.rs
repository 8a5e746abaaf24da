//! `gatectl attach`: scanners' reports + an image → findings artifacts beside the image.
//!
//! In this order: the files are read, or what is in the registry already is found and chosen from, each report is bound to the image or a platform of it, those about the same one are merged and
//! held against VEX documents and public lists, documents and artifacts are made of them, and these are pushed. Source: the findings
//! document, "The artifact" and "Indexes". The same files and image give the same bytes. With a list of images, `batch` does so for each.

mod batch;
mod bind;
mod candidates;
mod carry;
mod input;
mod job;
mod prepare;
mod publish;
mod show;
mod sign;
mod subject;

use std::path::PathBuf;

use clap::Args;
use host::registry::{Registry, Resolved};
use policy::image::Reference;
use policy::time::Timestamp;
use reports::Format;
use reports::report::Notes;

pub(crate) use self::input::{Beside, Read, ReportOptions};
pub(crate) use self::job::{Done, Job, Push};
pub(crate) use self::prepare::{Binding, Prepared, prepare};
pub(crate) use self::publish::{not_of_the_future, publish};
pub(crate) use self::sign::key;
pub(crate) use self::subject::{Content, Entry, Subject};
use crate::connection::Connection;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::{self, Output};
use crate::password::Passwords;

/// Attaches the findings of scanners' reports to an image in its registry
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trivy image --format json --output web.json ghcr.io/acme/web:1.4
  gatectl attach ghcr.io/acme/web:1.4 --report web.json

  gatectl attach ghcr.io/acme/web:1.4 --report web-amd64.json --report web-arm64.json
  gatectl attach ghcr.io/acme/web:1.4 --report web-arm64.json --platform linux/arm64
  gatectl attach ghcr.io/acme/web:1.4 --report web.json --repository ghcr.io/acme/findings --dry-run

  grype ghcr.io/acme/web:1.4 --output json --file grype.json
  gatectl attach ghcr.io/acme/web:1.4 --report web.json --report grype.json --vex web.openvex.json --vex base.csaf.json
  gatectl attach ghcr.io/acme/web:1.4 --report web.json --epss epss_scores-current.csv --kev known_exploited_vulnerabilities.json

  gatectl attach ghcr.io/acme/web:1.4 --from-registry --trust-key scanner.pub --dry-run
  gatectl attach ghcr.io/acme/web:1.4 --from-registry --candidate DIGEST

  COSIGN_PASSWORD=… gatectl attach ghcr.io/acme/web:1.4 --report web.json --sign-key cosign.key
  cosign verify --key cosign.pub --insecure-ignore-tlog --annotations io.gated-deployment.type=findings.v1 REPOSITORY@DIGEST

  gatectl attach --batch images.csv --jobs 8 --sign-key cosign.key --format json > attached.json

images.csv has a row for each image; what is attached already is left alone, so that the same command resumes what was interrupted:
  image,report,platform
  ghcr.io/acme/web:1.4,web-trivy.json;web-grype.json,
  ghcr.io/acme/db:7,db.json,linux/arm64

A signature is pushed before the findings tag moves, to the tag sha256-….sig of the artifact's own digest (cosign's storage of
version 2), and is not entered in a transparency log.")]
pub(crate) struct Attach {
    /// The image or image index
    #[arg(required_unless_present = "batch")]
    image: Option<String>,
    /// A scanner's report, `-` for stdin; several about one image or platform are merged, and the worse counts
    #[arg(long, value_name = "FILE", required_unless_present_any = ["from_registry", "batch"])]
    report: Vec<PathBuf>,
    /// Take what scanners have put beside the image in its registry: attestations of cosign, in-toto, SARIF and other reports among its
    /// referrers, Microsoft Defender's findings. Of each image the newest is taken
    #[arg(long, conflicts_with_all = ["report", "batch", "force_subject"])]
    from_registry: bool,
    /// With --from-registry: take nothing but what the owner of one of these public keys (PEM) signed, as a DSSE envelope or as cosign signs
    /// the artifact
    #[arg(long, value_name = "FILE", requires = "from_registry", conflicts_with_all = ["report", "batch"])]
    trust_key: Vec<PathBuf>,
    /// With --from-registry: take this one, by the digest that the list shows; several are merged
    #[arg(long, value_name = "DIGEST", requires = "from_registry", conflicts_with_all = ["report", "batch"])]
    candidate: Vec<String>,
    /// With --from-registry and --sign-key: sign findings that no key of --trust-key vouches for
    #[arg(long, requires = "from_registry", conflicts_with_all = ["report", "batch", "trust_key"])]
    accept_unsigned: bool,
    #[command(flatten)]
    many: batch::BatchOptions,
    /// Format of the report; with --from-registry, reports of this format only [default: as its top-level keys show]
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    report_format: Option<Format>,
    /// The platform of an image index that was scanned, such as linux/arm64 [default: as each report states]
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// When the scan was finished, for reports that do not say
    #[arg(long, value_name = "TIME", value_parser = time)]
    scanned_at: Option<Timestamp>,
    #[command(flatten)]
    report_options: ReportOptions,
    /// Replace findings even where those attached already are of a later scan
    #[arg(long)]
    replace_newer: bool,
    /// Leave platforms of an index that no report is about without findings; else they keep those that are attached already, with --sign-key
    /// if the same key signed them, and the whole index counts as scanned when the oldest of its findings were
    #[arg(long)]
    no_carry_over: bool,
    /// Repository for the artifact [default: the image's own]
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// Sign the artifacts with this private key of `gatectl keys generate` or cosign; its password is in COSIGN_PASSWORD, or asked for
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
    /// Show the findings documents and what would be pushed, and push nothing
    #[arg(long)]
    dry_run: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value = "table")]
    format: output::Format,
    #[command(flatten)]
    connection: Connection,
}

/// A report's format on the command line.
pub(crate) fn format(name: &str) -> Result<Format, String> {
    let names = || Format::ALL.iter().map(|f| f.name()).collect::<Vec<_>>().join(", ");
    Format::from_name(name).ok_or_else(|| format!("expected one of {}", names()))
}

/// A time on the command line.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "expected an RFC 3339 time such as 2026-11-21T10:00:00Z".to_owned())
}

impl Attach {
    pub(crate) fn run(self, output: &mut Output<'_>, passwords: &Passwords) -> Outcome {
        let is_vouched_for = !self.trust_key.is_empty() || !self.candidate.is_empty() || self.accept_unsigned;
        if self.from_registry && self.sign_key.is_some() && !is_vouched_for {
            return Err(Failure::new(
                "expected `--trust-key` beside `--from-registry` and `--sign-key`: whoever may push to the repository would decide what your key signs; hint: name the scanner's key, choose by digest with `--candidate`, or sign whatever is there with `--accept-unsigned`",
            ));
        }
        let image = match (&self.many.batch, &self.image) {
            (Some(list), _) => return batch::run(&self, list, output, passwords),
            (None, Some(image)) => image,
            (None, None) => return Err(Failure::new("expected an image, found none")),
        };
        // A password that is wrong is best known before anything else is done.
        let key = self.sign_key.as_deref().map(|file| key(file, passwords)).transpose()?;
        self.report_options.check(&self.report)?;
        let trust_keys = candidates::load(&self.trust_key)?;
        let reports = input::reports(&self.report, self.report_format, self.report_options.leniency())?;
        // What is not about the registry is known to be wrong before that is asked.
        let early = if self.from_registry { None } else { Some(self.report_options.read(&reports)?) };
        let registry = self.connection.registry()?;
        let resolved = resolve(&registry, image)?;
        let taken = self.from_registry.then(|| candidates::take(&registry, &resolved, &trust_keys, self.wanted())).transpose()?;
        let read = taken.as_ref().map_or(&reports, |taken| &taken.read);
        let beside = early.map_or_else(|| self.report_options.read(read), Ok)?;
        let binding = Binding {
            platform: self.platform.as_deref(),
            scanned_at: self.scanned_at,
            is_forced: self.report_options.force_subject,
            carries_over: !self.no_carry_over,
            key: key.as_ref(),
        };
        let job = Job { image, repository: self.repository.as_deref(), binding };
        let mut prepared = job.prepare_for(&resolved, &registry, read, &beside)?;
        prepared.notes.extend(taken.as_ref().map_or(&Notes::default(), |taken| &taken.notes));
        let push = Push { key: key.as_ref(), replace_newer: self.replace_newer, is_dry_run: self.dry_run, skips_same: false };
        let Done { signatures, earlier, .. } = push.run(&registry, &prepared)?;
        if self.dry_run {
            output.note("nothing was pushed (--dry-run)")?;
        }
        let candidates = taken.as_ref().map(|taken| taken.all.as_slice());
        let shown = show::Shown { is_dry_run: self.dry_run, is_signed: key.is_some(), signatures, earlier, candidates };
        show::write(output, self.format, &prepared, &shown)?;
        Ok(ExitCode::Admitted)
    }

    fn wanted(&self) -> candidates::Wanted<'_> {
        candidates::Wanted {
            format: self.report_format,
            candidates: &self.candidate,
            platform: self.platform.as_deref(),
            scanned_at: self.scanned_at,
            is_empty_accepted: self.report_options.accept_empty,
        }
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

/// A repository on the command line, in full.
pub(crate) fn repository(text: &str) -> Result<String, Failure> {
    let at = format_args!("repository `{text}`").to_string();
    let reference = Reference::parse(text).map_err(|e| Failure::at(&at, e))?;
    let last = text.rsplit('/').next().unwrap_or_default();
    if last.contains([':', '@']) {
        return Err(Failure::at(&at, "expected a repository without tag and digest"));
    }
    Ok(reference.repository())
}
