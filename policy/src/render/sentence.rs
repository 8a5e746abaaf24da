//! One violation as a sentence: where → rule → found → allowed → ids with fixed versions → code → hint.

use crate::diagnostic::Code;
use crate::findings::{Finding, Severity, Vulnerability};
use crate::limits;
use crate::lookup::namespace::NamespaceFault;
use crate::lookup::{Evidence, Signature};
use crate::settings::{Condition, Entry, Field, Operator, Settings, Test, Unit};
use crate::time::Duration;
use crate::verdict::{Cause, JudgedImage, Staleness, Violation};

use crate::text::{quote, shorten};

/// What a sentence is made of.
#[derive(Debug)]
pub(super) struct Sentence<'r, 'e, 'a> {
    pub(super) settings: &'r Settings,
    pub(super) namespace: Option<&'r NamespaceFault>,
    pub(super) image: &'r JudgedImage<'e, 'a>,
    pub(super) violation: &'r Violation<'e, 'a>,
}

impl Sentence<'_, '_, '_> {
    /// The whole sentence, naming at most so many vulnerabilities.
    pub(super) fn line(&self, most: usize) -> String {
        let code = self.code();
        let hint = match &self.violation.cause {
            Cause::Counted { selected, .. } if selected.iter().all(|(_, finding)| !finding.is_fixable()) => {
                "no fix is known: replace the package, or ask the owner of the rule for an exemption"
            }
            _ => code.hint(),
        };
        format!(
            "container `{}` image `{}`: {} [{}]; hint: {hint}",
            self.image.path,
            self.image.image,
            self.what(most),
            code.text()
        )
    }

    /// The sentence without place and hint, in [`limits::WARNING_BYTES`].
    pub(super) fn warning(&self) -> String {
        let code = self.code().text();
        let text = |most: usize| format!("image `{}`: {} [{code}]", self.image.image, self.what(most));
        let fitting = (0..=limits::MESSAGE_VULNERABILITIES).rev().map(text).find(|text| text.len() <= limits::WARNING_BYTES);
        fitting.unwrap_or_else(|| {
            // What is cut is the middle: the image and the code are what people search for.
            let room = limits::WARNING_BYTES.saturating_sub(code.len()).saturating_sub(3);
            format!("{} [{code}]", shorten(&format!("image `{}`: {}", self.image.image, self.what(0)), room))
        })
    }

    /// Rule, what was found and what is allowed.
    pub(super) fn what(&self, most: usize) -> String {
        let name = self.settings.rules.get(self.violation.rule).map_or("", |rule| &rule.name);
        let platform = self.violation.platform.map(|platform| format!("platform `{}`: ", quote(platform))).unwrap_or_default();
        format!("{platform}rule `{name}`: {}", self.why(most))
    }

    /// What was found and what is allowed.
    pub(super) fn why(&self, most: usize) -> String {
        let rule = self.settings.rules.get(self.violation.rule);
        let condition = |position: usize| rule.and_then(|rule| rule.conditions.get(position));
        match &self.violation.cause {
            Cause::Counted { condition: position, count, limit, unit, selected, undated } => {
                let noun = match condition(*position) {
                    Some(Condition::Count(condition)) => noun(&condition.test, *unit, *count),
                    _ => String::new(),
                };
                let dates =
                    if *undated > 0 { format!(" ({undated} of them without a date, counted as old)") } else { String::new() };
                format!("{count} {noun}, more than {limit}{dates}{}", list(selected, most))
            }
            Cause::EndOfLife { os, .. } => format!("operating system `{}` is no longer maintained", quote(os)),
            Cause::Missing => "no findings for this image".to_owned(),
            Cause::Unavailable => format!("findings could not be looked up: {}", self.evidence_text()),
            Cause::Unreadable => format!("findings are not usable: {}", self.evidence_text()),
            Cause::Untrusted => format!("findings are not signed by anyone trusted: {}", self.evidence_text()),
            Cause::Malformed => format!("malformed image reference: {}", self.image.malformed.map_or("", |error| error.0)),
            Cause::NotGranted => self.evidence_text(),
            Cause::ScopeUnknown => {
                let why = self.namespace.map_or("", |fault| &fault.why);
                format!("its scope needs the labels of the namespace, which could not be read: {why}")
            }
            Cause::Stale(staleness) => stale(*staleness),
            Cause::Incomplete { condition, field } => {
                format!("condition {} needs `{field}`, which the findings do not state", condition.saturating_add(1))
            }
        }
    }

    /// The code of the violation.
    pub(super) fn code(&self) -> Code {
        match self.violation.cause {
            Cause::ScopeUnknown if self.namespace.is_some_and(|fault| fault.is_not_granted) => Code::CapabilityNotGranted,
            _ => code(&self.violation.cause),
        }
    }

    /// What the violation rests on: of an index, the evidence of its platform.
    fn evidence(&self) -> Option<&Evidence<'_>> {
        match self.image.evidence? {
            Evidence::Index(platforms) => {
                // By identity: an index may have two entries of one platform.
                let is_it = |name: &str| self.violation.platform.is_some_and(|platform| std::ptr::eq(platform, name));
                let concerned = platforms.iter().find(|platform| is_it(&platform.name));
                concerned.map(|platform| platform.evidence.as_ref())
            }
            evidence => Some(evidence),
        }
        .map(|evidence| match evidence {
            // The violation is about what was found behind the signature that is not trusted.
            Evidence::Untrusted { then: Some(then), .. } if !matches!(self.violation.cause, Cause::Untrusted) => then,
            evidence => evidence,
        })
    }

    fn evidence_text(&self) -> String {
        match self.evidence() {
            Some(
                Evidence::Unavailable(why)
                | Evidence::Unreadable(why)
                | Evidence::Untrusted { why, .. }
                | Evidence::NotGranted(why),
            ) => why.clone(),
            Some(Evidence::Scanned(scan)) => match &scan.signature {
                Signature::Untrusted(why) => why.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        }
    }
}

fn code(cause: &Cause<'_, '_>) -> Code {
    match cause {
        Cause::Counted { .. } => Code::FindingsOverLimit,
        Cause::EndOfLife { .. } => Code::OsEndOfLife,
        Cause::Missing => Code::EvidenceMissing,
        Cause::Unavailable | Cause::ScopeUnknown => Code::EvidenceUnavailable,
        Cause::Unreadable => Code::EvidenceUnreadable,
        Cause::Untrusted => Code::EvidenceUntrusted,
        Cause::Malformed => Code::ReferenceMalformed,
        Cause::NotGranted => Code::CapabilityNotGranted,
        Cause::Stale(_) => Code::EvidenceStale,
        Cause::Incomplete { .. } => Code::EvidenceIncomplete,
    }
}

/// A condition in words: `more than 2 critical vulnerabilities`.
pub(super) fn condition(condition: &Condition) -> String {
    match condition {
        Condition::OsEndOfLife => "an operating system that is no longer maintained".to_owned(),
        Condition::Count(count) => {
            // Beside "more than 1" stands a plural.
            format!("more than {} {}", count.more_than, noun(&count.test, count.unit, 2))
        }
    }
}

/// An entry of a scope in words: "namespace starts with `prod-`".
pub(super) fn entry(entry: &Entry) -> String {
    let field = match &entry.field {
        Field::NamespaceLabel(key) => format!("namespace label `{key}`"),
        Field::Label(key) => format!("label `{key}`"),
        Field::Annotation(key) => format!("annotation `{key}`"),
        Field::ServiceAccount => "service account".to_owned(),
        field => format!("{field:?}").to_ascii_lowercase(),
    };
    let (operator, word) = match entry.operator {
        Operator::Equals => ("is", " or "),
        Operator::NotEquals => ("is not", " nor "),
        Operator::StartsWith => ("starts with", " or "),
        Operator::EndsWith => ("ends with", " or "),
        Operator::Contains => ("contains", " or "),
    };
    let values: Vec<String> = entry.values.iter().map(|value| format!("`{value}`")).collect();
    format!("{field} {operator} {}", values.join(word))
}

/// `known exploited fixable high or critical vulnerabilities with CVSS 7.0 or more in the listed packages`.
fn noun(test: &Test, unit: Unit, count: usize) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut say = |condition: bool, word: &dyn Fn() -> String| {
        if condition {
            words.push(word());
        }
    };
    say(test.known_exploited, &|| "known exploited".to_owned());
    say(test.fixable.is_some(), &|| if test.fixable == Some(true) { "fixable".to_owned() } else { "unfixable".to_owned() });
    say(test.severity.is_some(), &|| test.severity.map(|(severity, exactly)| severities(severity, exactly)).unwrap_or_default());
    say(true, &|| {
        let noun = match (unit, count) {
            (Unit::Vulnerabilities, 1) => "vulnerability",
            (Unit::Vulnerabilities, _) => "vulnerabilities",
            (Unit::Findings, 1) => "finding",
            (Unit::Findings, _) => "findings",
        };
        noun.to_owned()
    });
    say(!test.ids.is_empty(), &|| "of the listed ids".to_owned());
    say(test.cvss.is_some(), &|| test.cvss.map(|score| format!("with CVSS {score} or more")).unwrap_or_default());
    say(test.epss.is_some(), &|| test.epss.map(|epss| format!("with EPSS {epss} or more")).unwrap_or_default());
    say(test.published_for.is_some(), &|| test.published_for.map(|time| format!("published for {time}")).unwrap_or_default());
    say(test.fix_available_for.is_some(), &|| {
        test.fix_available_for.map(|time| format!("with a fix for {time}")).unwrap_or_default()
    });
    say(!test.packages.is_empty(), &|| "in the listed packages".to_owned());
    say(!test.paths.is_empty(), &|| "in the listed paths".to_owned());
    words.join(" ")
}

fn severities(severity: Severity, exactly: bool) -> String {
    match (severity, exactly) {
        (severity @ Severity::Critical, _) | (severity, true) => severity.word().to_owned(),
        (Severity::High, false) => "high or critical".to_owned(),
        (severity, false) => format!("{} or worse", severity.word()),
    }
}

/// `: CVE-2024-0001 (openssl 3.0.1, fixed in 3.0.2), … and 3 more`
fn list(selected: &[(&Vulnerability<'_>, &Finding<'_>)], most: usize) -> String {
    if most == 0 {
        return String::new();
    }
    let named: Vec<String> = selected.iter().take(most).map(|(vulnerability, finding)| name(vulnerability, finding)).collect();
    let more = selected.len().saturating_sub(most);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(": {}{more}", named.join(", "))
}

fn name(vulnerability: &Vulnerability<'_>, finding: &Finding<'_>) -> String {
    let installed = finding.installed.as_deref().map(|version| format!(" {}", quote(version))).unwrap_or_default();
    let fix = match finding.fixed.first() {
        Some(version) => format!("fixed in {}", quote(version)),
        None if finding.is_fixable() => "fixed in a later version".to_owned(),
        None => "no fix".to_owned(),
    };
    format!("{} ({}{installed}, {fix})", quote(&vulnerability.id), quote(package(&finding.purl)))
}

/// The name in a package URL: `openssl` of `pkg:deb/debian/openssl@3.0.1?arch=amd64`.
pub(super) fn package(purl: &str) -> &str {
    let end = purl.find(['?', '#']).unwrap_or(purl.len());
    let identity = purl.get(..end).unwrap_or_default();
    let after_slash = identity.rsplit('/').next().unwrap_or_default();
    // A scoped npm name has its `@` percent-encoded, so the last one begins the version.
    after_slash.rsplit_once('@').map_or(after_slash, |(name, _)| name)
}

fn stale(staleness: Staleness) -> String {
    match staleness {
        Staleness::Scan(Some(age), limit) => format!("findings are {} old, more than {limit}", Duration::describe(age)),
        Staleness::Scan(None, limit) => format!("the time of the scan is unknown, and it must not be more than {limit} ago"),
        Staleness::Database(Some(age), limit) => {
            format!("the scanner's database was {} old at the time of the scan, more than {limit}", Duration::describe(age))
        }
        Staleness::Database(None, limit) => {
            format!("the age of the scanner's database is unknown, and it must not be more than {limit}")
        }
    }
}
