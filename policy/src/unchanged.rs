//! An UPDATE that changes nothing the settings look at is admitted without a look-up: what runs was judged when it came.
//!
//! Source: the rule language, "What is judged".

use crate::order;
use crate::request::Request;
use crate::settings::{Field, Settings};
use crate::workload::{Metadata, Shape, Workload};

/// Whether the set of images and every field that these settings' scopes read are unchanged, user and operation apart.
pub fn is_unchanged(settings: &Settings, request: &Request<'_>, workload: &Workload, shape: Shape) -> bool {
    if !request.is("UPDATE") {
        return false;
    }
    // An old object that does not parse is no reason to admit the new one.
    let Some(old) = request.old_object.and_then(|object| Workload::read(object, shape).ok()) else { return false };
    images(&old) == images(workload) && fields(settings).all(|field| view(field, &old) == view(field, workload))
}

/// The fields that the scopes of enabled rules and of exemptions read.
fn fields(settings: &Settings) -> impl Iterator<Item = &Field> {
    let rules = settings.rules.iter().filter(|rule| rule.enabled).map(|rule| &rule.scope);
    let exemptions = settings.exemptions.iter().map(|exemption| &exemption.scope);
    rules.chain(exemptions).flatten().map(|entry| &entry.field)
}

fn images(workload: &Workload) -> Vec<&str> {
    order::set(workload.images.iter().map(|image| image.image.as_str()))
}

/// What a field shows of a workload. Namespace, kind and the settings' own fields cannot change, and images are compared as a set.
fn view<'w>(field: &Field, workload: &'w Workload) -> Vec<Option<&'w str>> {
    let metadata = |value: &dyn Fn(&'w Metadata) -> Option<&'w String>| {
        std::iter::once(&workload.object).chain(&workload.template).map(|metadata| value(metadata).map(String::as_str)).collect()
    };
    match field {
        Field::Name => vec![workload.name.as_deref()],
        Field::Label(key) => metadata(&|metadata| metadata.labels.get(key)),
        Field::Annotation(key) => metadata(&|metadata| metadata.annotations.get(key)),
        Field::ServiceAccount => vec![Some(&workload.service_account)],
        // Which image runs under which name is what such a scope reads.
        Field::Container => {
            let pairs = order::set(workload.images.iter().map(|image| (image.name.as_str(), image.image.as_str())));
            pairs.into_iter().flat_map(|(name, image)| [Some(name), Some(image)]).collect()
        }
        _ => Vec::new(),
    }
}
