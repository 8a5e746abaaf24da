//! JSON of any length → the objects in it, one at a time: one document after the other, and of lists and arrays the items.
//!
//! `kubectl get --output json` writes all objects of a cluster as one list; as a tree it would take many times its size.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

/// Bytes of one object of a list, or of a document that is none.
const OBJECT_BYTES: u64 = 32 * 1024 * 1024;

/// Is told of each object; what it answers ends the reading.
type Take<'t> = &'t mut dyn FnMut(Value) -> Result<(), String>;

/// Reads all of it.
///
/// # Errors
/// What is no JSON or too large, with its place, or what `take` answers.
pub(super) fn objects(reader: impl Read, take: Take<'_>) -> Result<(), String> {
    let left = RefCell::new(OBJECT_BYTES);
    let mut reader = serde_json::Deserializer::from_reader(Capped { inner: reader, left: &left });
    loop {
        *left.borrow_mut() = OBJECT_BYTES;
        match reader.end() {
            Ok(()) => return Ok(()),
            // More follows.
            Err(error) if error.is_syntax() => {}
            Err(error) => return Err(error.to_string()),
        }
        Document { take: &mut *take, left: &left }.deserialize(&mut reader).map_err(|error| error.to_string())?;
    }
}

/// Reads no more than an object may have, however often that is given anew.
struct Capped<'l, R> {
    inner: R,
    left: &'l RefCell<u64>,
}

impl<R: Read> Read for Capped<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let mut left = self.left.borrow_mut();
        match left.checked_sub(u64::try_from(read).unwrap_or(u64::MAX)) {
            Some(rest) => *left = rest,
            None => {
                return Err(io::Error::other(format!("expected objects of at most {OBJECT_BYTES} bytes, found a larger one")));
            }
        }
        Ok(read)
    }
}

/// A document: an object, or a list whose items are handed over as they come.
struct Document<'t, 'l> {
    take: Take<'t>,
    left: &'l RefCell<u64>,
}

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        Items { of: &Map::new(), take: self.take, left: self.left }.visit_seq(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut members, mut is_list) = (Map::new(), false);
        while let Some(key) = map.next_key::<String>()? {
            if key == "items" {
                is_list = true;
                map.next_value_seed(Items { of: &members, take: &mut *self.take, left: self.left })?;
            } else if members.insert(key.clone(), map.next_value()?).is_some() {
                return Err(A::Error::custom(format!("expected each key once, found `{key}` twice")));
            }
        }
        let kind = members.get("kind").and_then(Value::as_str).unwrap_or_default();
        if let Some(part) = documents::request::is_part(members.get("metadata")) {
            return Err(A::Error::custom(part));
        }
        match (is_list, kind.ends_with("List")) {
            (true, true) => Ok(()),
            (true, false) => {
                Err(A::Error::custom(format!("expected a list of Kubernetes objects, found `items` of kind `{kind}`")))
            }
            (false, _) => (self.take)(Value::Object(members)).map_err(A::Error::custom),
        }
    }
}

/// The items of a list, of which these members are known so far.
struct Items<'t, 'l, 'm> {
    of: &'m Map<String, Value>,
    take: Take<'t>,
    left: &'l RefCell<u64>,
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the items of a list")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        // A typed list (PodList) has said its kind before, and its items may not say theirs.
        let member = |key: &str| self.of.get(key).cloned().unwrap_or(Value::Null);
        let (kind, version) = (self.of.get("kind").and_then(Value::as_str).unwrap_or("List"), member("apiVersion"));
        while let Some(item) = items.next_element::<Value>()? {
            *self.left.borrow_mut() = OBJECT_BYTES;
            (self.take)(json!({ "kind": kind, "apiVersion": version, "items": [item] })).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Value>, String> {
        let mut found = Vec::new();
        objects(text.as_bytes(), &mut |value| {
            found.push(value);
            Ok(())
        })
        .map(|()| found)
    }

    #[test]
    fn lists_are_handed_over_item_by_item() {
        let found = read(r#"{"apiVersion":"v1","items":[{"kind":"Pod"},{"kind":"Job"}],"kind":"List"} {"kind":"PodList","apiVersion":"v1","items":[{}]}{"kind":"AdmissionReview"}"#).unwrap();
        assert_eq!(
            found,
            [
                json!({ "kind": "List", "apiVersion": "v1", "items": [{ "kind": "Pod" }] }),
                json!({ "kind": "List", "apiVersion": "v1", "items": [{ "kind": "Job" }] }),
                json!({ "kind": "PodList", "apiVersion": "v1", "items": [{}] }),
                json!({ "kind": "AdmissionReview" }),
            ]
        );
        assert_eq!(
            read(r#"[{"kind":"Pod"}] []"#).unwrap(),
            [json!({ "kind": "List", "apiVersion": null, "items": [{ "kind": "Pod" }] })]
        );
        assert_eq!(read(" \n").unwrap(), Vec::<Value>::new());
    }

    #[test]
    fn what_is_cut_or_something_else_is_refused() {
        for (text, part) in [
            (r#"{"kind":"List","items":[{"kind":"Pod"},{"#, "EOF"),
            (r#"{"kind":"Pod","items":[]}"#, "expected a list"),
            (r#"{"kind":"Pod"} x"#, "expected value"),
            ("1", "expected a Kubernetes object"),
            (r#"{"a":1,"a":2}"#, "found `a` twice"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        let long = format!(r#"{{"kind":"Pod","a":"{}"}}"#, "x".repeat(33 * 1024 * 1024));
        assert!(read(&long).unwrap_err().contains("found a larger one"));
        let item = format!(r#"{{"a":"{}"}},"#, "x".repeat(1024 * 1024));
        let many = format!(r#"{{"kind":"List","items":[{}{{}}]}}"#, item.repeat(40));
        assert_eq!(read(&many).unwrap().len(), 41, "many are not one large one");
    }
}
