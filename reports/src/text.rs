//! Text of a report that is not copied where it stands there as it is: in JSON without escapes.

use std::borrow::{Borrow, Cow};
use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;

use crate::json::{Read, Refused, Value};
/// Borrowed from the report where that is possible, also inside of options and lists.
#[derive(Clone, Debug, Default, Eq)]
pub(crate) struct Text<'a>(Cow<'a, str>);

/// Two empty texts are equal without being compared: nothing takes longer than to compare no bytes where there is no memory.
impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && (self.is_empty() || self.0 == other.0)
    }
}

impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.is_empty() || other.is_empty() { self.len().cmp(&other.len()) } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Read<'de> for Text<'a> {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        let Value::Text(text) = value else { return Err(value.instead_of("a string")) };
        *place = Some(Self(text));
        Ok(())
    }
}

impl<'de: 'a, 'a> From<Cow<'de, str>> for Text<'a> {
    fn from(text: Cow<'de, str>) -> Self {
        Self(text)
    }
}

/// Without blanks around it. What has none is not looked at character by character: that is nearly all there is.
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Whether a text says nothing.
pub(crate) fn is_blank(text: &str) -> bool {
    trim(text).is_empty()
}

/// Compared as its text is.
impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.0.into_owned()
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
