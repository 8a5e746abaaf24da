//! The members of a SARIF log that are read, as they are written (SARIF 2.1.0, sections 3.13 to 3.49). Texts that only some writers'
//! logs are read for stay unread until then.

use policy::findings::decimal;
use serde_json::value::RawValue;

use crate::json::{self, Read, Refused, Value, members};
use crate::text::Text;

members! {
    pub(super) struct Log<'a> {
        pub(super) version: String,
        pub(super) runs: Vec<Run<'a>>,
    }

    pub(super) struct Run<'a> {
        pub(super) tool: Tool<'a> = "tool" required,
        /// Null where the tool failed to start, absent where it computes none.
        pub(super) results: Vec<Finding<'a>>,
        pub(super) invocations: Vec<Invocation>,
        pub(super) properties: RunProperties,
    }

    pub(super) struct Tool<'a> {
        pub(super) driver: Driver<'a> = "driver" required,
    }

    pub(super) struct Driver<'a> {
        pub(super) name: String = "name" required,
        pub(super) version: String,
        pub(super) rules: Vec<Rule<'a>>,
    }

    pub(super) struct Rule<'a> {
        pub(super) id: Text<'a> = "id" required,
        pub(super) name: Text<'a>,
        pub(super) short_description: &'a RawValue = "shortDescription",
        pub(super) full_description: &'a RawValue = "fullDescription",
        pub(super) help: &'a RawValue,
        pub(super) properties: RuleProperties<'a>,
    }
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

members! {
    pub(super) struct RuleProperties<'a> {
        pub(super) tags: Vec<Text<'a>>,
        pub(super) security_severity: Number = "security-severity",
        /// Trivy and Snyk.
        pub(super) cvss3_base: Number = "cvssv3_baseScore",
        /// Docker Scout.
        pub(super) cvss3: Number = "cvssV3",
        pub(super) cvss3_severity: Text<'a> = "cvssV3_severity",
        pub(super) fixed_version: Text<'a>,
        pub(super) purls: Vec<Text<'a>>,
    }
}

/// A number, also where it is written as text; text that is none is no number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(Option<f64>);

impl Number {
    pub(super) fn value(self) -> Option<f64> {
        self.0
    }
}

impl<'de> Read<'de> for Number {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        *place = Some(Self(match value {
            Value::Float(number) => Some(number),
            Value::Unsigned(number) => u32::try_from(number).ok().map(f64::from),
            Value::Signed(number) => i32::try_from(number).ok().map(f64::from),
            Value::Text(text) => decimal(&text),
            _ => return Err(value.instead_of("a number, or a string that holds one")),
        }));
        Ok(())
    }
}

members! {
    /// A result's message (3.11). Not left unread, as the texts of rules are: every writer's results are told by it.
    pub(super) struct Message<'a> {
        text: Text<'a>,
    }

    pub(super) struct Finding<'a> {
        pub(super) rule_id: Text<'a> = "ruleId",
        pub(super) rule_index: i64 = "ruleIndex",
        message: Message<'a>,
        locations: &'a RawValue,
        pub(super) suppressions: Vec<Suppression>,
    }
}

impl<'a> Finding<'a> {
    /// The plain text of its message; empty where there is none.
    pub(super) fn message(&self) -> &str {
        self.message.as_ref().and_then(|message| message.text.as_deref()).unwrap_or_default()
    }

    /// The first location; of further ones nothing is read.
    pub(super) fn location(&self) -> Location<'a> {
        let locations = self.locations.and_then(|raw| json::read::<Vec<Location<'a>>>(raw.get()).ok());
        locations.and_then(|list| list.into_iter().next()).unwrap_or_default()
    }
}

members! {
    pub(super) struct Suppression {
        pub(super) kind: String,
        pub(super) status: String,
    }

    pub(super) struct Location<'a> {
        physical_location: Physical<'a> = "physicalLocation",
        logical_locations: Vec<Logical<'a>> = "logicalLocations",
    }
}

impl Location<'_> {
    pub(super) fn uri(&self) -> Option<&str> {
        self.physical_location.as_ref()?.artifact_location.as_ref()?.uri.as_deref().filter(|uri| !uri.is_empty())
    }

    pub(super) fn qualified_name(&self) -> Option<&str> {
        self.logical_locations.as_ref()?.first()?.fully_qualified_name.as_deref()
    }
}

members! {
    struct Physical<'a> {
        artifact_location: Artifact<'a> = "artifactLocation",
    }

    struct Artifact<'a> {
        uri: Text<'a>,
    }

    struct Logical<'a> {
        fully_qualified_name: Text<'a> = "fullyQualifiedName",
    }

    pub(super) struct Invocation {
        pub(super) execution_successful: bool = "executionSuccessful",
        pub(super) end_time_utc: String = "endTimeUtc",
    }

    /// What Trivy says about the image.
    pub(super) struct RunProperties {
        pub(super) image_name: String = "imageName",
        pub(super) image_id: String = "imageID",
        pub(super) repo_digests: Vec<String> = "repoDigests",
    }
}
