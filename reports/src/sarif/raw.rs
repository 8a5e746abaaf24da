//! The members of a SARIF log that are read, as they are written (SARIF 2.1.0, sections 3.13 to 3.49). Texts that only some writers'
//! logs are read for stay unread until then.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::text::Text;

#[derive(Debug, Deserialize)]
pub(super) struct Log<'a> {
    pub(super) version: Option<String>,
    #[serde(borrow)]
    pub(super) runs: Option<Vec<Run<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Run<'a> {
    #[serde(borrow)]
    pub(super) tool: Tool<'a>,
    /// Null where the tool failed to start, absent where it computes none.
    #[serde(borrow)]
    pub(super) results: Option<Vec<Finding<'a>>>,
    pub(super) invocations: Option<Vec<Invocation>>,
    pub(super) properties: Option<RunProperties>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tool<'a> {
    #[serde(borrow)]
    pub(super) driver: Driver<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Driver<'a> {
    pub(super) name: String,
    pub(super) version: Option<String>,
    #[serde(borrow)]
    pub(super) rules: Option<Vec<Rule<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) short_description: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) full_description: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) help: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) properties: Option<RuleProperties<'a>>,
}

impl Rule<'_> {
    /// The length of what a result may be told by, in bytes as they are written; about.
    pub(super) fn len(&self) -> usize {
        /// Of a tag, with what stands around it.
        const TAG: usize = 16;
        let descriptions = [self.short_description, self.full_description, self.help];
        let n_tags = self.properties.as_ref().and_then(|properties| properties.tags.as_ref()).map_or(0, Vec::len);
        let descriptions = descriptions.into_iter().flatten().map(|description| description.get().len());
        descriptions.fold(n_tags.saturating_mul(TAG), usize::saturating_add)
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct RuleProperties<'a> {
    #[serde(borrow)]
    pub(super) tags: Option<Vec<Text<'a>>>,
    #[serde(rename = "security-severity")]
    pub(super) security_severity: Option<Number>,
    /// Trivy and Snyk.
    #[serde(rename = "cvssv3_baseScore")]
    pub(super) cvss3_base: Option<Number>,
    /// Docker Scout.
    #[serde(rename = "cvssV3")]
    pub(super) cvss3: Option<Number>,
    #[serde(borrow, rename = "cvssV3_severity")]
    pub(super) cvss3_severity: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) fixed_version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) purls: Option<Vec<Text<'a>>>,
}

/// A number, also where it is written as text; text that is none is no number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(Option<f64>);

impl Number {
    pub(super) fn value(self) -> Option<f64> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lenient;

        impl Visitor<'_> for Lenient {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a string that holds one")
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Number, E> {
                Ok(Number(Some(value)))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Number, E> {
                Ok(Number(u32::try_from(value).ok().map(f64::from)))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Number, E> {
                Ok(Number(i32::try_from(value).ok().map(f64::from)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                Ok(Number(text.parse().ok()))
            }
        }

        deserializer.deserialize_any(Lenient)
    }
}

/// A result's message (3.11). Not left unread, as the texts of rules are: every writer's results are told by it.
#[derive(Debug, Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finding<'a> {
    #[serde(borrow)]
    pub(super) rule_id: Option<Text<'a>>,
    pub(super) rule_index: Option<i64>,
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    locations: Option<&'a RawValue>,
    pub(super) suppressions: Option<Vec<Suppression>>,
}

impl<'a> Finding<'a> {
    /// The plain text of its message; empty where there is none.
    pub(super) fn message(&self) -> &str {
        self.message.as_ref().and_then(|message| message.text.as_deref()).unwrap_or_default()
    }

    /// The first location; of further ones nothing is read.
    pub(super) fn location(&self) -> Location<'a> {
        let locations = self.locations.and_then(|raw| serde_json::from_str::<Vec<Location<'a>>>(raw.get()).ok());
        locations.and_then(|list| list.into_iter().next()).unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Suppression {
    pub(super) kind: Option<String>,
    pub(super) status: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'a> {
    #[serde(borrow)]
    physical_location: Option<Physical<'a>>,
    #[serde(borrow)]
    logical_locations: Option<Vec<Logical<'a>>>,
}

impl Location<'_> {
    pub(super) fn uri(&self) -> Option<&str> {
        self.physical_location.as_ref()?.artifact_location.as_ref()?.uri.as_deref().filter(|uri| !uri.is_empty())
    }

    pub(super) fn qualified_name(&self) -> Option<&str> {
        self.logical_locations.as_ref()?.first()?.fully_qualified_name.as_deref()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Physical<'a> {
    #[serde(borrow)]
    artifact_location: Option<Artifact<'a>>,
}

#[derive(Debug, Deserialize)]
struct Artifact<'a> {
    #[serde(borrow)]
    uri: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'a> {
    #[serde(borrow)]
    fully_qualified_name: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub(super) execution_successful: Option<bool>,
    pub(super) end_time_utc: Option<String>,
}

/// What Trivy says about the image.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunProperties {
    pub(super) image_name: Option<String>,
    #[serde(rename = "imageID")]
    pub(super) image_id: Option<String>,
    pub(super) repo_digests: Option<Vec<String>>,
}
