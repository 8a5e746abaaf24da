//! Scopes and exclusions of a policy.

use policy::time::Timestamp;
use serde_json::{Map, Value};

use crate::Refusal;
use crate::draft::Draft;
use crate::pattern::{self, entry};
use crate::source::At;

use super::expression;

const EXPRESSION: &str = "a scope has plain values with `*` at their ends, and no other expressions";

/// The namespaces that expressions are about: scopes of which any one is enough.
pub(super) fn namespaces(expressions: &[&str]) -> Result<Vec<Vec<Value>>, &'static str> {
    let globs = expressions
        .iter()
        .map(|text| expression::alternatives(&text.to_ascii_lowercase(), |_| false))
        .collect::<Result<Vec<_>, ()>>();
    let globs: Vec<String> = globs.map_err(|()| EXPRESSION)?.concat();
    let compared =
        globs.iter().map(|glob| expression::compared(glob)).collect::<Result<Vec<_>, ()>>().map_err(|()| EXPRESSION)?;
    let entries = pattern::any_of("namespace", &compared);
    Ok(if entries.is_empty() { vec![Vec::new()] } else { entries.into_iter().map(|entry| vec![entry]).collect() })
}

/// Where a policy applies: scopes of which any one is enough.
pub(super) fn scopes(at: &At<'_>, draft: &mut Draft) -> Result<Vec<Vec<Value>>, Box<Refusal>> {
    let theirs = at.list_of("scope")?;
    let mut scopes: Vec<Vec<Value>> = Vec::new();
    for scope in &theirs {
        for other in scope.others(&["namespace"])?.into_iter().filter(|other| is_said(other.value())) {
            let why = match other.place().rsplit('.').next() {
                Some("cluster" | "clusterLabel") => {
                    "a policy knows its cluster by `cluster` alone, and how it is named here is another matter"
                }
                Some("label" | "namespaceLabel") => "labels are compared with expressions, and without regard to case",
                _ => "this member is not known",
            };
            draft.lose(&other, format!("{why}: the rule is for every workload that the rest of the scope leaves"));
        }
        let namespace = scope.get("namespace").filter(|namespace| is_said(namespace.value()));
        match namespace.as_ref().map(At::text).transpose()?.map(|namespace| namespaces(&[namespace])) {
            None => scopes.push(Vec::new()),
            Some(Ok(more)) => scopes.extend(more),
            Some(Err(why)) => {
                draft.lose(scope, format!("{why}: the rule is for every namespace"));
                scopes.push(Vec::new());
            }
        }
    }
    // One that is everywhere has all others in it.
    let is_everywhere = scopes.is_empty() || scopes.iter().any(Vec::is_empty);
    Ok(if is_everywhere { vec![Vec::new()] } else { scopes })
}

fn is_said(value: &Value) -> bool {
    !(value.is_null()
        || value.as_str() == Some("")
        || value.as_object().is_some_and(|members| members.values().all(|value| !is_said(value))))
}

/// What is excluded: exemptions from the rules that the policy became.
pub(super) fn exclusions(at: &At<'_>, rules: &[String], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    for exclusion in at.list_of("exclusions")? {
        if !draft.knows_all(&exclusion, &["name", "deployment", "image", "expiration"])? {
            continue;
        }
        let scopes = match exclusion.get("image").filter(|image| is_said(image.value())) {
            Some(_) => Err("RHACS excludes images where they are built, not where they are deployed"),
            None => deployment(&exclusion)?,
        };
        let until = exclusion
            .get("expiration")
            .map(|end| Timestamp::parse(end.text()?).ok_or_else(|| end.expected("an RFC 3339 instant")))
            .transpose()?;
        match scopes {
            Err(why) => draft.lose(&exclusion, format!("{why}: nothing is exempt by it")),
            Ok(scopes) => {
                let reason = exclusion.get("name").and_then(|name| name.value().as_str()).filter(|name| !name.trim().is_empty());
                for scope in scopes {
                    let mut members = Map::from_iter([
                        ("reason".to_owned(), reason.unwrap_or("excluded in RHACS").into()),
                        ("scope".to_owned(), scope.into()),
                    ]);
                    members.extend(until.map(|until| ("until".to_owned(), until.to_string().into())));
                    draft.exempt("rhacs-exclusion", members.into(), rules);
                }
            }
        }
    }
    Ok(())
}

/// Scopes of which any one is enough, none of them everywhere.
fn deployment(at: &At<'_>) -> Result<Result<Vec<Vec<Value>>, &'static str>, Box<Refusal>> {
    const NARROWER: &str = "it is narrower than a scope can be";
    let Some(deployment) = at.get("deployment").filter(|deployment| is_said(deployment.value())) else {
        return Ok(Err("it says neither a deployment nor an image"));
    };
    if deployment.others(&["name", "scope"])?.iter().any(|other| is_said(other.value())) {
        return Ok(Err(NARROWER));
    }
    let mut scopes = vec![Vec::new()];
    if let Some(scope) = deployment.get("scope") {
        if scope.others(&["namespace", "label"])?.iter().any(|other| is_said(other.value())) {
            return Ok(Err(NARROWER));
        }
        if let Some(namespace) = scope.get("namespace").filter(|namespace| is_said(namespace.value())) {
            match namespaces(&[namespace.text()?]) {
                Ok(more) => scopes = more,
                Err(why) => return Ok(Err(why)),
            }
        }
        if let Some(label) = scope.get("label").filter(|label| is_said(label.value())) {
            // A text that is itself is less than the expression that it is, too.
            let plain = |text: &str| {
                expression::alternatives(text, |b| b"._/".contains(&b)).ok().filter(|all| all.len() == 1 && !text.contains(".*"))
            };
            let text = |key: &str| label.get(key).and_then(|text| plain(text.value().as_str()?)?.into_iter().next());
            let (Some(key), Some(value)) = (text("key"), text("value")) else { return Ok(Err(EXPRESSION)) };
            let label = serde_json::json!({ "field": "label", "key": key, "operator": "equals", "values": [value] });
            scopes.iter_mut().for_each(|scope| scope.push(label.clone()));
        }
    }
    if let Some(name) = deployment.get("name").filter(|name| is_said(name.value())) {
        let Ok(globs) = expression::alternatives(&name.text()?.to_ascii_lowercase(), |b| b == b'.') else {
            return Ok(Err(EXPRESSION));
        };
        let Ok(compared) = globs.iter().map(|glob| expression::compared(glob)).collect::<Result<Vec<_>, ()>>() else {
            return Ok(Err(EXPRESSION));
        };
        let names: Vec<Vec<Value>> = compared
            .into_iter()
            .map(|one| one.map(|(operator, name)| entry("name", operator, &[name])).into_iter().collect())
            .collect();
        match pattern::and(&scopes, &names) {
            Some(all) => scopes = all,
            None => return Ok(Err("it has too many alternatives")),
        }
    }
    Ok(if scopes.iter().any(Vec::is_empty) { Err("it would exempt everything") } else { Ok(scopes) })
}
