//! Settings, manifests and findings as typed → verdicts, and all that is wrong on the way.

use std::collections::BTreeMap;

use policy::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::attach::{Attached, by_version};
use crate::cluster::Cluster;
use crate::entry::Entry;
use crate::registry::World;
use crate::settings::Usable;
use crate::workload::Submissions;
use crate::{SCHEMA_VERSION, problem, question, settings, verdict};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Question {
    #[serde(default)]
    settings: String,
    #[serde(default)]
    baseline: Option<String>,
    #[serde(default)]
    workload: String,
    #[serde(default)]
    findings: Vec<Entry>,
    now: String,
    #[serde(default)]
    namespace_labels: Option<BTreeMap<String, String>>,
}

/// Judges the objects of `workload` by `settings`, and by `baseline` where there is one, with `findings` attached to their images, at the
/// instant `now` (RFC 3339).
///
/// The answer has `settings`, `baseline`, `workload`, `findings`, `verdicts`, `baselineVerdicts` and `changes`; of what is no such
/// question, `problem` alone.
#[must_use]
pub fn judge(text: &str) -> String {
    let question: Question = match question(text) {
        Ok(question) => question,
        Err(what) => return problem(&what),
    };
    let Some(now) = Timestamp::parse(&question.now) else {
        return problem("`now`: expected an instant, such as 2026-11-22T12:00:00Z");
    };
    let (shown, usable) = settings::read(&question.settings, now);
    let baseline = question.baseline.as_deref().map(|text| settings::read(text, now));
    let submissions = Submissions::read(&question.workload);
    let attached = Attached::make(question.findings, &submissions.images, now);
    let cluster = Cluster {
        namespaces: submissions.namespaces(),
        labels: question.namespace_labels.as_ref(),
        reported: &attached.reported,
    };
    let verdicts = |usable: &Usable| -> Vec<Value> {
        let world = World::new(by_version(&attached.stored), cluster.clone(), &usable.settings);
        submissions.submitted.iter().map(|one| verdict::judge(one, &usable.value, now, &world)).collect()
    };
    let after = usable.as_ref().map(verdicts);
    let (baseline, before) = match &baseline {
        Some((shown, usable)) => (Some(shown), usable.as_ref().map(verdicts)),
        None => (None, None),
    };
    let changes = before.as_deref().zip(after.as_deref()).map(|(before, after)| verdict::changes(before, after));
    json!({
        "schemaVersion": SCHEMA_VERSION,
        "settings": shown,
        "baseline": baseline,
        "workload": submissions.shown(),
        "findings": attached.shown(usable.as_ref().map(|usable| &usable.settings)),
        "verdicts": after.unwrap_or_default(),
        "baselineVerdicts": before,
        "changes": changes,
    })
    .to_string()
}
