//! JSON text → the places that its values belong to.
//!
//! A report's members are read in one way: the text is passed over once, and each value is handed to the [`Member`] that stands for
//! it, which takes it or refuses it. Nothing is built in between, so that a report takes no more memory than what is made of it; and
//! nothing of the way is compiled anew for each of the two hundred objects that scanners write, which with derived readers is
//! a third of all code that a browser is sent.

mod members;
mod table;
mod types;
mod walk;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed as _, Error as _, Unexpected};
use serde_json::value::RawValue;

use crate::ReportError;

pub(crate) use self::members::{Members, Name, Required, each, members, object};
pub(crate) use self::table::Table;
pub(crate) use self::types::Anything;
use self::walk::Put;

/// The most bytes of a text that an error shows.
const SHOWN: usize = 200;

/// Reads a whole text.
///
/// # Errors
/// It is not JSON, or a value in it is none that its place takes; with line and column.
pub(crate) fn read<'de, T: Read<'de>>(text: &'de str) -> Result<T, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut place = None;
    Put(&mut Whole(&mut place), T::IS_RAW).deserialize(&mut json)?;
    json.end()?;
    place.ok_or_else(|| serde_json::Error::custom("expected a value"))
}

/// Reads a whole report. `what` names it in the error.
pub(crate) fn parse<'de, T: Read<'de>>(text: &'de str, what: &str) -> Result<T, ReportError> {
    read(text).map_err(|e| ReportError::new(format!("the {what} cannot be read: {e}"), None))
}

/// A value as it stands in the text. Lists and objects are still to be read; what is not read of them is passed over.
pub(crate) enum Value<'v, 'de> {
    Null,
    Bool(bool),
    Unsigned(u64),
    /// A negative number, and no other.
    Signed(i64),
    Float(f64),
    /// Borrowed where it stands in the text as it is: without escapes.
    Text(Cow<'de, str>),
    List(&'v mut dyn List<'de>),
    Object(&'v mut dyn Object<'de>),
    /// Any value, `null` too, as it is written, where that is [asked for](Read::IS_RAW).
    Raw(&'de RawValue),
}

/// Why a value is not taken. It crosses serde_json as a message: there place and text are parted again, and kept.
#[derive(Debug)]
pub(crate) struct Refused(Box<Why>);

/// Behind one pointer, which is all that a place hands on.
#[derive(Debug)]
struct Why(String);

/// Where a value is put.
pub(crate) trait Member<'de> {
    /// Puts a value here; what stood here before is gone.
    fn put(&mut self, value: Value<'_, 'de>) -> Result<(), Refused>;
}

/// A type of which values are read.
pub(crate) trait Read<'de>: Sized {
    /// Reads a value to its place. `null` is a value like any other; where it stands for none it is not asked for.
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused>;

    /// Whether it takes any value as it is written, and no other.
    const IS_RAW: bool = false;
}

/// The items of a list.
pub(crate) trait List<'de> {
    /// Puts the next item to its place, `is_raw` as it is written; `false` after the last.
    fn next(&mut self, item: &mut dyn Member<'de>, is_raw: bool) -> Result<bool, Refused>;
}

/// The members of an object.
pub(crate) trait Object<'de> {
    /// The next key; `None` after the last.
    fn key(&mut self) -> Result<Option<Cow<'de, str>>, Refused>;

    /// Which of the names the next key is; `None` after the last.
    fn find(&mut self, names: &'static [Name]) -> Result<Option<Option<&'static Name>>, Refused>;

    /// Puts the value of that key to its place, `is_raw` as it is written.
    fn value(&mut self, member: &mut dyn Member<'de>, is_raw: bool) -> Result<(), Refused>;

    /// Passes over the value of that key.
    fn skip(&mut self) -> Result<(), Refused>;
}

impl Value<'_, '_> {
    /// That another type is expected.
    pub(crate) fn instead_of(&self, expected: &str) -> Refused {
        self.wrong("type", expected)
    }

    /// That it is not in the range of the type that is expected.
    pub(crate) fn outside_of(&self, expected: &str) -> Refused {
        self.wrong("value", expected)
    }

    fn wrong(&self, what: &str, expected: &str) -> Refused {
        let found = match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => Unexpected::Bool(*value).to_string(),
            Self::Unsigned(value) => Unexpected::Unsigned(*value).to_string(),
            Self::Signed(value) => Unexpected::Signed(*value).to_string(),
            Self::Float(value) => format!("floating point `{value:?}`"),
            Self::Text(text) => {
                // The message is written anew on its way out of each value that this one is in.
                let shown = text.get(..text.floor_char_boundary(SHOWN)).unwrap_or_default();
                format!("{}{}", Unexpected::Str(shown), if shown.len() < text.len() { "…" } else { "" })
            }
            Self::List(_) => Unexpected::Seq.to_string(),
            Self::Object(_) => Unexpected::Map.to_string(),
            Self::Raw(_) => "a value".to_owned(),
        };
        Refused::new(format!("invalid {what}: {found}, expected {expected}"))
    }
}

impl Refused {
    fn new(why: String) -> Self {
        Self(Box::new(Why(why)))
    }

    pub(crate) fn duplicate(key: &str) -> Self {
        Self::new(format!("duplicate field `{key}`"))
    }

    pub(crate) fn missing(key: &str) -> Self {
        Self::new(format!("missing field `{key}`"))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.0)
    }
}

/// `null` is none.
impl<'de, T: Read<'de>> Member<'de> for Option<T> {
    fn put(&mut self, value: Value<'_, 'de>) -> Result<(), Refused> {
        let is_none = match &value {
            Value::Null => true,
            // Of a type whose values are not raw this is no code.
            Value::Raw(raw) => T::IS_RAW && raw.get() == "null",
            _ => false,
        };
        if is_none {
            *self = None;
            return Ok(());
        }
        T::read(value, self)
    }
}

/// The place of what must be there, where `null` is refused unless the type takes it.
pub(crate) struct Whole<'p, T>(pub(crate) &'p mut Option<T>);

impl<'de, T: Read<'de>> Member<'de> for Whole<'_, T> {
    fn put(&mut self, value: Value<'_, 'de>) -> Result<(), Refused> {
        T::read(value, self.0)
    }
}

#[cfg(test)]
mod tests;
