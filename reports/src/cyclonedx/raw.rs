//! The members of a CycloneDX document that are read, as they are written (CycloneDX 1.4 to 1.7, JSON).

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bom {
    pub(crate) spec_version: Option<String>,
    pub(crate) serial_number: Option<String>,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) components: Option<Vec<Component>>,
    pub(crate) vulnerabilities: Option<Vec<Vulnerability>>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) timestamp: Option<String>,
    pub(crate) tools: Option<Tools>,
    pub(crate) component: Option<Component>,
    pub(crate) authors: Option<Vec<Named>>,
    pub(crate) manufacturer: Option<Named>,
    pub(crate) manufacture: Option<Named>,
    pub(crate) supplier: Option<Named>,
}

/// A list until 1.4, still allowed after.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Tools {
    List(Vec<Named>),
    Kinds { components: Option<Vec<Named>>, services: Option<Vec<Named>> },
}

#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Component {
    #[serde(rename = "bom-ref")]
    pub(crate) bom_ref: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) purl: Option<String>,
    pub(crate) properties: Option<Vec<Property>>,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) components: Option<Vec<Component>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Property {
    pub(crate) name: Option<String>,
    pub(crate) value: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Evidence {
    pub(crate) occurrences: Option<Vec<Occurrence>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Occurrence {
    pub(crate) location: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Vulnerability {
    pub(crate) id: Option<String>,
    pub(crate) source: Option<Named>,
    pub(crate) references: Option<Vec<Reference>>,
    pub(crate) ratings: Option<Vec<Rating>>,
    pub(crate) recommendation: Option<String>,
    pub(crate) published: Option<String>,
    pub(crate) affects: Option<Vec<Affected>>,
    pub(crate) analysis: Option<Analysis>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Reference {
    pub(crate) id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Rating {
    pub(crate) source: Option<Named>,
    pub(crate) score: Option<f64>,
    pub(crate) severity: Option<String>,
    pub(crate) method: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Affected {
    #[serde(rename = "ref")]
    pub(crate) reference: Option<String>,
    pub(crate) versions: Option<Vec<AffectedVersion>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AffectedVersion {
    pub(crate) version: Option<String>,
    pub(crate) range: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Analysis {
    pub(crate) state: Option<String>,
    pub(crate) justification: Option<String>,
    pub(crate) first_issued: Option<String>,
    pub(crate) last_updated: Option<String>,
}
