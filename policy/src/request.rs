//! The admission request: JSON → [`Request`], with the object still unread.
//!
//! Source: Kubernetes `admission.k8s.io/v1` `AdmissionRequest`; the policy server sends its members under their own names.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// What is asked. Unknown members are ignored; absent ones are `None`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request<'a> {
    /// Kind of the object.
    #[serde(borrow)]
    pub kind: GroupKind<'a>,
    /// `ephemeralcontainers`, `resize`, `status`, …
    #[serde(borrow, default)]
    pub sub_resource: Option<Cow<'a, str>>,
    /// Name of the object, where it has one yet.
    #[serde(borrow, default)]
    pub name: Option<Cow<'a, str>>,
    /// Its namespace.
    #[serde(borrow, default)]
    pub namespace: Option<Cow<'a, str>>,
    /// `CREATE`, `UPDATE`, …; absent in audits.
    #[serde(borrow, default)]
    pub operation: Option<Cow<'a, str>>,
    /// Who asks.
    #[serde(borrow, default)]
    pub user_info: Option<UserInfo<'a>>,
    /// The object as it would be.
    #[serde(borrow, default)]
    pub object: Option<&'a RawValue>,
    /// The object as it is, on UPDATE.
    #[serde(borrow, default)]
    pub old_object: Option<&'a RawValue>,
}

/// A kind by its group, whatever its version.
#[derive(Debug, Deserialize)]
pub struct GroupKind<'a> {
    /// Empty for the core group.
    #[serde(borrow, default)]
    pub group: Cow<'a, str>,
    /// `Deployment`.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
}

/// Who asks.
#[derive(Debug, Default, Deserialize)]
pub struct UserInfo<'a> {
    /// User name, where known.
    #[serde(borrow, default)]
    pub username: Option<Cow<'a, str>>,
    /// Groups.
    #[serde(borrow, default)]
    pub groups: Option<Vec<Cow<'a, str>>>,
}

impl Request<'_> {
    /// The group of the user, none where the request says nothing of groups.
    pub fn groups(&self) -> &[Cow<'_, str>] {
        self.user_info.as_ref().and_then(|user| user.groups.as_deref()).unwrap_or_default()
    }

    /// The name of the user, where the request says it.
    pub fn user(&self) -> Option<&str> {
        self.user_info.as_ref().and_then(|user| user.username.as_deref())
    }

    /// The operation, where the request says it: audits do not.
    pub fn operation(&self) -> Option<&str> {
        self.operation.as_deref().filter(|operation| !operation.is_empty())
    }

    /// Whether the operation is a given one.
    pub fn is(&self, operation: &str) -> bool {
        self.operation() == Some(operation)
    }
}
