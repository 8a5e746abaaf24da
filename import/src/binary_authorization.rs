//! Google's Binary Authorization: the platform policy of continuous validation, as the API and `gcloud` write it, JSON or YAML.
//!
//! Source: the API `binaryauthorization.googleapis.com/v1`, `PlatformPolicy`. Of the check sets the first whose scope has the pod is
//! evaluated and no other; all its checks must pass. The classic policy (`defaultAdmissionRule`) asks for attestations alone.

mod checks;
mod scopes;

use policy::limits;

use self::checks::Set;
use crate::Refusal;
use crate::ceiling::Style;
use crate::draft::Draft;
use crate::source::At;

/// What no member of the policy says.
pub(crate) const NOTES: &[&str] = &[
    "continuous validation logs what does not conform and blocks nothing, so these rules audit: with `action: deny` they block",
    "continuous validation looks at running pods again each day; here workloads are judged when they are admitted",
    "severities are the effective ones of the package, as Artifact Analysis gives them: findings from another scanner may be rated otherwise",
    "Binary Authorization lets a pod in whose label `image-policy.k8s.io/break-glass` is true; here `breakGlass` says who may do so",
];

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    let is_one = |key: &&str| at.get(key).is_some_and(|member| member.value().is_object());
    ["gkePolicy", "defaultAdmissionRule"].into_iter().find(is_one).map(|key| format!("a member `{key}`"))
}

/// Reads each policy into rules of the draft.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let mut policies = Vec::new();
    for object in objects {
        match object.get("gkePolicy") {
            Some(policy) => {
                draft.lose_others(object, &["gkePolicy", "name", "description", "updateTime", "etag"])?;
                policies.push(read_policy(&policy, draft)?);
            }
            None => draft.lose(
                object,
                "the classic policy asks for attestations and never looks at vulnerabilities; what signs by them, such as a VulnzSigningPolicy of \
                 Kritis, can be imported",
            ),
        }
    }
    let ceilings: Vec<_> = policies.iter().flat_map(|policy| &policy.sets).flat_map(Set::ceilings).collect();
    let style = Style::of(&ceilings, draft);
    draft.set("evaluation", "strictest");
    for policy in &policies {
        let mut names = Vec::new();
        for (i, set) in policy.sets.iter().enumerate() {
            let earlier: Vec<_> = policy.sets.iter().take(i).map(|set| &set.scope).collect();
            let Some(parts) = scopes::parts(&set.scope, &earlier) else {
                draft.lose(&set.at, "an earlier check set has all its pods, so that it is never evaluated: left out");
                continue;
            };
            names.extend(set.write(&parts, style, draft)?);
        }
        checks::allow_images(policy.allowed.as_ref(), &names, draft)?;
    }
    Ok(())
}

struct Policy<'a> {
    sets: Vec<Set<'a>>,
    allowed: Option<At<'a>>,
}

fn read_policy<'a>(at: &At<'a>, draft: &mut Draft) -> Result<Policy<'a>, Box<Refusal>> {
    draft.lose_others(at, &["checkSets", "imageAllowlist"])?;
    let sets = at.list_of("checkSets")?;
    if sets.len() > limits::RULES {
        return Err(at.require("checkSets")?.expected(&format!("at most {} check sets", limits::RULES)));
    }
    let sets = sets.iter().enumerate().map(|(i, set)| Set::read(set, i, draft)).collect::<Result<_, _>>()?;
    Ok(Policy { sets, allowed: checks::read_allowed(at, draft)? })
}
