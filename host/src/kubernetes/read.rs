//! Files and folders of YAML and JSON → a set of Kubernetes objects.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use documents::yaml;
use serde_json::Value;

use super::objects::{Objects, ObjectsError};
use super::request::Resource;
use crate::files;
use crate::limits::{OBJECT_BYTES, OBJECT_FILE_BYTES};

/// Reads files in the order given, folders by name.
pub(super) fn paths(objects: &mut Objects, paths: &[PathBuf]) -> Result<(), ObjectsError> {
    let mut left = OBJECT_BYTES;
    for path in paths {
        if path.is_dir() {
            for path in files::below(path).map_err(ObjectsError::Refused)? {
                file(objects, &path, &mut left)?;
            }
        } else {
            file(objects, path, &mut left)?;
        }
    }
    Ok(())
}

fn file(objects: &mut Objects, path: &Path, left: &mut usize) -> Result<(), ObjectsError> {
    let name = path.display();
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| ObjectsError::at(&name, e))?;
    let limit = OBJECT_FILE_BYTES.min(*left);
    file.take(limit.saturating_add(1) as u64).read_to_end(&mut bytes).map_err(|e| ObjectsError::at(&name, e))?;
    if bytes.len() > limit {
        let expected = match limit {
            OBJECT_FILE_BYTES => format!("expected at most {OBJECT_FILE_BYTES} bytes"),
            _ => format!("expected at most {OBJECT_BYTES} bytes of objects in all files together"),
        };
        return Err(ObjectsError::at(&name, expected));
    }
    *left = left.saturating_sub(bytes.len());
    let text = String::from_utf8(bytes).map_err(|e| ObjectsError::at(&name, e.utf8_error()))?;
    text_of(objects, &name.to_string(), &text)
}

/// Adds every object of a text that has the name of a file.
pub(super) fn text_of(objects: &mut Objects, name: &str, text: &str) -> Result<(), ObjectsError> {
    let documents = yaml::read(text).map_err(|e| ObjectsError::at(name, e))?;
    for mut document in documents {
        let value = document.value.take();
        if !value.is_null() {
            let place = |pointer: &str| match document.span(pointer).line {
                0 if pointer.is_empty() => name.to_owned(),
                0 => format!("{name}: `{pointer}`"),
                line => format!("{name}:{line}"),
            };
            unfold(objects, value, "", &place)?;
        }
    }
    Ok(())
}

/// Adds an object, or each item of a list: `List`, or one of a kind, whose items need not say what they are.
fn unfold(objects: &mut Objects, mut value: Value, pointer: &str, place: &dyn Fn(&str) -> String) -> Result<(), ObjectsError> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (Some(item_kind), Some(Value::Array(items))) = (kind.strip_suffix("List"), value.get_mut("items").map(Value::take))
    else {
        return objects.insert(&place(pointer), value);
    };
    let is_typed = !item_kind.is_empty() && !api_version.is_empty();
    if is_typed {
        objects.know(Resource { api_version: api_version.clone(), kind: item_kind.to_owned() });
    }
    for (n, mut item) in items.into_iter().enumerate() {
        if let Some(members) = item.as_object_mut().filter(|_| is_typed) {
            members.entry("apiVersion").or_insert_with(|| api_version.clone().into());
            members.entry("kind").or_insert_with(|| item_kind.into());
        }
        // As deep as the document, which the reader limits.
        unfold(objects, item, &format!("{pointer}/items/{n}"), place)?;
    }
    Ok(())
}
