//! Which image a report is about, and whether it says so itself: findings of another image must not be attached by a slip.

use host::registry::{Registry, Resolved};
use reports::Report;

use super::subject::{Content, Entry, Scanned, Subject};
use crate::exit::Failure;

/// The image that was scanned: the subject itself, or of an index the platform asked for, stated by digest, or stated by name.
pub(super) fn scanned(subject: &Subject, report: &Report, platform: Option<&str>) -> Result<Scanned, Failure> {
    let entries = match &subject.content {
        Content::Image { .. } => {
            let platform = platform.map(str::to_owned).or_else(|| report.subject.platform.clone());
            return Ok(Scanned { digest: subject.digest.clone(), platform });
        }
        Content::Index(entries) => entries,
    };
    let by_platform = |wanted: &str| entries.iter().filter(|entry| entry.platform.as_deref() == Some(wanted)).collect::<Vec<_>>();
    let (found, how) = match platform {
        Some(platform) => (by_platform(platform), format!("the platform `{platform}`")),
        None => {
            let stated = |entry: &&Entry| report.subject.digests.iter().any(|digest| digest == entry.digest.as_str());
            let by_digest: Vec<&Entry> = entries.iter().filter(stated).collect();
            match (by_digest.is_empty(), &report.subject.platform) {
                (false, _) => (by_digest, "the digests that the report states".to_owned()),
                (true, Some(platform)) => (by_platform(platform), format!("the platform `{platform}` that the report states")),
                (true, None) => (Vec::new(), "a platform, which the report does not state,".to_owned()),
            }
        }
    };
    match found.as_slice() {
        [entry] => Ok(Scanned { digest: entry.digest.clone(), platform: entry.platform.clone() }),
        found => {
            let platforms: Vec<&str> = entries.iter().map(|entry| entry.platform.as_deref().unwrap_or("unknown")).collect();
            Err(Failure::new(format_args!(
                "the image is an index and {how} fits {} of its images; hint: name the scanned one with `--platform`, one of {}, or attach to its digest",
                found.len(),
                platforms.join(", ")
            )))
        }
    }
}

/// What a report says of the image that it is to be bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stated {
    /// It is that image.
    Ours,
    /// Nothing.
    Nothing,
    /// It is another one: the sentence.
    Other(String),
}

/// Refuses a report that states another image; a note where it states none.
pub(super) fn check(
    subject: &Subject,
    scanned: &Scanned,
    report: &Report,
    registry: &Registry,
    resolved: &Resolved,
    is_forced: bool,
) -> Result<Option<String>, Failure> {
    match stated(subject, scanned, report, registry, resolved)? {
        Stated::Ours => Ok(None),
        Stated::Nothing => Ok(Some("the report does not state which image it is about".to_owned())),
        Stated::Other(message) if is_forced => Ok(Some(message)),
        Stated::Other(message) => Err(Failure::new(format_args!(
            "{message}; hint: scan the image by its digest, or attach it all the same with `--force-subject`"
        ))),
    }
}

/// Holds the digests that a report states against those of the image.
///
/// # Errors
/// The image's configuration could not be asked for.
pub(super) fn stated(
    subject: &Subject,
    scanned: &Scanned,
    report: &Report,
    registry: &Registry,
    resolved: &Resolved,
) -> Result<Stated, Failure> {
    let stated: Vec<&str> = report.subject.digests.iter().chain(&report.subject.image_id).map(String::as_str).collect();
    if stated.is_empty() {
        return Ok(Stated::Nothing);
    }
    // Every platform's report states the digest of the index: of one platform it proves nothing.
    let is_index = matches!(subject.content, Content::Index(_));
    let mut ours = vec![scanned.digest.to_string()];
    if !is_index {
        ours.push(subject.digest.to_string());
    }
    let states_index = is_index && stated.contains(&subject.digest.as_str());
    if ours.iter().any(|digest| stated.contains(&digest.as_str())) {
        return Ok(Stated::Ours);
    }
    ours.extend(config(subject, scanned, registry, resolved)?);
    if ours.iter().any(|digest| stated.contains(&digest.as_str())) {
        return Ok(Stated::Ours);
    }
    // Without an image id, the platform that the report states has to do.
    let has_image_id = report.subject.image_id.as_deref().is_some_and(|id| id != subject.digest.as_str());
    let is_same_platform = report.subject.platform.is_some() && report.subject.platform == scanned.platform;
    if states_index && !has_image_id && is_same_platform {
        return Ok(Stated::Ours);
    }
    Ok(Stated::Other(match (states_index, &report.subject.platform) {
        (true, Some(platform)) => format!(
            "the report is about the platform {platform} of the index, not {}",
            scanned.platform.as_deref().unwrap_or("an unknown one")
        ),
        _ => format!("the report states another image: {} instead of {}", stated.join(", "), scanned.digest),
    }))
}

/// The digest of the image's configuration, which scanners call the image id.
fn config(subject: &Subject, scanned: &Scanned, registry: &Registry, resolved: &Resolved) -> Result<Option<String>, Failure> {
    if let Content::Image { config } = &subject.content {
        return Ok(config.clone());
    }
    let platform = Resolved { digest: scanned.digest.to_string(), ..resolved.clone() };
    match Subject::fetch(registry, &platform)?.content {
        Content::Image { config } => Ok(config),
        Content::Index(_) => Ok(None),
    }
}
