//! Documents → whose configuration they are, and the objects that are of that format.

use serde_json::Value;

use crate::draft::Draft;
use crate::source::At;
use crate::{Refusal, azure_policy, security_artifact_policy};

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The custom resource that Microsoft Defender for Containers compiles its security rules into.
    SecurityArtifactPolicy,
    /// The parameters of the deprecated Azure Policy definition "block vulnerable images".
    AzurePolicy,
}

impl Format {
    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::SecurityArtifactPolicy => "Microsoft Defender's SecurityArtifactPolicy",
            Self::AzurePolicy => "the Azure Policy that blocks vulnerable images",
        }
    }
}

/// A format, and what it was recognised by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Which.
    pub format: Format,
    /// The members that say so, to be printed.
    pub reason: String,
}

/// The one format of the documents, with its objects; the others are lost.
pub(crate) fn recognise<'a>(documents: &'a [Value], draft: &mut Draft) -> Result<(Recognised, Vec<At<'a>>), Refusal> {
    let mut recognised: Option<Recognised> = None;
    let mut objects = Vec::new();
    for object in flatten(documents)? {
        let by = |format: Format| move |reason: String| Recognised { format, reason };
        let found = security_artifact_policy::recognise(&object)
            .map(by(Format::SecurityArtifactPolicy))
            .or_else(|| azure_policy::recognise(&object).map(by(Format::AzurePolicy)));
        match (found, &recognised) {
            (None, _) => {
                draft.lose_as(object.place().to_owned(), describe(&object), "this document is of no format that is known")
            }
            (Some(found), Some(first)) if found.format != first.format => {
                return Err(Refusal {
                    place: object.place().to_owned(),
                    expected: format!("{} as before", first.format.title()),
                    found: found.format.title().to_owned(),
                    hint: Some("import each gate's configuration by itself"),
                });
            }
            (Some(found), first) => {
                if first.is_none() {
                    recognised = Some(found);
                }
                objects.push(object);
            }
        }
    }
    let found = || documents.first().map_or_else(|| "none".to_owned(), |first| describe(&At::new(first, String::new())));
    recognised.map(|recognised| (recognised, objects)).ok_or_else(|| Refusal {
        place: String::new(),
        expected: "a SecurityArtifactPolicy of defender.microsoft.com, or the parameters of the Azure Policy that blocks vulnerable images"
            .to_owned(),
        found: found(),
        hint: None,
    })
}

/// The documents, and in place of each list of objects what is in it.
fn flatten(documents: &[Value]) -> Result<Vec<At<'_>>, Refusal> {
    let mut objects = Vec::new();
    for (i, document) in documents.iter().enumerate().filter(|(_, document)| !document.is_null()) {
        let at = At::new(document, if documents.len() == 1 { String::new() } else { format!("documents[{i}]") });
        let is_list = document.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
        if is_list && document.get("items").is_some() {
            objects.extend(at.list_of("items")?);
        } else {
            objects.push(at);
        }
    }
    Ok(objects)
}

/// What a document says it is, or its members.
fn describe(at: &At<'_>) -> String {
    let said = |key: &str| at.get(key).map(|member| format!("{key}: {}", member.written()));
    let said: Vec<String> = ["apiVersion", "kind"].into_iter().filter_map(said).collect();
    if said.is_empty() { at.written() } else { said.join(", ") }
}
