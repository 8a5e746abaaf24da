//! A set of Kubernetes objects in memory, asked as a cluster is.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use kube::core::DynamicObject;
use serde_json::Value;

use super::request::{Get, List, Request, Resource};
use super::selector::Selector;
use super::{Kubernetes, cluster_wide, list_answer, no_namespace, not_found, object_answer, read, unknown_kind};
use crate::limits::OBJECTS;

/// Kubernetes objects by kind, namespace and name.
///
/// A kind is one of a namespace where any object of it names one, as there is no API server to say so. Labels and fields select as
/// [`crate::kubernetes`] describes; lists are in the order of namespaces and names.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    kinds: BTreeMap<Resource, BTreeMap<Name, Held>>,
    count: usize,
}

/// Namespace, if any, and name.
type Name = (Option<String>, String);

/// An object and where it was read.
#[derive(Clone, Debug)]
struct Held {
    place: String,
    object: DynamicObject,
    /// Where another one of the same name was proposed.
    rival: Option<String>,
}

impl Held {
    /// The object, unless there is another that it could be as well.
    fn sure(&self, resource: &Resource) -> Result<&DynamicObject, String> {
        match &self.rival {
            None => Ok(&self.object),
            Some(rival) => {
                let name = self.object.metadata.name.as_deref().unwrap_or_default();
                Err(format!("{resource} `{name}` is there twice and not the same, at {} and {rival}", self.place))
            }
        }
    }
}

/// Why an object cannot be one of the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectsError {
    /// It is there already.
    Duplicate {
        /// What is there twice, such as `v1/Pod prod/web`.
        object: String,
        /// Where it was read first.
        first: String,
        /// Where it was read again.
        second: String,
    },
    /// It is no object, or there are too many, or a file cannot be read: a sentence that begins with the place.
    Refused(String),
}

impl ObjectsError {
    pub(super) fn at(place: impl fmt::Display, complaint: impl fmt::Display) -> Self {
        Self::Refused(format!("{place}: {complaint}"))
    }
}

impl fmt::Display for ObjectsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { object, first, second } => {
                write!(f, "{second}: expected each object once, found {object} again, which is at {first} too")
            }
            Self::Refused(sentence) => f.write_str(sentence),
        }
    }
}

impl std::error::Error for ObjectsError {}

impl Objects {
    /// Reads files of YAML documents or JSON, and every such file below folders: objects, and lists of objects of any kind.
    ///
    /// An empty list that names its kind (`PodList`) makes this kind known all the same: there is none.
    ///
    /// # Errors
    /// [`ObjectsError`]: a file that cannot be read or holds something else, an object that is there twice, or without the namespace that
    /// others of its kind have, more than the limits of [`crate::limits`].
    pub fn read(paths: &[PathBuf]) -> Result<Self, ObjectsError> {
        let mut objects = Self::default();
        read::paths(&mut objects, paths)?;
        objects.check()
    }

    /// Refuses kinds of which some are in a namespace and some are not: of the latter it was left out.
    fn check(self) -> Result<Self, ObjectsError> {
        for (resource, kind) in &self.kinds {
            if let (Some(((None, name), first)), Some(((Some(_), _), last))) = (kind.first_key_value(), kind.last_key_value()) {
                let expected = format!("expected {resource} `{name}` with a namespace, as the one at {}, found none", last.place);
                return Err(ObjectsError::at(&first.place, expected));
            }
        }
        Ok(self)
    }

    /// Adds one object that was read at `place`.
    ///
    /// # Errors
    /// [`ObjectsError`]: without `apiVersion`, `kind` or name, malformed metadata, one object too many, or a second time.
    pub fn insert(&mut self, place: &str, object: Value) -> Result<(), ObjectsError> {
        let (resource, name, object) = identified(place, object)?;
        if let Some(Held { place: first, .. }) = self.kinds.get(&resource).and_then(|kind| kind.get(&name)) {
            let object = match &name {
                (Some(namespace), name) => format!("{resource} {namespace}/{name}"),
                (None, name) => format!("{resource} {name}"),
            };
            return Err(ObjectsError::Duplicate { object, first: first.clone(), second: place.to_owned() });
        }
        self.hold(place, resource, name, object)
    }

    /// Adds one object of which there may be several drafts: where they are not the same, it is an error to ask for it, not to have it.
    ///
    /// # Errors
    /// As [`Objects::insert`], but for a second time.
    pub fn propose(&mut self, place: &str, object: Value) -> Result<(), ObjectsError> {
        let (resource, name, object) = identified(place, object)?;
        match self.kinds.get_mut(&resource).and_then(|kind| kind.get_mut(&name)) {
            Some(held) if held.object == object => Ok(()),
            Some(held) => {
                held.rival.get_or_insert_with(|| place.to_owned());
                Ok(())
            }
            None => self.hold(place, resource, name, object),
        }
    }

    fn hold(&mut self, place: &str, resource: Resource, name: Name, object: DynamicObject) -> Result<(), ObjectsError> {
        if self.count >= OBJECTS {
            return Err(ObjectsError::at(place, format_args!("expected at most {OBJECTS} objects")));
        }
        self.count = self.count.saturating_add(1);
        self.kinds.entry(resource).or_default().insert(name, Held { place: place.to_owned(), object, rival: None });
        Ok(())
    }

    /// Makes a kind known of which there may be no object.
    pub(super) fn know(&mut self, resource: Resource) {
        self.kinds.entry(resource).or_default();
    }

    /// Whether an object of this kind, or an empty list of the kind, is in the set: what is not is then known not to be there.
    #[must_use]
    pub fn knows(&self, resource: &Resource) -> bool {
        self.kinds.contains_key(resource)
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The object that a request names; `None` where it is not in the set.
    ///
    /// # Errors
    /// The kind is one of a namespace, and the request names none, or the other way round; or there are several drafts.
    pub fn find(&self, request: &Get) -> Result<Option<&DynamicObject>, String> {
        let Some(kind) = self.kinds.get(&request.resource) else { return Ok(None) };
        let namespace = match (is_namespaced(kind), &request.namespace) {
            (true, None) => return Err(no_namespace(&request.resource)),
            (true, Some(namespace)) => Some(namespace.clone()),
            (false, _) => None,
        };
        let Some(held) = kind.get(&(namespace, request.name.clone())) else { return Ok(None) };
        let object = held.sure(&request.resource)?;
        let Get { resource, name, .. } = request;
        match &request.namespace {
            // A namespace has no meaning for what is in none; but whether it is so, or was left out in the file, only a cluster knows.
            Some(namespace) if object.metadata.namespace.is_none() && !is_namespace(resource) => {
                Err(format!("{resource} `{name}` has no namespace at {}, and that of `{namespace}` was asked for", held.place))
            }
            _ => Ok(Some(object)),
        }
    }

    /// Whether one of the same kind, namespace and name is in the set.
    pub(super) fn holds(&self, resource: &Resource, object: &DynamicObject) -> bool {
        self.kinds.get(resource).is_some_and(|kind| name_of(object).is_some_and(|name| kind.contains_key(&name)))
    }

    /// The objects that a request chooses, in order.
    ///
    /// # Errors
    /// A selector is not understood, the kind is one of no namespace and the request names one, or there are several drafts.
    pub fn choose(&self, request: &List) -> Result<Vec<&DynamicObject>, String> {
        let selector = Selector::new(request.label_selector.as_deref(), request.field_selector.as_deref())?;
        let Some(kind) = self.kinds.get(&request.resource) else { return Ok(Vec::new()) };
        if request.namespace.is_some() && !kind.is_empty() && !is_namespaced(kind) {
            return Err(cluster_wide(&request.resource));
        }
        let mut chosen = Vec::new();
        for ((namespace, _), held) in kind {
            if request.namespace.is_none() || *namespace == request.namespace {
                let object = held.sure(&request.resource)?;
                if selector.chooses(object)? {
                    chosen.push(object);
                }
            }
        }
        Ok(chosen)
    }
}

/// What an object is, how it is called, and the object.
fn identified(place: &str, object: Value) -> Result<(Resource, Name, DynamicObject), ObjectsError> {
    let refused = |complaint: &dyn fmt::Display| ObjectsError::at(place, complaint);
    let object: DynamicObject =
        serde_json::from_value(object).map_err(|e| refused(&format_args!("expected a Kubernetes object, found {e}")))?;
    let types = object.types.as_ref().filter(|types| !types.api_version.is_empty() && !types.kind.is_empty());
    let Some(types) = types else {
        return Err(refused(&"expected a Kubernetes object, found one without `apiVersion` and `kind`"));
    };
    let resource = Resource { api_version: types.api_version.clone(), kind: types.kind.clone() };
    let Some(name) = name_of(&object) else {
        return Err(refused(&format_args!("expected {resource} with a name, found none at metadata.name")));
    };
    Ok((resource, name, object))
}

fn name_of(object: &DynamicObject) -> Option<Name> {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    Some((filled(&object.metadata.namespace), filled(&object.metadata.name)?))
}

fn is_namespace(resource: &Resource) -> bool {
    resource.api_version == "v1" && resource.kind == "Namespace"
}

fn is_namespaced(kind: &BTreeMap<Name, Held>) -> bool {
    // Those without a namespace come first.
    kind.last_key_value().is_some_and(|((namespace, _), _)| namespace.is_some())
}

impl Kubernetes for Objects {
    fn answer(&self, request: &Request) -> Result<Vec<u8>, String> {
        if !self.knows(request.resource()) {
            return Err(unknown_kind(request.resource()));
        }
        match request {
            Request::Get(get) => match self.find(get)? {
                Some(object) => object_answer(object.clone(), get.field_masks.as_ref()),
                None => Err(not_found(&get.resource, &get.name, get.namespace.as_deref())),
            },
            Request::List(list) => {
                let chosen = self.choose(list)?.into_iter().cloned().collect();
                list_answer(&list.resource, chosen, list.field_masks.as_ref())
            }
        }
    }
}

#[cfg(test)]
mod tests;
