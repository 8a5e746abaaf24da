//! The objects of a long list → one place that is filled anew with each: a row of twenty members is large, and is not handed on from
//! call to call.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};

use crate::scalar::Scalar;

/// Where the members of an object are read to. What stood there before is gone; an object that cannot be read leaves a part of it.
#[derive(Debug)]
pub(crate) struct Place<'p, T>(pub(crate) &'p mut T);

/// Reads a list, and adds each of its objects while it stands in the one place.
pub(crate) fn list<'de, T, L, D>(deserializer: D, add: fn(&mut L, &mut T)) -> Result<L, D::Error>
where
    T: Default,
    L: Default,
    D: Deserializer<'de>,
    for<'p> Place<'p, T>: DeserializeSeed<'de, Value = ()>,
{
    deserializer.deserialize_seq(Each(add))
}

/// What is done with each object of a list.
struct Each<T, L>(fn(&mut L, &mut T));

impl<'de, T, L> Visitor<'de> for Each<T, L>
where
    T: Default,
    L: Default,
    for<'p> Place<'p, T>: DeserializeSeed<'de, Value = ()>,
{
    type Value = L;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<L, A::Error> {
        let (mut list, mut item) = (L::default(), T::default());
        while items.next_element_seed(Place(&mut item))?.is_some() {
            (self.0)(&mut list, &mut item);
        }
        Ok(list)
    }
}

/// A value of an optional member.
pub(crate) trait Member<'de>: Deserialize<'de> {
    /// Reads it to its place; `null` is none.
    fn read<D: Deserializer<'de>>(place: &mut Option<Self>, deserializer: D) -> Result<(), D::Error> {
        *place = Option::deserialize(deserializer)?;
        Ok(())
    }
}

impl Member<'_> for bool {}

impl<'de, T: Deserialize<'de>> Member<'de> for Vec<T> {}

impl<'de, T: Deserialize<'de>> Member<'de> for Scalar<T> {}

impl<'de, T: Member<'de>> DeserializeSeed<'de> for Place<'_, Option<T>> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        T::read(self.0, deserializer)
    }
}

/// Objects whose members are optional, each with the names that it goes by: a struct that is filled through its [`Place`]. They are read
/// and refused as by a derived `Deserialize`; a list of their values in order is none.
macro_rules! members {
    (
        $(#[$doc:meta])*
        $vis:vis struct $name:ident<$a:lifetime> {
            $($(#[$about:meta])* $member:ident: $type:ty = $key:literal $(| $other:literal)*,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Default)]
        $vis struct $name<$a> {
            $($(#[$about])* pub(super) $member: Option<$type>,)+
        }

        const _: () = {
            use std::fmt;

            use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

            use crate::members::Place;

            #[expect(non_camel_case_types, reason = "named as the members are")]
            #[derive(Clone, Copy, serde::Deserialize)]
            #[serde(field_identifier)]
            enum Key {
                $(#[serde(rename = $key $(, alias = $other)*)] $member,)+
                #[serde(other)]
                Other,
            }

            impl<'de: $a, $a> DeserializeSeed<'de> for Place<'_, $name<$a>> {
                type Value = ();

                fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                    *self.0 = $name::default();
                    deserializer.deserialize_struct(stringify!($name), &[$($key),+], self)
                }
            }

            impl<'de: $a, $a> Visitor<'de> for Place<'_, $name<$a>> {
                type Value = ();

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(concat!("struct ", stringify!($name)))
                }

                fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
                    $(let mut $member = false;)+
                    while let Some(key) = members.next_key::<Key>()? {
                        match key {
                            $(Key::$member => {
                                if std::mem::replace(&mut $member, true) {
                                    return Err(de::Error::duplicate_field($key));
                                }
                                members.next_value_seed(Place(&mut self.0.$member))?;
                            })+
                            Key::Other => {
                                members.next_value::<IgnoredAny>()?;
                            }
                        }
                    }
                    Ok(())
                }
            }
        };
    };
}

pub(crate) use members;

#[cfg(test)]
mod tests {
    use serde::de::DeserializeSeed;

    use super::Place;
    use crate::scalar::Scalar;
    use crate::text::Text;

    members! {
        struct Row<'a> {
            name: Text<'a> = "name" | "Name",
            score: Scalar<Text<'a>> = "score",
            is_fixed: bool = "fixed",
        }
    }

    #[test]
    fn a_place_is_filled_anew_by_each_object() {
        let mut row = Row::default();
        let mut read = |json| {
            let read = Place(&mut row).deserialize(&mut serde_json::Deserializer::from_str(json));
            read.map(|()| (row.name.as_deref().map(str::to_owned), row.score.as_ref().and_then(Scalar::text), row.is_fixed))
        };
        let said = |name: &str, score: &str| (Some(name.to_owned()), Some(score.to_owned()), Some(true));
        assert_eq!(read(r#"{"Name":"a\n","other":[{}],"score":7.5,"fixed":true}"#).unwrap(), said("a\n", "7.5"));
        assert_eq!(read(r#"{"name":null,"score":null}"#).unwrap(), (None, None, None));
        for (json, error) in [
            (r#"{"name":"a","Name":null}"#, "duplicate field `name` at line 1 column 18"),
            (r#"{"name":1}"#, "invalid type: integer `1`, expected a string at line 1 column 9"),
            ("[]", "invalid type: sequence, expected struct Row at line 1 column 2"),
            ("null", "invalid type: null, expected struct Row at line 1 column 4"),
        ] {
            assert_eq!(read(json).unwrap_err().to_string(), error);
        }
    }
}
