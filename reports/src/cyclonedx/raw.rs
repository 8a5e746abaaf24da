//! The members of a CycloneDX document that are read, as they are written (CycloneDX 1.4 to 1.7, JSON).

use serde_json::value::RawValue;

use crate::json::{Read, Refused, Value, members};
use crate::text::Text;

members! {
    pub(crate) struct Bom<'a> {
        pub(crate) spec_version: Text<'a> = "specVersion",
        pub(crate) serial_number: Text<'a> = "serialNumber",
        pub(crate) metadata: Metadata<'a>,
        pub(crate) components: Vec<Component<'a>>,
        pub(crate) vulnerabilities: Vec<Vulnerability<'a>>,
    }

    pub(crate) struct Metadata<'a> {
        pub(crate) timestamp: Text<'a>,
        pub(crate) tools: Tools<'a>,
        pub(crate) component: Component<'a>,
        pub(crate) authors: Vec<Named<'a>>,
        pub(crate) manufacturer: Named<'a>,
        pub(crate) manufacture: Named<'a>,
        pub(crate) supplier: Named<'a>,
    }
}

/// A list until 1.4, still allowed after; then by what they are.
#[derive(Default)]
pub(crate) struct Tools<'a>(pub(crate) Vec<Named<'a>>);

impl<'de: 'a, 'a> Read<'de> for Tools<'a> {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        if let Value::List(_) = value {
            let mut list = None;
            Vec::read(value, &mut list)?;
            *place = list.map(Self);
        } else {
            let mut kinds = None;
            Kinds::read(value, &mut kinds)?;
            *place = kinds.map(|kinds| Self(kinds.components.into_iter().chain(kinds.services).flatten().collect()));
        }
        Ok(())
    }
}

members! {
    struct Kinds<'a> {
        components: Vec<Named<'a>>,
        services: Vec<Named<'a>>,
    }

    pub(crate) struct Named<'a> {
        pub(crate) name: Text<'a>,
        pub(crate) version: Text<'a>,
    }

    /// Properties and evidence stay unread until somebody asks: most components have no finding.
    pub(crate) struct Component<'a> {
        pub(crate) bom_ref: Text<'a> = "bom-ref",
        pub(crate) kind: Text<'a> = "type",
        pub(crate) group: Text<'a>,
        pub(crate) name: Text<'a>,
        pub(crate) version: Text<'a>,
        pub(crate) purl: Text<'a>,
        pub(crate) properties: &'a RawValue,
        pub(crate) evidence: &'a RawValue,
        pub(crate) components: Vec<Component<'a>>,
    }

    #[derive(Clone)]
    pub(crate) struct Property<'a> {
        pub(crate) name: Text<'a>,
        pub(crate) value: Text<'a>,
    }

    pub(crate) struct Evidence<'a> {
        pub(crate) occurrences: Vec<Occurrence<'a>>,
    }

    pub(crate) struct Occurrence<'a> {
        pub(crate) location: Text<'a>,
    }

    pub(crate) struct Vulnerability<'a> {
        pub(crate) id: Text<'a>,
        pub(crate) source: Named<'a>,
        pub(crate) references: Vec<Reference<'a>>,
        pub(crate) ratings: Vec<Rating<'a>>,
        pub(crate) recommendation: Text<'a>,
        pub(crate) published: Text<'a>,
        pub(crate) affects: Vec<Affected<'a>>,
        pub(crate) analysis: Analysis<'a>,
    }

    pub(crate) struct Reference<'a> {
        pub(crate) id: Text<'a>,
    }

    pub(crate) struct Rating<'a> {
        pub(crate) source: Named<'a>,
        pub(crate) score: f64,
        pub(crate) severity: Text<'a>,
        pub(crate) method: Text<'a>,
    }

    pub(crate) struct Affected<'a> {
        pub(crate) reference: Text<'a> = "ref",
        pub(crate) versions: Vec<AffectedVersion<'a>>,
    }

    pub(crate) struct AffectedVersion<'a> {
        pub(crate) version: Text<'a>,
        pub(crate) range: Text<'a>,
    }

    pub(crate) struct Analysis<'a> {
        pub(crate) state: Text<'a>,
        pub(crate) justification: Text<'a>,
        pub(crate) first_issued: Text<'a> = "firstIssued",
        pub(crate) last_updated: Text<'a> = "lastUpdated",
    }
}
