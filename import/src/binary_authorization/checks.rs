//! A check set and its checks → rules, and exemptions from them.

use policy::limits;
use serde_json::{Value, json};

use super::scopes::Pods;
use crate::Refusal;
use crate::allowed_image;
use crate::ceiling::{Ceiling, Ceilings, Style, note_id};
use crate::draft::Draft;
use crate::source::At;

/// A check set.
pub(super) struct Set<'a> {
    pub(super) at: At<'a>,
    pub(super) scope: Pods,
    title: String,
    checks: Vec<Check<'a>>,
    allowed: Option<At<'a>>,
}

struct Check<'a> {
    title: String,
    kind: Kind,
    allowed: Option<At<'a>>,
}

enum Kind {
    AlwaysDeny,
    Vulnerabilities { ceilings: Ceilings, allowed: Vec<String>, blocked: Vec<String> },
}

/// The checks that are about something else than vulnerabilities.
const OTHERS: [(&str, &str); 5] = [
    ("imageFreshnessCheck", "when an image was uploaded is not known here: nothing stands for it"),
    ("trustedDirectoryCheck", "where images may come from is another policy's: nothing stands for it"),
    ("slsaCheck", "how an image was built is another policy's: nothing stands for it"),
    ("sigstoreSignatureCheck", "who signed an image is another policy's, such as verify-image-signatures: nothing stands for it"),
    ("simpleSigningAttestationCheck", "attestations of an image are not looked at: nothing stands for it"),
];

impl<'a> Set<'a> {
    pub(super) fn read(at: &At<'a>, position: usize, draft: &mut Draft) -> Result<Self, Box<Refusal>> {
        draft.lose_others(at, &["displayName", "scope", "checks", "imageAllowlist"])?;
        let title = title(at)?.unwrap_or_else(|| format!("check set {position}"));
        let mut checks = Vec::new();
        for check in at.list_of("checks")? {
            checks.extend(Check::read(&check, &title, draft)?);
        }
        Ok(Self { at: at.clone(), scope: Pods::read(at, draft)?, title, checks, allowed: read_allowed(at, draft)? })
    }

    pub(super) fn ceilings(&self) -> impl Iterator<Item = Ceilings> + '_ {
        self.checks.iter().filter_map(|check| match &check.kind {
            Kind::Vulnerabilities { ceilings, .. } => Some(*ceilings),
            Kind::AlwaysDeny => None,
        })
    }

    /// Adds its rules, each once for each part of its scope; returns their names.
    pub(super) fn write(&self, parts: &[Vec<Value>], style: Style, draft: &mut Draft) -> Result<Vec<String>, Box<Refusal>> {
        let mut all = Vec::new();
        for check in &self.checks {
            let mut names = Vec::new();
            for part in parts {
                names.extend(check.write(part, style, draft));
                // Each part and check may give two rules: what does not fit anyway is not made.
                if draft.rules() > limits::RULES || draft.is_full() {
                    let expected = format!("check sets that are at most {} rules", limits::RULES);
                    return Err(self.at.expected(&expected));
                }
            }
            allow_images(check.allowed.as_ref(), &names, draft)?;
            all.extend(names);
        }
        allow_images(self.allowed.as_ref(), &all, draft)?;
        if self.checks.is_empty() {
            let title = policy::text::quote(&self.title);
            let why = "it has no check of vulnerabilities: no rule is for its pods";
            draft.lose_as(self.at.place().to_owned(), format!("check set `{title}`"), why);
        }
        Ok(all)
    }
}

impl<'a> Check<'a> {
    /// `None` where it is about something else.
    fn read(at: &At<'a>, set: &str, draft: &mut Draft) -> Result<Option<Self>, Box<Refusal>> {
        let known: Vec<&str> = OTHERS.iter().map(|(key, _)| *key).collect();
        draft.lose_others(at, &[&["displayName", "imageAllowlist", "alwaysDeny", "vulnerabilityCheck"], &known[..]].concat())?;
        for (key, why) in OTHERS {
            if let Some(other) = at.get(key) {
                draft.lose(&other, why);
            }
        }
        let always_denies = at.get("alwaysDeny").map_or(Ok(false), |switch| switch.boolean())?;
        let kind = match at.get("vulnerabilityCheck") {
            _ if always_denies => Some(Kind::AlwaysDeny),
            Some(check) => Some(read_vulnerabilities(&check, draft)?),
            None => None,
        };
        let title = title(at)?.map_or_else(|| set.to_owned(), |title| format!("{set}: {title}"));
        let allowed = read_allowed(at, draft)?;
        Ok(kind.map(|kind| Self { title, kind, allowed }))
    }

    fn write(&self, scope: &[Value], style: Style, draft: &mut Draft) -> Vec<String> {
        let mut names = Vec::new();
        let mut push = |title: &str, members: Value, draft: &mut Draft| {
            let name = draft.name_rule(title);
            let mut rule = json!({ "name": name, "description": title, "action": "audit" });
            if let (Some(rule), Value::Object(members)) = (rule.as_object_mut(), members) {
                rule.extend(members);
                if !scope.is_empty() {
                    rule.insert("scope".to_owned(), scope.into());
                }
            }
            draft.push_rule(rule, false);
            names.push(name.clone());
            name
        };
        match &self.kind {
            // No condition is always fulfilled, but a scan is always older than this.
            Kind::AlwaysDeny => {
                let members = json!({ "conditions": [{ "moreThan": 0 }], "maxAge": "1ms" });
                push(&self.title, members, draft);
            }
            Kind::Vulnerabilities { ceilings, allowed, blocked } => {
                let mut conditions = style.conditions(*ceilings);
                if conditions.is_empty() && blocked.is_empty() {
                    // An image without a scan does not conform, whatever is tolerated.
                    conditions.push(json!({ "severity": "critical", "moreThan": u32::MAX }));
                }
                if !conditions.is_empty() {
                    let name = [push(&self.title, json!({ "conditions": conditions }), draft)];
                    style.tolerate(*ceilings, &name, draft);
                    if !allowed.is_empty() {
                        draft.exempt(
                            "allowed-cves",
                            json!({ "reason": "allowed in Binary Authorization", "ids": allowed }),
                            &name,
                        );
                    }
                }
                if !blocked.is_empty() {
                    push(&format!("{}: blocked CVEs", self.title), json!({ "conditions": [{ "ids": blocked }] }), draft);
                }
            }
        }
        names
    }
}

fn title(at: &At<'_>) -> Result<Option<String>, Box<Refusal>> {
    at.get("displayName").map(|name| name.text().map(policy::text::quote)).transpose()
}

fn read_vulnerabilities(at: &At<'_>, draft: &mut Draft) -> Result<Kind, Box<Refusal>> {
    let known = [
        "maximumFixableSeverity",
        "maximumUnfixableSeverity",
        "allowedCves",
        "blockedCves",
        "containerAnalysisVulnerabilityProjects",
    ];
    draft.lose_others(at, &known)?;
    if let Some(projects) = at
        .get("containerAnalysisVulnerabilityProjects")
        .filter(|list| list.value().as_array().is_none_or(|list| !list.is_empty()))
    {
        draft.lose(&projects, "whose scan counts is not said by a project here: findings are those that are attached to the image, and `trust` says by whom");
    }
    let ids = |key: &str| -> Result<Vec<String>, Box<Refusal>> {
        if let Some(list) = at.get(key).filter(|list| list.value().as_array().is_some_and(|list| list.len() > limits::LIST_ITEMS))
        {
            return Err(list.expected(&format!("at most {} ids", limits::LIST_ITEMS)));
        }
        Ok(at.texts_of(key)?.into_iter().map(|id| note_id(id).to_owned()).collect())
    };
    Ok(Kind::Vulnerabilities {
        ceilings: Ceilings {
            fixable: Ceiling::read(at, "maximumFixableSeverity", None)?,
            unfixable: Ceiling::read(at, "maximumUnfixableSeverity", None)?,
        },
        allowed: ids("allowedCves")?,
        blocked: ids("blockedCves")?,
    })
}

/// The patterns of an `imageAllowlist`, a list.
pub(super) fn read_allowed<'a>(at: &At<'a>, draft: &mut Draft) -> Result<Option<At<'a>>, Box<Refusal>> {
    let Some(list) = at.get("imageAllowlist") else { return Ok(None) };
    Ok(if draft.knows_all(&list, &["allowPattern"])? { list.get("allowPattern") } else { None })
}

/// Exempts images from rules.
pub(super) fn allow_images(patterns: Option<&At<'_>>, rules: &[String], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    for pattern in patterns.map_or(Ok(Vec::new()), At::list)? {
        match allowed_image::entry_of(pattern.text()?) {
            Ok(_) if rules.is_empty() => {}
            Ok(scope) => {
                draft.exempt("allowed-images", json!({ "reason": "allowed in Binary Authorization", "scope": [scope] }), rules);
            }
            Err(why) => draft.lose(&pattern, format!("{why}: nothing is exempt by it")),
        }
    }
    Ok(())
}
