//! Amazon ECR's scan findings of an image, basic and enhanced (`aws ecr describe-image-scan-findings`) → [`Report`].
//!
//! Source: Amazon ECR API version 2015-09-21, "DescribeImageScanFindings" and "ImageScanStatus". Basic scanning provides `cvss` alone:
//! it writes no fixes, no dates and no aliases. Enhanced scanning provides what Amazon Inspector's findings do ([`crate::inspector`]).

use std::collections::BTreeMap;

use policy::findings::Field;

use crate::inspector::{about, finding};
use crate::json::{self, Table, members};
use crate::report::{Claim, Notes, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, Scalar, filled};
use crate::stated::Stated;
use crate::text::Text;
use crate::{Format, Outline, Reader, ReportError};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.amazon.ecr.scan-findings+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let key = ["imageScanFindings", "imageScanStatus"].into_iter().find(|key| outline.has(key))?;
    Some(format!("`{key}`: Amazon ECR's scan findings"))
}

members! {
    struct Raw {
        registry_id: String = "registryId",
        repository_name: String = "repositoryName",
        image_id: ImageId = "imageId",
        image_scan_status: Status = "imageScanStatus",
        image_scan_findings: Findings = "imageScanFindings",
        next_token: String = "nextToken",
    }

    struct ImageId {
        image_digest: String = "imageDigest",
        image_tag: String = "imageTag",
    }

    struct Status {
        status: String,
        description: String,
    }

    struct Findings {
        image_scan_completed_at: Scalar = "imageScanCompletedAt",
        vulnerability_source_updated_at: Scalar = "vulnerabilitySourceUpdatedAt",
        finding_severity_counts: Table<String, u64> = "findingSeverityCounts",
        findings: Vec<Basic>,
        enhanced_findings: Vec<finding::Finding> = "enhancedFindings",
    }

    struct Basic {
        name: String,
        severity: String,
        attributes: Vec<Attribute>,
    }

    struct Attribute {
        key: String = "key" required,
        value: String,
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw = json::parse(text, "Amazon ECR scan result")?;
    if filled(raw.next_token).is_some() {
        return Err(ReportError::new(
            "the answer of Amazon ECR is one page of several (`nextToken`), so that findings are missing",
            Some("let the AWS CLI fetch all pages: leave out `--no-paginate` and `--max-items`"),
        ));
    }
    let claim = claim(raw.image_scan_status.as_ref())?;
    let Some(found) = raw.image_scan_findings else {
        let message = "the Amazon ECR scan result has no `imageScanFindings`, so that it does not show what was found";
        return Err(ReportError::new(message, Some("fetch them with `aws ecr describe-image-scan-findings`")));
    };
    let mut notes = Notes::default();
    let (basic, enhanced) = (found.findings.unwrap_or_default(), found.enhanced_findings.unwrap_or_default());
    let counted = found.finding_severity_counts.iter().flat_map(Table::values).fold(0_u64, |sum, n| sum.saturating_add(*n));
    let listed = u64::try_from(basic.len().saturating_add(enhanced.len())).unwrap_or(u64::MAX);
    if counted > listed {
        return Err(ReportError::new(
            format!("the Amazon ECR scan result counts {counted} findings and lists {listed}, so that findings are missing"),
            Some("let the AWS CLI fetch all pages: leave out `--no-paginate` and `--max-items`"),
        ));
    }
    let about = about::about(&enhanced, &mut notes);
    let completed_at = scalar::time(found.image_scan_completed_at.as_ref(), "date of the scan", &mut notes);
    let is_enhanced = !enhanced.is_empty();
    let mut rows: Vec<Row> = basic.into_iter().flat_map(|finding| basic_rows(finding, &mut notes)).collect();
    rows.extend(finding::rows(enhanced, &mut notes));
    let digest = raw.image_id.as_ref().and_then(|id| filled(id.image_digest.clone()));
    let tag = raw.image_id.and_then(|id| filled(id.image_tag));
    let name = filled(raw.repository_name).map(|repository| match filled(raw.registry_id) {
        Some(registry) => format!("{registry}/{repository}"),
        None => repository,
    });
    let subject = Subject {
        kind: SubjectKind::Image,
        name: name.map(|name| tag.map_or(name.clone(), |tag| format!("{name}:{tag}"))).or(about.subject.name),
        digests: digest.map_or(about.subject.digests, |digest| vec![digest]),
        image_id: None,
        platform: about.subject.platform,
    };
    Ok(Report {
        format: Format::Ecr,
        scanner: Scanner {
            name: "ecr".to_owned(),
            version: None,
            database_updated_at: scalar::time(found.vulnerability_source_updated_at.as_ref(), "date of the database", &mut notes),
        },
        scanned_at: completed_at.or(about.observed_at),
        os: about.os,
        subject,
        claim,
        provides: if is_enhanced { finding::provides(&rows) } else { vec![Field::Cvss] },
        rows,
        notes,
    })
}

/// `COMPLETE` ends a basic scan, `ACTIVE` is an enhanced one that goes on; every other status means that findings may be missing.
fn claim(status: Option<&Status>) -> Result<Claim, ReportError> {
    let word = status.and_then(|status| status.status.as_deref()).unwrap_or_default();
    match word {
        "COMPLETE" | "ACTIVE" => Ok(Claim::Vulnerabilities),
        "" => Ok(Claim::Unclear(
            "the Amazon ECR scan result has no `imageScanStatus`, so that it does not show whether the scan was finished"
                .to_owned(),
        )),
        word => {
            let why =
                status.and_then(|status| filled(status.description.clone())).map_or(String::new(), |why| format!(" ({why})"));
            Err(ReportError::new(
                format!("the Amazon ECR scan is not finished: its status is `{word}`{why}"),
                Some("wait for it with `aws ecr wait image-scan-complete`"),
            ))
        }
    }
}

fn basic_rows(finding: Basic, notes: &mut Notes) -> Vec<Row> {
    let attributes: BTreeMap<String, String> =
        finding.attributes.unwrap_or_default().into_iter().filter_map(|a| a.value.map(|value| (a.key.0, value))).collect();
    let attribute = |key: &str| attributes.get(key).filter(|value| !value.is_empty()).cloned();
    let score = ["CVSS4_SCORE", "CVSS3_SCORE", "CVSS2_SCORE"].into_iter().find_map(attribute).map(Scalar::Text);
    let stated = Stated {
        id: filled(finding.name),
        severity: finding.severity.map(Text::from),
        cvss: scalar::score(score.as_ref(), notes),
        package: attribute("package_name"),
        installed: attribute("package_version"),
        ..Stated::default()
    };
    stated.rows(notes)
}
