//! Kubescape's `SecurityException` and `ClusterSecurityException`: what is said of vulnerabilities in them.
//!
//! Source: the types `kubescape.io/v1beta1` and how kubevuln applies them. An entry hides a vulnerability where its status is `not_affected`
//! or `fixed`, or `affected` with an action and no remedy to come; everything else stays visible. An end is the last instant, and the
//! entry's own goes before that of the whole.

mod whose;

use policy::time::Timestamp;
use serde_json::{Map, Value};

use crate::Refusal;
use crate::draft::Draft;
use crate::source::At;
use crate::{ids, package};

/// What no exception says.
pub(crate) const NOTES: &[&str] = &[
    "Kubescape holds an exception against the workload that it scans; here it is held against what is created, pods among it, by their own \
     kinds and names",
    "Kubescape compares ids as they are listed; here an id covers its aliases and advisories too",
];

const KIND: &str = "SecurityException";
const CLUSTER_KIND: &str = "ClusterSecurityException";
const VERSION: &str = "kubescape.io/v1beta1";

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    let said = |key: &str| at.value().get(key).and_then(Value::as_str);
    let (version, kind) = (said("apiVersion")?, said("kind")?);
    let is_one = version.starts_with("kubescape.io/") && [KIND, CLUSTER_KIND].contains(&kind);
    is_one.then(|| format!("apiVersion: {}, kind: {kind}", policy::text::quote(version)))
}

/// Reads each exception into exemptions.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    for object in objects {
        read_object(object, draft)?;
    }
    Ok(())
}

fn read_object(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let version = at.require("apiVersion")?;
    if version.value() != VERSION {
        return Err(version.expected(VERSION));
    }
    let is_cluster = at.require("kind")?.value() == CLUSTER_KIND;
    let spec = at.require("spec")?;
    let is_known = draft.knows_all(at, &["apiVersion", "kind", "metadata", "spec", "status"])?
        && draft.knows_all(&spec, &["author", "reason", "expiresAt", "match", "vulnerabilities", "posture"])?;
    if !is_known {
        return Ok(());
    }
    if let Some(posture) = spec.get("posture").filter(|posture| posture.value().as_array().is_none_or(|list| !list.is_empty())) {
        draft.lose(&posture, "the gate judges vulnerabilities alone: nothing stands for it");
    }
    let entries = spec.list_of("vulnerabilities")?;
    if entries.is_empty() {
        return Ok(());
    }
    let namespace = at.get("metadata").and_then(|metadata| metadata.get("namespace"));
    let scopes = match (is_cluster, namespace) {
        (true, _) => whose::read(&spec, None, draft)?,
        (false, Some(namespace)) => whose::read(&spec, Some(namespace.text()?), draft)?,
        (false, None) => {
            draft.lose(&at.require("kind")?, "it does not say its namespace: nothing is exempt by it");
            return Ok(());
        }
    };
    let Some(scopes) = scopes else { return Ok(()) };
    for entry in entries {
        read_entry(&entry, &spec, &scopes, draft)?;
    }
    Ok(())
}

const ENTRY: [&str; 9] = [
    "vulnerability",
    "status",
    "justification",
    "impactStatement",
    "expiredOnFix",
    "expiresAt",
    "actionStatement",
    "response",
    "subcomponents",
];

fn read_entry(at: &At<'_>, spec: &At<'_>, scopes: &[Vec<Value>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    if !draft.knows_all(at, &ENTRY)? {
        return Ok(());
    }
    let vulnerability = at.require("vulnerability")?;
    if !draft.knows_all(&vulnerability, &["id", "aliases"])? {
        return Ok(());
    }
    if !hides(at)? {
        draft.lose(at, "Kubescape keeps what has this status visible: nothing is exempt by it");
        return Ok(());
    }
    let id = vulnerability.require("id")?;
    let mut names: Vec<&str> = ids::exempted(&id, id.text()?, draft).into_iter().collect();
    for alias in vulnerability.list_of("aliases")? {
        names.extend(ids::exempted(&alias, alias.text()?, draft));
    }
    let packages = read_packages(at, draft)?;
    if names.is_empty() || packages.as_ref().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    let text = |at: &At<'_>, key: &str| {
        at.get(key).filter(|text| text.value() != "").map(|text| text.text().map(str::to_owned)).transpose()
    };
    let reason = text(spec, "reason")?.or(text(at, "impactStatement")?).or(text(at, "actionStatement")?);
    let mut members = Map::from_iter([
        ("reason".to_owned(), reason.unwrap_or_else(|| "excepted in Kubescape".to_owned()).into()),
        ("ids".to_owned(), names.into()),
    ]);
    members.extend(text(spec, "author")?.map(|author| ("owner".to_owned(), author.into())));
    members.extend(packages.map(|packages| ("packages".to_owned(), packages.into())));
    if let Some(end) = at.get("expiresAt").or_else(|| spec.get("expiresAt")) {
        let instant = Timestamp::parse(end.text()?).ok_or_else(|| end.expected("an RFC 3339 instant"))?;
        members.insert("until".to_owned(), instant.to_string().into());
    }
    if at.get("expiredOnFix").map_or(Ok(false), |switch| switch.boolean())? {
        members.insert("untilFixed".to_owned(), true.into());
    }
    for scope in scopes {
        let mut members = members.clone();
        members.extend((!scope.is_empty()).then(|| ("scope".to_owned(), scope.clone().into())));
        draft.exempt("kubescape", members.into(), &[]);
    }
    Ok(())
}

/// Whether Kubescape hides what an entry is about.
fn hides(at: &At<'_>) -> Result<bool, Box<Refusal>> {
    Ok(match at.get("status").and_then(|status| status.value().as_str()) {
        Some("not_affected" | "fixed") => true,
        Some("affected") => {
            let has_action = at
                .get("actionStatement")
                .and_then(|action| action.value().as_str())
                .is_some_and(|action| !action.trim().is_empty());
            let responses = at.texts_of("response")?;
            let is_final = |response: &&str| ["can_not_fix", "will_not_fix"].contains(response);
            has_action && !responses.is_empty() && responses.iter().all(is_final)
        }
        _ => false,
    })
}

/// The packages that an entry is about; `None`: all of them.
fn read_packages<'a>(at: &At<'a>, draft: &mut Draft) -> Result<Option<Vec<&'a str>>, Box<Refusal>> {
    let Some(list) = at.get("subcomponents") else { return Ok(None) };
    let theirs = list.list()?;
    if theirs.is_empty() {
        return Ok(None);
    }
    let mut packages = Vec::new();
    for one in theirs {
        match package::of_purl(one.text()?) {
            Ok(purl) => packages.push(purl),
            Err(why) => draft.lose(&one, format!("{why}: nothing is exempt by it")),
        }
    }
    Ok(Some(packages))
}
