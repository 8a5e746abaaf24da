//! Events → lines of JSON. What the module alerts of is written as it is.

use serde_json::{Map, Value};

use crate::clock;

/// An event of the provider's own.
pub(super) fn event(level: &str, message: &str, more: &Value) -> Value {
    let mut members = Map::new();
    members.insert("event".to_owned(), "gated-deployment-provider".into());
    members.insert("time".to_owned(), clock::present().to_string().into());
    members.insert("level".to_owned(), level.into());
    members.insert("message".to_owned(), message.into());
    members.extend(more.as_object().cloned().unwrap_or_default());
    Value::Object(members)
}

/// One line; serde_json escapes what would end it.
pub(super) fn line(event: Value) -> String {
    event.to_string()
}
