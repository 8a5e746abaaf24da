//! Objects whose names are data: ids, sources, media types.

use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, btree_map};

use super::{Read, Refused, Value, Whole};

/// The members of such an object, in the order of their names; of two of one name the last counts. One map leads to the values of every
/// type: a map of each would be code of its own.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    places: BTreeMap<K, usize>,
    values: Vec<Option<V>>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), values: Vec::new() }
    }
}

impl<K: Ord, V> Table<K, V> {
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, name: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.places.get(name).and_then(|at| self.values.get(*at)?.as_ref())
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.places.values().filter_map(|at| self.values.get(*at)?.as_ref())
    }
}

impl<'de, K: From<Cow<'de, str>> + Ord, V: Read<'de>> Read<'de> for Table<K, V> {
    fn read(value: Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        let Value::Object(entries) = value else { return Err(value.instead_of("a map")) };
        let Self { places, values } = place.insert(Self::default());
        while let Some(key) = entries.key()? {
            let mut value = None;
            entries.value(&mut Whole(&mut value), V::IS_RAW)?;
            places.insert(K::from(key), values.len());
            values.push(value);
        }
        Ok(())
    }
}

/// The members of a [`Table`], one by one.
pub(crate) struct IntoIter<K, V> {
    places: btree_map::IntoIter<K, usize>,
    values: Vec<Option<V>>,
}

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        self.places.find_map(|(key, at)| Some((key, self.values.get_mut(at)?.take()?)))
    }
}

impl<K, V> IntoIterator for Table<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter { places: self.places.into_iter(), values: self.values }
    }
}
