//! A value of a foreign document with its place: reads one shape, or says what was expected there.

use policy::text;
use serde_json::{Map, Value};

use crate::Refusal;

/// Elements of a list that are read: ten times what any list of a settings document may have.
const LIST_ITEMS: usize = 100_000;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct At<'a> {
    value: &'a Value,
    place: String,
}

impl<'a> At<'a> {
    pub(crate) fn new(value: &'a Value, place: String) -> Self {
        Self { value, place }
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    /// A member that is there and not null.
    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Self { value, place: self.member_place(key) })
    }

    /// A member that must be there.
    pub(crate) fn require(&self, key: &str) -> Result<Self, Box<Refusal>> {
        self.get(key).ok_or_else(|| self.wrong(&format!("a member `{key}`"), "none"))
    }

    pub(crate) fn object(&self) -> Result<&'a Map<String, Value>, Box<Refusal>> {
        self.value.as_object().ok_or_else(|| self.expected("an object"))
    }

    /// The members that are none of the known ones.
    pub(crate) fn others(&self, known: &[&str]) -> Result<Vec<Self>, Box<Refusal>> {
        let others = self.object()?.iter().filter(|(key, value)| !known.contains(&key.as_str()) && !value.is_null());
        Ok(others.map(|(key, value)| Self { value, place: self.member_place(key) }).collect())
    }

    pub(crate) fn list(&self) -> Result<Vec<Self>, Box<Refusal>> {
        let items = self.value.as_array().ok_or_else(|| self.expected("a list"))?;
        if items.len() > LIST_ITEMS {
            return Err(self.wrong(&format!("at most {LIST_ITEMS} elements"), &items.len().to_string()));
        }
        Ok(items.iter().enumerate().map(|(i, value)| Self { value, place: format!("{}[{i}]", self.place) }).collect())
    }

    /// The elements of a list that may be absent.
    pub(crate) fn list_of(&self, key: &str) -> Result<Vec<Self>, Box<Refusal>> {
        self.get(key).map_or(Ok(Vec::new()), |member| member.list())
    }

    pub(crate) fn text(&self) -> Result<&'a str, Box<Refusal>> {
        self.value.as_str().map(str::trim).filter(|text| !text.is_empty()).ok_or_else(|| self.expected("a text"))
    }

    /// The texts of a list that may be absent.
    pub(crate) fn texts_of(&self, key: &str) -> Result<Vec<&'a str>, Box<Refusal>> {
        self.list_of(key)?.iter().map(Self::text).collect()
    }

    pub(crate) fn boolean(&self) -> Result<bool, Box<Refusal>> {
        self.value.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    /// A whole number; one that is larger than any count can be is the largest of the rule language.
    pub(crate) fn count(&self) -> Result<u32, Box<Refusal>> {
        let count = self.value.as_u64().ok_or_else(|| self.expected("a whole number from 0"))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// One of a closed list of words, without regard to case.
    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Box<Refusal>> {
        let found = self.value.as_str().and_then(|text| words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)));
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        found.map(|(_, value)| *value).ok_or_else(|| self.expected(&format!("one of {}", names.join(", "))))
    }

    pub(crate) fn expected(&self, what: &str) -> Box<Refusal> {
        self.wrong(what, &self.written())
    }

    fn wrong(&self, expected: &str, found: &str) -> Box<Refusal> {
        Box::new(Refusal { place: self.place.clone(), expected: expected.to_owned(), found: found.to_owned(), hint: None })
    }

    /// The value as written, on one line and not long.
    pub(crate) fn written(&self) -> String {
        match self.value {
            Value::String(text) => format!("`{}`", text::quote(text)),
            Value::Object(_) | Value::Array(_) => text::quote(&self.value.to_string()),
            plain => plain.to_string(),
        }
    }

    fn member_place(&self, key: &str) -> String {
        let key = text::quote(key);
        if self.place.is_empty() || self.place.ends_with(": ") {
            format!("{}{key}", self.place)
        } else {
            format!("{}.{key}", self.place)
        }
    }
}
