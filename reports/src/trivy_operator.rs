//! The VulnerabilityReport of the Trivy operator (`kubectl get vulnerabilityreports.aquasecurity.github.io NAME -o json`) → [`Report`].
//!
//! Source: trivy-operator, `pkg/apis/aquasecurity/v1alpha1`. It provides `cvss` (`score`), and `publishedAt` and
//! `path` (`packagePath`) where a row has one, since older operators write neither; the operator keeps neither aliases nor the status of a fix, and no EPSS, KEV or VEX.

use policy::findings::{Field, FixState};

use crate::json::{self, Read, Refused, Value, members};
use crate::object::{self, Metadata};
use crate::packages::{Packages, Said};
use crate::report::{Claim, Notes, Os, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, Scalar, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::versions::Versions;
use crate::{Format, Outline, Reader, ReportError};

/// The reader of this format.
pub static READER: Reader =
    Reader { media_type: "application/vnd.aquasec.trivy-operator.vulnerabilityreport+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    object::recognise(outline, "aquasecurity.github.io", &["VulnerabilityReport", "ClusterVulnerabilityReport"])
}

members! {
    struct Raw<'a> {
        kind: String,
        metadata: Metadata,
        report: Body<'a>,
    }

    struct Body<'a> {
        artifact: Artifact,
        registry: Registry,
        os: OsOf,
        scanner: ScannerOf,
        update_timestamp: Scalar = "updateTimestamp",
        summary: Summary,
        vulnerabilities: Listed<'a>,
    }

    struct Artifact {
        repository: String,
        tag: String,
        digest: String,
    }

    struct Registry {
        server: String,
    }

    struct OsOf {
        family: String,
        name: String,
        eosl: bool,
    }

    struct ScannerOf {
        name: String,
        version: String,
    }

    struct Summary {
        critical_count: u64 = "criticalCount",
        high_count: u64 = "highCount",
        medium_count: u64 = "mediumCount",
        low_count: u64 = "lowCount",
        none_count: u64 = "noneCount",
        unknown_count: u64 = "unknownCount",
    }
}

members! {
    /// A row.
    struct Vulnerability<'a> {
        id: Text<'a> = "vulnerabilityID",
        title: Text<'a> = "title",
        resource: Text<'a> = "resource",
        installed_version: Text<'a> = "installedVersion",
        fixed_version: Text<'a> = "fixedVersion",
        severity: Text<'a> = "severity",
        score: Scalar<Text<'a>> = "score",
        published_date: Scalar<Text<'a>> = "publishedDate",
        package_type: Text<'a> = "packageType",
        purl: Text<'a> = "packagePURL",
        package_path: Text<'a> = "packagePath",
    }
}

/// What the list says, made into rows as it is read: in between it would take as much memory as the report.
#[derive(Default)]
struct Listed<'a> {
    n: usize,
    rows: Vec<Row>,
    notes: Notes,
    packages: Packages<'a>,
    versions: Versions<'a>,
}

impl<'de: 'a, 'a> Read<'de> for Listed<'a> {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        json::each(value, place, Listed::add)
    }
}

impl Summary {
    fn total(&self) -> u64 {
        let counts =
            [self.critical_count, self.high_count, self.medium_count, self.low_count, self.none_count, self.unknown_count];
        counts.into_iter().flatten().fold(0_u64, u64::saturating_add)
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw<'_> = json::parse(text, "VulnerabilityReport of the Trivy operator")?;
    let Some(body) = raw.report else {
        return Err(ReportError::new("the VulnerabilityReport of the Trivy operator has no `report`: nothing was scanned", None));
    };
    let claim = match body.vulnerabilities.is_some() || body.summary.is_some() {
        true => Claim::Vulnerabilities,
        false => Claim::Unclear(
            "the VulnerabilityReport of the Trivy operator neither lists nor counts vulnerabilities, so that it does not show a scan".to_owned(),
        ),
    };
    let Listed { n, mut rows, notes: of_rows, mut packages, .. } = body.vulnerabilities.unwrap_or_default();
    let counted = body.summary.map(|summary| summary.total()).unwrap_or_default();
    let listed = u64::try_from(n).unwrap_or(u64::MAX);
    if counted > listed {
        return Err(ReportError::new(
            format!(
                "the VulnerabilityReport of the Trivy operator counts {counted} vulnerabilities and lists {listed}, so that findings are missing"
            ),
            Some("fetch the whole object, such as with `kubectl get … -o json`"),
        ));
    }
    let mut notes = Notes::default();
    let updated_at = scalar::time(body.update_timestamp.as_ref(), "`updateTimestamp`", &mut notes);
    let scanned_at = updated_at.or_else(|| raw.metadata.unwrap_or_default().created_at(&mut notes));
    let artifact = body.artifact.unwrap_or_default();
    let server = body.registry.and_then(|registry| filled(registry.server));
    let name = filled(artifact.repository).map(|repository| {
        let name = server.map_or(repository.clone(), |server| format!("{server}/{repository}"));
        filled(artifact.tag).map_or(name.clone(), |tag| format!("{name}:{tag}"))
    });
    let kind = match raw.kind.as_deref() {
        Some("ClusterVulnerabilityReport") => SubjectKind::Other("part of the cluster".to_owned()),
        _ => SubjectKind::Image,
    };
    let digests = filled(artifact.digest).into_iter().collect();
    // The operator writes `eosl` only where it is true, as Trivy does.
    let os = body.os.and_then(|os| {
        let family = filled(os.family).filter(|family| family != "none")?;
        Some(Os { family, version: filled(os.name), end_of_life: Some(os.eosl.unwrap_or_default()) })
    });
    let (scanner, version) = body.scanner.map_or((None, None), |s| (filled(s.name), filled(s.version)));
    notes.extend(&of_rows);
    if let Some(os) = &os {
        packages.settle(&os.family, &mut rows);
    }
    Ok(Report {
        format: Format::TrivyOperator,
        scanner: Scanner {
            name: scanner.map_or_else(|| "trivy".to_owned(), |name| name.to_ascii_lowercase()),
            version,
            database_updated_at: None,
        },
        scanned_at,
        os,
        subject: Subject { kind, name, digests, image_id: None, platform: None },
        claim,
        provides: stated::provided(&[Field::Cvss], &[Field::PublishedAt, Field::Path], &rows),
        rows,
        notes,
    })
}

impl<'a> Listed<'a> {
    fn add(&mut self, vulnerability: &mut Vulnerability<'a>) {
        self.n = self.n.saturating_add(1);
        let (first, notes) = (self.rows.len(), &mut self.notes);
        let fixed = vulnerability.fixed_version.as_ref().map(|list| self.versions.read(list)).unwrap_or_default();
        let id = filled(vulnerability.id.take());
        let mut stated = Stated {
            title: vulnerability.title.take().filter(|_| id.is_none()).map(String::from),
            id,
            severity: vulnerability.severity.take(),
            cvss: scalar::score(vulnerability.score.as_ref(), notes),
            published_at: scalar::time(vulnerability.published_date.as_ref(), "date of publication", notes),
            fix_state: stated::fix_state(&fixed, FixState::Unknown),
            fixed,
            ..Stated::default()
        };
        let said = Said {
            name: vulnerability.resource.take(),
            installed: vulnerability.installed_version.take(),
            purl: vulnerability.purl.take(),
            path: vulnerability.package_path.take(),
            kind: vulnerability.package_type.take().unwrap_or_default(),
        };
        match self.packages.get(said) {
            Ok(made) => stated.made = Some(made),
            Err(nameless) => (stated.ecosystem, stated.installed, stated.path) = nameless,
        }
        stated.list(&mut self.rows, notes);
        self.packages.keep(first..self.rows.len());
    }
}
