//! Prisma Cloud's scan of an image (`twistcli images scan --details --output-file`) → [`Report`].
//!
//! Source: Prisma Cloud Compute, "Scan images with twistcli", and its API's "Vulnerability". It provides `cvss`, and `publishedAt`
//! and `fixAvailableAt` (`fixDate`) where a row has one; no aliases, no EPSS and no paths. Its risk factor "Exploit exists" is not the KEV catalogue.

use std::collections::BTreeMap;

use policy::findings::{Field, FixState};

use crate::ecosystem::Ecosystem;
use crate::json::{self, members};
use crate::report::{Claim, Notes, Os, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, Scalar, Value as _, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{Format, Outline, Reader, ReportError, Texts, distro};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.paloaltonetworks.twistcli+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let first = outline.member("results").and_then(|results| results.first())?;
    let key = ["vulnerabilityDistribution", "complianceDistribution"].into_iter().find(|key| first.has(key))?;
    Some(format!("`results` with a `{key}`: Prisma Cloud's scan"))
}

members! {
    struct Raw {
        results: Vec<Scan>,
    }

    struct Scan {
        id: String,
        name: String,
        distro: String,
        digest: String,
        err: String,
        scan_time: Scalar = "scanTime",
        packages: Vec<PackageOf>,
        vulnerabilities: Vec<Vulnerability>,
        vulnerability_distribution: Distribution = "vulnerabilityDistribution",
    }

    struct PackageOf {
        kind: String = "type",
        name: String,
    }

    struct Distribution {
        total: u64,
    }

    struct Vulnerability {
        id: String = "id" | "cve",
        title: String,
        status: String,
        cvss: Scalar,
        severity: String,
        package_name: String = "packageName",
        package_version: String = "packageVersion",
        published_date: Scalar = "publishedDate",
        fix_date: Scalar = "fixDate",
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw = json::parse(text, "Prisma Cloud report")?;
    let scans = raw.results.unwrap_or_default();
    for scan in &scans {
        if let Some(error) = filled(scan.err.clone()) {
            return Err(ReportError::new(format!("the scan by Prisma Cloud failed: {error}"), Some("scan again")));
        }
        let listed = u64::try_from(scan.vulnerabilities.as_ref().map_or(0, Vec::len)).unwrap_or(u64::MAX);
        let counted = scan.vulnerability_distribution.as_ref().and_then(|d| d.total).unwrap_or_default();
        if counted > listed {
            return Err(ReportError::new(
                format!(
                    "the Prisma Cloud report counts {counted} vulnerabilities and lists {listed}, so that findings are missing"
                ),
                Some("scan with `twistcli images scan --details`"),
            ));
        }
    }
    let is_counted = scans.iter().all(|scan| scan.vulnerabilities.is_some() || scan.vulnerability_distribution.is_some());
    let claim = match is_counted && !scans.is_empty() {
        true => Claim::Vulnerabilities,
        false => {
            Claim::None("the Prisma Cloud report is about compliance: it neither lists nor counts vulnerabilities".to_owned())
        }
    };
    let mut notes = Notes::default();
    let kind = match scans.len() {
        0 | 1 => SubjectKind::Image,
        n => SubjectKind::Other(format!("set of {n} images")),
    };
    let times = scans.iter().filter_map(|scan| scalar::time(scan.scan_time.as_ref(), "date of the scan", &mut notes));
    let scanned_at = times.min();
    let first = scans.first();
    let subject = Subject {
        kind,
        name: first.and_then(|scan| filled(scan.name.clone())),
        digests: scans.iter().filter_map(|scan| filled(scan.digest.clone())).collect(),
        image_id: first.and_then(|scan| filled(scan.id.clone())).filter(|id| id.starts_with("sha256:")),
        platform: None,
    };
    let os: Option<Os> = first.and_then(|scan| scan.distro.as_deref()).and_then(distro::of);
    let rows: Vec<Row> = scans.into_iter().flat_map(|scan| rows(scan, &mut notes)).collect();
    Ok(Report {
        format: Format::Prisma,
        scanner: Scanner { name: "prisma".to_owned(), version: None, database_updated_at: None },
        scanned_at,
        os,
        subject,
        claim,
        provides: stated::provided(&[Field::Cvss], &[Field::PublishedAt, Field::FixAvailableAt], &rows),
        rows,
        notes,
    })
}

fn rows(scan: Scan, notes: &mut Notes) -> Vec<Row> {
    let family = scan.distro.as_deref().and_then(distro::of).map(|os| os.family);
    let kinds: BTreeMap<String, String> =
        scan.packages.unwrap_or_default().into_iter().filter_map(|package| package.name.zip(package.kind)).collect();
    let mut rows = Vec::new();
    for vulnerability in scan.vulnerabilities.unwrap_or_default() {
        let name = filled(vulnerability.package_name);
        // `glibc (used in libc6, libc-bin)` is a source and what was built of it.
        let source = name.as_deref().map(|name| name.split_once(" (used in").map_or(name, |(source, _)| source));
        let is_source = source.is_some_and(|source| name.as_deref() != Some(source));
        let kind =
            source.and_then(|source| kinds.get(source)).map(String::as_str).or(is_source.then_some("os")).unwrap_or_default();
        let ecosystem = Ecosystem::of(kind, family.as_deref());
        let installed = filled(vulnerability.package_version);
        let (fixed, fix_state) = status(vulnerability.status.as_deref(), notes);
        let stated = Stated {
            id: filled(vulnerability.id),
            title: vulnerability.title,
            severity: vulnerability.severity.map(Text::from),
            // Prisma writes 0 where it has no score.
            cvss: scalar::score(vulnerability.cvss.as_ref().filter(|score| score.number() != Some(0.0)), notes),
            published_at: scalar::time(vulnerability.published_date.as_ref(), "date of publication", notes),
            fix_available_at: scalar::time(vulnerability.fix_date.as_ref(), "date of a fix", notes),
            purl: source.map(|source| ecosystem.purl(source, installed.as_deref())),
            ecosystem,
            package: name,
            installed,
            fixed,
            fix_state,
            ..Stated::default()
        };
        rows.extend(stated.rows(notes));
    }
    rows
}

/// `fixed in 1.1.1, 1.2.0`, `affected`, `open`, `deferred`, … : the distribution's own words.
fn status(text: Option<&str>, notes: &mut Notes) -> (Texts, FixState) {
    let text = text.unwrap_or_default().trim();
    if let Some((words, versions)) = text.split_at_checked(8)
        && words.eq_ignore_ascii_case("fixed in")
    {
        let fixed = stated::versions(Some(versions));
        return (fixed.clone(), stated::fix_state(&fixed, FixState::Fixed));
    }
    let state = match text.to_ascii_lowercase().as_str() {
        "fixed" => FixState::Fixed,
        "affected" | "open" | "vulnerable" | "needed" | "new" => FixState::NotFixed,
        "will not fix" | "won't fix" | "deferred" | "fix deferred" | "end of life" | "out of support scope" | "ignored" => {
            FixState::WontFix
        }
        "" | "under investigation" | "needs triage" | "needs-triage" | "undetermined" | "unknown" | "pending" => {
            FixState::Unknown
        }
        other => {
            notes.add(format!("fix status `{other}`: unknown"));
            FixState::Unknown
        }
    };
    (Texts::default(), state)
}
