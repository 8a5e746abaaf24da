//! Bytes → admission request → workload.

use std::collections::BTreeSet;

use policy::limits;
use policy::request::Request;
use policy::settings::Settings;
use policy::unchanged;
use policy::workload::{self, Shape, Workload};
use serde_json::value::RawValue;
use serde_json::{Value, json};

const SHAPES: [Shape; 4] = [Shape::Pod, Shape::Template, Shape::JobTemplate, Shape::PodTemplate];

/// What is read of a workload is in it, at the paths that are told of it. The bytes are taken for a request, and for an object of every kind.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(object) = serde_json::from_str::<&RawValue>(text) {
        for shape in SHAPES {
            read(object, shape);
        }
    }
    let Ok(request) = serde_json::from_str::<Request<'_>>(text) else { return };
    let (Some(shape), Some(object)) = (workload::shape(&request), request.object) else { return };
    read(object, shape);
    update(Request { operation: Some("UPDATE".into()), old_object: Some(object), ..request }, object, shape);
}

fn read(object: &RawValue, shape: Shape) {
    let Ok(workload) = Workload::read(object, shape) else { return };
    assert!(workload.images.len() <= limits::WORKLOAD_IMAGES);
    assert!(!workload.service_account.is_empty());
    let paths: BTreeSet<&str> = workload.images.iter().map(|image| image.path.as_str()).collect();
    assert_eq!(paths.len(), workload.images.len(), "every image has a place of its own");
    let value: Value = serde_json::from_str(object.get()).expect("it was read");
    for image in &workload.images {
        let Some(place) = follow(&value, &image.path) else { continue };
        let is_volume = image.path.ends_with(".image");
        let written = place[if is_volume { "reference" } else { "image" }].as_str().unwrap_or_default();
        assert_eq!(written, image.image, "{}", image.path);
    }
}

/// The object at a path; `None` where a list stands for an object on the way there, its members being known by their order.
fn follow<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut place = value;
    for step in path.split('.') {
        let (name, index) =
            step.strip_suffix(']').and_then(|step| step.split_once('[')).map_or((step, None), |(n, i)| (n, Some(i)));
        place = place.as_object()?.get(name)?;
        if let Some(index) = index {
            place = place.get(index.parse::<usize>().expect("an index"))?;
        }
    }
    place.is_object().then_some(place)
}

/// An update to the same object changes nothing.
fn update(request: Request<'_>, object: &RawValue, shape: Shape) {
    let Ok(workload) = Workload::read(object, shape) else { return };
    let fields = ["name", "label", "annotation", "serviceAccount", "container", "image"];
    let entry = |field: &str| match field {
        "label" | "annotation" => json!({ "field": field, "key": "app", "operator": "contains", "values": ["a"] }),
        _ => json!({ "field": field, "operator": "contains", "values": ["a"] }),
    };
    let scope: Vec<Value> = fields.into_iter().map(entry).collect();
    let rules = json!([{ "name": "a", "action": "deny", "scope": scope, "conditions": [{ "moreThan": 0 }] }]);
    let settings = Settings::read(&json!({ "rules": rules })).expect("valid settings");
    assert!(unchanged::is_unchanged(&settings, &request, &workload, shape));
}
