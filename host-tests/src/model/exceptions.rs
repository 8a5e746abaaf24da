//! Requests that are not judged as all others are: by who makes them, and by an annotation.
//!
//! Source: the rule language, "Restarts" and "Break-glass".

use serde_json::Value;

use super::workload::Workload;
use super::{Verdict, list, text};

const CONTROLLERS: [&str; 5] =
    ["replicaset-controller", "replication-controller", "statefulset-controller", "daemon-set-controller", "job-controller"];

/// The controllers that write other workloads than pods, and which.
const COPIES: [(&str, (&str, &str)); 2] =
    [("deployment-controller", ("apps", "ReplicaSet")), ("cronjob-controller", ("batch", "Job"))];

/// Whether a controller writes what it makes of a workload, its annotations with it.
fn is_copy(request: &Value) -> bool {
    let kind = (text(&request["kind"]["group"]), text(&request["kind"]["kind"]));
    COPIES.iter().any(|(user, of)| *of == kind && controller(request) == Some(user))
}

fn controller(request: &Value) -> Option<&str> {
    text(&request["userInfo"]["username"]).strip_prefix("system:serviceaccount:kube-system:")
}

/// Whether a controller creates a pod.
pub(super) fn is_restart(request: &Value) -> bool {
    let kind = &request["kind"];
    let is_pod = text(&kind["group"]).is_empty() && kind["kind"] == "Pod" && text(&request["subResource"]).is_empty();
    is_pod && request["operation"] == "CREATE" && controller(request).is_some_and(|user| CONTROLLERS.contains(&user))
}

/// The verdict where somebody puts the annotation there or changes it; `None` where nobody does.
pub(super) fn break_glass(
    settings: &Value,
    request: &Value,
    workload: &Workload<'_>,
    old: Option<&Workload<'_>>,
) -> Option<Verdict> {
    let break_glass = &settings["breakGlass"];
    let annotation = break_glass["annotation"].as_str().filter(|_| !text(&request["operation"]).is_empty())?;
    let reasons = |workload: &Workload<'_>| -> Vec<Option<String>> {
        let reason = |metadata: &&Value| metadata["annotations"][annotation].as_str().map(str::to_owned);
        workload.metadata.iter().map(reason).collect()
    };
    let before = old.map(reasons).unwrap_or_default();
    let now = reasons(workload).into_iter().enumerate();
    let put: Vec<String> = now.filter(|(i, now)| before.get(*i) != Some(now)).filter_map(|(_, now)| now).collect();
    if put.is_empty() {
        return None;
    }
    let asker = &request["userInfo"];
    let is_listed = list(&break_glass["users"]).contains(&asker["username"])
        || list(&asker["groups"]).iter().any(|group| list(&break_glass["groups"]).contains(group));
    let may = (is_listed || is_restart(request) || is_copy(request)) && put.iter().all(|reason| !reason.trim().is_empty());
    Some(if may { Verdict::Admit } else { Verdict::Deny })
}
