//! A condition as written → [`Condition`]: which findings it selects, and how many are a violation.
//!
//! Source: the rule language, "Predicates of a condition".

use std::borrow::Cow;

use super::language::{CONDITION_KEYS, CONDITION_MODIFIERS, COUNTINGS, SEVERITIES, UNITS};
use super::node::{Members, Node};
use super::rule::read_duration;
use crate::findings::{CvssScore, Epss, Field, Severity};
use crate::limits;
use crate::time::Duration;

/// A condition of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// More than so many are selected.
    Count(Count),
    /// The image's operating system is no longer maintained. Ranks as high.
    OsEndOfLife,
}

/// Selects findings and counts them.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// All of these hold for a selected finding.
    pub test: Test,
    /// What is counted.
    pub unit: Unit,
    /// *More than* this is a violation.
    pub more_than: u32,
}

/// What a condition counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Vulnerabilities with at least one selected finding.
    Vulnerabilities,
    /// Selected findings.
    Findings,
}

/// The predicates of a condition; those that are absent hold for every finding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Test {
    /// At least this severe; exactly, where the flag is set.
    pub severity: Option<(Severity, bool)>,
    /// Its id, an alias or an advisory is one of these; empty: any.
    pub ids: Vec<String>,
    /// Whether a fix is known.
    pub fixable: Option<bool>,
    /// Its highest base score is at least this.
    pub cvss: Option<CvssScore>,
    /// Its EPSS probability is at least this.
    pub epss: Option<Epss>,
    /// It is in the CISA KEV catalogue.
    pub known_exploited: bool,
    /// Published at least that long ago.
    pub published_for: Option<Duration>,
    /// Fixable, and a fix available at least that long.
    pub fix_available_for: Option<Duration>,
    /// Its package is one of these; empty: any.
    pub packages: Vec<PackagePrefix>,
    /// Its location matches one of these; empty: any.
    pub paths: Vec<Glob>,
}

impl Condition {
    /// The optional fields of a findings document that it cannot be judged without.
    pub fn needs(&self) -> Vec<Field> {
        let Self::Count(Count { test, .. }) = self else { return Vec::new() };
        let needs = [
            (test.cvss.is_some(), Field::Cvss),
            (test.epss.is_some(), Field::Epss),
            (test.known_exploited, Field::KnownExploited),
            (test.published_for.is_some(), Field::PublishedAt),
            (test.fix_available_for.is_some(), Field::FixAvailableAt),
            (!test.paths.is_empty(), Field::Path),
        ];
        needs.into_iter().filter(|(needed, _)| *needed).map(|(_, field)| field).collect()
    }
}

/// A package URL, or the beginning of some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackagePrefix(String);

impl PackagePrefix {
    /// `pkg:type`, `pkg:type/namespace`, `pkg:type/namespace/name`, with or without `@version`. A type begins with a letter.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("pkg:")?;
        let is_sound = rest.starts_with(|c: char| c.is_ascii_alphabetic()) && !rest.contains(char::is_whitespace);
        is_sound.then(|| Self(decode(text.trim_end_matches('/')).into_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the purl equals it or goes on behind it at a boundary: `/` or `@`, or `?` and `#`, where a purl's identity ends.
    pub fn matches(&self, purl: &str) -> bool {
        let purl = decode(purl);
        purl.strip_prefix(self.0.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '@', '?', '#']))
    }
}

/// A package URL without percent-encoding: `pkg:npm/%40babel/core` and `pkg:npm/@babel/core` name one package.
fn decode(purl: &str) -> Cow<'_, str> {
    if !purl.contains('%') {
        return Cow::Borrowed(purl);
    }
    let mut bytes = Vec::with_capacity(purl.len());
    let mut rest = purl.bytes();
    while let Some(byte) = rest.next() {
        let digits = rest.clone().take(2).map(|digit| char::from(digit).to_digit(16)).collect::<Option<Vec<u32>>>();
        match digits.as_deref() {
            Some([high, low]) if byte == b'%' => {
                bytes.push(u8::try_from(high.saturating_mul(16).saturating_add(*low)).unwrap_or(byte));
                rest.nth(1);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(purl), Cow::Owned)
}

/// A pattern of paths: `*` and `?` stay within a component, `**` spans several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(Vec<String>);

impl Glob {
    /// A leading slash says nothing: locations are relative to the image's root.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('/');
        let components: Vec<String> = text.split('/').map(str::to_owned).collect();
        (!text.is_empty() && text.len() <= limits::GLOB_BYTES).then_some(Self(components))
    }

    /// As written, without leading slashes.
    pub fn text(&self) -> String {
        self.0.join("/")
    }

    /// Whether the whole path matches.
    pub fn matches(&self, path: &str) -> bool {
        let path: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let pattern: Vec<&str> = self.0.iter().map(String::as_str).collect();
        matches_sequence(
            &pattern,
            &path,
            |item| *item == "**",
            |item, component| {
                let (item, component): (Vec<char>, Vec<char>) = (item.chars().collect(), component.chars().collect());
                matches_sequence(&item, &component, |c| *c == '*', |c, found| *c == '?' || c == found)
            },
        )
    }
}

/// Wildcard matching with one point of return, the last wildcard: no more steps than pattern × text.
fn matches_sequence<P, T>(pattern: &[P], text: &[T], is_wildcard: impl Fn(&P) -> bool, matches: impl Fn(&P, &T) -> bool) -> bool {
    let (mut p, mut t) = (0_usize, 0_usize);
    let mut wildcard: Option<(usize, usize)> = None;
    while let Some(here) = text.get(t) {
        match pattern.get(p) {
            Some(item) if is_wildcard(item) => {
                wildcard = Some((p, t));
                p = p.saturating_add(1);
            }
            Some(item) if matches(item, here) => {
                p = p.saturating_add(1);
                t = t.saturating_add(1);
            }
            _ => {
                let Some((at, taken)) = wildcard else { return false };
                wildcard = Some((at, taken.saturating_add(1)));
                p = at.saturating_add(1);
                t = taken.saturating_add(1);
            }
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(is_wildcard))
}

pub(super) fn read(node: &Node<'_>) -> Option<Condition> {
    let members = node.object(&CONDITION_KEYS, &[], "")?;
    if let Some(end_of_life) = members.get("osEndOfLife") {
        if CONDITION_KEYS.iter().any(|key| *key != "osEndOfLife" && members.has(key)) {
            node.problem(
                "expected `osEndOfLife` alone, found other keys beside it: it is about the image, they are about findings",
            );
        }
        return read_true(&end_of_life).map(|()| Condition::OsEndOfLife);
    }
    if !CONDITION_KEYS.iter().any(|key| !CONDITION_MODIFIERS.contains(key) && members.has(key)) {
        node.problem("expected at least one predicate or `moreThan`, found none");
    }
    let test = read_test(node, &members);
    Some(Condition::Count(Count {
        test,
        unit: members.get("count").and_then(|node| node.word(&UNITS)).unwrap_or(Unit::Vulnerabilities),
        more_than: members.get("moreThan").and_then(|node| node.whole_number()).unwrap_or(0),
    }))
}

fn read_test(node: &Node<'_>, members: &Members<'_>) -> Test {
    let severity = members.get("severity").and_then(|node| node.word(&SEVERITIES));
    let exactly = members.get("counting").and_then(|node| node.word(&COUNTINGS));
    if members.has("counting") && !members.has("severity") {
        node.problem("expected `severity` beside `counting`, found none");
    }
    let fixable = members.get("fixable").and_then(|node| node.boolean());
    if fixable == Some(false) && members.has("fixAvailableFor") {
        node.problem("expected `fixAvailableFor` without `fixable: false`, found both: no finding can satisfy them");
    }
    Test {
        severity: severity.map(|severity| (severity, exactly.unwrap_or(false))),
        ids: members.get("ids").map(|node| read_ids(&node)).unwrap_or_default(),
        fixable,
        cvss: members
            .get("cvss")
            .and_then(|node| node.decimal("a CVSS score from 0.0 to 10.0", up_to(10.0, CvssScore::from_decimal))),
        epss: members.get("epss").and_then(|node| node.decimal("a probability from 0 to 1", up_to(1.0, Epss::from_decimal))),
        known_exploited: members.get("knownExploited").and_then(|node| read_true(&node)).is_some(),
        published_for: members.get("publishedFor").and_then(|node| read_duration(&node)),
        fix_available_for: members.get("fixAvailableFor").and_then(|node| read_duration(&node)),
        packages: members.get("packages").map(|node| read_packages(&node)).unwrap_or_default(),
        paths: members.get("paths").map(|node| read_paths(&node)).unwrap_or_default(),
    }
}

/// A number that would be rounded onto the scale is outside it all the same.
fn up_to<T>(most: f64, read: impl Fn(f64) -> Option<T>) -> impl Fn(f64) -> Option<T> {
    move |value| (value <= most).then(|| read(value)).flatten()
}

/// A predicate that can only be asked for, not against.
fn read_true(node: &Node<'_>) -> Option<()> {
    match node.boolean()? {
        true => Some(()),
        false => {
            node.problem("expected `true`, found `false`: leave the key out instead");
            None
        }
    }
}

/// Vulnerability ids, aliases or advisory ids.
pub(super) fn read_ids(node: &Node<'_>) -> Vec<String> {
    let id = |text: &str| {
        let is_sound = (1..=limits::ID_CHARS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_sound.then(|| text.to_owned())
    };
    node.list(limits::LIST_ITEMS)
        .into_iter()
        .flatten()
        .filter_map(|node| node.parsed("an id such as CVE-2021-44228", id))
        .collect()
}

pub(super) fn read_packages(node: &Node<'_>) -> Vec<PackagePrefix> {
    let list = node.list(limits::LIST_ITEMS).into_iter().flatten();
    list.filter_map(|node| node.parsed("a package URL such as pkg:deb/debian/openssl", PackagePrefix::parse)).collect()
}

pub(super) fn read_paths(node: &Node<'_>) -> Vec<Glob> {
    let list = node.list(limits::LIST_ITEMS).into_iter().flatten();
    list.filter_map(|node| node.parsed("a path such as usr/lib/** of at most 1024 characters", Glob::parse)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_match_at_boundaries() {
        for (prefix, purl, matches) in [
            ("pkg:npm", "pkg:npm/lodash@4.17.20", true),
            ("pkg:npm/", "pkg:npm/lodash@4.17.20", true),
            ("pkg:npm/@babel/core", "pkg:npm/%40babel/core@7.0.0", true),
            ("pkg:npm/%40babel", "pkg:npm/%40babel/core@7.0.0", true),
            ("pkg:deb/debian/libstdc++6", "pkg:deb/debian/libstdc%2B%2B6@12?arch=amd64", true),
            ("pkg:deb/debian/libstdc++6", "pkg:deb/debian/libstdc%2B%2B60@12", false),
            ("pkg:npm/a", "pkg:npm/a%2", false),
            ("pkg:deb/debian/openssl", "pkg:deb/debian/openssl@3.0.1?arch=amd64", true),
            ("pkg:deb/debian/openssl", "pkg:deb/debian/openssl-dev@3.0.1", false),
            ("pkg:deb/debian/openssl@3.0.1", "pkg:deb/debian/openssl@3.0.1?arch=amd64", true),
            ("pkg:deb/debian/openssl@3.0.1", "pkg:deb/debian/openssl@3.0.11", false),
            ("pkg:deb/debian/openssl@3.0.1?arch=arm64", "pkg:deb/debian/openssl@3.0.1?arch=amd64", false),
        ] {
            assert_eq!(PackagePrefix::parse(prefix).unwrap().matches(purl), matches, "{prefix} {purl}");
        }
        for wrong in ["npm/lodash", "pkg:", "pkg:/", "pkg:@a/b", "pkg:a b", ""] {
            assert_eq!(PackagePrefix::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn globs_stay_within_components() {
        for (glob, path, matches) in [
            ("usr/lib/*", "usr/lib/a.so", true),
            ("usr/lib/*", "usr/lib/x/a.so", false),
            ("usr/lib/**", "usr/lib/x/y/a.so", true),
            ("**/node_modules/**", "app/node_modules/a/package.json", true),
            ("**/node_modules/**", "node_modules/a", true),
            ("/usr/bin/xz", "usr/bin/xz", true),
            ("usr/bin/?z", "usr/bin/xz", true),
            ("usr/bin/?z", "usr/bin/z", false),
            ("*.jar", "app.jar", true),
            ("*.jar", "lib/app.jar", false),
            ("**/*.jar", "lib/a/app.jar", true),
            ("**", "anything/at/all", true),
            ("a/**/b/**/c", "a/x/b/y/b/c", true),
            ("a*b*c", "axxbyyd", false),
        ] {
            assert_eq!(Glob::parse(glob).unwrap().matches(path), matches, "{glob} {path}");
        }
        let hostile = Glob::parse(&"*a".repeat(200)).unwrap();
        assert!(!hostile.matches(&"ac".repeat(2000).replace("acac", "aacc")));
    }
}
