//! What holds between the fields of a findings document. The gate trusts none of it: a document that breaks a law is unreadable.

use std::fmt;

use super::{Document, Field, Finding, Image, SCHEMA_VERSION, Severity, Vulnerability};
use crate::image::Digest;
use crate::order;

/// Why a document cannot be used: the place, what was expected, what was found. One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError(pub String);

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DocumentError {}

/// Checks the laws of the findings document, schema version 1.
///
/// # Errors
/// The first law that is broken, with the JSON path of the place.
pub fn check(document: &Document<'_>) -> Result<(), DocumentError> {
    if document.schema_version != SCHEMA_VERSION {
        return broken("/schemaVersion", format_args!("expected {SCHEMA_VERSION}, found {}", document.schema_version));
    }
    if Digest::parse(&document.subject).is_none() {
        return broken("/subject", format_args!("expected a sha256 digest, found `{}`", document.subject));
    }
    let subjects = document.images.iter().filter(|image| image.digest == document.subject).count();
    if subjects > 0 && document.images.len() > 1 {
        return broken("/images", format_args!("expected one entry for a single image, found {}", document.images.len()));
    }
    for (i, image) in document.images.iter().enumerate() {
        check_image(document, image, &format!("/images/{i}"))?;
    }
    Ok(())
}

fn check_image(document: &Document<'_>, image: &Image<'_>, path: &str) -> Result<(), DocumentError> {
    if Digest::parse(&image.digest).is_none() {
        return broken(&format!("{path}/digest"), format_args!("expected a sha256 digest, found `{}`", image.digest));
    }
    let vulnerabilities = image.vulnerabilities.as_deref().unwrap_or_default();
    let mut previous: Option<&Vulnerability<'_>> = None;
    for (i, vulnerability) in vulnerabilities.iter().enumerate() {
        check_vulnerability(document, vulnerability).map_err(|e| DocumentError(format!("`{path}/vulnerabilities/{i}{e}")))?;
        if previous.is_some_and(|before| rank(before) >= rank(vulnerability)) {
            return broken(
                &format!("{path}/vulnerabilities/{i}"),
                format_args!(
                    "expected order by severity from critical down, then by id, found `{}` after `{}`",
                    vulnerability.id,
                    previous.map_or("", |v| &v.id)
                ),
            );
        }
        previous = Some(vulnerability);
    }
    check_unique(vulnerabilities, path)
}

/// Sort key of the document: critical first, unknown last, then the bytes of the id.
fn rank<'a>(vulnerability: &'a Vulnerability<'_>) -> (std::cmp::Reverse<Severity>, &'a [u8]) {
    (std::cmp::Reverse(vulnerability.severity), vulnerability.id.as_bytes())
}

/// No two entries share an id or an alias: they would be one vulnerability counted twice. Names are held against each other by a hash first,
/// since sorting thousands of texts costs more than reading them.
fn check_unique(vulnerabilities: &[Vulnerability<'_>], path: &str) -> Result<(), DocumentError> {
    let mut names: Vec<(u32, &str)> = Vec::with_capacity(vulnerabilities.len());
    for vulnerability in vulnerabilities {
        names.push((hash(&vulnerability.id), &vulnerability.id));
        names.extend(vulnerability.aliases.iter().map(|alias| (hash(alias), alias.as_ref())));
    }
    let lower = |name: &'_ str| name.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>();
    order::sort_by(&mut names, |(a, name), (b, other)| a.cmp(b).then_with(|| lower(name).cmp(&lower(other))));
    for pair in names.windows(2) {
        if let [(_, name), (_, other)] = pair
            && name.eq_ignore_ascii_case(other)
        {
            return broken(
                &format!("{path}/vulnerabilities"),
                format_args!("expected ids and aliases to be unique, found `{name}` twice"),
            );
        }
    }
    Ok(())
}

/// FNV-1a of the name in lower case.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193))
}

/// The error text begins in the middle of a path, for the caller to put the path before.
fn check_vulnerability(document: &Document<'_>, v: &Vulnerability<'_>) -> Result<(), DocumentError> {
    let named = |what: &str| DocumentError(format!("{what} (`{}`)", v.id));
    if v.id.is_empty() {
        return Err(named("/id`: expected an id, found none"));
    }
    if v.findings.is_empty() {
        return Err(named("/findings`: expected at least one finding, found none"));
    }
    let spoken = [
        (Field::Aliases, !v.aliases.is_empty()),
        (Field::Cvss, v.cvss.is_some()),
        (Field::Epss, v.epss.is_some()),
        (Field::KnownExploited, v.known_exploited.is_some()),
        (Field::PublishedAt, v.published_at.is_some()),
    ];
    let in_findings = |field, has: fn(&Finding<'_>) -> bool| (field, v.findings.iter().any(has));
    let in_findings = [
        in_findings(Field::FixAvailableAt, |f| f.fix_available_at.is_some()),
        in_findings(Field::Path, |f| f.path.is_some()),
        in_findings(Field::Vex, |f| f.vex.is_some() || f.vex_source.is_some()),
    ];
    match spoken.iter().chain(&in_findings).find(|(field, has)| *has && !document.provides.contains(field)) {
        Some((field, _)) => {
            let field = field.name();
            Err(named(&format!("/{field}`: expected no value for a field that `/provides` does not list, found `{field}`")))
        }
        None => Ok(()),
    }
}

fn broken<T>(path: &str, what: fmt::Arguments<'_>) -> Result<T, DocumentError> {
    Err(DocumentError(format!("`{path}`: {what}")))
}
