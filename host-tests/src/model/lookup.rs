//! An image → what is known of it: of itself, or of each of its platforms.
//!
//! Source: the rule language, "What is judged" and "Sources"; the findings document, "Indexes".

use serde_json::Value;

use super::{Evidence, Facts, Manifest, list, since, text};

/// One, or one for each selected platform of an index that has none of its own.
pub(super) fn evidence(facts: &Facts<'_>) -> Result<Vec<Evidence>, String> {
    let Some(reference) = &facts.reference else { return Ok(vec![Evidence::Unreadable]) };
    let tag = reference.to_string();
    let digest = match reference.digest() {
        Some(written) => written.to_string(),
        None => match facts.world.digests.get(&tag).ok_or_else(|| format!("the digest of `{tag}` is needed"))? {
            Ok(digest) => digest.clone(),
            Err(state) => return Ok(vec![state.clone()]),
        },
    };
    let repository = reference.repository();
    match of_digest(facts, &repository, &digest)? {
        Evidence::Missing => {}
        other => return Ok(vec![other]),
    }
    let image = format!("{repository}@{digest}");
    match facts.world.manifests.get(&image).ok_or_else(|| format!("the manifest of `{image}` is needed"))? {
        Manifest::Single => Ok(vec![Evidence::Missing]),
        Manifest::Unknown(state) => Ok(vec![state.clone()]),
        Manifest::Index(entries) => {
            let entries = entries.iter().filter(|(platform, _)| is_selected(facts.settings, platform.as_deref()));
            let found = entries.map(|(_, digest)| of_digest(facts, &repository, digest)).collect::<Result<Vec<_>, _>>()?;
            Ok(if found.is_empty() { vec![Evidence::Missing] } else { found })
        }
    }
}

/// What the sources have, one after the other.
fn of_digest(facts: &Facts<'_>, repository: &str, digest: &str) -> Result<Evidence, String> {
    let sources = &facts.settings["findings"]["sources"];
    let sources = if sources.is_null() { &[Value::Null][..] } else { list(sources) };
    let mut found = Evidence::Missing;
    for source in sources {
        let in_cluster = ["sbomScanner", "trivyOperator"].into_iter().find(|kind| !source[kind].is_null());
        let place = in_cluster.or_else(|| source["registry"]["repository"].as_str()).unwrap_or(repository);
        let key = (place.to_owned(), digest.to_owned());
        let is_nowhere = place == "trivyOperator" && facts.request["namespace"].is_null();
        let here = match facts.world.evidence.get(&key) {
            _ if is_nowhere => Evidence::Unavailable,
            Some(here) => settled(facts, here),
            None => return Err(format!("evidence of {digest} in `{place}` is needed")),
        };
        let has_findings = matches!(here, Evidence::Scanned(_));
        match here {
            Evidence::Missing => {}
            Evidence::Unavailable => found = Evidence::Unavailable,
            Evidence::NotGranted => return Ok(here),
            _ if found == Evidence::Unavailable && !has_findings => return Ok(found),
            _ => return Ok(here),
        }
    }
    Ok(found)
}

/// Without `trust` nobody has to sign; and a scan in the future is unreadable.
fn settled(facts: &Facts<'_>, state: &Evidence) -> Evidence {
    match state {
        Evidence::Untrusted(read) if facts.settings["trust"].is_null() => settled(facts, read),
        Evidence::Untrusted(read) => Evidence::Untrusted(Box::new(settled(facts, read))),
        Evidence::Scanned(document) if since(&document["scannedAt"], facts.world.now).is_some_and(|age| age < -300) => {
            Evidence::Unreadable
        }
        other => other.clone(),
    }
}

/// The images of a document that are judged.
pub(super) fn selected<'a>(settings: &Value, document: &'a Value) -> Vec<&'a Value> {
    let images = list(&document["images"]);
    let is_single = images.len() == 1 && images.iter().all(|image| image["digest"] == document["subject"]);
    images.iter().filter(|image| is_single || is_selected(settings, image["platform"].as_str())).collect()
}

/// Without a variant: every variant.
fn is_selected(settings: &Value, platform: Option<&str>) -> bool {
    let wanted = &settings["findings"]["platforms"];
    let selects = |wanted: &Value, platform: &str| format!("{platform}/").starts_with(&format!("{}/", text(wanted)));
    wanted.is_null() || platform.is_none_or(|platform| list(wanted).iter().any(|wanted| selects(wanted, platform)))
}
