//! A line of the policy server's JSON log: text → its members that matter.
//!
//! Source: tracing-subscriber's JSON format. A span has its fields first, in the order of their names, and then `name`, its own.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// A line as tracing's JSON format has it.
#[derive(Deserialize)]
pub(super) struct Record<'l> {
    #[serde(borrow)]
    pub(super) timestamp: Cow<'l, str>,
    #[serde(borrow)]
    pub(super) fields: Fields<'l>,
    #[serde(borrow)]
    pub(super) target: Cow<'l, str>,
    #[serde(borrow, default)]
    pub(super) spans: Vec<Span<'l>>,
}

#[derive(Deserialize)]
pub(super) struct Fields<'l> {
    #[serde(borrow, default)]
    pub(super) message: Cow<'l, str>,
    #[serde(borrow, default)]
    pub(super) data: Option<Cow<'l, str>>,
}

/// A span: its fields, then its own name. The span of a request has a field `name` too, so that the key is there twice.
#[derive(Debug, Default)]
pub(super) struct Span<'l> {
    pub(super) name: Cow<'l, str>,
    pub(super) object: Option<Cow<'l, str>>,
    pub(super) kind: Option<Cow<'l, str>>,
    pub(super) namespace: Option<Cow<'l, str>>,
    pub(super) request_uid: Option<Cow<'l, str>>,
}

impl<'de: 'l, 'l> Deserialize<'de> for Span<'l> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Span<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a span")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Span<'de>, A::Error> {
                let mut span = Span::default();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match key.as_ref() {
                        "name" => {
                            let before = std::mem::replace(&mut span.name, map.next_value::<Text<'de>>()?.0);
                            span.object = (!before.is_empty()).then_some(before);
                        }
                        "kind" => span.kind = Some(map.next_value::<Text<'de>>()?.0),
                        "namespace" => span.namespace = Some(map.next_value::<Text<'de>>()?.0),
                        "request_uid" => span.request_uid = Some(map.next_value::<Text<'de>>()?.0),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(span)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A text that is borrowed where it can be.
#[derive(Deserialize)]
struct Text<'l>(#[serde(borrow)] Cow<'l, str>);
