//! serde_json's way through a text → values. All of it is compiled once.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{List, Member, Name, Object, Refused, Value, members};

/// Hands the value that stands next to its place, as it is written where that is asked for.
pub(super) struct Put<'p, 'de>(pub(super) &'p mut dyn Member<'de>, pub(super) bool);

impl<'de> DeserializeSeed<'de> for Put<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        if self.1 {
            let raw = serde::Deserialize::deserialize(json)?;
            return self.visit(Value::Raw(raw));
        }
        json.deserialize_any(self)
    }
}

impl<'de> Put<'_, 'de> {
    fn visit<E: serde::de::Error>(self, value: Value<'_, 'de>) -> Result<(), E> {
        self.0.put(value).map_err(E::custom)
    }
}

impl<'de> Visitor<'de> for Put<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.visit(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.visit(Value::Bool(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.visit(Value::Unsigned(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.visit(Value::Signed(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.visit(Value::Float(value))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.visit(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<(), E> {
        self.visit(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        let mut items = Items(items);
        self.0.put(Value::List(&mut items)).map_err(A::Error::custom)?;
        while items.0.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<(), A::Error> {
        let mut entries = Entries(entries);
        self.0.put(Value::Object(&mut entries)).map_err(A::Error::custom)?;
        while entries.0.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

struct Items<A>(A);

impl<'de, A: SeqAccess<'de>> List<'de> for Items<A> {
    fn next(&mut self, item: &mut dyn Member<'de>, is_raw: bool) -> Result<bool, Refused> {
        Ok(self.0.next_element_seed(Put(item, is_raw)).map_err(refused)?.is_some())
    }
}

struct Entries<A>(A);

impl<'de, A: MapAccess<'de>> Object<'de> for Entries<A> {
    fn key(&mut self) -> Result<Option<Cow<'de, str>>, Refused> {
        self.0.next_key_seed(Key).map_err(refused)
    }

    fn find(&mut self, names: &'static [Name]) -> Result<Option<Option<&'static Name>>, Refused> {
        self.0.next_key_seed(Find(names)).map_err(refused)
    }

    fn value(&mut self, member: &mut dyn Member<'de>, is_raw: bool) -> Result<(), Refused> {
        self.0.next_value_seed(Put(member, is_raw)).map_err(refused)
    }

    fn skip(&mut self) -> Result<(), Refused> {
        self.0.next_value::<IgnoredAny>().map(drop).map_err(refused)
    }
}

fn refused(error: impl fmt::Display) -> Refused {
    Refused::new(error.to_string())
}

/// A key, which is not copied where it stands in the text as it is.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Cow<'de, str>, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }
}

/// A key that is one of the names, or none.
struct Find(&'static [Name]);

impl<'de> DeserializeSeed<'de> for Find {
    type Value = Option<&'static Name>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<&'static Name>, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Find {
    type Value = Option<&'static Name>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<&'static Name>, E> {
        Ok(members::find(self.0, text))
    }
}
