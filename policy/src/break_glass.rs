//! Whether somebody breaks the glass: a workload is admitted without a look-up because one who may do so says why.
//!
//! Source: the rule language, "Break-glass".

use crate::request::Request;
use crate::restart;
use crate::settings::BreakGlass;
use crate::workload::{Metadata, Shape, Workload};

/// What the annotation of a workload means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: it is not there, or was there before.
    None,
    /// The workload is admitted, for this reason.
    Granted(String),
    /// The requester may not, or gives no reason.
    Refused(String),
}

/// Reads the annotation on the object and on its pod template. In audits, which are about what is there already, it means nothing.
pub fn claim(break_glass: &BreakGlass, request: &Request<'_>, workload: &Workload, shape: Shape) -> Claim {
    if request.operation().is_none() {
        return Claim::None;
    }
    // An old object that does not parse had no annotation that could still hold.
    let old = request.old_object.filter(|_| request.is("UPDATE")).and_then(|object| Workload::read(object, shape).ok());
    let value =
        |metadata: Option<&Metadata>| metadata.and_then(|metadata| metadata.annotations.get(&break_glass.annotation).cloned());
    let places = [
        (value(Some(&workload.object)), value(old.as_ref().map(|old| &old.object))),
        (value(workload.template.as_ref()), value(old.as_ref().and_then(|old| old.template.as_ref()))),
    ];
    let claimed: Vec<String> = places.into_iter().filter(|(new, old)| new != old).filter_map(|(new, _)| new).collect();
    let Some(reason) = claimed.first() else { return Claim::None };
    let is_listed = request.user().is_some_and(|user| break_glass.users.iter().any(|listed| listed == user))
        || request.groups().iter().any(|group| break_glass.groups.iter().any(|listed| listed == group));
    // Who created the template was asked; its controller only copies it.
    let is_copied = restart::is_copied_by_controller(request, shape);
    if !is_listed && !is_copied {
        let user = crate::text::quote(request.user().unwrap_or_default());
        return Claim::Refused(format!("user `{user}` may not break the glass by the annotation `{}`", break_glass.annotation));
    }
    if claimed.iter().any(|reason| reason.trim().is_empty()) {
        return Claim::Refused(format!("expected a reason in the annotation `{}`, found an empty one", break_glass.annotation));
    }
    Claim::Granted(reason.trim().to_owned())
}
