//! A rule that denies → rules of which any one does.
//!
//! Criteria of different names must all hold; a criterion that is left out makes the rule hold more often.

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
    /// Something of it was left out.
    is_wider: bool,
    /// Something of it holds for every image.
    is_always: bool,
}

/// What a rule is made of, besides its name and scope.
struct Body {
    action: &'static str,
    conditions: Vec<Value>,
    other_than: Vec<String>,
    evidence: Value,
    /// Every scan is older.
    is_stale: bool,
}

/// Criteria of one name.
#[derive(Default)]
struct Part {
    conditions: Vec<Value>,
    other_than: Vec<String>,
    is_exact: bool,
    place: String,
    name: String,
}

/// The names of the rules that it became.
pub(super) fn read(rule: &Rule<'_>, whole: Whole, draft: &mut Draft) -> Result<Vec<String>, Box<Refusal>> {
    let place = || rule.at.place().to_owned();
    if !rule.is_about_containers(draft)? {
        let why = "it is not about containers, of which alone NeuVector knows vulnerabilities: left out";
        draft.lose_as(place(), "a rule".to_owned(), why);
        return Ok(Vec::new());
    }
    let action = read_action(rule, whole, draft)?;
    let sum = read_criteria(rule, draft)?;
    let scopes = sum.scopes.clone();
    match body(action, sum, draft) {
        Ok(body) => Ok(push(rule, whole, &body, &scopes, draft)),
        Err(why) => {
            draft.lose_as(place(), "a rule".to_owned(), format!("{why}: left out"));
            Ok(Vec::new())
        }
    }
}

/// What the criteria say, or why nothing stands for them.
fn body(action: &'static str, sum: Sum, draft: &mut Draft) -> Result<Body, &'static str> {
    let is_somewhere = !sum.scopes.iter().any(Vec::is_empty);
    let any = || vec![json!({ "moreThan": 0 })];
    let body = |conditions, evidence| Body { action, conditions, other_than: Vec::new(), evidence, is_stale: false };
    match (sum.scanned, sum.conditions.is_empty()) {
        _ if sum.is_never => Err("no image ever fulfils it"),
        (Some(false), false) => Err("an image that is not scanned has no vulnerabilities, so that it never holds"),
        // A rule has at least one condition; this one is about missing findings alone.
        (Some(false), true) => {
            Ok(body(vec![json!({ "severity": "critical", "moreThan": u32::MAX })], json!({ "missing": action })))
        }
        (_, true) if sum.is_wider => Err("none of its criteria is about vulnerabilities, so that nothing stands for it"),
        // Whatever was found, and whenever.
        (Some(true), true) => Ok(Body { is_stale: true, ..body(any(), json!({ "missing": "audit" })) }),
        (None, true) if is_somewhere || sum.is_always => Ok(Body { is_stale: true, ..body(any(), json!({ "missing": action })) }),
        (None, true) => Err("it has no criteria, so that it never holds"),
        (_, false) => {
            let Part { conditions, other_than, .. } = choose(sum.conditions, draft);
            Ok(Body { other_than, ..body(conditions, json!({ "missing": "audit" })) })
        }
    }
}

/// One of several that must all hold: one that is taken over whole goes before one that is not.
fn choose(parts: Vec<Part>, draft: &mut Draft) -> Part {
    let chosen = parts.iter().position(|part| part.is_exact).unwrap_or(0);
    let mut kept = Part::default();
    for (i, part) in parts.into_iter().enumerate() {
        if i == chosen {
            kept = part;
        } else {
            let what = format!("criterion `{}`", policy::text::quote(&part.name));
            draft.lose_as(part.place, what, "conditions are not asked for together: the rule holds without this one");
        }
    }
    kept
}

fn read_action(rule: &Rule<'_>, whole: Whole, draft: &mut Draft) -> Result<&'static str, Box<Refusal>> {
    let own = rule.at.get("rule_mode").map_or(Ok(None), |mode| mode.word(&MODES))?;
    if let Some(action) = own.or(whole.action) {
        return Ok(action);
    }
    let why = "it goes by the mode of the whole, which is not here (`config.mode`, `state.mode`): taken for protect";
    draft.lose_as(rule.at.place().to_owned(), "no `rule_mode`".to_owned(), why);
    Ok("deny")
}

fn read_criteria(rule: &Rule<'_>, draft: &mut Draft) -> Result<Sum, Box<Refusal>> {
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
                sum.is_wider = true;
                for at in &group {
                    draft.lose(at, format!("{why}: {WIDER}"));
                }
            }
        }
    }
    Ok(sum)
}

/// The scopes of all criteria so far, with those of one name.
fn scopes(group: &[At<'_>], sum: &Sum) -> Result<whose::Scopes, Box<Refusal>> {
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
                sum.is_always = true;
                return;
            }
            Found::Never if is_one => sum.is_never = true,
            Found::Never => {}
            Found::Unsayable(why) => {
                draft.lose(at, format!("{why}: the rule holds without this criterion"));
                sum.is_wider = true;
                return;
            }
        }
    }
    if !part.conditions.is_empty() {
        sum.conditions.push(part);
    }
}

fn push(rule: &Rule<'_>, whole: Whole, body: &Body, scopes: &[Vec<Value>], draft: &mut Draft) -> Vec<String> {
    let id = rule.at.get("id").and_then(|id| id.value().as_u64()).map(|id| format!(" {id}")).unwrap_or_default();
    let title = format!("NeuVector{id}");
    let comment =
        rule.at.get("comment").and_then(|comment| comment.value().as_str()).filter(|comment| !comment.trim().is_empty());
    let mut names = Vec::new();
    for scope in scopes {
        let name = draft.name_rule(&title);
        let mut members = json!({
            "name": name, "description": comment.unwrap_or(&title), "action": body.action, "enabled": rule.is_enabled && !whole.is_disabled(),
            "conditions": body.conditions, "evidence": body.evidence,
        });
        if let Some(members) = members.as_object_mut() {
            members.extend((!scope.is_empty()).then(|| ("scope".to_owned(), scope.clone().into())));
            members.extend(body.is_stale.then(|| ("maxAge".to_owned(), "1ms".into())));
        }
        draft.push_rule(members, false);
        names.push(name);
    }
    if !body.other_than.is_empty() {
        draft.exempt("other-than", json!({ "reason": "the rule is about others in NeuVector", "ids": body.other_than }), &names);
    }
    names
}
