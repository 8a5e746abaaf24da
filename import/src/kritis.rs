//! Kritis: the `ImageSecurityPolicy` of its admission webhook and the `VulnzSigningPolicy` of its signer, of every version.
//!
//! Source: the types of `kritis.grafeas.io` since 2018 (`onlyFixesNotAvailable`, then `maximumFixNotAvailableSeverity`, then
//! `maximumFixUnavailableSeverity`; `whitelistCVEs`, then `allowlistCVEs`) and their documentation: severities up to the maximum pass,
//! CRITICAL is the default for those with a fix, ALLOW_ALL for those without.

use policy::image::Reference;
use serde_json::{Value, json};

use crate::Refusal;
use crate::allowed_image;
use crate::ceiling::{CRITICAL, Ceiling, Ceilings, Style, note_id};
use crate::draft::Draft;
use crate::pattern::entry;
use crate::source::At;

/// What no member of the policy says.
pub(crate) const NOTES: &[&str] = &[
    "Kritis admits an image that nobody scanned; here the rule's own action answers wherever there are no findings",
    "Kritis admits an image that it has admitted before, by the attestation that it made then; here each admission is judged, and \
     `controllerPods` says what becomes of restarts",
    "Kritis denies images that are not named by a digest; here the digest behind a tag is looked up, and `pinDigests` writes it down",
];

const GROUPS: [&str; 2] = ["kritis.grafeas.io/", "kritis.github.com/"];
const KINDS: [&str; 2] = ["ImageSecurityPolicy", "VulnzSigningPolicy"];
/// Members of the specification that hold the requirements, by age.
const REQUIREMENTS: [&str; 4] = [
    "imageVulnerabilityRequirements",
    "packageVulnerabilityRequirements",
    "packageVulernerabilityRequirements",
    "packageVulnerabilityPolicy",
];
const UNFIXABLE: [&str; 3] = ["maximumUnfixableSeverity", "maximumFixUnavailableSeverity", "maximumFixNotAvailableSeverity"];
const ALLOWED_IMAGES: [&str; 2] = ["imageAllowlist", "imageWhitelist"];
const ALLOWED_CVES: [&str; 2] = ["allowlistCVEs", "whitelistCVEs"];
/// About attestations.
const ATTESTATIONS: [(&str, &str); 5] = [
    ("attestationAuthorityName", "nothing is attested here"),
    ("attestationAuthorityNames", "nothing is attested here"),
    ("privateKeySecretName", "nothing is attested here"),
    ("noteReference", "nothing is attested here"),
    ("builtProjectIDs", "how an image was built is another policy's: nothing stands for it"),
];

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    let said = |key: &str| at.value().get(key).and_then(Value::as_str);
    let (version, kind) = (said("apiVersion")?, said("kind")?);
    let is_one = GROUPS.iter().any(|group| version.starts_with(group)) && KINDS.contains(&kind);
    is_one.then(|| format!("apiVersion: {}, kind: {kind}", policy::text::quote(version)))
}

/// A policy.
struct Policy<'a> {
    name: String,
    scope: Vec<Value>,
    ceilings: Ceilings,
    cves: Vec<String>,
    images: Option<At<'a>>,
}

/// Reads each policy into a rule of the draft.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let policies = objects.iter().map(|object| read_object(object, draft)).collect::<Result<Vec<_>, _>>()?;
    let ceilings: Vec<Ceilings> = policies.iter().map(|policy| policy.ceilings).collect();
    let style = Style::of(&ceilings, draft);
    draft.set("evaluation", "strictest");
    for (policy, object) in policies.iter().zip(objects) {
        write(policy, object, style, draft)?;
    }
    Ok(())
}

fn read_object<'a>(at: &At<'a>, draft: &mut Draft) -> Result<Policy<'a>, Box<Refusal>> {
    draft.lose_others(at, &["apiVersion", "kind", "metadata", "spec", "status"])?;
    let kind = at.require("kind")?;
    let is_admission = kind.text()? == "ImageSecurityPolicy";
    let spec = at.require("spec")?;
    let attestations = ATTESTATIONS.map(|(key, _)| key);
    draft.lose_others(&spec, &[&REQUIREMENTS[..], &ALLOWED_IMAGES, &attestations].concat())?;
    for (key, why) in ATTESTATIONS {
        if let Some(member) = spec.get(key) {
            draft.lose(&member, why);
        }
    }
    let requirements = one_of(&spec, &REQUIREMENTS)?;
    let (ceilings, cves) = match &requirements {
        Some(requirements) => read_requirements(requirements, draft)?,
        None => (Ceilings { fixable: CRITICAL, unfixable: Ceiling::AllowAll }, Vec::new()),
    };
    let images = one_of(&spec, &ALLOWED_IMAGES)?;
    let metadata = at.get("metadata");
    let said = |key: &str| {
        metadata.as_ref().and_then(|metadata| metadata.get(key)).map(|member| member.text().map(str::to_owned)).transpose()
    };
    let mut scope = Vec::new();
    match (is_admission, said("namespace")?) {
        (true, Some(namespace)) => scope.push(entry("namespace", "equals", &[&namespace])),
        (true, None) => draft.lose_as(
            at.place().to_owned(),
            "no `metadata.namespace`".to_owned(),
            "a policy is for the namespace that it is in, and here none is written: the rule is for every namespace",
        ),
        (false, _) => {}
    }
    Ok(Policy { name: said("name")?.unwrap_or_else(|| "kritis".to_owned()), scope, ceilings, cves, images })
}

/// A member that has had several names; there is one at most.
fn one_of<'a>(at: &At<'a>, keys: &[&str]) -> Result<Option<At<'a>>, Box<Refusal>> {
    let mut found = keys.iter().filter_map(|key| at.get(key));
    match (found.next(), found.next()) {
        (Some(_), Some(second)) => Err(second.expected(&format!("one of {}", keys.join(", ")))),
        (first, _) => Ok(first),
    }
}

fn read_requirements(at: &At<'_>, draft: &mut Draft) -> Result<(Ceilings, Vec<String>), Box<Refusal>> {
    let known = [&["maximumSeverity", "maximumFixableSeverity", "onlyFixesNotAvailable"][..], &UNFIXABLE, &ALLOWED_CVES].concat();
    draft.lose_others(at, &known)?;
    let key = if at.get("maximumFixableSeverity").is_some() { "maximumFixableSeverity" } else { "maximumSeverity" };
    if let (Some(_), Some(second)) = (at.get("maximumFixableSeverity"), at.get("maximumSeverity")) {
        return Err(second.expected("one of maximumFixableSeverity, maximumSeverity"));
    }
    let fixable = Ceiling::read(at, key, Some(CRITICAL))?;
    let unfixable = match (one_of(at, &UNFIXABLE)?, at.get("onlyFixesNotAvailable")) {
        (Some(_), Some(old)) => return Err(old.expected("no `onlyFixesNotAvailable` beside a maximum for those without a fix")),
        (None, None) => Ceiling::AllowAll,
        // In its first version the switch held everything without a fix against the policy; without it both have one maximum.
        (None, Some(old)) => {
            if old.boolean()? {
                Ceiling::BlockAll
            } else {
                fixable
            }
        }
        (Some(_), None) => {
            let key = UNFIXABLE.into_iter().find(|key| at.get(key).is_some()).unwrap_or_default();
            Ceiling::read(at, key, None)?
        }
    };
    let cves = one_of(at, &ALLOWED_CVES)?.map_or(Ok(Vec::new()), |list| list.list())?;
    let cves = cves.iter().map(|id| id.text().map(|id| note_id(id).to_owned())).collect::<Result<_, _>>()?;
    Ok((Ceilings { fixable, unfixable }, cves))
}

fn write(policy: &Policy<'_>, at: &At<'_>, style: Style, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    let conditions = style.conditions(policy.ceilings);
    if conditions.is_empty() {
        let why = "it tolerates every vulnerability, so that no rule is made of it";
        draft.lose_as(at.place().to_owned(), format!("policy `{}`", policy::text::quote(&policy.name)), why);
        return Ok(());
    }
    let name = draft.name_rule(&policy.name);
    let mut rule = json!({ "name": name, "description": policy.name, "action": "deny", "conditions": conditions });
    if let (Some(rule), false) = (rule.as_object_mut(), policy.scope.is_empty()) {
        rule.insert("scope".to_owned(), policy.scope.clone().into());
    }
    draft.push_rule(rule, false);
    let rules = [name];
    style.tolerate(policy.ceilings, &rules, draft);
    if !policy.cves.is_empty() {
        draft.exempt("allowed-cves", json!({ "reason": "allowed in Kritis", "ids": policy.cves }), &rules);
    }
    for image in policy.images.as_ref().map_or(Ok(Vec::new()), At::list)? {
        match allowed(image.text()?) {
            Ok(scope) => draft.exempt("allowed-images", json!({ "reason": "allowed in Kritis", "scope": [scope] }), &rules),
            Err(why) => draft.lose(&image, format!("{why}: nothing is exempt by it")),
        }
    }
    Ok(())
}

/// Kritis compares whole texts.
fn allowed(image: &str) -> Result<Value, &'static str> {
    let reference = Reference::parse(image).map_err(|_| "not an image reference")?;
    let is_whole = reference.digest().is_some() || image.rsplit('/').next().is_some_and(|last| last.contains(':'));
    if is_whole { allowed_image::entry_of(image) } else { Err("without a tag or digest it names no image that Kritis sees") }
}
