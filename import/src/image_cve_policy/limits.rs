//! What is counted and what is denied → conditions.

use policy::limits;
use serde_json::{Map, Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::source::At;

const SEVERITIES: [&str; 4] = ["critical", "high", "medium", "low"];

/// Conditions for the limits, and those on findings without a severity, which say no more of that.
pub(super) fn read_limits(at: &At<'_>, draft: &mut Draft) -> Result<(Vec<Value>, Vec<Value>), Box<Refusal>> {
    let (mut conditions, mut unknown) = (Vec::new(), Vec::new());
    if let Some(limits) = at.get("maxSeverity") {
        draft.lose_others(&limits, &[&SEVERITIES[..], &["unknown"]].concat())?;
        for severity in SEVERITIES {
            for mut condition in limits.get(severity).map_or(Ok(Vec::new()), |limit| read_limit(&limit, draft))? {
                condition.insert("severity".to_owned(), severity.into());
                condition.insert("counting".to_owned(), "exactly".into());
                conditions.push(condition.into());
            }
        }
        let limit = limits.get("unknown").map_or(Ok(Vec::new()), |limit| read_limit(&limit, draft))?;
        unknown.extend(limit.into_iter().map(Value::Object));
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

/// How many there may be, altogether or of those without a fix.
fn read_limit(at: &At<'_>, draft: &mut Draft) -> Result<Vec<Map<String, Value>>, Box<Refusal>> {
    draft.lose_others(at, &["total", "totalWithoutFixes"])?;
    let mut limits = Vec::new();
    for (key, fixable) in [("total", None), ("totalWithoutFixes", Some(false))] {
        let Some(limit) = at.get(key) else { continue };
        let mut condition =
            Map::from_iter([("count".to_owned(), "findings".into()), ("moreThan".to_owned(), limit.count()?.into())]);
        condition.extend(fixable.map(|fixable| ("fixable".to_owned(), fixable.into())));
        limits.push(condition);
    }
    if limits.is_empty() { Err(at.expected("a `total` or a `totalWithoutFixes`")) } else { Ok(limits) }
}

/// Ids that are denied whatever else is said.
pub(super) fn read_denied(at: &At<'_>, draft: &mut Draft) -> Result<Vec<String>, Box<Refusal>> {
    let mut denied: Vec<String> = at.texts_of("denyAlways")?.into_iter().map(str::to_owned).collect();
    if let Some(criteria) = at.get("cveName") {
        draft.lose_others(&criteria, &["criteria", "values"])?;
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
