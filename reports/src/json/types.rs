//! The types of values: texts, numbers, what is kept as it is written, and lists and maps of them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Member as _, Read, Refused, Value, Whole};

impl<'de> Read<'de> for String {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        let Value::Text(text) = value else { return Err(value.instead_of("a string")) };
        *place = Some(text.into_owned());
        Ok(())
    }
}

impl<'de> Read<'de> for bool {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        let Value::Bool(value) = value else { return Err(value.instead_of("a boolean")) };
        *place = Some(value);
        Ok(())
    }
}

impl<'de> Read<'de> for u64 {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        *place = Some(match value {
            Value::Unsigned(number) => number,
            Value::Signed(_) => return Err(value.outside_of("u64")),
            _ => return Err(value.instead_of("u64")),
        });
        Ok(())
    }
}

impl<'de> Read<'de> for i64 {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        *place = Some(match value {
            Value::Unsigned(number) => Self::try_from(number).map_err(|_| value.outside_of("i64"))?,
            Value::Signed(number) => number,
            _ => return Err(value.instead_of("i64")),
        });
        Ok(())
    }
}

impl<'de> Read<'de> for f64 {
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "as JSON's numbers are read everywhere else")]
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        *place = Some(match value {
            Value::Float(number) => number,
            Value::Unsigned(number) => number as Self,
            Value::Signed(number) => number as Self,
            _ => return Err(value.instead_of("f64")),
        });
        Ok(())
    }
}

/// The value as it is written.
impl<'de: 'a, 'a> Read<'de> for &'a RawValue {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        let Value::Raw(raw) = value else { return Err(value.instead_of("a value")) };
        *place = Some(raw);
        Ok(())
    }

    const IS_RAW: bool = true;
}

/// Whatever stands there; not looked into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anything;

impl<'de> Read<'de> for Anything {
    fn read(_: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        *place = Some(Self);
        Ok(())
    }

    const IS_RAW: bool = true;
}

impl<'de, T: Read<'de>> Read<'de> for Vec<T> {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        let Value::List(items) = value else { return Err(value.instead_of("a sequence")) };
        let list = place.insert(Self::new());
        let mut item = None;
        while items.next(&mut Whole(&mut item), T::IS_RAW)? {
            list.extend(item.take());
        }
        Ok(())
    }
}

/// Of members of one key the last counts.
impl<'de, K: From<Cow<'de, str>> + Ord, T: Read<'de>> Read<'de> for BTreeMap<K, T> {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        let Value::Object(entries) = value else { return Err(value.instead_of("a map")) };
        let map = place.insert(Self::new());
        let mut value = None;
        while let Some(key) = entries.key()? {
            entries.value(&mut Whole(&mut value), T::IS_RAW)?;
            map.extend(value.take().map(|value| (K::from(key), value)));
        }
        Ok(())
    }
}

impl<'de, T: Read<'de>> Read<'de> for Option<T> {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        place.insert(None).put(value)
    }

    const IS_RAW: bool = T::IS_RAW;
}

impl<'de, T: Read<'de>> Read<'de> for Box<T> {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        let mut inner = None;
        T::read(value, &mut inner)?;
        *place = inner.map(Self::new);
        Ok(())
    }
}
