//! NeuVector's admission control: the rules of its API (`/v1/admission/rules`, `/v1/admission/state`) and of the custom resource
//! `NvAdmissionControlSecurityRule`.
//!
//! Source: NeuVector's API and how its controller matches. A rule holds for a container where each kind of criterion does; of several with
//! one name one is enough. Rules that allow come before those that deny, by where they are from: federal, custom resource, user. A deny rule
//! in the mode monitor says so and goes on.

mod allow;
mod deny;
mod found;
mod whose;

use crate::Refusal;
use crate::draft::Draft;
use crate::source::At;

/// What no rule says.
pub(crate) const NOTES: &[&str] = &[
    "NeuVector admits an image that it has not scanned, unless a rule asks for `imageScanned`; here it is admitted with a warning",
    "NeuVector holds no criterion about vulnerabilities against init and ephemeral containers; here every container counts",
    "NeuVector takes severities from its own database; here they are those of the findings that are attached",
];

const KIND: &str = "NvAdmissionControlSecurityRule";
const GROUP: &str = "neuvector.com/";
const CONTAINERS: &str = "containers";
/// Criteria of a rule; NeuVector has some forty.
const CRITERIA: usize = 256;

/// Where a rule is from: a rule that allows goes before those that deny from there, and from what is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// Of NeuVector itself.
    Critical,
    Federal,
    Resource,
    User,
}

/// A rule of either form.
struct Rule<'a> {
    at: At<'a>,
    allows: bool,
    origin: Origin,
    is_enabled: bool,
}

/// What is said for all rules.
#[derive(Clone, Copy, Debug, Default)]
struct Whole {
    /// `deny` or `audit`.
    action: Option<&'static str>,
    /// Somewhere it is said to be on, and somewhere to be off.
    is_on: bool,
    is_off: bool,
}

impl Whole {
    /// Where both are said, the stricter.
    fn is_disabled(self) -> bool {
        self.is_off && !self.is_on
    }
}

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    let said = |key: &str| at.value().get(key).and_then(serde_json::Value::as_str);
    if let (Some(version), Some(KIND)) = (said("apiVersion"), said("kind")) {
        return version.starts_with(GROUP).then(|| format!("apiVersion: {}, kind: {KIND}", policy::text::quote(version)));
    }
    let is_rule =
        |rule: At<'_>| rule.get("criteria").is_some() && ["rule_type", "action"].iter().any(|key| rule.get(key).is_some());
    let first = at.get("rules").and_then(|rules| rules.list().ok()?.into_iter().next()).or_else(|| at.get("rule"));
    if first.is_some_and(is_rule) {
        return Some("rules with `criteria`, as in NeuVector's API".to_owned());
    }
    let state = at.get("state")?;
    (state.get("mode").is_some() && state.get("default_action").is_some()).then(|| "a `state` as in NeuVector's API".to_owned())
}

/// Reads all rules into the draft, those that deny first: those that allow exempt from them.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    draft.set("evaluation", "strictest");
    // What has neither of NeuVector's severities is in none of its counts.
    draft.set("unknownSeverity", "ignore");
    let mut whole = Whole::default();
    let mut rules = Vec::new();
    for object in objects {
        read_object(object, &mut whole, &mut rules, draft)?;
    }
    let mut denied: Vec<(Origin, String)> = Vec::new();
    for rule in rules.iter().filter(|rule| !rule.allows) {
        let names = deny::read(rule, whole, draft)?;
        denied.extend(names.into_iter().map(|name| (rule.origin, name)));
    }
    for rule in rules.iter().filter(|rule| rule.allows) {
        let names: Vec<String> =
            denied.iter().filter(|(origin, _)| rule.origin <= *origin).map(|(_, name)| name.clone()).collect();
        allow::read(rule, &names, draft)?;
    }
    Ok(())
}

fn read_object<'a>(at: &At<'a>, whole: &mut Whole, rules: &mut Vec<Rule<'a>>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    if at.get("kind").is_none() {
        for (key, member) in [("rules", at.get("rules")), ("rule", at.get("rule")), ("state", at.get("state"))] {
            match (key, member) {
                ("rules", Some(list)) => {
                    rules.extend(list.list()?.iter().map(|rule| read_rule(rule, Origin::User)).collect::<Result<Vec<_>, _>>()?)
                }
                ("rule", Some(rule)) => rules.push(read_rule(&rule, Origin::User)?),
                (_, Some(state)) => read_whole(&state, whole)?,
                (_, None) => {}
            }
        }
        return Ok(());
    }
    let version = at.require("apiVersion")?;
    if version.value() != "neuvector.com/v1" {
        return Err(version.expected("neuvector.com/v1"));
    }
    draft.lose_others(at, &["apiVersion", "kind", "metadata", "spec"])?;
    let spec = at.require("spec")?;
    draft.lose_others(&spec, &["config", "rules"])?;
    if let Some(config) = spec.get("config") {
        draft.lose_others(&config, &["enable", "mode", "client_mode", "adm_client_mode"])?;
        read_whole(&config, whole)?;
    }
    let theirs = spec.list_of("rules")?;
    rules.extend(theirs.iter().map(|rule| read_rule(rule, Origin::Resource)).collect::<Result<Vec<_>, _>>()?);
    Ok(())
}

const MODES: [(&str, Option<&str>); 3] = [("monitor", Some("audit")), ("protect", Some("deny")), ("", None)];

/// Where it is said twice, the stricter.
fn read_whole(at: &At<'_>, whole: &mut Whole) -> Result<(), Box<Refusal>> {
    let action = at.get("mode").map_or(Ok(None), |mode| mode.word(&MODES))?;
    if whole.action != Some("deny") && action.is_some() {
        whole.action = action;
    }
    match at.get("enable").map(|enable| enable.boolean()).transpose()? {
        Some(true) => whole.is_on = true,
        Some(false) => whole.is_off = true,
        None => {}
    }
    Ok(())
}

fn read_rule<'a>(at: &At<'a>, origin: Origin) -> Result<Rule<'a>, Box<Refusal>> {
    let types = [
        ("allow", (true, None)),
        ("exception", (true, None)),
        ("deny", (false, None)),
        ("fed_admctrl_exception", (true, Some(Origin::Federal))),
        ("fed_admctrl_deny", (false, Some(Origin::Federal))),
    ];
    let origins =
        [("user_created", Origin::User), ("learned", Origin::User), ("ground", Origin::Resource), ("federal", Origin::Federal)];
    let kind = at.get("action").or_else(|| at.get("rule_type")).map_or_else(|| at.require("rule_type"), Ok)?;
    let (allows, federal) = kind.word(&types)?;
    let said = at.get("cfg_type").filter(|said| said.value() != "").map(|said| said.word(&origins)).transpose()?;
    let is_critical = at.get("critical").map_or(Ok(false), |critical| critical.boolean())?;
    let disabled = at.get("disabled").or_else(|| at.get("disable")).map_or(Ok(false), |disabled| disabled.boolean())?;
    let origin = if is_critical && allows { Origin::Critical } else { federal.or(said).unwrap_or(origin) };
    Ok(Rule { at: at.clone(), allows, origin, is_enabled: !disabled })
}

impl Rule<'_> {
    /// Notes what no rule is known to have; says whether it is about containers, which NeuVector alone holds vulnerabilities against.
    fn is_about_containers(&self, draft: &mut Draft) -> Result<bool, Box<Refusal>> {
        let known = [
            "id",
            "conversion_id_ref",
            "action",
            "rule_type",
            "rule_mode",
            "comment",
            "disabled",
            "disable",
            CONTAINERS,
            "criteria",
            "category",
            "critical",
            "cfg_type",
        ];
        draft.lose_others(&self.at, &known)?;
        let kinds = self.at.texts_of(CONTAINERS)?;
        let is_kubernetes = self.at.get("category").is_none_or(|category| category.value() == "Kubernetes");
        Ok(is_kubernetes && (kinds.is_empty() || kinds.contains(&CONTAINERS)))
    }

    /// Its criteria by their names, in the order in which these come.
    fn criteria(&self) -> Result<Vec<(String, Vec<At<'_>>)>, Box<Refusal>> {
        let mut groups: Vec<(String, Vec<At<'_>>)> = Vec::new();
        let criteria = self.at.list_of("criteria")?;
        if let (Some(list), true) = (self.at.get("criteria"), criteria.len() > CRITERIA) {
            return Err(list.expected(&format!("at most {CRITERIA} criteria")));
        }
        for criterion in criteria {
            let name = criterion.require("name")?.text()?.to_owned();
            // What a path is asked of is in other members.
            let is_custom = criterion.get("type").is_some_and(|kind| kind.value() != "");
            let name = if is_custom { "customPath".to_owned() } else { name };
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, group)) => group.push(criterion),
                None => groups.push((name, vec![criterion])),
            }
        }
        Ok(groups)
    }
}
