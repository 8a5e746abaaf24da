//! A finding of Amazon Inspector, as its own listing and Amazon ECR's enhanced scanning write it → rows.
//!
//! Source: Amazon Inspector API version 2020-06-08, "Finding" and "PackageVulnerabilityDetails"; Amazon ECR API, "EnhancedImageScanFinding".

use policy::findings::{Field, FixState};

use crate::distro;
use crate::ecosystem::Ecosystem;
use crate::json::members;
use crate::report::{Notes, Os, Row};
use crate::scalar::{self, Scalar, Value as _, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::words;

/// What findings of Inspector speak about; older ones have no EPSS. `exploitAvailable` says that exploit code is known, not that the
/// vulnerability is in the KEV catalogue; no date of a fix is written.
pub(crate) fn provides(rows: &[Row]) -> Vec<Field> {
    stated::provided(&[Field::Cvss, Field::PublishedAt, Field::Path, Field::Vex], &[Field::Epss], rows)
}

/// The source of the statement that a closed finding makes.
const CLOSED: &str = "inspector report, status `CLOSED`";

members! {
    pub(crate) struct Finding {
        severity: String,
        status: String,
        title: String,
        kind: String = "type",
        pub(super) last_observed_at: Scalar = "lastObservedAt",
        fix_available: String = "fixAvailable",
        inspector_score: Scalar = "inspectorScore",
        score: Scalar,
        epss: EpssOf,
        pub(super) resources: Vec<Resource>,
        package_vulnerability_details: Details = "packageVulnerabilityDetails",
    }

    struct EpssOf {
        score: Scalar,
    }

    pub(super) struct Resource {
        pub(super) id: String,
        pub(super) kind: String = "type",
        pub(super) details: ResourceDetails,
    }

    pub(super) struct ResourceDetails {
        pub(super) aws_ecr_container_image: Image = "awsEcrContainerImage",
    }

    #[derive(Clone)]
    pub(super) struct Image {
        pub(super) image_hash: String = "imageHash",
        pub(super) image_tags: Vec<String> = "imageTags",
        pub(super) repository_name: String = "repositoryName",
        pub(super) registry: String,
        pub(super) platform: String,
        pub(super) architecture: String,
    }

    struct Details {
        vulnerability_id: String = "vulnerabilityId",
        related_vulnerabilities: Vec<String> = "relatedVulnerabilities",
        vendor_created_at: Scalar = "vendorCreatedAt",
        cvss: Vec<Cvss>,
        vulnerable_packages: Vec<Package> = "vulnerablePackages",
    }

    struct Cvss {
        base_score: Scalar = "baseScore",
        version: String,
    }

    struct Package {
        name: String,
        version: String,
        release: String,
        epoch: u64,
        package_manager: String = "packageManager",
        file_path: String = "filePath",
        fixed_in_version: String = "fixedInVersion",
    }
}

/// The rows of a list of findings; what is not about packages, and what a suppression rule set aside, is counted only.
pub(crate) fn rows(findings: Vec<Finding>, notes: &mut Notes) -> Vec<Row> {
    findings.into_iter().flat_map(|finding| rows_of(finding, notes)).collect()
}

fn rows_of(finding: Finding, notes: &mut Notes) -> Vec<Row> {
    if let Some(kind) = finding.kind.as_deref().filter(|kind| *kind != "PACKAGE_VULNERABILITY") {
        notes.add(format!("finding of the type `{kind}`, which is no vulnerability of a package"));
        return Vec::new();
    }
    let vex = match finding.status.as_deref() {
        Some("SUPPRESSED") => {
            notes.add("finding left out by a suppression rule (status `SUPPRESSED`)");
            return Vec::new();
        }
        Some("CLOSED") => stated::statement("fixed", CLOSED, notes),
        Some("ACTIVE") | None => None,
        Some(other) => {
            notes.add(format!("finding status `{other}`: taken for active"));
            None
        }
    };
    let family = finding.images().next().and_then(Image::os).map(|os| os.family);
    let Some(details) = finding.package_vulnerability_details else {
        notes.add("row dropped: it names no vulnerability");
        return Vec::new();
    };
    let published_at = scalar::time(details.vendor_created_at.as_ref(), "date of publication", notes);
    let cvss = finding.inspector_score.or(finding.score).or_else(|| newest_score(details.cvss.unwrap_or_default()));
    let cvss = scalar::score(cvss.as_ref(), notes);
    let epss = scalar::epss(finding.epss.and_then(|epss| epss.score).as_ref(), notes);
    let mut packages = details.vulnerable_packages.unwrap_or_default();
    if packages.is_empty() {
        packages.push(Package::default());
    }
    let is_bulletin = details.vulnerability_id.as_deref().is_none_or(|id| !words::is_vulnerability_id(id));
    let related = details.related_vulnerabilities.unwrap_or_default().into_iter();
    let (names, advisories): (Vec<String>, Vec<String>) = related.partition(|name| is_bulletin && words::is_cve(name));
    let mut rows = Vec::new();
    for package in packages {
        let fixed = stated::versions(package.fixed_in_version.as_deref());
        // The finding's own word is about all its packages: `PARTIAL` leaves open which of them.
        let otherwise = match finding.fix_available.as_deref() {
            Some("NO") => FixState::NotFixed,
            Some("PARTIAL") if package.fixed_in_version.is_some() => FixState::NotFixed,
            Some("YES") => FixState::Fixed,
            _ => FixState::Unknown,
        };
        let stated = Stated {
            id: filled(details.vulnerability_id.clone()),
            names: names.clone(),
            advisories: advisories.clone(),
            title: finding.title.clone(),
            severity: finding.severity.clone().map(Text::from),
            cvss,
            epss,
            published_at,
            ecosystem: Ecosystem::of(package.package_manager.as_deref().unwrap_or_default(), family.as_deref()),
            installed: version(&package),
            path: scalar::path(package.file_path),
            package: package.name,
            fix_state: stated::fix_state(&fixed, otherwise),
            fixed,
            vex: vex.clone(),
            ..Stated::default()
        };
        rows.extend(stated.rows(notes));
    }
    rows
}

/// `epoch:version-release`, as the distributions write it; an epoch of 0 is not written.
fn version(package: &Package) -> Option<String> {
    let version = filled(package.version.clone())?;
    let epoch = package.epoch.filter(|epoch| *epoch > 0).map_or(String::new(), |epoch| format!("{epoch}:"));
    let release = filled(package.release.clone()).map_or(String::new(), |release| format!("-{release}"));
    Some(format!("{epoch}{version}{release}"))
}

/// The score of the newest version of CVSS; of one version the highest.
fn newest_score(scores: Vec<Cvss>) -> Option<Scalar> {
    let key = |cvss: &Cvss| (cvss.version.clone(), cvss.base_score.as_ref().and_then(Scalar::number));
    scores
        .into_iter()
        .max_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal))
        .and_then(|cvss| cvss.base_score)
}

impl Finding {
    fn images(&self) -> impl Iterator<Item = &Image> {
        self.resources.iter().flatten().filter_map(|r| r.details.as_ref().and_then(|d| d.aws_ecr_container_image.as_ref()))
    }
}

impl Image {
    /// Inspector calls the distribution the platform.
    pub(super) fn os(&self) -> Option<Os> {
        self.platform.as_deref().and_then(distro::of)
    }
}
