//! Criteria about whose image it is → scopes.
//!
//! A value with `*` is compared as a pattern. Images and registries are written with `https://` or without.

use policy::image::{DOCKER_HUB, Reference};
use serde_json::Value;

use crate::Refusal;
use crate::pattern::{self, Compared, entry};
use crate::source::At;

/// Scopes of which any one is enough, or why there are none.
pub(super) type Scopes = Result<Vec<Vec<Value>>, &'static str>;

const OPERATOR: &str = "a scope has no counterpart of this comparison";
const NEGATED: &str = "a scope leaves out whole values alone";
const SHAPE: &str = "a scope compares with `*` at the ends of a value alone";

/// What a criterion about whose image it is stands for; `None`: it is about something else.
pub(super) fn read(at: &At<'_>) -> Result<Option<Scopes>, Box<Refusal>> {
    let field = match at.require("name")?.text()? {
        "namespace" => "namespace",
        "user" => "user",
        "userGroups" => "group",
        "imageRegistry" => "registry",
        "image" => "image",
        _ => return Ok(None),
    };
    let value = at.require("value")?.text()?;
    let values: Vec<&str> = value.split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
    let compared = match field {
        "image" => values.iter().map(|value| image(value)).collect::<Result<Vec<_>, _>>(),
        "registry" => values.iter().map(|value| registry(value)).collect(),
        _ => values.iter().map(|value| plain(field, value)).collect(),
    };
    let operator = at.require("op")?.text()?;
    Ok(Some(compared.and_then(|compared| of_operator(operator, &compared))))
}

/// A field with an operator and a value; without: anything holds.
type Entry = (&'static str, Option<(&'static str, String)>);

fn of_operator(operator: &str, compared: &[Entry]) -> Scopes {
    if compared.is_empty() {
        return Err("it has no value");
    }
    let fields = ["namespace", "user", "group", "registry", "repository", "image"];
    let of = |field: &'static str| compared.iter().filter(move |(its, _)| *its == field);
    match operator {
        "containsAny" => Ok(fields
            .into_iter()
            .filter(|field| of(field).next().is_some())
            .flat_map(|field| {
                let values: Vec<Compared<'_>> =
                    of(field).map(|(_, one)| one.as_ref().map(|(operator, value)| (*operator, value.as_str()))).collect();
                let entries = pattern::any_of(field, &values);
                if entries.is_empty() { vec![Vec::new()] } else { entries.into_iter().map(|entry| vec![entry]).collect() }
            })
            .collect()),
        "containsAll" if compared.iter().all(|(field, _)| *field == "group") => {
            let all =
                compared.iter().filter_map(|(field, one)| one.as_ref().map(|(operator, value)| entry(field, operator, &[value])));
            Ok(vec![all.collect()])
        }
        "notContainsAny" => {
            if !compared.iter().all(|(_, one)| one.as_ref().is_some_and(|(operator, _)| *operator == "equals")) {
                return Err(NEGATED);
            }
            let values =
                |field| -> Vec<&str> { of(field).filter_map(|(_, one)| one.as_ref().map(|(_, value)| value.as_str())).collect() };
            let entries = fields.into_iter().map(|field| (field, values(field))).filter(|(_, values)| !values.is_empty());
            Ok(vec![entries.map(|(field, values)| entry(field, "notEquals", &values)).collect()])
        }
        _ => Err(OPERATOR),
    }
}

fn owned(compared: Compared<'_>) -> Option<(&'static str, String)> {
    compared.map(|(operator, value)| (operator, value.to_owned()))
}

/// A namespace, a user or a group.
fn plain(field: &'static str, value: &str) -> Result<Entry, &'static str> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:@/".contains(&b);
    let compared = if field == "namespace" { pattern::of_glob(value) } else { pattern::of_glob_of(value, is_plain) };
    compared.map(|compared| (field, owned(compared))).map_err(|()| SHAPE)
}

fn is_hub(host: &str) -> bool {
    host.contains('.') && Reference::parse(&format!("{host}/a/b")).is_ok_and(|reference| reference.registry() == DOCKER_HUB)
}

fn registry(value: &str) -> Result<Entry, &'static str> {
    let host = value.strip_prefix("https://").unwrap_or(value);
    let host = host.strip_suffix('/').unwrap_or(host).to_ascii_lowercase();
    if host.contains('/') {
        return Err("a path behind the host of a registry: a registry is known by its host alone here");
    }
    if host == "dockerhub" || is_hub(&host) {
        return Ok(("registry", Some(("equals", DOCKER_HUB.to_owned()))));
    }
    if !(host.contains('.') || host.starts_with("localhost")) || host.ends_with(":443") {
        return Err("not the host of a registry as it is known here");
    }
    pattern::of_glob(&host).map(|compared| ("registry", owned(compared))).map_err(|()| SHAPE)
}

/// An image with its registry: the repository where it has no tag, with a `*` at its end a beginning.
fn image(value: &str) -> Result<Entry, &'static str> {
    let text = value.strip_prefix("https://").unwrap_or(value);
    let (host, path) = text
        .split_once('/')
        .filter(|(host, _)| host.contains('.') || host.starts_with("localhost"))
        .ok_or("images are known with their registry here: a value without one would be about others, too")?;
    if is_hub(host) || host.contains('*') || host.ends_with(":443") {
        return Err("the host is not one that is written in one way alone");
    }
    let (beginning, is_open) = path.strip_suffix('*').map_or((path, false), |beginning| (beginning, true));
    let text = format!("{}/{beginning}", host.to_ascii_lowercase());
    if beginning.contains(['*', '?']) {
        return Err(SHAPE);
    }
    let field = if beginning.contains(':') { "image" } else { "repository" };
    if is_open {
        let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/".contains(&b));
        return if is_plain { Ok((field, Some(("startsWith", text)))) } else { Err(SHAPE) };
    }
    let reference = Reference::parse(&text).map_err(|_| "not an image reference")?;
    let written = if field == "image" { reference.to_string() } else { reference.repository() };
    Ok((field, Some(("equals", written))))
}
