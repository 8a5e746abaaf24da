//! What is counted and what is denied → conditions.

use policy::limits;
use serde_json::{Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::source::At;

const SEVERITIES: [&str; 4] = ["critical", "high", "medium", "low"];

/// Conditions for the limits, and the limit on findings without a severity.
pub(super) fn read_limits(at: &At<'_>, draft: &mut Draft) -> Result<(Vec<Value>, Option<u32>), Refusal> {
    let (mut conditions, mut unknown) = (Vec::new(), None);
    if let Some(limits) = at.get("maxSeverity") {
        draft.lose_others(&limits, &[&SEVERITIES[..], &["unknown"]].concat())?;
        for severity in SEVERITIES {
            for (most, is_without_fix) in limits.get(severity).map_or(Ok(Vec::new()), |limit| read_limit(&limit, draft))? {
                let mut condition = json!({ "severity": severity, "counting": "exactly", "count": "findings", "moreThan": most });
                if let (Some(condition), true) = (condition.as_object_mut(), is_without_fix) {
                    condition.insert("fixable".to_owned(), false.into());
                }
                conditions.push(condition);
            }
        }
        // Of several the least is the stricter one; without a fix there are never more than altogether.
        let of_unknown = limits.get("unknown").map_or(Ok(Vec::new()), |limit| read_limit(&limit, draft))?;
        unknown = of_unknown.into_iter().map(|(most, _)| most).min();
    }
    if let Some(score) = at.get("cvssScore") {
        draft.lose_others(&score, &["threshold", "maxCount"])?;
        let threshold = score.require("threshold")?;
        let number = threshold.value().as_f64().filter(|number| (0.0..=10.0).contains(number));
        number.ok_or_else(|| threshold.expected("a score from 0 to 10"))?;
        let most = score.require("maxCount")?.count()?;
        conditions.push(json!({ "cvss": threshold.value(), "count": "findings", "moreThan": most }));
    }
    Ok((conditions, unknown))
}

/// How many there may be, and whether those with a fix are left out.
fn read_limit(at: &At<'_>, draft: &mut Draft) -> Result<Vec<(u32, bool)>, Refusal> {
    draft.lose_others(at, &["total", "totalWithoutFixes"])?;
    let mut limits = Vec::new();
    for (key, is_without_fix) in [("total", false), ("totalWithoutFixes", true)] {
        if let Some(limit) = at.get(key) {
            limits.push((limit.count()?, is_without_fix));
        }
    }
    if limits.is_empty() { Err(at.expected("a `total` or a `totalWithoutFixes`")) } else { Ok(limits) }
}

/// Ids that are denied whatever else is said.
pub(super) fn read_denied(at: &At<'_>, draft: &mut Draft) -> Result<Vec<String>, Refusal> {
    let mut denied: Vec<String> = at.texts_of("denyAlways")?.into_iter().map(str::to_owned).collect();
    if let Some(criteria) = at.get("cveName") {
        let is_list = criteria.get("criteria").and_then(|word| word.value().as_str()) == Some("doesNotContainAnyOf");
        match criteria.get("values") {
            Some(_) if is_list => denied.extend(criteria.texts_of("values")?.into_iter().map(str::to_owned)),
            _ => draft.lose(&criteria, "of these criteria a rule has `doesNotContainAnyOf` alone: nothing stands for it"),
        }
    }
    if denied.len() > limits::LIST_ITEMS {
        return Err(at.expected(&format!("at most {} denied ids", limits::LIST_ITEMS)));
    }
    Ok(denied)
}
