//! A result and its rule → what they say, for each tool that writes SARIF its own way.
//!
//! Sources: Trivy's `pkg/report/sarif.go`, Grype's `grype/presenter/sarif`, the SARIF that Docker Scout and the Snyk CLI write.

use policy::findings::decimal;
use serde_json::value::RawValue;

use super::description::{plain, section};
use super::raw::{Finding, Rule};
use super::text::{self, Labels};
use crate::ecosystem::Ecosystem;
use crate::purl::{self, Purl};
use crate::text::Text;
use crate::words;

/// Who wrote the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Driver {
    Trivy,
    Grype,
    /// The scan action of before Grype wrote SARIF itself.
    Anchore,
    Snyk,
    Scout,
    /// A tool that is not known: taken only where each result has what a finding needs.
    Other(String),
}

impl Driver {
    pub(super) fn of(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "trivy" => Self::Trivy,
            "grype" => Self::Grype,
            "anchore container vulnerability report" => Self::Anchore,
            "snyk container" => Self::Snyk,
            "docker scout" => Self::Scout,
            _ => Self::Other(name.to_owned()),
        }
    }

    /// The scanner's name in findings documents.
    pub(super) fn scanner(&self) -> &str {
        match self {
            Self::Trivy => "trivy",
            Self::Grype | Self::Anchore => "grype",
            Self::Snyk => "snyk",
            Self::Scout => "docker-scout",
            Self::Other(name) => name,
        }
    }
}

/// What a result says; texts are not empty.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) id: Option<String>,
    pub(super) other_names: Vec<String>,
    pub(super) severity: Option<String>,
    /// More than one where a result is about several packages at once.
    pub(super) packages: Vec<Named>,
    pub(super) fixed: Vec<String>,
    /// The text says that there is no fix.
    pub(super) has_no_fix: bool,
    pub(super) path: Option<String>,
    pub(super) epss: Option<f64>,
}

#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) purl: String,
}

/// A result with its rule and the texts of both.
pub(super) struct Told<'a> {
    pub(super) rule: Option<&'a Rule<'a>>,
    pub(super) finding: &'a Finding<'a>,
}

impl<'a> Told<'a> {
    fn rule_id(&self) -> Option<&str> {
        self.finding.rule_id.as_deref().or_else(|| self.rule.map(|rule| rule.id.as_ref())).filter(|id| !id.is_empty())
    }

    fn help(&self) -> Option<&'a RawValue> {
        self.rule.and_then(|rule| rule.help)
    }

    pub(super) fn tags(&self) -> &[Text<'a>] {
        self.rule.and_then(|rule| rule.properties.as_ref()).and_then(|p| p.tags.as_deref()).unwrap_or_default()
    }

    /// The tag that is a severity word.
    fn severity_tag(&self) -> Option<String> {
        self.tags().iter().find(|tag| !tag.is_empty() && words::severity(tag).is_some()).map(|tag| tag.to_string())
    }
}

/// What a result says, as the driver writes it; `None` where it is not about a vulnerability.
pub(super) fn said(driver: &Driver, told: &Told<'_>) -> Option<Said> {
    match driver {
        Driver::Trivy => trivy(told),
        Driver::Snyk => Some(snyk(told)),
        Driver::Scout => Some(scout(told)),
        Driver::Grype | Driver::Anchore | Driver::Other(_) => Some(labelled(told)),
    }
}

/// Secrets, misconfigurations and licences stand beside vulnerabilities; the rule's name or a tag tells them apart.
fn trivy(told: &Told<'_>) -> Option<Said> {
    let name = told.rule.and_then(|rule| rule.name.as_deref()).unwrap_or_default();
    if !name.contains("Vulnerability") && !told.tags().iter().any(|tag| &**tag == "vulnerability") {
        return None;
    }
    let labels = Labels::of([told.finding.message()]);
    // Before 0.20 the package or the severity stood beside the id.
    let id = told.rule_id().map(|id| id.rsplit_once("] ").map_or(id, |(_, rest)| rest));
    let id = id.and_then(|id| id.split([' ', '/']).next()).filter(|id| !id.is_empty());
    let version = labels.get(&["Installed Version"]);
    let package = labels.get(&["Package"]).map(|package| generic(package, version));
    let is_of_file = name == "LanguageSpecificPackageVulnerability";
    Some(Said {
        id: id.map(str::to_owned),
        severity: labels.get(&["Severity"]).map(str::to_owned).or_else(|| told.severity_tag()),
        packages: package.into_iter().collect(),
        fixed: list(labels.get(&["Fixed Version"])),
        path: if is_of_file { told.finding.location().uri().map(str::to_owned) } else { None },
        ..Said::default()
    })
}

/// Everything in labelled lines of the message or the rule's help text, as Grype and the Anchore action write it.
fn labelled(told: &Told<'_>) -> Said {
    let (help, message) = (plain(told.help()), told.finding.message());
    let help = &*help;
    let labels = Labels::of([message, help]);
    let label = |names: &[&str]| labels.get(names);
    let id = text::named(help).or_else(|| told.rule_id().and_then(text::id)).or_else(|| text::named(message));
    let version = label(&["Version", "Installed Version"]);
    let package = label(&["Package"]).map(|name| {
        let written = told.rule.and_then(|rule| rule.properties.as_ref()).and_then(|p| p.purls.as_deref()).and_then(<[_]>::first);
        // `debian:distro:debian:12`: the distribution whose list was looked in.
        let family = label(&["Data Namespace"]).and_then(|namespace| namespace.split(":distro:").nth(1));
        let family = family.and_then(|family| family.split(':').next());
        let purl = || Ecosystem::of(label(&["Type"]).unwrap_or_default(), family).purl(name, version);
        Named {
            name: name.to_owned(),
            version: version.map(str::to_owned),
            purl: written.map_or_else(purl, |written| written.to_string()),
        }
    });
    Said {
        id: id.map(str::to_owned),
        severity: label(&["Severity"]).map(str::to_owned).or_else(|| told.severity_tag()),
        packages: package.into_iter().collect(),
        fixed: list(label(&["Fix Version", "Fixed Version"])),
        path: label(&["Location"]).filter(|path| *path != "pkgdb").map(str::to_owned),
        ..Said::default()
    }
}

/// `Low severity - … vulnerability in bzip2`, `(CVE-2016-3189) bzip2/libbz2-1.0@1.0.6-8.1`, and the fix in the help's `Remediation`.
fn snyk(told: &Told<'_>) -> Said {
    let short = plain(told.rule.and_then(|rule| rule.short_description));
    let full = plain(told.rule.and_then(|rule| rule.full_description));
    let remediation = section(told.help(), "## Remediation");
    let (names, package) = match full.strip_prefix('(').and_then(|rest| rest.split_once(") ")) {
        Some((names, package)) => (names.split(',').map(|name| name.trim().to_owned()).collect(), package),
        None => (Vec::new(), &*full),
    };
    let from_message = || text::between(told.finding.message(), " with a ", " severity").map(str::to_owned);
    let id = told.rule_id().map(str::to_owned);
    Said {
        other_names: names,
        severity: short.split_once(" severity").map(|(word, _)| word.to_owned()).or_else(from_message),
        packages: snyk_package(package, id.as_deref().unwrap_or_default(), told.tags()).into_iter().collect(),
        fixed: list(text::between(&remediation, " to version ", " or higher")),
        has_no_fix: remediation.contains("There is no fixed version"),
        id,
        ..Said::default()
    }
}

/// `source/binary@version`; the ecosystem is a tag and the distribution a part of the id (`SNYK-DEBIAN12-…`).
fn snyk_package(text: &str, id: &str, tags: &[Text<'_>]) -> Option<Named> {
    let (name, version) = text.trim().rsplit_once('@')?;
    let distribution: String =
        id.split('-').nth(1)?.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let tag = |kind: &str| tags.iter().any(|tag| &**tag == kind);
    let purl = match ["deb", "apk", "rpm"].into_iter().find(|kind| tag(kind)) {
        Some(kind) => {
            let binary = name.rsplit_once('/').map_or(name, |(_, binary)| binary);
            let namespace = Some(distribution.as_str()).filter(|d| !d.is_empty() && *d != "linux");
            purl::make(kind, namespace, binary, Some(version))
        }
        None => {
            let kinds = [
                ("npm", "npm"),
                ("maven", "maven"),
                ("pip", "pypi"),
                ("golang", "golang"),
                ("nuget", "nuget"),
                ("rubygems", "gem"),
                ("composer", "composer"),
            ];
            let kind = kinds.into_iter().find(|(word, _)| tag(word)).map_or("generic", |(_, kind)| kind);
            purl::make(kind, None, name, Some(version))
        }
    };
    Some(Named { name: name.to_owned(), version: Some(version.to_owned()), purl })
}

/// Labelled lines in the message, with a package URL for the package; the rule's properties where they are missing.
fn scout(told: &Told<'_>) -> Said {
    let labels = Labels::of([told.finding.message()]);
    let properties = told.rule.and_then(|rule| rule.properties.as_ref());
    let of_rule = || properties.iter().filter_map(|p| p.purls.as_ref()).flatten().map(|purl| purl.to_string()).collect();
    let purls = labels.get(&["Package"]).map_or_else(of_rule, |purl| vec![purl.to_owned()]);
    let packages = purls.into_iter().map(|text| match Purl::parse(&text) {
        Some(purl) => Named { name: purl.name, version: purl.version, purl: text },
        None => generic(&text, None),
    });
    let fixed = labels.get(&["Fixed version"]).or_else(|| properties.and_then(|p| p.fixed_version.as_deref()));
    let epss = labels.get(&["EPSS Score"]).and_then(|score| match score.strip_suffix('%') {
        Some(percent) => decimal(percent.trim()).map(|percent| percent / 100.0),
        None => decimal(score),
    });
    Said {
        id: told.rule_id().map(str::to_owned),
        severity: labels
            .get(&["Severity"])
            .map(str::to_owned)
            .or_else(|| told.severity_tag())
            .or_else(|| properties.and_then(|p| p.cvss3_severity.as_deref()).map(str::to_owned)),
        packages: packages.collect(),
        has_no_fix: fixed == Some("not fixed"),
        fixed: list(fixed),
        path: told.finding.location().uri().map(str::to_owned),
        epss,
        ..Said::default()
    }
}

/// A package whose ecosystem is not said.
fn generic(name: &str, version: Option<&str>) -> Named {
    Named { name: name.to_owned(), version: version.map(str::to_owned), purl: purl::make("generic", None, name, version) }
}

/// Versions of a list; the words for "there is none" are not versions.
fn list(text: Option<&str>) -> Vec<String> {
    let versions = text.unwrap_or_default().split([',', ';']).map(str::trim);
    versions.filter(|v| !v.is_empty() && !matches!(*v, "None" | "not fixed" | "-")).map(str::to_owned).collect()
}
