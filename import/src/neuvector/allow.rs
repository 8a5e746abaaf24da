//! A rule that allows → exemptions from the rules that NeuVector asks behind it.
//!
//! All of its criteria must be sayable: without one of them more would be exempt.

use serde_json::{Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::pattern;

use super::{Rule, found, whose};

const REASON: &str = "allowed in NeuVector";

/// `rules` are those behind it.
pub(super) fn read(rule: &Rule<'_>, rules: &[String], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let is_about_containers = rule.is_about_containers(draft)?;
    let why = match (rule.is_enabled, is_about_containers, rules.is_empty()) {
        (false, ..) => Some("it is disabled"),
        (_, false, _) => Some("it is not about containers"),
        (.., true) => Some("there is no rule behind it"),
        _ => None,
    };
    let exempt = match why {
        Some(why) => Err(why),
        None => criteria(rule, draft)?,
    };
    let (scopes, ids) = match exempt {
        Ok(exempt) => exempt,
        Err(why) => {
            draft.lose_as(rule.at.place().to_owned(), "a rule that allows".to_owned(), format!("{why}: nothing is exempt by it"));
            return Ok(());
        }
    };
    let comment =
        rule.at.get("comment").and_then(|comment| comment.value().as_str()).filter(|comment| !comment.trim().is_empty());
    for scope in scopes {
        let mut members = json!({ "reason": comment.unwrap_or(REASON) });
        if let Value::Object(members) = &mut members {
            members.extend((!scope.is_empty()).then(|| ("scope".to_owned(), scope.into())));
            members.extend((!ids.is_empty()).then(|| ("ids".to_owned(), ids.clone().into())));
        }
        draft.exempt("neuvector-allow", members, rules);
    }
    Ok(())
}

/// Scopes of which any one is enough, and ids.
type Exempt = (Vec<Vec<Value>>, Vec<String>);

fn criteria(rule: &Rule<'_>, draft: &mut Draft) -> Result<Result<Exempt, &'static str>, Box<Refusal>> {
    let (mut scopes, mut ids) = (vec![Vec::new()], Vec::new());
    for (name, group) in rule.criteria()? {
        let [at] = &group[..] else { return Ok(Err("several criteria of one name")) };
        if name == "cveNames" {
            let (names, is_plain) = found::names(at)?;
            let operator = at.require("op")?.text()?;
            if !is_plain || !(operator == "containsAny" || operator == "containsAll" && names.len() == 1) {
                return Ok(Err("an exemption has whole ids of which any one is enough"));
            }
            draft.lose(at, "NeuVector admits an image that has one of them whatever else it has; here these vulnerabilities alone are exempt");
            ids = names;
            continue;
        }
        match whose::read(at)? {
            None => return Ok(Err("an exemption has no counterpart of one of its criteria")),
            Some(Err(why)) => return Ok(Err(why)),
            Some(Ok(more)) => match pattern::and(&scopes, &more) {
                Some(all) => scopes = all,
                None => return Ok(Err("its values need too many operators")),
            },
        }
    }
    if ids.is_empty() && scopes.iter().any(Vec::is_empty) {
        return Ok(Err("it would exempt every image"));
    }
    Ok(Ok((scopes, ids)))
}
