//! Trivy's ignore files: `.trivyignore`, a text with an id a line, and `.trivyignore.yaml`.
//!
//! Source: Trivy's documentation, "Filtering", and how it reads them: an id is compared with that of the finding, an expiration date ends at
//! its first instant, `paths` are doublestar globs and `purls` are compared part by part.

use std::collections::BTreeMap;

use policy::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::draft::Draft;
use crate::source::At;
use crate::{Refusal, ids, package};

/// What no ignore file says.
pub(crate) const NOTES: &[&str] = &[
    "Trivy compares the ids of an ignore file with a finding's own id alone; here an id covers its aliases and advisories too",
    "Trivy drops what is ignored before anything is counted; here it is set aside for every rule and named in the answer",
];

/// The member under which the text form is kept between parsing and reading.
const TEXT: &str = ".trivyignore";
const SECTIONS: [&str; 4] = ["vulnerabilities", "misconfigurations", "secrets", "licenses"];
const REASON: &str = "ignored in Trivy";

/// The text form as a document, where a file is one: by its name, or because every line that is no comment begins with an id.
pub(crate) fn document(name: &str, text: &str) -> Option<Value> {
    let mut lines = text.lines().map(content).filter(|line| !line.is_empty()).peekable();
    let begins_with_id = |line: &str| line.split_whitespace().next().is_some_and(ids::is_vulnerability);
    let is_list = lines.peek().is_some() && lines.all(begins_with_id);
    (name.ends_with(TEXT) || is_list).then(|| json!({ TEXT: text }))
}

/// A line, or nothing where it is a comment.
fn content(line: &str) -> &str {
    let line = line.trim_start_matches('\u{feff}').trim();
    if line.starts_with('#') { "" } else { line }
}

/// What says that a document is one.
pub(crate) fn recognise(at: &At<'_>) -> Option<String> {
    let members = at.value().as_object()?;
    if members.len() == 1 && members.get(TEXT).is_some_and(Value::is_string) {
        return Some("a list of ids, as in .trivyignore".to_owned());
    }
    let section = SECTIONS.into_iter().find(|section| {
        let entries = members.get(*section).and_then(Value::as_array);
        entries.and_then(|entries| entries.first()).is_some_and(|entry| entry.get("id").is_some())
    })?;
    let is_all = members.keys().all(|key| SECTIONS.contains(&key.as_str()));
    is_all.then(|| format!("`{section}` with an `id`, as in .trivyignore.yaml"))
}

/// Reads each file into exemptions.
pub(crate) fn read(objects: &[At<'_>], draft: &mut Draft) -> Result<(), Box<Refusal>> {
    for object in objects {
        match object.get(TEXT).and_then(|text| text.value().as_str()) {
            Some(text) => read_text(object, text, draft),
            None => read_sections(object, draft)?,
        }
    }
    Ok(())
}

fn read_text(at: &At<'_>, text: &str, draft: &mut Draft) {
    let mut by_end: BTreeMap<Option<Timestamp>, Vec<&str>> = BTreeMap::new();
    for (number, line) in (1_u32..).zip(text.lines().map(content)).filter(|(_, line)| !line.is_empty()) {
        let value = Value::String(line.to_owned());
        let at = At::new(&value, format!("{}line {number}", at.place()));
        let (id, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let words: Vec<&str> = rest.split_whitespace().collect();
        if words.iter().take_while(|word| !word.starts_with('#')).any(|word| !word.starts_with("exp:")) {
            draft.lose(&at, "Trivy reads an id and `exp:` of a line: what else is there is not taken over");
        }
        let end = words.iter().find_map(|word| word.strip_prefix("exp:"));
        let until = end.and_then(Timestamp::start_of_date);
        if end.is_some() && until.is_none() {
            draft.lose(&at, "`exp:` wants a date such as 2026-12-31: nothing is exempt by it, as in Trivy");
            continue;
        }
        by_end.entry(until).or_default().extend(ids::exempted(&at, id, draft));
    }
    for (end, ids) in by_end.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        let mut members = members(REASON, end);
        members.insert("ids".to_owned(), ids.into());
        draft.exempt("trivyignore", members.into(), &[]);
    }
}

fn members(reason: &str, until: Option<Timestamp>) -> Map<String, Value> {
    let mut members = Map::from_iter([("reason".to_owned(), reason.into())]);
    members.extend(until.map(|until| ("until".to_owned(), until.to_string().into())));
    members
}

fn read_sections(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    for section in SECTIONS.into_iter().skip(1).filter_map(|section| at.get(section)) {
        if section.value().as_array().is_none_or(|list| !list.is_empty()) {
            draft.lose(&section, "the gate judges vulnerabilities alone: nothing stands for it");
        }
    }
    for entry in at.list_of("vulnerabilities")? {
        read_entry(&entry, draft)?;
    }
    Ok(())
}

/// A text as the rule language has it, or why it has not.
type Check = fn(&str) -> Result<&str, &'static str>;

fn path(text: &str) -> Result<&str, &'static str> {
    if text.starts_with('/') { Err("Trivy's paths begin without a slash") } else { package::of_path(text) }
}

fn read_entry(at: &At<'_>, draft: &mut Draft) -> Result<(), Box<Refusal>> {
    if !draft.knows_all(at, &["id", "paths", "purls", "expired_at", "statement"])? {
        return Ok(());
    }
    let id = at.require("id")?;
    let Some(id) = ids::exempted(&id, id.text()?, draft) else { return Ok(()) };
    let reason = at.get("statement").map_or(Ok(REASON), |statement| statement.text())?;
    let end = at.get("expired_at").map(|end| read_end(&end)).transpose()?;
    let mut members = members(reason, end);
    members.insert("ids".to_owned(), json!([id]));
    let kinds: [(&str, &str, Check); 2] = [("paths", "paths", path), ("purls", "packages", package::of_purl)];
    for (theirs, ours, check) in kinds {
        let written = at.list_of(theirs)?;
        let mut taken = Vec::new();
        for one in &written {
            match check(one.text()?) {
                Ok(text) => taken.push(text),
                Err(why) => draft.lose(one, format!("{why}: nothing is exempt by it")),
            }
        }
        if taken.is_empty() && !written.is_empty() {
            return Ok(());
        }
        if !taken.is_empty() {
            members.insert(ours.to_owned(), taken.into());
        }
    }
    draft.exempt("trivyignore", members.into(), &[]);
    Ok(())
}

/// A date ends at its first instant.
fn read_end(at: &At<'_>) -> Result<Timestamp, Box<Refusal>> {
    let text = at.text()?;
    let end = Timestamp::start_of_date(text).or_else(|| Timestamp::parse(text));
    end.ok_or_else(|| at.expected("a date such as 2026-12-31"))
}
