//! The VulnerabilityReport of SBOMscanner (`kubectl get vulnerabilityreports.storage.sbomscanner.kubewarden.io NAME -o json`) → [`Report`].
//!
//! Source: SBOMscanner, `api/storage/v1alpha1`. It provides `cvss`, `path` (`packagePath`) and `vex` (`vexStatus`); `epss` and
//! `knownExploited` where a row carries them, since versions that do not look them up write the same as "no"; no aliases, and no dates.
//! It states neither the time of the scan nor the scanner's version.

use std::collections::BTreeMap;

use policy::findings::{CvssScore, Field, FixState};

use crate::ecosystem::Ecosystem;
use crate::json::{self, Table, members};
use crate::object::{self, Metadata};
use crate::report::{Claim, Notes, Os, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, Scalar, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{Format, Outline, Reader, ReportError, Texts, distro};

/// The reader of this format.
pub static READER: Reader =
    Reader { media_type: "application/vnd.kubewarden.sbomscanner.vulnerabilityreport+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    object::recognise(outline, "storage.sbomscanner.kubewarden.io", &["VulnerabilityReport"])
}

members! {
    struct Raw {
        metadata: Metadata,
        image_metadata: Image = "imageMetadata",
        report: Body,
    }

    struct Image {
        registry_uri: String = "registryURI",
        repository: String,
        tag: String,
        platform: String,
        digest: String,
        index_digest: String = "indexDigest",
    }

    struct Body {
        /// By severity, and `suppressed`.
        summary: Table<String, u64>,
        results: Vec<ResultOf>,
    }

    struct ResultOf {
        class: String,
        kind: String = "type",
        target: String,
        vulnerabilities: Vec<Vulnerability>,
    }

    struct Vulnerability {
        cve: String,
        title: String,
        package_name: String = "packageName",
        package_path: String = "packagePath",
        purl: String,
        installed_version: String = "installedVersion",
        fixed_versions: Vec<String> = "fixedVersions",
        severity: String,
        severity_source: String = "severitySource",
        cvss: Table<String, Cvss>,
        suppressed: bool,
        vex_status: Vex = "vexStatus",
        known_exploited: bool = "knownExploited",
        epss_score: Scalar = "epssScore",
    }

    struct Cvss {
        v3score: Scalar,
    }

    struct Vex {
        repository: String,
        status: String,
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw = json::parse(text, "VulnerabilityReport of SBOMscanner")?;
    let Some(body) = raw.report else {
        return Err(ReportError::new("the VulnerabilityReport of SBOMscanner has no `report`: the image was not scanned", None));
    };
    let claim = match body.results.is_some() || body.summary.is_some() {
        true => Claim::Vulnerabilities,
        false => Claim::Unclear(
            "the VulnerabilityReport of SBOMscanner neither lists nor counts vulnerabilities, so that it does not show a scan"
                .to_owned(),
        ),
    };
    let results = body.results.unwrap_or_default();
    let vulnerabilities = || results.iter().flat_map(|result| result.vulnerabilities.iter().flatten());
    let counted = body.summary.iter().flat_map(Table::values).fold(0_u64, |sum, n| sum.saturating_add(*n));
    let listed = u64::try_from(vulnerabilities().count()).unwrap_or(u64::MAX);
    if counted > listed {
        return Err(ReportError::new(
            format!(
                "the VulnerabilityReport of SBOMscanner counts {counted} vulnerabilities and lists {listed}, so that findings are missing"
            ),
            Some("fetch the whole object, such as with `kubectl get … -o json`"),
        ));
    }
    let has_epss = vulnerabilities().any(|v| v.epss_score.as_ref().and_then(Scalar::text).is_some());
    let has_kev = has_epss || vulnerabilities().any(|v| v.known_exploited == Some(true));
    let mut notes = Notes::default();
    let scanned_at = raw.metadata.unwrap_or_default().created_at(&mut notes);
    let os: Option<Os> = results.iter().find(|result| result.class.as_deref() == Some("os-pkgs")).and_then(ResultOf::os);
    let rows: Vec<Row> = results.into_iter().flat_map(|result| rows(result, has_kev, &mut notes)).collect();
    Ok(Report {
        format: Format::Sbomscanner,
        scanner: Scanner { name: "sbomscanner".to_owned(), version: None, database_updated_at: None },
        scanned_at,
        os,
        subject: subject(raw.image_metadata.unwrap_or_default()),
        claim,
        provides: stated::provided(&[Field::Cvss, Field::Path, Field::Vex], &[Field::Epss, Field::KnownExploited], &rows),
        rows,
        notes,
    })
}

fn subject(image: Image) -> Subject {
    let parts: Vec<String> = [image.registry_uri, image.repository].into_iter().filter_map(filled).collect();
    let name = Some(parts.join("/")).filter(|name| !name.is_empty()).map(|name| match filled(image.tag) {
        Some(tag) => format!("{name}:{tag}"),
        None => name,
    });
    Subject {
        kind: SubjectKind::Image,
        name,
        digests: [image.digest, image.index_digest].into_iter().filter_map(filled).collect(),
        image_id: None,
        platform: filled(image.platform),
    }
}

impl ResultOf {
    /// The kind of the packages is the distribution, and the version stands in the heading: `… (alpine 3.11.3)`.
    fn os(&self) -> Option<Os> {
        let in_heading =
            self.target.as_deref().and_then(|target| target.rsplit_once('(')).map(|(_, os)| os.trim_end_matches(')'));
        in_heading.and_then(distro::of).or_else(|| self.kind.as_deref().and_then(distro::of))
    }
}

fn rows(result: ResultOf, has_kev: bool, notes: &mut Notes) -> Vec<Row> {
    let ecosystem = Ecosystem::of(result.kind.as_deref().unwrap_or_default(), None);
    let mut rows = Vec::new();
    for vulnerability in result.vulnerabilities.unwrap_or_default() {
        let vex = vulnerability.vex_status.and_then(|vex| {
            let source = filled(vex.repository).unwrap_or_else(|| "sbomscanner report".to_owned());
            stated::statement(&vex.status.unwrap_or_default(), &source, notes)
        });
        if vulnerability.suppressed == Some(true) && vex.is_none() {
            notes.add("row left out by the scanner's own configuration (`suppressed` without a VEX statement)");
            continue;
        }
        let fixed: Texts = vulnerability.fixed_versions.unwrap_or_default().into_iter().filter(|v| !v.is_empty()).collect();
        let cvss = cvss(vulnerability.cvss.unwrap_or_default(), vulnerability.severity_source.as_deref(), notes);
        let stated = Stated {
            id: filled(vulnerability.cve),
            title: vulnerability.title,
            severity: vulnerability.severity.map(Text::from),
            cvss,
            epss: scalar::epss(vulnerability.epss_score.as_ref(), notes),
            known_exploited: has_kev.then(|| vulnerability.known_exploited.unwrap_or_default()),
            purl: filled(vulnerability.purl),
            ecosystem,
            package: vulnerability.package_name,
            installed: vulnerability.installed_version,
            path: scalar::path(vulnerability.package_path),
            fix_state: stated::fix_state(&fixed, FixState::Unknown),
            fixed,
            vex,
            ..Stated::default()
        };
        rows.extend(stated.rows(notes));
    }
    rows
}

/// The score of the source whose severity was chosen, else that of the NVD, else the highest.
fn cvss(scores: Table<String, Cvss>, source: Option<&str>, notes: &mut Notes) -> Option<CvssScore> {
    let scores: BTreeMap<String, CvssScore> = scores
        .into_iter()
        .filter_map(|(name, cvss)| scalar::score(cvss.v3score.as_ref(), notes).map(|score| (name, score)))
        .collect();
    let preferred = [source.unwrap_or_default(), "nvd"].into_iter().find_map(|name| scores.get(name));
    preferred.or_else(|| scores.values().max()).copied()
}
