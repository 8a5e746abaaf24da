//! Scanner report bytes → findings document.
//!
//! In the order a report travels: [`outline`] looks at its top-level keys, [`Format`] names the reader, the reader (one file for each
//! format, such as [`trivy`]) makes a [`Report`] of it, and [`document`] makes the findings document of that. Whatever is not a
//! vulnerability report of a container image is refused with a sentence that says what it is: an unrecognised document never counts
//! as no findings.
//!
//! A new format is a file with a `READER`, a `pub mod` line and a line in the table of formats below. The objects that the scanner writes
//! are tables of names in it (`members!`, in `json/members.rs`).

pub mod anchore;
pub mod artifact;
pub mod artifact_analysis;
mod budget;
pub mod carry;
pub mod clair;
pub mod cyclonedx;
mod distro;
pub mod document;
mod ecosystem;
pub mod ecr;
pub mod enrich;
mod error;
mod fold;
mod foreign;
pub mod gitlab;
pub mod grype;
pub mod harbor;
pub mod inspector;
pub mod intoto;
mod json;
pub mod kubescape;
pub mod merge;
mod names;
mod object;
pub mod osv_scanner;
pub mod outline;
mod packages;
pub mod predicate;
pub mod prisma;
mod purl;
pub mod quay;
mod recent;
pub mod report;
pub mod sarif;
pub mod sbomscanner;
mod scalar;
pub mod snyk;
pub mod stackrox;
mod stated;
mod text;
mod texts;
pub mod trivy;
pub mod trivy_operator;
mod versions;
pub mod vex;
mod words;
pub mod xray;

pub use self::error::ReportError;
pub use self::outline::{MAX_BYTES, MAX_COMMAS, MAX_OBJECTS, Outline};
use self::report::SubjectKind;
pub use self::report::{Claim, Notes, Report};
pub use self::texts::Texts;

/// How one format is recognised and read.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// The media type under which the report is kept beside its findings document.
    pub media_type: &'static str,
    /// Says by what a document is recognised as this format; `None` where it is not of this format.
    pub recognise: fn(&Outline<'_>) -> Option<String>,
    /// Makes the normal form. It need not judge what the report is about: [`read`] does, by the report's subject and claim.
    pub read: fn(&str) -> Result<Report, ReportError>,
}

/// The table of formats: variant, name on the command line, reader.
macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $reader:path;)+) => {
        /// A format of scanner reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Format { $($(#[$doc])* $variant,)+ }

        impl Format {
            /// Every format, in the order in which a document is tried.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the command line and in messages.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// How it is recognised and read.
            #[must_use]
            pub fn reader(self) -> &'static Reader {
                match self { $(Self::$variant => &$reader),+ }
            }
        }
    };
}

formats! {
    /// `trivy image --format json`, schema version 2.
    Trivy = "trivy-json", trivy::READER;
    /// `trivy image --format json` of before 0.20: a list.
    TrivyLegacy = "trivy-legacy-json", trivy::legacy::READER;
    /// `trivy k8s --report all --format json`.
    TrivyKubernetes = "trivy-k8s-json", trivy::kubernetes::READER;
    /// `grype IMAGE --output json`.
    Grype = "grype-json", grype::READER;
    /// SARIF 2.1.0 of Trivy, Grype, Snyk Container or Docker Scout.
    Sarif = "sarif", sarif::READER;
    /// CycloneDX 1.4 to 1.7, JSON, with `vulnerabilities`.
    CycloneDx = "cyclonedx", cyclonedx::READER;
    /// in-toto statements of the predicate types `vulns` and cosign's `vuln`, also in a DSSE envelope.
    InToto = "in-toto", intoto::READER;
    /// The predicate of cosign's vulnerability attestations.
    CosignVuln = "cosign-vuln", predicate::READER;
    /// Amazon ECR's scan findings, basic and enhanced.
    Ecr = "ecr", ecr::READER;
    /// Amazon Inspector's findings of an image.
    Inspector = "inspector", inspector::READER;
    /// Google Artifact Analysis: occurrences, and what `gcloud` prints of them.
    ArtifactAnalysis = "artifact-analysis", artifact_analysis::READER;
    /// Harbor's vulnerability report.
    Harbor = "harbor", harbor::READER;
    /// Clair's vulnerability report, version 4.
    Clair = "clair", clair::READER;
    /// Quay's security information of a manifest.
    Quay = "quay", quay::READER;
    /// Snyk's JSON of a container.
    Snyk = "snyk", snyk::READER;
    /// OSV-Scanner's JSON of an image.
    OsvScanner = "osv-scanner", osv_scanner::READER;
    /// GitLab's report of container scanning.
    Gitlab = "gitlab", gitlab::READER;
    /// Anchore's vulnerabilities of an image.
    Anchore = "anchore", anchore::READER;
    /// StackRox: an image of the API, and roxctl's table.
    Stackrox = "stackrox", stackrox::READER;
    /// Prisma Cloud's scan of an image, `twistcli`.
    Prisma = "prisma", prisma::READER;
    /// JFrog Xray: artifact summary, scan, reports, and `jf docker scan`.
    Xray = "xray", xray::READER;
    /// SBOMscanner's VulnerabilityReport.
    Sbomscanner = "sbomscanner", sbomscanner::READER;
    /// The Trivy operator's VulnerabilityReport.
    TrivyOperator = "trivy-operator", trivy_operator::READER;
    /// Kubescape's VulnerabilityManifest.
    Kubescape = "kubescape", kubescape::READER;
}

impl Format {
    /// The format of a name, compared exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }

    /// Whether a document has a mark that no other format has and that no further member takes back.
    fn names_itself(self) -> bool {
        matches!(
            self,
            Self::Trivy
                | Self::TrivyLegacy
                | Self::Sarif
                | Self::CycloneDx
                | Self::Ecr
                | Self::Inspector
                | Self::Clair
                | Self::OsvScanner
                | Self::Gitlab
                | Self::Anchore
                | Self::Prisma
                | Self::Xray
                | Self::Sbomscanner
                | Self::TrivyOperator
                | Self::Kubescape
        )
    }

    /// Whether its documents hold a report of another format.
    fn is_envelope(self) -> bool {
        matches!(self, Self::InToto | Self::CosignVuln)
    }
}

/// What [`read_with`] lets pass that [`read`] refuses. Each weakens a guard, so each is asked for by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leniency {
    /// A report about something else than a container image (a file system, a repository, an SBOM).
    pub any_subject: bool,
    /// A report that does not show that it looked for vulnerabilities at all.
    pub unclear_claim: bool,
}

/// Reads a vulnerability report of a container image, in the stated format or in the one its top-level keys show.
///
/// # Errors
/// A sentence that says what the document is, where it is not a report of that kind: unreadable, above [`MAX_BYTES`],
/// [`MAX_OBJECTS`] or [`MAX_COMMAS`], of an unknown format, about something else than an image, or not about vulnerabilities.
pub fn read(bytes: &[u8], format: Option<Format>) -> Result<Report, ReportError> {
    read_with(bytes, format, Leniency::default())
}

/// Like [`read`], with named guards off.
///
/// # Errors
/// As for [`read`].
pub fn read_with(bytes: &[u8], format: Option<Format>, leniency: Leniency) -> Result<Report, ReportError> {
    let text = outline::text(bytes)?;
    let (format, report) = read_as_shown(text, format)?;
    match (&report.subject.kind, &report.claim) {
        (SubjectKind::Other(what), _) if !leniency.any_subject => Err(ReportError::new(
            format!(
                "the report is about a{} {what}, not about a container image",
                if what.starts_with(['a', 'e', 'i', 'o']) { "n" } else { "" }
            ),
            Some(
                "scan the image itself, such as `trivy image --format json IMAGE`, or attach it all the same with `--force-subject`",
            ),
        )),
        (_, Claim::None(what)) => Err(ReportError::new(
            what.clone(),
            Some("let the scanner look for vulnerabilities, such as `trivy image --scanners vuln`"),
        )),
        (_, Claim::Unclear(what)) if !leniency.unclear_claim => Err(ReportError::new(
            what.clone(),
            Some(match format {
                Format::Trivy => {
                    "scan with `--scanners vuln --list-all-pkgs`, or accept the report as clean with `--accept-empty`"
                }
                _ => "scan again so that the report shows it, or accept the report as it is with `--accept-empty`",
            }),
        )),
        _ => Ok(report),
    }
}

/// Reads a text in the format that it shows, without judging what it is about.
fn read_as_shown(text: &str, wanted: Option<Format>) -> Result<(Format, Report), ReportError> {
    let is_wanted = |shown: &Format| wanted.is_none_or(|format| format == *shown);
    let format = match by_head(text).filter(is_wanted) {
        Some(format) => format,
        None => match begun(text, is_wanted) {
            Some(read) => return Ok(read),
            None => by_whole(text, wanted)?,
        },
    };
    let report = (format.reader().read)(text).map_err(|error| outline::several(text).unwrap_or(error))?;
    Ok((format, report))
}

/// A format one of whose marks stands behind the largest value of its documents, so that looking for it there takes as long as reading
/// them.
struct Begun {
    format: Format,
    /// Whether the beginning shows the other marks.
    is_begun: fn(&Outline<'_>) -> bool,
    /// Reads a document that has all marks; `None` of any other, and of what cannot be read.
    read: fn(&str) -> Option<Report>,
}

/// Reads a text whose beginning shows part of a format and no other; where it turns out to be something else, the whole text decides.
fn begun(text: &str, is_wanted: impl Fn(&Format) -> bool) -> Option<(Format, Report)> {
    let head = Outline::head(text);
    let mut all = [clair::BEGUN, predicate::BEGUN].into_iter().filter(|begun| is_wanted(&begun.format));
    let begun = all.find(|begun| (begun.is_begun)(&head))?;
    let is_other = recognise(&head).is_some_and(|(shown, _)| shown != begun.format);
    if is_other { None } else { (begun.read)(text).map(|report| (begun.format, report)) }
}

/// The format that the beginning of a text shows, where nothing that follows could show another: the rest need not be looked at before it
/// is read. Where the keys that tell come last, or more than one format claims the beginning, the whole text decides.
fn by_head(text: &str) -> Option<Format> {
    let head = Outline::head(text);
    let mut claims = Format::ALL.iter().copied().filter(|format| (format.reader().recognise)(&head).is_some());
    let only = claims.next()?;
    (claims.next().is_none() && only.names_itself()).then_some(only)
}

/// The format that the top-level keys of a whole text show; the wanted one, where it is wanted by name.
fn by_whole(text: &str, wanted: Option<Format>) -> Result<Format, ReportError> {
    let outline = Outline::read(text)?;
    match wanted {
        Some(format) if (format.reader().recognise)(&outline).is_some() => Ok(format),
        Some(format) => Err(foreign::refuse(&outline, &format!("not a {} report", format.name()))),
        None => recognise(&outline)
            .map(|(format, _)| format)
            .ok_or_else(|| foreign::refuse(&outline, "not a report that can be read")),
    }
}

/// The format that a document's top-level keys show, and by what; `None` where they show none that can be read.
#[must_use]
pub fn recognise(outline: &Outline<'_>) -> Option<(Format, String)> {
    Format::ALL.iter().find_map(|format| (format.reader().recognise)(outline).map(|reason| (*format, reason)))
}
