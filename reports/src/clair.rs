//! Clair's vulnerability report of a manifest, version 4 (`clairctl report --out json`, `/matcher/api/v1/vulnerability_report/…`) →
//! [`Report`].
//!
//! Source: Clair 4, OpenAPI "VulnerabilityReport", and the enrichers of claircore. It provides `path` (the package's database or file)
//! and `publishedAt` (`issued`), and `cvss`, `epss` and `knownExploited` where the report has that enrichment; no dates of fixes. It
//! states neither the time of the scan nor the scanner's version. Its ids are in free text ([`names`]).

mod enrichments;
pub(crate) mod names;
mod raw;

use policy::findings::{Field, FixState};

use self::enrichments::Enrichments;
use crate::ecosystem::Ecosystem;
use crate::json;
use crate::report::{Claim, Notes, Os, Report, Row, Scanner, Subject, SubjectKind};
use crate::scalar::{self, filled};
use crate::stated::{self, Stated};
use crate::text::Text;
use crate::{Begun, Format, Outline, Reader, ReportError, Texts, distro};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.clair.vulnerability-report+json", recognise, read };

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let is_clair = outline.has("manifest_hash") && outline.has("package_vulnerabilities");
    is_clair.then(|| "`manifest_hash` beside `package_vulnerabilities`: Clair's vulnerability report".to_owned())
}

fn read(text: &str) -> Result<Report, ReportError> {
    json::parse(text, "Clair report").map(report)
}

/// A report whose beginning shows one of the two members that make it Clair's: the other stands behind the largest.
pub(crate) const BEGUN: Begun = Begun {
    format: Format::Clair,
    is_begun: |head| head.has("manifest_hash"),
    read: |text| json::read(text).ok().filter(|raw: &raw::Report<'_>| raw.package_vulnerabilities.is_some()).map(report),
};

fn report(raw: raw::Report<'_>) -> Report {
    let packages = raw.packages.unwrap_or_default();
    let mut notes = Notes::default();
    let enrichments = Enrichments::of(raw.enrichments.unwrap_or_default(), &mut notes);
    let distributions = raw.distributions.unwrap_or_default();
    let environments = raw.environments.unwrap_or_default();
    let claim = claim(packages.is_empty(), !distributions.is_empty(), environments.values().flatten());
    let vulnerabilities = raw.vulnerabilities.unwrap_or_default();
    let mut rows = Vec::new();
    for (package_id, ids) in raw.package_vulnerabilities.unwrap_or_default() {
        let environment = environments.get(&package_id).and_then(|list| list.first());
        let os = environment
            .and_then(|e| e.distribution_id.as_deref())
            .and_then(|id| distributions.get(id))
            .and_then(raw::Distribution::os);
        let place = Place { database: environment.and_then(|e| e.package_db.as_deref()).unwrap_or_default(), os: os.as_ref() };
        for id in ids.unwrap_or_default() {
            let Some(vulnerability) = vulnerabilities.get(&id) else {
                notes.add("row dropped: the report does not describe its vulnerability");
                continue;
            };
            rows.extend(row(&id, vulnerability, packages.get(&package_id), &place, &enrichments, &mut notes));
        }
    }
    let mut systems: Vec<Os> = distributions.values().filter_map(raw::Distribution::os).collect();
    systems.dedup();
    let mut provides = vec![Field::Aliases, Field::PublishedAt, Field::Path];
    provides.extend(enrichments.provides());
    provides = stated::provided(&provides, &[Field::Cvss, Field::Epss, Field::KnownExploited], &rows);
    Report {
        format: Format::Clair,
        scanner: Scanner { name: "clair".to_owned(), version: None, database_updated_at: None },
        scanned_at: None,
        os: Some(systems).filter(|systems| systems.len() == 1).and_then(|systems| systems.into_iter().next()),
        subject: Subject {
            kind: SubjectKind::Image,
            name: None,
            digests: filled(raw.manifest_hash).into_iter().collect(),
            image_id: None,
            platform: None,
        },
        claim,
        provides,
        rows,
        notes,
    }
}

/// Packages of an operating system are matched by its distribution: without one nothing was looked up for them.
fn claim<'a>(is_empty: bool, has_distribution: bool, mut environments: impl Iterator<Item = &'a raw::Environment>) -> Claim {
    let is_of_system = |database: &str| ["rpm", "dpkg", "apk/db"].iter().any(|name| database.contains(name));
    if is_empty {
        Claim::Unclear(
            "the Clair report lists no package at all, so that it does not show whether anything in the image was looked at"
                .to_owned(),
        )
    } else if !has_distribution && environments.any(|e| e.package_db.as_deref().is_some_and(is_of_system)) {
        Claim::Unclear(
            "the Clair report names no distribution for the packages of the operating system, so that nothing was looked up for them"
                .to_owned(),
        )
    } else {
        Claim::Vulnerabilities
    }
}

/// Where a package was found.
struct Place<'a> {
    /// `bdb:var/lib/rpm`, `var/lib/dpkg/status`, `python:usr/lib/python3`, `go:usr/bin/server`, …
    database: &'a str,
    os: Option<&'a Os>,
}

impl Place<'_> {
    /// The kind and the path of the package's database; those of the distributions name no kind, or the engine of the database.
    fn split(&self) -> (&str, &str) {
        self.database.split_once(':').unwrap_or(("", self.database))
    }

    fn ecosystem(&self) -> Ecosystem {
        match self.split() {
            (kind @ ("python" | "go" | "maven" | "nodejs" | "ruby" | "gem" | "java"), _) => Ecosystem::of(kind, None),
            _ => self.os.map_or(Ecosystem::GENERIC, |os| Ecosystem::of(&os.family, None)),
        }
    }
}

fn row(
    id: &str,
    vulnerability: &raw::Vulnerability,
    package: Option<&raw::Package>,
    place: &Place<'_>,
    enrichments: &Enrichments<'_>,
    notes: &mut Notes,
) -> Vec<Row> {
    let name = vulnerability.name.clone().unwrap_or_default();
    let mut ids = names::in_name(&name);
    // Only what has no CVE of its own is told by its links.
    if !ids.iter().any(|id| crate::words::is_vulnerability_id(id)) {
        ids.extend(names::cves_in_links(vulnerability.links.as_deref().unwrap_or_default()));
    }
    let fixed: Texts = filled(vulnerability.fixed_in_version.clone()).into_iter().collect();
    let severity = [&vulnerability.normalized_severity, &vulnerability.severity];
    let stated = Stated {
        names: ids,
        title: filled(Some(name)),
        severity: severity.into_iter().flatten().find(|word| !word.is_empty()).cloned().map(Text::from),
        cvss: enrichments.cvss(id),
        epss: enrichments.epss(id),
        known_exploited: enrichments.known_exploited(id),
        published_at: scalar::time(vulnerability.issued.as_ref(), "date of publication", notes),
        ecosystem: place.ecosystem(),
        package: package.and_then(|package| package.name.clone()),
        installed: package.and_then(|package| package.version.clone()),
        path: scalar::path(Some(place.split().1.to_owned())),
        fix_state: stated::fix_state(&fixed, FixState::NotFixed),
        fixed,
        ..Stated::default()
    };
    stated.rows(notes)
}

impl raw::Distribution {
    /// Told by the id of `os-release`, else by the name.
    fn os(&self) -> Option<Os> {
        let name = [&self.did, &self.name].into_iter().flatten().find_map(|name| match name.as_str() {
            "ol" => distro::of("oracle"),
            name => distro::of(name),
        });
        let version = filled(self.version_id.clone()).or_else(|| filled(self.version.clone()));
        name.map(|os| Os { version: version.or(os.version), ..os })
    }
}
