//! A rule that denies → rules of which any one does.
//!
//! Criteria of different names must all hold; a criterion that is left out makes the rule hold more often.

use policy::limits;
use serde_json::{Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::pattern;
use crate::source::At;

use super::found::{self, Found};
use super::{MODES, Rule, Whole, whose};

/// What its criteria come to.
#[derive(Default)]
struct Sum {
    /// Each of them: conditions of which one is enough.
    conditions: Vec<Part>,
    scopes: Vec<Vec<Value>>,
    /// Whether an image has to be scanned, or must not be.
    scanned: Option<bool>,
    is_never: bool,
}

/// Criteria of one name.
struct Part {
    conditions: Vec<Value>,
    other_than: Vec<String>,
    is_exact: bool,
    place: String,
    name: String,
}

/// The names of the rules that it became.
pub(super) fn read(rule: &Rule<'_>, whole: Whole, draft: &mut Draft) -> Result<Vec<String>, Refusal> {
    let place = || rule.at.place().to_owned();
    if !rule.is_about_containers(draft)? {
        draft.lose_as(
            place(),
            "a rule".to_owned(),
            "it is not about containers, of which alone NeuVector knows vulnerabilities: left out",
        );
        return Ok(Vec::new());
    }
    let action = read_action(rule, whole, draft)?;
    let sum = read_criteria(rule, draft)?;
    let (mut conditions, mut other_than) = (Vec::new(), Vec::new());
    let why = match (sum.scanned, sum.conditions.is_empty()) {
        _ if sum.is_never => Some("no image ever fulfils it: left out"),
        (Some(false), false) => Some("an image that is not scanned has no vulnerabilities, so that it never holds: left out"),
        (Some(true) | None, true) => {
            Some("none of its criteria is about vulnerabilities, so that nothing stands for it: left out")
        }
        _ => None,
    };
    if let Some(why) = why {
        draft.lose_as(place(), "a rule".to_owned(), why);
        return Ok(Vec::new());
    }
    // The one that is taken over whole goes before one that is not.
    let chosen = sum.conditions.iter().position(|part| part.is_exact).unwrap_or(0);
    for (i, part) in sum.conditions.into_iter().enumerate() {
        if i == chosen {
            (conditions, other_than) = (part.conditions, part.other_than);
        } else {
            let what = format!("criterion `{}`", policy::text::quote(&part.name));
            draft.lose_as(part.place, what, "conditions are not asked for together: the rule holds without this one");
        }
    }
    let missing = if conditions.is_empty() { action } else { "audit" };
    if conditions.is_empty() {
        // A rule has at least one condition; this one is about missing findings alone.
        conditions.push(json!({ "severity": "critical", "moreThan": u32::MAX }));
    }
    Ok(push(rule, action, whole, &conditions, missing, &sum.scopes, &other_than, draft))
}

fn read_action(rule: &Rule<'_>, whole: Whole, draft: &mut Draft) -> Result<&'static str, Refusal> {
    let own = rule.at.get("rule_mode").map_or(Ok(None), |mode| mode.word(&MODES))?;
    if let Some(action) = own.or(whole.action) {
        return Ok(action);
    }
    let why = "it goes by the mode of the whole, which is not here (`config.mode`, `state.mode`): taken for protect";
    draft.lose_as(rule.at.place().to_owned(), "no `rule_mode`".to_owned(), why);
    Ok("deny")
}

fn read_criteria(rule: &Rule<'_>, draft: &mut Draft) -> Result<Sum, Refusal> {
    const WIDER: &str = "the rule holds without this criterion";
    let mut sum = Sum { scopes: vec![Vec::new()], ..Sum::default() };
    for (name, group) in rule.criteria()? {
        if let [only] = &group[..]
            && name == "imageScanned"
        {
            sum.scanned = Some(only.require("value")?.word(&[("true", true), ("false", false)])?);
            continue;
        }
        let found = group.iter().map(|at| found::read(at, draft)).collect::<Result<Option<Vec<Found>>, _>>()?;
        if let Some(found) = found {
            read_found(&name, &group, found, &mut sum, draft);
            continue;
        }
        match scopes(&group, &sum)? {
            Ok(scopes) => sum.scopes = scopes,
            Err(why) => {
                for at in &group {
                    draft.lose(at, format!("{why}: {WIDER}"));
                }
            }
        }
    }
    Ok(sum)
}

/// The scopes of all criteria so far, with those of one name.
fn scopes(group: &[At<'_>], sum: &Sum) -> Result<whose::Scopes, Refusal> {
    let mut any = Vec::new();
    for at in group {
        match whose::read(at)? {
            None => return Ok(Err("nothing stands for it in a rule about vulnerabilities")),
            Some(Err(why)) => return Ok(Err(why)),
            Some(Ok(_)) if group.len() > 1 && at.get("op").is_some_and(|op| op.value() == "notContainsAny") => {
                return Ok(Err("how several of one name are meant depends on their order"));
            }
            Some(Ok(scopes)) => any.extend(scopes),
        }
    }
    Ok(pattern::and(&sum.scopes, &any).ok_or("its values need too many operators"))
}

/// Criteria of one name about vulnerabilities: one is enough.
fn read_found(name: &str, group: &[At<'_>], found: Vec<Found>, sum: &mut Sum, draft: &mut Draft) {
    let place = group.first().map(|at| at.place().to_owned()).unwrap_or_default();
    let mut part = Part { conditions: Vec::new(), other_than: Vec::new(), is_exact: true, place, name: name.to_owned() };
    let is_one = group.len() == 1;
    for (at, found) in group.iter().zip(found) {
        match found {
            Found::Exact(condition) => part.conditions.push(condition),
            Found::Wider(condition, why) => {
                draft.lose(at, why);
                part.is_exact = false;
                part.conditions.push(condition);
            }
            Found::OtherThan(ids) if is_one => {
                part.conditions.push(json!({ "moreThan": 0 }));
                part.other_than = ids;
            }
            Found::OtherThan(_) => {
                draft.lose(at, "beside others of its name any finding fulfils it here");
                part.is_exact = false;
                part.conditions.push(json!({ "moreThan": 0 }));
            }
            Found::Always => {
                draft.lose(at, "every image has 0 or more: the rule holds without this criterion");
                return;
            }
            Found::Never if is_one => sum.is_never = true,
            Found::Never => {}
            Found::Unsayable(why) => {
                draft.lose(at, format!("{why}: the rule holds without this criterion"));
                return;
            }
        }
    }
    if !part.conditions.is_empty() {
        sum.conditions.push(part);
    }
}

#[expect(clippy::too_many_arguments, reason = "what a rule is made of")]
fn push(
    rule: &Rule<'_>,
    action: &str,
    whole: Whole,
    conditions: &[Value],
    missing: &str,
    scopes: &[Vec<Value>],
    other_than: &[String],
    draft: &mut Draft,
) -> Vec<String> {
    let id = rule.at.get("id").and_then(|id| id.value().as_u64()).map(|id| format!(" {id}")).unwrap_or_default();
    let title = format!("NeuVector{id}");
    let comment =
        rule.at.get("comment").and_then(|comment| comment.value().as_str()).filter(|comment| !comment.trim().is_empty());
    let mut names = Vec::new();
    for scope in scopes.iter().take(limits::RULES) {
        let name = draft.name_rule(&title);
        let mut body = json!({
            "name": name, "description": comment.unwrap_or(&title), "action": action, "enabled": rule.is_enabled && !whole.is_off,
            "conditions": conditions, "evidence": { "missing": missing },
        });
        if let (Some(body), false) = (body.as_object_mut(), scope.is_empty()) {
            body.insert("scope".to_owned(), scope.clone().into());
        }
        draft.push_rule(body, false);
        names.push(name);
    }
    if !other_than.is_empty() {
        draft.exempt("other-than", json!({ "reason": "the rule is about others in NeuVector", "ids": other_than }), &names);
    }
    names
}
