//! CycloneDX JSON with `vulnerabilities` (versions 1.4 to 1.7; of Trivy, Grype and others) → [`Report`].
//!
//! Source: the CycloneDX specification, "Vulnerability Exploitability" and its JSON schemas.
//!
//! A bill of materials is not a scan: without `vulnerabilities` it is refused, and with an empty list it counts as clean only where Grype
//! wrote it, which does nothing but look for vulnerabilities (Trivy writes the empty list without looking, too). A document whose every
//! vulnerability has an analysis and which lists no component is a VEX document, and refused as a report.
//!
//! Fixed versions are free text in this format (`recommendation`); they are read in the forms that scanners are known to write, and noted
//! where they are not. `analysis.state` is a VEX status of the document's author: `not_affected` and `false_positive` mean not affected
//! (a false positive is not in the component at all), `resolved` and `resolved_with_pedigree` fixed, `exploitable` affected, `in_triage`
//! under investigation. Of the optional fields those are provided that some finding of the document has; EPSS stands among the ratings.
//! `knownExploited` and `fixAvailableAt` never are.

pub(crate) mod components;
mod ratings;
pub(crate) mod raw;

use std::sync::Arc;

use policy::findings::{Field, FixState, VexStatus};
use policy::image::Digest;

use self::components::{Components, Packages};
use crate::budget::Budget;
use crate::json;
use crate::purl::Purl;
use crate::report::{Claim, Notes, Os, Package, Report, Row, Scanner, Statement, Subject, SubjectKind};
use crate::scalar::{self, filled};
use crate::{Format, Outline, Reader, ReportError, Texts, names, stated};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.cyclonedx+json", recognise, read };

/// The versions of the specification that have `vulnerabilities` as they are read here.
const VERSIONS: [&str; 4] = ["1.4", "1.5", "1.6", "1.7"];

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let is_bom = outline.text("bomFormat")? == "CycloneDX";
    is_bom.then(|| "`bomFormat` is `CycloneDX`".to_owned())
}

/// Reads a document of a version that is known.
pub(crate) fn bom(text: &str) -> Result<raw::Bom<'_>, ReportError> {
    let bom: raw::Bom<'_> = json::parse(text, "CycloneDX document")?;
    match bom.spec_version.as_deref() {
        Some(version) if VERSIONS.contains(&version) => Ok(bom),
        found => Err(ReportError::new(
            format!("expected CycloneDX of the version {}, found {}", VERSIONS.join(", "), found.unwrap_or("none")),
            None,
        )),
    }
}

/// The VEX status of an analysis.
pub(crate) fn status(state: &str) -> Option<VexStatus> {
    Some(match state {
        "resolved" | "resolved_with_pedigree" => VexStatus::Fixed,
        "exploitable" => VexStatus::Affected,
        "in_triage" => VexStatus::UnderInvestigation,
        "false_positive" | "not_affected" => VexStatus::NotAffected,
        _ => return None,
    })
}

fn read(text: &str) -> Result<Report, ReportError> {
    let bom = bom(text)?;
    let mut notes = Notes::default();
    let components = Components::of(&bom);
    let mut packages = Packages::of(&components);
    let vulnerabilities = bom.vulnerabilities.as_deref();
    let mut rows = Vec::new();
    let mut budget = Budget::new();
    for vulnerability in vulnerabilities.unwrap_or_default() {
        let n_names = vulnerability.references.as_ref().map_or(0, Vec::len);
        // A bulletin becomes a row for each CVE and each package.
        let n_rows = vulnerability.affects.as_ref().map_or(1, |list| list.len().max(1)).saturating_mul(n_names.max(1));
        budget.take(n_rows, n_names)?;
        rows.extend(self::rows(vulnerability, &mut packages, &mut notes));
    }
    let scanner = scanner(bom.metadata.as_ref());
    let timestamp = bom.metadata.as_ref().and_then(|m| m.timestamp.as_deref());
    let optional = [Field::Aliases, Field::Cvss, Field::Epss, Field::PublishedAt, Field::Path, Field::Vex];
    let os = components.os().and_then(|os| {
        filled(os.name.clone()).map(|family| Os { family, version: filled(os.version.clone()), end_of_life: None })
    });
    Ok(Report {
        format: Format::CycloneDx,
        scanned_at: scalar::time(timestamp, "`metadata.timestamp`", &mut notes),
        os,
        subject: subject(bom.metadata.as_ref().and_then(|m| m.component.as_ref())),
        claim: claim(vulnerabilities, bom.components.as_deref().unwrap_or_default(), &scanner.name),
        provides: stated::provided(&[], &optional, &rows),
        scanner,
        rows,
        notes,
    })
}

fn claim(vulnerabilities: Option<&[raw::Vulnerability<'_>]>, components: &[raw::Component<'_>], scanner: &str) -> Claim {
    let has_state = |v: &raw::Vulnerability<'_>| v.analysis.as_ref().is_some_and(|a| a.state.is_some());
    match vulnerabilities {
        None => Claim::None("the CycloneDX document is a bill of materials without vulnerabilities: it says nothing about a scan".to_owned()),
        Some([]) if scanner != "grype" => Claim::Unclear(
            "the CycloneDX document has an empty list of vulnerabilities, so that it does not show whether they were looked for".to_owned(),
        ),
        Some(list) if components.is_empty() && !list.is_empty() && list.iter().all(has_state) => Claim::None(
            "the CycloneDX document is a VEX document (each vulnerability has an analysis, and there are no components), not a scan"
                .to_owned(),
        ),
        Some(_) => Claim::Vulnerabilities,
    }
}

/// One row for each affected component.
fn rows<'a>(v: &'a raw::Vulnerability<'_>, known: &mut Packages<'a>, notes: &mut Notes) -> Vec<Row> {
    let rated = ratings::rated(v, notes);
    let published_at = scalar::time(v.published.as_deref(), "date of publication", notes);
    let vex = statement(v.analysis.as_ref(), notes);
    let affected: Vec<&str> = v.affects.iter().flatten().filter_map(|a| a.reference.as_deref()).collect();
    let mut packages: Vec<Package> = affected.into_iter().map(|reference| known.get(reference, notes)).collect();
    let names = v.references.iter().flatten().filter_map(|reference| filled(reference.id.clone()));
    let mut identities =
        names::told_apart(filled(v.id.clone()), names, None, packages.first().map(|package| package.name.as_str()), notes);
    if identities.is_empty() {
        return Vec::new();
    }
    if packages.is_empty() {
        // A vulnerability counts, wherever it is.
        notes.add("row without a package");
        packages.push(Package {
            purl: "pkg:generic/unknown".to_owned(),
            name: "unknown".to_owned(),
            installed: None,
            path: None,
        });
    }
    let is_single = packages.len() == 1;
    let mut rows = Vec::new();
    let mut packages = packages.into_iter().peekable();
    while let Some(package) = packages.next() {
        let fixed = fixed(v.recommendation.as_deref().unwrap_or_default(), &package.name, is_single);
        if fixed.is_empty() && v.recommendation.as_deref().is_some_and(|text| !text.is_empty()) {
            notes.add("recommendation that names no fixed version of the package in a known form");
        }
        let is_last = packages.peek().is_none();
        let identities = if is_last { std::mem::take(&mut identities) } else { identities.clone() };
        let row = Row {
            id: String::new(),
            aliases: Texts::default(),
            advisories: Texts::default(),
            severity: rated.severity,
            cvss: rated.cvss,
            epss: rated.epss,
            known_exploited: None,
            published_at,
            package: Arc::new(package),
            fix_state: stated::fix_state(&fixed, FixState::Unknown),
            fixed: fixed.into(),
            fix_available_at: None,
            vex: vex.clone().map(Box::new),
        };
        rows.extend(stated::of_each(identities, row));
    }
    rows
}

fn statement(analysis: Option<&raw::Analysis<'_>>, notes: &mut Notes) -> Option<Statement> {
    let state = analysis?.state.as_deref().filter(|state| !state.is_empty())?;
    let status = status(state);
    if status.is_none() {
        notes.add(format!("analysis state `{state}`: no VEX status"));
    }
    status.map(|status| Statement { status, source: format!("CycloneDX analysis, state `{state}`") })
}

/// `Upgrade NAME to version V1, V2; Upgrade …` (Trivy), or `Update to V or later` where only one package is affected (OWASP dep-scan).
fn fixed(recommendation: &str, name: &str, is_single: bool) -> Vec<String> {
    let names = |written: &str| written == name || written.replace(':', "/") == name;
    let of_trivy = recommendation.split(';').filter_map(|part| part.trim().strip_prefix("Upgrade ")?.split_once(" to version "));
    let listed = of_trivy.filter(|(written, _)| names(written)).flat_map(|(_, versions)| versions.split(", "));
    let mut fixed: Vec<String> = listed.map(|version| version.trim().to_owned()).filter(|version| !version.is_empty()).collect();
    let of_dep_scan = recommendation.strip_prefix("Update to ").and_then(|rest| rest.strip_suffix(" or later"));
    fixed.extend(of_dep_scan.filter(|version| is_single && !version.contains(' ')).map(str::to_owned));
    fixed
}

/// The first tool that is known to look for vulnerabilities, else the first.
fn scanner(metadata: Option<&raw::Metadata<'_>>) -> Scanner {
    const SCANNERS: [&str; 9] =
        ["trivy", "grype", "depscan", "dep-scan", "xray", "snyk", "inspector", "scout", "dependency-track"];
    let tools = metadata.and_then(|m| m.tools.as_ref()).map(|tools| tools.0.as_slice()).unwrap_or_default();
    let name = |tool: &raw::Named<'_>| tool.name.as_deref().unwrap_or_default().to_ascii_lowercase();
    let known = tools.iter().find(|tool| SCANNERS.iter().any(|scanner| name(tool).contains(scanner)));
    let tool = known.or_else(|| tools.first());
    Scanner {
        name: tool.map(name).filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned()),
        version: tool.and_then(|tool| filled(tool.version.clone())),
        database_updated_at: None,
    }
}

/// `metadata.component`: the digest is in its package URL (Trivy, cdxgen), in its version (Syft, Grype) or in Trivy's properties.
fn subject(component: Option<&raw::Component<'_>>) -> Subject {
    let kind = match component.and_then(|c| c.kind.as_deref()) {
        Some("container") => SubjectKind::Image,
        Some(other) if !other.is_empty() => SubjectKind::Other(other.to_owned()),
        _ => SubjectKind::unnamed(),
    };
    Subject {
        kind,
        name: component.and_then(|c| filled(c.name.clone())),
        digests: component.map(digests).unwrap_or_default(),
        image_id: component.and_then(|c| c.properties(&["aquasecurity:trivy:ImageID"]).into_iter().next()),
        platform: None,
    }
}

/// The digests by which a component of the type `container` is known.
pub(crate) fn digests(component: &raw::Component<'_>) -> Vec<String> {
    let of_purl = component.purl.as_deref().and_then(Purl::parse).filter(|purl| purl.kind == "oci").and_then(|purl| purl.version);
    let of_trivy = component.properties(&["aquasecurity:trivy:RepoDigest"]);
    let of_trivy = of_trivy.iter().filter_map(|d| d.split_once('@').map(|(_, digest)| digest.to_owned()));
    let mut digests: Vec<String> = of_purl.into_iter().chain(filled(component.version.clone())).chain(of_trivy).collect();
    digests.retain(|digest| Digest::parse(digest).is_some());
    digests.sort_unstable();
    digests.dedup();
    digests
}
