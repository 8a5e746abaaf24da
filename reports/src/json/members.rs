//! Objects whose members are read by name: what a scanner writes, as a struct.

use std::ops::Deref;

use super::{Member, Read, Refused, Value};

/// The name of a member in the text.
#[derive(Debug)]
pub(crate) struct Name {
    name: &'static str,
    ends: u32,
    /// The place of the member among the members, up to 63. Names of one place are names of one member, and the first is its own.
    at: u32,
    /// Whether an object without it is refused.
    is_required: bool,
    /// Whether its value is taken as it is written.
    is_raw: bool,
}

/// An object whose members are read by name; see [`members!`].
pub(crate) trait Members<'de> {
    /// What it is called where something else is found.
    fn expected(&self) -> &'static str;

    /// The names of its members.
    fn names(&self) -> &'static [Name];

    /// The place of a member.
    fn member(&mut self, at: u32) -> Option<&mut dyn Member<'de>>;
}

/// Puts the members of an object to their places, and passes over all others.
pub(crate) fn object<'de>(value: Value<'_, 'de>, places: &mut dyn Members<'de>) -> Result<(), Refused> {
    let Value::Object(object) = value else { return Err(value.instead_of(places.expected())) };
    let names = places.names();
    let bit = |name: &Name| 1_u64.checked_shl(name.at).unwrap_or_default();
    let mut seen = 0_u64;
    while let Some(found) = object.find(names)? {
        let Some((name, member)) = found.and_then(|name| Some((name, places.member(name.at)?))) else {
            object.skip()?;
            continue;
        };
        if seen & bit(name) != 0 {
            let own = names.iter().find(|other| other.at == name.at).unwrap_or(name);
            return Err(Refused::duplicate(own.name));
        }
        seen |= bit(name);
        object.value(member, name.is_raw)?;
    }
    let missing = names.iter().find(|name| name.is_required && seen & bit(name) == 0);
    missing.map_or(Ok(()), |name| Err(Refused::missing(name.name)))
}

/// The name that a key is.
pub(super) fn find(names: &'static [Name], key: &str) -> Option<&'static Name> {
    let ends = ends(key);
    names.iter().find(|name| name.ends == ends && name.name == key)
}

/// The length of a name and its last letter, by which most are told apart.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "any 24 bits of the length do")]
const fn ends(name: &str) -> u32 {
    let last = match name.as_bytes() {
        [.., last] => *last,
        [] => 0,
    };
    (name.len() as u32) << 8 | last as u32
}

impl Name {
    pub(crate) const fn new(name: &'static str, at: u32, is_required: bool, is_raw: bool) -> Self {
        assert!(at < u64::BITS, "an object of more members than there are bits for them");
        Self { name, ends: ends(name), at, is_required, is_raw }
    }
}

/// A member that must be there, which `null` is not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Required<T>(pub(crate) T);

impl<'de, T: Default + Read<'de>> Member<'de> for Required<T> {
    fn put(&mut self, value: Value<'_, 'de>) -> Result<(), Refused> {
        let mut place = None;
        T::read(value, &mut place)?;
        self.0 = place.unwrap_or_default();
        Ok(())
    }
}

impl<T> Deref for Required<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Reads a list, and adds each of its objects while it stands in one place, which is filled anew with each: a row of twenty members is
/// large, and is not handed on from call to call.
pub(crate) fn each<'de, L, T>(value: Value<'_, 'de>, place: &mut Option<L>, add: fn(&mut L, &mut T)) -> Result<(), Refused>
where
    L: Default,
    T: Default + Members<'de>,
{
    let Value::List(items) = value else { return Err(value.instead_of("a sequence")) };
    let (list, mut row) = (place.insert(L::default()), T::default());
    while items.next(&mut Filled(&mut row), false)? {
        add(list, &mut row);
    }
    Ok(())
}

/// The one place of [`each`].
struct Filled<'p, T>(&'p mut T);

impl<'de, T: Default + Members<'de>> Member<'de> for Filled<'_, T> {
    fn put(&mut self, value: Value<'_, 'de>) -> Result<(), Refused> {
        *self.0 = T::default();
        object(value, self.0)
    }
}

/// Objects with the names that their members go by: structs of optional members, and of [`Required`] ones. Without a name a member goes
/// by its own; unknown members are passed over, and one that is there twice is refused. `or` names the member that a text stands for in
/// place of the object.
macro_rules! members {
    ($(
        $(#[$doc:meta])*
        $vis:vis struct $name:ident $(<$a:lifetime>)? $(or $text:ident)? {
            $($(#[$about:meta])* $of:vis $member:ident: $type:ty $(= $key:literal $(| $other:literal)* $($required:ident)?)?,)+
        }
    )+) => {
        $(
            $(#[$doc])*
            #[derive(Default)]
            $vis struct $name $(<$a>)? {
                $($(#[$about])* $of $member: $crate::json::members!(@type $type $(, $key $($required)?)?),)+
            }

            const _: () = {
                #[expect(non_camel_case_types, reason = "named as the members are")]
                enum At {
                    $($member,)+
                }

                impl<'de $(: $a, $a)?> $crate::json::Members<'de> for $name $(<$a>)? {
                    fn expected(&self) -> &'static str {
                        concat!("struct ", stringify!($name))
                    }

                    fn names(&self) -> &'static [$crate::json::Name] {
                        const {
                            &[$(
                                $crate::json::members!(@name $type, $member $($key $($required)?)?),
                                $($($crate::json::members!(@new $type, $member, $other, false),)*)?
                            )+]
                        }
                    }

                    fn member(&mut self, at: u32) -> Option<&mut dyn $crate::json::Member<'de>> {
                        $(if at == At::$member as u32 {
                            return Some(&mut self.$member);
                        })+
                        None
                    }
                }

                impl<'de $(: $a, $a)?> $crate::json::Read<'de> for $name $(<$a>)? {
                    fn read(value: $crate::json::Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), $crate::json::Refused> {
                        $(if let $crate::json::Value::Text(_) = value {
                            return $crate::json::Member::put(&mut place.insert(Self::default()).$text, value);
                        })?
                        $crate::json::object(value, place.insert(Self::default()))
                    }
                }
            };
        )+
    };
    (@type $type:ty $(, $key:literal)?) => { Option<$type> };
    (@type $type:ty, $key:literal required) => { $crate::json::Required<$type> };
    (@name $type:ty, $member:ident) => { $crate::json::members!(@new $type, $member, stringify!($member), false) };
    (@name $type:ty, $member:ident $key:literal) => { $crate::json::members!(@new $type, $member, $key, false) };
    (@name $type:ty, $member:ident $key:literal required) => { $crate::json::members!(@new $type, $member, $key, true) };
    (@new $type:ty, $member:ident, $key:expr, $is_required:literal) => {
        $crate::json::Name::new($key, At::$member as u32, $is_required, <$type as $crate::json::Read<'_>>::IS_RAW)
    };
}

pub(crate) use members;
