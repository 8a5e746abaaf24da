//! The members of a CycloneDX document that are read, as they are written (CycloneDX 1.4 to 1.7, JSON).

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::text::Text;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bom<'a> {
    #[serde(borrow)]
    pub(crate) spec_version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) serial_number: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) metadata: Option<Metadata<'a>>,
    #[serde(borrow)]
    pub(crate) components: Option<Vec<Component<'a>>>,
    #[serde(borrow)]
    pub(crate) vulnerabilities: Option<Vec<Vulnerability<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metadata<'a> {
    #[serde(borrow)]
    pub(crate) timestamp: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) tools: Option<Tools<'a>>,
    #[serde(borrow)]
    pub(crate) component: Option<Component<'a>>,
    #[serde(borrow)]
    pub(crate) authors: Option<Vec<Named<'a>>>,
    #[serde(borrow)]
    pub(crate) manufacturer: Option<Named<'a>>,
    #[serde(borrow)]
    pub(crate) manufacture: Option<Named<'a>>,
    #[serde(borrow)]
    pub(crate) supplier: Option<Named<'a>>,
}

/// A list until 1.4, still allowed after.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Tools<'a> {
    List(#[serde(borrow)] Vec<Named<'a>>),
    Kinds {
        #[serde(borrow)]
        components: Option<Vec<Named<'a>>>,
        #[serde(borrow)]
        services: Option<Vec<Named<'a>>>,
    },
}

#[derive(Debug, Deserialize)]
pub(crate) struct Named<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) version: Option<Text<'a>>,
}

/// Properties and evidence stay unread until somebody asks: most components have no finding.
#[derive(Debug, Deserialize)]
pub(crate) struct Component<'a> {
    #[serde(borrow, rename = "bom-ref")]
    pub(crate) bom_ref: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) group: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) purl: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) properties: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) evidence: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) components: Option<Vec<Component<'a>>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Property<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) value: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Evidence<'a> {
    #[serde(borrow)]
    pub(crate) occurrences: Option<Vec<Occurrence<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Occurrence<'a> {
    #[serde(borrow)]
    pub(crate) location: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) source: Option<Named<'a>>,
    #[serde(borrow)]
    pub(crate) references: Option<Vec<Reference<'a>>>,
    #[serde(borrow)]
    pub(crate) ratings: Option<Vec<Rating<'a>>>,
    #[serde(borrow)]
    pub(crate) recommendation: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) published: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) affects: Option<Vec<Affected<'a>>>,
    #[serde(borrow)]
    pub(crate) analysis: Option<Analysis<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Reference<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Rating<'a> {
    #[serde(borrow)]
    pub(crate) source: Option<Named<'a>>,
    pub(crate) score: Option<f64>,
    #[serde(borrow)]
    pub(crate) severity: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) method: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Affected<'a> {
    #[serde(borrow, rename = "ref")]
    pub(crate) reference: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) versions: Option<Vec<AffectedVersion<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AffectedVersion<'a> {
    #[serde(borrow)]
    pub(crate) version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) range: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Analysis<'a> {
    #[serde(borrow)]
    pub(crate) state: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) justification: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) first_issued: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) last_updated: Option<Text<'a>>,
}
