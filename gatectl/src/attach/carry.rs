//! The earlier findings artifact of an index → its findings of the platforms that no report is about, in the new document.
//!
//! They count for as much as the new ones: what is signed now has to have been signed by the same key then.

use std::collections::BTreeMap;

use host::registry::Registry;
use host::signing::KeyPair;
use host::verify::PublicKey;
use policy::findings::{self, Document, SIGNATURE_ANNOTATION, packed};
use policy::limits;
use reports::carry;
use reports::report::Notes;
use serde::Deserialize;

use crate::exit::Failure;

/// With the earlier findings, where there are any that may be carried over.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) document: Document<'static>,
    /// Digest of the earlier artifact, where everything in it was carried over: nothing is lost when it is replaced.
    pub(super) whole: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    subject: Option<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
}

/// Carries over what is under the findings tag `repository:tag`. What cannot be used is left out with a note.
///
/// # Errors
/// The registry cannot say what is there.
pub(super) fn over(
    registry: &Registry,
    (repository, tag): (&str, &str),
    document: Document<'static>,
    key: Option<&KeyPair>,
    notes: &mut Notes,
) -> Result<Carried, Failure> {
    let none = |document| Ok(Carried { document, whole: None });
    if document.images.iter().all(|image| image.vulnerabilities.is_some()) {
        return none(document);
    }
    let reference = format!("{repository}:{tag}");
    let hint = "hint: platforms that no report is about keep their earlier findings, unless `--no-carry-over` is given";
    let at = |e: &dyn std::fmt::Display| Failure::at(format_args!("`{reference}`"), format_args!("{e}; {hint}"));
    let raw = match registry.pull_manifest_raw(&reference) {
        Ok(raw) => raw,
        Err(error) if error.is_not_found() => return none(document),
        Err(error) => return Err(at(&error)),
    };
    let Some(config) = config(&raw.bytes, &document.subject) else {
        notes.add("nothing is carried over: what was attached to the index before is no findings artifact of it");
        return none(document);
    };
    if let Some(key) = key {
        let public = PublicKey::from_pem(key.public_pem().as_bytes()).map_err(|e| at(&e))?;
        let wanted = BTreeMap::from([(SIGNATURE_ANNOTATION.0.to_owned(), SIGNATURE_ANNOTATION.1.to_owned())]);
        if registry.signed_by(repository, &raw.digest, &[&public], &wanted).map_err(|e| at(&e))?.is_none() {
            notes.add("nothing is carried over: the earlier findings of the index are not signed with the same key");
            return none(document);
        }
    }
    let bytes = registry.pull_blob(&reference, &config, limits::HOST_ANSWER_BYTES).map_err(|e| at(&e))?;
    let carried = std::str::from_utf8(&bytes).map_err(|e| e.to_string()).and_then(|text| {
        let flat: packed::Flat<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let inflated = packed::inflate(&flat).map_err(|e| e.to_string())?;
        let earlier = packed::read(&inflated).map_err(|e| e.to_string())?;
        Ok((carry::carry(&document, &earlier).map_err(|e| e.to_string())?, earlier.scanned_at))
    });
    match carried {
        Ok((None, _)) => none(document),
        Ok((Some(carried), scanned_at)) => {
            for platform in &carried.platforms {
                notes.add(format!("platform {platform} keeps its earlier findings, scanned {scanned_at} or later"));
            }
            if scanned_at < document.scanned_at {
                notes.add(format!("the index counts as scanned {scanned_at}, as long as it keeps earlier findings"));
            }
            if key.is_none() {
                notes.add("nobody's signature of the earlier findings was checked");
            }
            notes.extend(&carried.notes);
            Ok(Carried { whole: carried.is_everything.then_some(raw.digest), document: carried.document })
        }
        Err(why) => {
            notes.add(format!("nothing is carried over: the earlier findings of the index cannot be read: {why}"));
            none(document)
        }
    }
}

/// The digest of the config of a findings artifact of this subject.
fn config(manifest: &[u8], subject: &str) -> Option<String> {
    let manifest: Manifest = serde_json::from_slice(manifest).ok()?;
    let is_ours = manifest.artifact_type.as_deref() == Some(findings::MEDIA_TYPE) && manifest.subject?.digest == subject;
    let config = manifest.config.filter(|config| config.media_type == findings::MEDIA_TYPE);
    config.filter(|_| is_ours).map(|config| config.digest)
}
