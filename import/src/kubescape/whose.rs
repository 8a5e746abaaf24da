//! `match` of an exception → scopes. All kinds of selectors must hold, and any one entry of a list.
//!
//! What cannot be said exempts nothing: without it more would be exempt.

use policy::image::Reference;
use serde_json::{Value, json};

use crate::Refusal;
use crate::draft::Draft;
use crate::pattern::{self, entry};
use crate::source::At;

type Scopes = Vec<Vec<Value>>;
/// One entry of a list: entries of a scope, or why there are none.
type Reader = fn(&At<'_>) -> Result<Result<Vec<Value>, &'static str>, Box<Refusal>>;

/// Kinds that are judged, with their groups.
const KINDS: [(&str, &str); 9] = [
    ("Pod", ""),
    ("ReplicationController", ""),
    ("PodTemplate", ""),
    ("Deployment", "apps"),
    ("ReplicaSet", "apps"),
    ("StatefulSet", "apps"),
    ("DaemonSet", "apps"),
    ("Job", "batch"),
    ("CronJob", "batch"),
];

/// Scopes of which any one is enough; `None`: nothing is exempt, which has been said.
pub(super) fn read(spec: &At<'_>, namespace: Option<&str>, draft: &mut Draft) -> Result<Option<Scopes>, Box<Refusal>> {
    let mut scopes: Scopes = vec![namespace.map(|namespace| entry("namespace", "equals", &[namespace])).into_iter().collect()];
    let Some(selectors) = spec.get("match") else { return Ok(Some(scopes)) };
    if !draft.knows_all(&selectors, &["namespaceSelector", "objectSelector", "resources", "images"])? {
        return Ok(None);
    }
    for (key, field) in [("namespaceSelector", "namespaceLabel"), ("objectSelector", "label")] {
        let Some(selector) = selectors.get(key) else { continue };
        if key == "namespaceSelector" && namespace.is_some() {
            draft.lose(&selector, "Kubescape does not read it of an exception in a namespace: the namespace alone counts");
            continue;
        }
        match labels(&selector, field)? {
            Ok(entries) => scopes.iter_mut().for_each(|scope| scope.extend(entries.iter().cloned())),
            Err(why) => {
                draft.lose(&selector, format!("{why}: nothing is exempt by this exception"));
                return Ok(None);
            }
        }
    }
    let lists: [(&str, Reader); 2] = [("resources", resource), ("images", image)];
    for (key, read) in lists {
        let theirs = selectors.list_of(key)?;
        if theirs.is_empty() {
            continue;
        }
        let mut any = Vec::new();
        for one in &theirs {
            match read(one)? {
                Ok(entries) => any.push(entries),
                Err(why) => draft.lose(one, format!("{why}: nothing is exempt by it")),
            }
        }
        match pattern::and(&scopes, &any) {
            Some(all) if !all.is_empty() => scopes = all,
            Some(_) => return Ok(None),
            None => {
                let list = selectors.require(key)?;
                draft.lose(&list, "with the others it would be too many exemptions: nothing is exempt by this exception");
                return Ok(None);
            }
        }
    }
    Ok(Some(scopes))
}

/// A label selector of Kubernetes.
fn labels(at: &At<'_>, field: &str) -> Result<Result<Vec<Value>, &'static str>, Box<Refusal>> {
    if !at.others(&["matchLabels", "matchExpressions"])?.is_empty() {
        return Ok(Err("it has a member that is not known"));
    }
    let entry = |key: &str, operator: &str, values: &[&str]| json!({ "field": field, "key": key, "operator": operator, "values": values });
    let is_sound = |key: &str, values: &[&str]| {
        !key.trim().is_empty() && !values.is_empty() && values.iter().all(|value| !value.trim().is_empty())
    };
    let mut entries = Vec::new();
    if let Some(labels) = at.get("matchLabels") {
        for (key, value) in labels.object()? {
            match value.as_str() {
                Some(value) if is_sound(key, &[value]) => entries.push(entry(key, "equals", &[value])),
                _ => return Ok(Err("a scope has no empty value")),
            }
        }
    }
    for expression in at.list_of("matchExpressions")? {
        let key = expression.require("key")?.text()?;
        let theirs = expression.list_of("values")?;
        let values = theirs
            .iter()
            .map(|value| value.value().as_str().ok_or_else(|| value.expected("a text")))
            .collect::<Result<Vec<_>, _>>()?;
        match expression.require("operator")?.text()? {
            "In" if is_sound(key, &values) => entries.push(entry(key, "equals", &values)),
            "NotIn" if is_sound(key, &values) => entries.push(entry(key, "notEquals", &values)),
            "In" | "NotIn" => return Ok(Err("a scope has no empty value")),
            _ => return Ok(Err("a scope cannot ask whether a label is there at all")),
        }
    }
    Ok(Ok(entries))
}

/// A kind, or one workload.
fn resource(at: &At<'_>) -> Result<Result<Vec<Value>, &'static str>, Box<Refusal>> {
    if !at.others(&["apiGroup", "kind", "name"])?.is_empty() {
        return Ok(Err("it has a member that is not known"));
    }
    let text = |key: &str| at.get(key).filter(|text| text.value() != "").map(|text| text.text()).transpose();
    let (group, kind, name) = (text("apiGroup")?, text("kind")?, text("name")?);
    let Some(kind) = kind else { return Ok(Err("it has no kind")) };
    let Some((kind, its)) = KINDS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(kind)) else {
        return Ok(Err("nothing of this kind is judged"));
    };
    if group.is_some_and(|group| !group.eq_ignore_ascii_case(its)) {
        return Ok(Err("nothing of this group is judged"));
    }
    let name = name.map(|name| entry("name", "equals", &[name]));
    Ok(Ok(std::iter::once(entry("kind", "equals", &[kind])).chain(name).collect()))
}

/// An image as a pattern of which a `*` stays within a component of its path.
fn image(at: &At<'_>) -> Result<Result<Vec<Value>, &'static str>, Box<Refusal>> {
    const SHAPE: &str = "a `*` in an image is at the end of its tag alone";
    let text = at.text()?;
    let (beginning, is_open) = text.strip_suffix('*').map_or((text, false), |beginning| (beginning, true));
    if beginning.contains(['*', '?', '[', ']', '\\']) {
        return Ok(Err(SHAPE));
    }
    let last = beginning.rsplit('/').next().unwrap_or_default();
    let (has_tag, has_digest) = (last.contains(':'), last.contains('@'));
    if is_open && (!has_tag || has_digest) {
        return Ok(Err(SHAPE));
    }
    // The shortest name that the beginning goes on to is in the form in which images are compared.
    let whole = if is_open { format!("{beginning}x") } else { text.to_owned() };
    let Ok(reference) = Reference::parse(&whole) else { return Ok(Err("not an image reference")) };
    let written = if has_tag || has_digest { reference.to_string() } else { reference.repository() };
    if written != whole {
        return Ok(Err("Kubescape compares images in their full form, as docker.io/library/nginx:latest"));
    }
    Ok(Ok(vec![match (is_open, has_tag || has_digest) {
        (true, _) => entry("image", "startsWith", &[beginning]),
        (false, true) => entry("image", "equals", &[text]),
        (false, false) => entry("repository", "equals", &[text]),
    }]))
}
