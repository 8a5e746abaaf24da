//! GitLab's report of container scanning (`gl-container-scanning-report.json`), schema versions 14 and 15 → [`Report`].
//!
//! Source: GitLab's security report schemas, "container-scanning-report-format". It provides `aliases` (identifiers of other
//! catalogues) alone: the schema has no scores, no dates and no paths for images. A fix is stated as a sentence (`solution`).

use policy::findings::{Field, FixState};
use policy::time::Timestamp;

use crate::ecosystem::Ecosystem;
use crate::json::{self, members};
use crate::report::{Claim, Notes, Os, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::filled;
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{Format, Outline, Reader, ReportError, distro};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.gitlab.container-scanning+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let (_, true) = (outline.text("version")?, outline.has_list("vulnerabilities")) else { return None };
    if let Some(kind) = outline.member("scan").and_then(|scan| scan.text("type")) {
        return Some(format!("`version` and `vulnerabilities` beside a scan of the type `{kind}`: GitLab's security report"));
    }
    let first = outline.member("vulnerabilities").and_then(|list| list.first())?;
    let is_gitlab = first.has("identifiers") && first.member("location").is_some_and(|location| location.has("dependency"));
    is_gitlab.then(|| "`vulnerabilities` with `identifiers` and a `location`: GitLab's security report".to_owned())
}

members! {
    struct Raw {
        vulnerabilities: Vec<Vulnerability>,
        scan: Scan,
    }

    struct Scan {
        kind: String = "type",
        status: String,
        end_time: String,
        scanner: ScannerOf,
    }

    struct ScannerOf {
        id: String,
        version: String,
    }

    struct Vulnerability {
        name: String,
        /// Up to schema version 14 a key of GitLab's own, often the CVE.
        cve: String,
        severity: String,
        solution: String,
        identifiers: Vec<Identifier>,
        location: Location,
    }

    struct Identifier {
        kind: String = "type",
        value: String,
    }

    struct Location {
        image: String,
        operating_system: String,
        dependency: Dependency,
    }

    struct Dependency {
        package: PackageOf,
        version: String,
    }

    struct PackageOf {
        name: String,
    }
}

fn read(text: &str) -> Result<Report, ReportError> {
    let raw: Raw = json::parse(text, "GitLab report")?;
    let vulnerabilities = raw.vulnerabilities.unwrap_or_default();
    let scan = raw.scan.as_ref();
    if let Some(status) = scan.and_then(|scan| scan.status.as_deref()).filter(|status| *status != "success") {
        return Err(ReportError::new(
            format!("the scan that GitLab reports did not succeed: its status is `{status}`"),
            Some("scan again; the job's log says why it failed"),
        ));
    }
    let claim = match scan.and_then(|scan| scan.status.as_deref()) {
        None if vulnerabilities.is_empty() => Claim::Unclear(
            "the GitLab report has no vulnerability and no `scan.status`, so that it does not show whether the scan succeeded"
                .to_owned(),
        ),
        _ => Claim::Vulnerabilities,
    };
    let mut notes = Notes::default();
    let scanned_at = scan.and_then(|scan| filled(scan.end_time.clone())).and_then(|text| {
        // The schema writes UTC without saying so.
        let at = Timestamp::parse(&text).or_else(|| Timestamp::parse(&format!("{text}Z")));
        if at.is_none() {
            notes.add(format!("`scan.end_time` is not a time: `{text}`"));
        }
        at
    });
    let scanner = scan.and_then(|scan| scan.scanner.as_ref());
    Ok(Report {
        format: Format::Gitlab,
        scanner: Scanner {
            name: scanner.and_then(|s| filled(s.id.clone())).unwrap_or_else(|| "gitlab".to_owned()),
            version: scanner.and_then(|s| filled(s.version.clone())),
            database_updated_at: None,
        },
        scanned_at,
        os: vulnerabilities.iter().find_map(Vulnerability::os),
        subject: subject(scan.and_then(|scan| scan.kind.as_deref()), &vulnerabilities),
        claim,
        provides: vec![Field::Aliases],
        rows: vulnerabilities.into_iter().flat_map(|vulnerability| rows(vulnerability, &mut notes)).collect(),
        notes,
    })
}

fn subject(kind: Option<&str>, vulnerabilities: &[Vulnerability]) -> Subject {
    let mut images: Vec<&String> = vulnerabilities
        .iter()
        .filter_map(|vulnerability| vulnerability.location.as_ref().and_then(|location| location.image.as_ref()))
        .filter(|image| !image.is_empty() && *image != "Unknown")
        .collect();
    images.sort_unstable();
    images.dedup();
    let kind = match (kind, images.len()) {
        (Some("container_scanning" | "cluster_image_scanning") | None, 0 | 1) => SubjectKind::Image,
        (Some("container_scanning" | "cluster_image_scanning") | None, n) => SubjectKind::Other(format!("set of {n} images")),
        (Some(other), _) => SubjectKind::Other(format!("target of GitLab's {}", other.replace('_', " "))),
    };
    let name = images.first().copied().cloned();
    let digest = name.as_deref().and_then(|name| name.split_once('@')).map(|(_, digest)| digest.to_owned());
    Subject { kind, name, digests: digest.into_iter().collect(), image_id: None, platform: None }
}

impl Vulnerability {
    fn os(&self) -> Option<Os> {
        self.location.as_ref().and_then(|location| location.operating_system.as_deref()).and_then(distro::of)
    }
}

fn rows(vulnerability: Vulnerability, notes: &mut Notes) -> Vec<Row> {
    let family = vulnerability.os().map(|os| os.family);
    let identifiers = vulnerability.identifiers.unwrap_or_default();
    // Weaknesses are no names of the vulnerability; a CVE stands first, wherever the scanner put it.
    let is_cve = |identifier: &&Identifier| identifier.kind.as_deref() == Some("cve");
    let names =
        identifiers.iter().filter(is_cve).chain(identifiers.iter().filter(|i| !is_cve(i) && i.kind.as_deref() != Some("cwe")));
    let mut names: Vec<String> = names.filter_map(|identifier| filled(identifier.value.clone())).collect();
    if names.is_empty() {
        names.extend(filled(vulnerability.cve));
    }
    let dependency = vulnerability.location.and_then(|location| location.dependency);
    let (package, installed) = dependency.map_or((None, None), |d| (d.package.and_then(|package| package.name), d.version));
    let (fixed, fix_state) = solution(vulnerability.solution.as_deref());
    let stated = Stated {
        names,
        title: vulnerability.name,
        severity: vulnerability.severity.map(Text::from),
        // The format does not say of what kind a package is: it is one of the operating system where that is known.
        ecosystem: Ecosystem::of("os", family.as_deref()),
        package,
        installed,
        fixed: fixed.into(),
        fix_state,
        ..Stated::default()
    };
    stated.rows(notes)
}

/// `Upgrade apt from 1.4.8 to 1.4.9`, `Upgrade curl to 7.61.1-r0`: the last word, where it is one. Any other sentence that asks for an
/// upgrade says that there is a fix, and not which.
fn solution(text: Option<&str>) -> (Vec<String>, FixState) {
    let text = text.unwrap_or_default().trim();
    if !text.to_ascii_lowercase().starts_with("upgrade") {
        return (Vec::new(), FixState::Unknown);
    }
    let version = text.rsplit_once(" to ").map(|(_, version)| version.trim()).filter(|version| !version.contains(' '));
    let fixed: Vec<String> = version.filter(|version| !version.is_empty()).map(str::to_owned).into_iter().collect();
    (fixed.clone(), stated::fix_state(&fixed, FixState::Fixed))
}
