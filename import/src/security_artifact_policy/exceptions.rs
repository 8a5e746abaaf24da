//! What a rule of a `SecurityArtifactPolicy` lets through: ids, registries, repositories and images → exemptions.
//!
//! Source: the CRD; `excludedRegistries` are of v1alpha2, and v1alpha3 has `exemptions` in their place.

use std::collections::BTreeMap;

use policy::image::{Digest, Reference};
use policy::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::ids::is_vulnerability;
use crate::pattern::entry;
use crate::source::At;

/// Everything that is exempt from the rules that one rule became.
pub(super) fn read(configuration: &At<'_>, rules: &[String], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let ignored = super::read_ids(configuration, "ignoredCves", draft)?;
    if !ignored.is_empty() {
        draft.exempt("ignored-cves", json!({ "reason": "exempted in Microsoft Defender", "ids": ignored }), rules);
    }
    read_exemptions(configuration, rules, draft)?;
    for excluded in configuration.list_of("excludedRegistries")? {
        draft.lose_others(&excluded, &["sourceType", "value"])?;
        match resource(excluded.require("sourceType")?.text()?, excluded.require("value")?.text()?) {
            Ok(scope) => {
                draft.exempt("excluded", json!({ "reason": "excluded in Microsoft Defender", "scope": [scope] }), rules);
            }
            Err(why) => draft.lose(&excluded, format!("{why}: nothing is exempt by it")),
        }
    }
    let mut hosts = Vec::new();
    for unsupported in configuration.list_of("unsupportedRegistries")? {
        match host(unsupported.text()?) {
            Some(host) => hosts.push(host),
            None => draft.lose(&unsupported, "not the host of a registry: nothing is exempt by it"),
        }
    }
    if !hosts.is_empty() {
        let scope = json!([{ "field": "registry", "operator": "equals", "values": hosts }]);
        draft.exempt(
            "unsupported-registries",
            json!({ "reason": "Microsoft Defender does not scan these registries", "scope": scope }),
            rules,
        );
    }
    Ok(())
}

/// Since v1alpha3. Those of vulnerabilities with the same time are one.
fn read_exemptions(configuration: &At<'_>, rules: &[String], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let mut by_time: BTreeMap<[Option<&str>; 2], Vec<&str>> = BTreeMap::new();
    for exemption in configuration.list_of("exemptions")? {
        draft.lose_others(&exemption, &["type", "value", "timeBound"])?;
        let kind = exemption.require("type")?.text()?.to_ascii_lowercase();
        let value = exemption.require("value")?.text()?;
        let time = match exemption.get("timeBound") {
            Some(bound) => {
                draft.lose_others(&bound, &["startDate", "endDate"])?;
                [read_time(&bound, "startDate")?, read_time(&bound, "endDate")?]
            }
            None => [None, None],
        };
        let instants = time.map(|time| time.and_then(Timestamp::parse));
        let why = match (kind.as_str(), instants) {
            (_, [Some(from), Some(until)]) if until < from => "it ends before it begins",
            ("timebased", [_, None]) => "a time-based exemption needs an `endDate`",
            ("timebased" | "permanent", _) if is_vulnerability(value) => {
                by_time.entry(time).or_default().push(value);
                continue;
            }
            ("timebased" | "permanent", _) => "the value is no CVE or GHSA, and how a resource is written here is not published",
            _ => "this type is neither timeBased nor permanent",
        };
        draft.lose(&exemption, format!("{why}: nothing is exempt by it"));
    }
    for ([from, until], ids) in by_time {
        let mut members =
            Map::from_iter([("reason".to_owned(), "exempted in Microsoft Defender".into()), ("ids".to_owned(), ids.into())]);
        members.extend(from.map(|from| ("from".to_owned(), from.into())));
        members.extend(until.map(|until| ("until".to_owned(), until.into())));
        draft.exempt("exempted-cves", members.into(), rules);
    }
    Ok(())
}

fn read_time<'a>(bound: &At<'a>, key: &str) -> Result<Option<&'a str>, Box<Refusal>> {
    let Some(time) = bound.get(key) else { return Ok(None) };
    let text = time.text()?;
    Timestamp::parse(text).ok_or_else(|| time.expected("an RFC 3339 instant"))?;
    Ok(Some(text))
}

/// v1alpha2: what `registry`, `repository` or `image` with a value stands for.
fn resource(kind: &str, value: &str) -> Result<Value, &'static str> {
    let has_host = value.split_once('/').is_some_and(|(host, _)| host.contains('.'));
    match kind.to_ascii_lowercase().as_str() {
        "registry" => {
            let host = host(value).ok_or("not the host of a registry")?;
            Ok(entry("registry", "equals", &[&host]))
        }
        "image" if Digest::parse(value).is_some() => Ok(entry("digest", "equals", &[value])),
        "repository" | "image" if !has_host => Err("it does not say of which registry"),
        "repository" => {
            // A tag or digest is no part of a repository.
            let reference = Reference::parse(value).map_err(|_| "not a repository")?;
            let is_bare = reference.digest().is_none() && !value.rsplit('/').next().unwrap_or_default().contains(':');
            if is_bare { Ok(entry("repository", "equals", &[&reference.repository()])) } else { Err("not a repository") }
        }
        "image" => {
            let reference = Reference::parse(value).map_err(|_| "not an image reference")?;
            Ok(entry("image", "equals", &[&reference.to_string()]))
        }
        _ => Err("this type is none of registry, repository and image"),
    }
}

/// A registry in normal form.
fn host(text: &str) -> Option<String> {
    let reference = Reference::parse(&format!("{text}/a/b")).ok()?;
    let is_host = !text.contains('/') && (text.contains(['.', ':']) || text == "localhost");
    is_host.then(|| reference.registry().to_owned())
}
