//! The text of manifests → admission requests, and the images in them.

use std::collections::BTreeMap;

use documents::request::{self, Defaults, Submitted};
use documents::settings::Located;
use policy::request::Request;
use policy::workload::{self, Workload};
use serde_json::{Value, json};

use crate::places::Places;

/// What a person would call the file.
const NAME: &str = "workload";

/// What is to be judged.
#[derive(Debug, Default)]
pub(crate) struct Submissions {
    pub(crate) submitted: Vec<Submitted>,
    /// The references in them as written, each once, in their order.
    pub(crate) images: Vec<String>,
    problems: Vec<Value>,
}

impl Submissions {
    /// A document that cannot be judged does not keep the others from it.
    pub(crate) fn read(text: &str) -> Self {
        let places = Places::of(text);
        let defaults = Defaults { operation: "CREATE".to_owned(), namespace: None };
        let documents = match request::read(NAME, text, &defaults) {
            Ok(documents) => documents,
            Err(e) => {
                let message = format!("expected {}, found {}", e.expected, e.found);
                let problem = Located { at: e.at, path: e.pointer.into(), message, hint: e.hint };
                return Self { problems: vec![places.problem(&problem)], ..Self::default() };
            }
        };
        let mut read = Self::default();
        for document in documents {
            match document {
                Ok(submitted) => read.submitted.extend(submitted),
                Err(other) => read.problems.push(places.problem(&Located::of_text(other.at, other.what))),
            }
        }
        for image in read.submitted.iter().flat_map(|one| images(&one.request)) {
            if !read.images.contains(&image) {
                read.images.push(image);
            }
        }
        read
    }

    /// What is to be shown of them.
    pub(crate) fn shown(&self) -> Value {
        json!({ "problems": self.problems, "images": self.images })
    }

    /// The labels of the namespaces among them.
    pub(crate) fn namespaces(&self) -> BTreeMap<&str, &Value> {
        let objects = self.submitted.iter().filter_map(|one| one.request.get("object"));
        let namespaces = objects.filter(|object| {
            object.get("kind").is_some_and(|kind| kind == "Namespace")
                && object.get("apiVersion").is_some_and(|version| version == "v1")
        });
        namespaces.filter_map(|object| Some((object.pointer("/metadata/name")?.as_str()?, object))).collect()
    }
}

/// The images that the policy finds in a request; none where it judges none.
fn images(request: &Value) -> Vec<String> {
    let text = request.to_string();
    let Ok(request) = serde_json::from_str::<Request<'_>>(&text) else { return Vec::new() };
    let workload = workload::shape(&request).zip(request.object).map(|(shape, object)| Workload::read(object, shape));
    let images = workload.and_then(Result::ok).map(|workload| workload.images).unwrap_or_default();
    images.into_iter().map(|image| image.image).filter(|image| !image.is_empty()).collect()
}
