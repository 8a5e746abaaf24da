//! Harbor: a project that prevents vulnerable images from being pulled, and lists of CVEs that are let through.
//!
//! Source: Harbor's API (`/api/v2.0/projects/{id}`, `/api/v2.0/system/CVEAllowlist`) and its check of a pull: any vulnerability of the
//! project's severity or a higher one, that is not on the list in force, blocks; so does an image that is not scanned. A list is over
//! from the second `expires_at`, and a project goes by the system's list unless it says otherwise.

use policy::time::Timestamp;
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::pattern::entry;
use crate::source::At;
use crate::{Refusal, ids};

/// What no project says.
pub(crate) const NOTES: &[&str] = &[
    "Harbor lets image indexes and artifacts that its scanner cannot scan be pulled unseen; here each platform is judged, and what has no \
     findings is denied",
    "Harbor asks at each pull, of its own projects; here the gate asks when a workload is created, whatever registry the image is from",
];

/// What no list says.
pub(crate) const LIST_NOTES: &[&str] =
    &["Harbor compares the ids of a list with a finding's own id alone; here an id covers its aliases and advisories too"];

const PROJECT: [&str; 17] = [
    "chart_count",
    "creation_time",
    "current_user_role_id",
    "current_user_role_ids",
    "cve_allowlist",
    "deleted",
    "metadata",
    "name",
    "owner_id",
    "owner_name",
    "project_id",
    "project_name",
    "public",
    "registry_id",
    "repo_count",
    "storage_limit",
    "togglable",
];
const METADATA: [&str; 12] = [
    "auto_sbom_generation",
    "auto_scan",
    "enable_content_trust",
    "enable_content_trust_cosign",
    "max_upstream_conn",
    "prevent_vul",
    "proxy_speed_kb",
    "public",
    "retention_id",
    "reuse_sys_cve_allowlist",
    "severity",
    "update_time",
];
const LIST: [&str; 6] = ["creation_time", "expires_at", "id", "items", "project_id", "update_time"];

/// What says that a document is a project.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    let key = ["prevent_vul", "reuse_sys_cve_allowlist"]
        .into_iter()
        .find(|key| at.get("metadata").is_some_and(|m| m.get(key).is_some()));
    let metadata = key.map(|key| format!("`metadata.{key}`"));
    metadata.or_else(|| at.get("cve_allowlist").map(|_| "a member `cve_allowlist`".to_owned()))
}

/// What says that a document is a list.
pub(crate) fn recognise_list(at: &At<'_>) -> Option<String> {
    let items = at.value().get("items")?.as_array()?;
    let is_list = items.first().map_or(at.get("expires_at").is_some(), |item| item.get("cve_id").is_some());
    (is_list && at.get("kind").is_none()).then(|| "`items` with a `cve_id`, as Harbor's allow-list".to_owned())
}

/// Reads each project into a rule.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    draft.set("evaluation", "strictest");
    // Harbor ranks what has no severity below all others.
    draft.set("unknownSeverity", "ignore");
    for object in objects {
        read_project(object, draft)?;
    }
    Ok(())
}

/// Switches are texts in Harbor's metadata.
fn switch(at: &At<'_>, key: &str, absent: bool) -> Result<bool, Box<Refusal>> {
    let Some(member) = at.get(key) else { return Ok(absent) };
    if member.value().is_boolean() { member.boolean() } else { member.word(&[("true", true), ("false", false)]) }
}

fn read_project(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    draft.lose_others(at, &PROJECT)?;
    let name = at.get("name").or_else(|| at.get("project_name"));
    let name = name.map_or_else(|| at.require("name"), Ok)?;
    let metadata = at.require("metadata")?;
    draft.lose_others(&metadata, &METADATA)?;
    for trust in ["enable_content_trust", "enable_content_trust_cosign"] {
        if switch(&metadata, trust, false)? {
            let trust = metadata.require(trust)?;
            draft.lose(&trust, "it is about the signatures of images: another policy verifies them");
        }
    }
    let reuses = switch(&metadata, "reuse_sys_cve_allowlist", true)?;
    if !switch(&metadata, "prevent_vul", false)? {
        draft.lose(&name, "this project prevents nothing from being pulled: it has no rule, and its list exempts nothing");
        draft.list_for(None);
        return Ok(());
    }
    let rule = push_rule(&name, &metadata, draft)?;
    draft.list_for(reuses.then_some(rule.as_str()));
    let Some(list) = at.get("cve_allowlist") else { return Ok(()) };
    let is_empty = list.list_of("items")?.is_empty();
    match reuses {
        true if !is_empty => draft.lose(&list, "the project goes by the system's list: nothing is exempt by this one"),
        true => {}
        false => read_list(&list, &[rule], draft)?,
    }
    Ok(())
}

fn push_rule(name: &At<'_>, metadata: &At<'_>, draft: &mut Draft) -> Result<String, Box<Refusal>> {
    let project = name.text()?;
    let severities = [
        ("none", None),
        ("negligible", None),
        ("", None),
        ("low", Some("low")),
        ("medium", Some("medium")),
        ("high", Some("high")),
        ("critical", Some("critical")),
    ];
    let severity = metadata.get("severity").map_or(Ok(None), |severity| severity.word(&severities))?;
    // At the lowest, everything counts that is found, with or without a severity.
    let condition = severity.map_or_else(|| json!({ "moreThan": 0 }), |severity| json!({ "severity": severity }));
    let rule = draft.name_rule(project);
    let mut body =
        json!({ "name": rule, "description": format!("Harbor project {project}"), "action": "deny", "conditions": [condition] });
    let is_plain = project.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
    if let (Some(body), true) = (body.as_object_mut(), is_plain) {
        body.insert("scope".to_owned(), json!([entry("repository", "contains", &[&format!("/{project}/")])]));
        draft.lose(
            name,
            "a project does not say the host of its Harbor: the rule is for every repository with this name between slashes",
        );
    } else {
        draft.lose(name, "not the name of a project: the rule is for every image");
    }
    draft.push_rule(body, false);
    Ok(rule)
}

/// Reads each list into an exemption: for the projects that go by it, or, where there is none, for every rule.
pub(crate) fn read_lists(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    for list in objects {
        let of_project = list.get("project_id").filter(|id| id.value().as_u64() != Some(0));
        let rules = draft.listed().map(<[String]>::to_vec);
        match (of_project, rules) {
            (Some(id), _) => draft
                .lose(&id, "the list of one project, which it does not name: give the project itself; nothing is exempt by it"),
            (None, Some(rules)) if rules.is_empty() => {
                draft.lose(list, "no project here goes by the system's list: nothing is exempt by it")
            }
            (None, rules) => read_list(list, &rules.unwrap_or_default(), draft)?,
        }
    }
    Ok(())
}

fn read_list(at: &At<'_>, rules: &[String], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    if !draft.knows_all(at, &LIST)? {
        return Ok(());
    }
    let mut found = Vec::new();
    for item in at.list_of("items")? {
        if draft.knows_all(&item, &["cve_id"])? {
            let id = item.require("cve_id")?;
            found.extend(ids::exempted(&id, id.text()?, draft));
        }
    }
    let mut members = json!({ "reason": "on Harbor's allow-list", "ids": found });
    if let Some(end) = at.get("expires_at") {
        let seconds = end.value().as_i64().ok_or_else(|| end.expected("seconds since 1970"))?;
        // Over from that second on.
        let Some(last) = seconds.checked_sub(1).and_then(Timestamp::from_unix) else {
            draft.lose(&end, "not a second from 1970 to 9999, so that the list may be over: nothing is exempt by it");
            return Ok(());
        };
        if let Value::Object(members) = &mut members {
            members.insert("until".to_owned(), last.to_string().into());
        }
    }
    if !found.is_empty() {
        draft.exempt("harbor-allowlist", members, rules);
    }
    Ok(())
}
