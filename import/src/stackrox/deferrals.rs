//! Vulnerabilities that RHACS defers, or has for false positives: the answer of its API `/v2/vulnerability-exceptions` → exemptions.
//!
//! Source: the API and how exceptions are enforced. One that is approved and not over takes its CVEs out of every policy, for all images
//! (`.*` in each part of its scope), for a repository (`.*` for its tag) or for a tag.

use policy::image::Reference;
use policy::time::Timestamp;
use serde_json::{Map, Value};

use crate::draft::Draft;
use crate::pattern::entry;
use crate::source::At;
use crate::{Refusal, ids};

/// What no exception says.
pub(crate) const NOTES: &[&str] = &[
    "RHACS ends a deferral for all of its CVEs when all of them are fixable; here it ends for each finding that is",
    "RHACS takes deferred vulnerabilities out of its policies; here they are set aside for every rule and named in the answer",
];

const ANY: &str = ".*";
const DEFERRED: &str = "deferred in RHACS";
const EXCEPTION: [&str; 16] = [
    "id",
    "name",
    "targetState",
    "status",
    "expired",
    "requester",
    "approvers",
    "createdAt",
    "lastUpdated",
    "comments",
    "scope",
    "deferralRequest",
    "falsePositiveRequest",
    "cves",
    "deferralUpdate",
    "falsePositiveUpdate",
];

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    let is_one = |at: &At<'_>| at.get("targetState").is_some() && at.get("cves").is_some();
    let first = at.get("exceptions").and_then(|all| all.list().ok()?.into_iter().next()).or_else(|| at.get("exception"));
    first.is_some_and(|first| is_one(&first)).then(|| "exceptions with a `targetState`, as in RHACS' API".to_owned())
}

/// Reads each exception into an exemption for every rule.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    for object in objects {
        draft.lose_others(object, &["exceptions", "exception"])?;
        for exception in object.list_of("exceptions")?.into_iter().chain(object.get("exception")) {
            read_exception(&exception, draft)?;
        }
    }
    Ok(())
}

fn read_exception(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    if !draft.knows_all(at, &EXCEPTION)? {
        return Ok(());
    }
    let members = match members(at)? {
        Ok(members) => members,
        Err(why) => {
            draft.lose(at, format!("{why}: nothing is exempt by it"));
            return Ok(());
        }
    };
    let mut found = Vec::new();
    for cve in at.list_of("cves")? {
        found.extend(ids::exempted(&cve, cve.text()?, draft));
    }
    if !found.is_empty() {
        let mut members = members;
        members.insert("ids".to_owned(), found.into());
        draft.exempt("rhacs-exception", members.into(), &[]);
    }
    Ok(())
}

/// An exemption's members but its ids, or why there is none.
fn members(at: &At<'_>) -> Result<Result<Map<String, Value>, &'static str>, Box<Refusal>> {
    let is_approved =
        at.get("status").is_some_and(|status| matches!(status.value().as_str(), Some("APPROVED" | "APPROVED_PENDING_UPDATE")));
    if !is_approved || at.get("expired").map_or(Ok(false), |expired| expired.boolean())? {
        return Ok(Err("it is not approved, or over"));
    }
    let reason = match at.require("targetState")?.text()? {
        "DEFERRED" => DEFERRED,
        "FALSE_POSITIVE" => "a false positive in RHACS",
        _ => return Ok(Err("it neither defers nor denies a vulnerability")),
    };
    let comment = at.list_of("comments")?.first().and_then(|comment| comment.get("message"));
    let comment = comment.and_then(|message| message.value().as_str()).filter(|message| !message.trim().is_empty());
    let mut members = Map::from_iter([("reason".to_owned(), comment.unwrap_or(reason).into())]);
    match scope(at)? {
        Ok(entries) => members.extend((!entries.is_empty()).then(|| ("scope".to_owned(), entries.into()))),
        Err(why) => return Ok(Err(why)),
    }
    let Some(expiry) = at.get("deferralRequest").and_then(|request| request.get("expiry")) else {
        return Ok(if reason == DEFERRED { Err("a deferral says how it ends, or that it does not") } else { Ok(members) });
    };
    if !expiry.others(&["expiryType", "expiresOn"])?.is_empty() {
        return Ok(Err("its end has a member that is not known"));
    }
    let end = expiry.get("expiresOn");
    match (expiry.get("expiryType").and_then(|kind| kind.value().as_str()).unwrap_or("TIME"), end) {
        ("TIME", Some(end)) => {
            let instant = Timestamp::parse(end.text()?).ok_or_else(|| end.expected("an RFC 3339 instant"))?;
            members.insert("until".to_owned(), instant.to_string().into());
        }
        // Without an instant it is for good.
        ("TIME", None) => {}
        ("ALL_CVE_FIXABLE", None) => {
            members.insert("untilFixed".to_owned(), true.into());
        }
        ("ANY_CVE_FIXABLE", None) if at.list_of("cves")?.len() == 1 => {
            members.insert("untilFixed".to_owned(), true.into());
        }
        _ => return Ok(Err("it ends for all of its CVEs when any of them is fixable, and an exemption for each")),
    }
    Ok(Ok(members))
}

/// Entries of a scope, none for all images, or why there are none.
fn scope(at: &At<'_>) -> Result<Result<Vec<Value>, &'static str>, Box<Refusal>> {
    let scope = at.require("scope")?;
    let image = scope.require("imageScope")?;
    if !scope.others(&["imageScope"])?.is_empty() || !image.others(&["registry", "remote", "tag"])?.is_empty() {
        return Ok(Err("its scope has a member that is not known"));
    }
    let text = |key: &str| image.get(key).and_then(|part| part.value().as_str()).unwrap_or_default();
    let (registry, remote, tag) = (text("registry"), text("remote"), text("tag"));
    if [registry, remote, tag] == [ANY; 3] {
        return Ok(Ok(Vec::new()));
    }
    let has_tag = tag != ANY;
    let written = if has_tag { format!("{registry}/{remote}:{tag}") } else { format!("{registry}/{remote}") };
    let is_host = registry.contains(['.', ':']) || registry == "localhost";
    let reference = Reference::parse(&written).ok().filter(|reference| is_host && reference.digest().is_none());
    Ok(match reference {
        Some(reference) if has_tag => Ok(vec![entry("image", "equals", &[&reference.to_string()])]),
        Some(reference) => Ok(vec![entry("repository", "equals", &[&reference.repository()])]),
        None => Err("its scope is neither every image nor a repository with its registry"),
    })
}
