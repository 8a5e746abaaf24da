//! What was made of texts → found again for later rows that say the same, as long as nothing else took its place.

/// How much is kept: a place for each value of so many bits.
const BITS: u32 = 9;
const PLACES: usize = 1 << BITS;

/// A key whose text tells where its value is kept.
pub(crate) trait Key: Eq {
    /// The same of equal keys, and seldom the same of different ones in its highest bits.
    fn mark(&self) -> u64;
}

/// Values by key, each kept in the one place of its mark.
#[derive(Debug)]
pub(crate) struct Recent<K, V>(Vec<Option<(K, V)>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Key, V> Recent<K, V> {
    /// The value of a key, where it is still kept.
    pub(crate) fn find(&self, key: &K) -> Option<&V> {
        let (kept, value) = self.0.get(Self::place(key))?.as_ref()?;
        (kept == key).then_some(value)
    }

    /// Keeps a value in the place of what shares it.
    pub(crate) fn keep(&mut self, key: K, value: V) {
        if self.0.is_empty() {
            self.0.resize_with(PLACES, || None);
        }
        if let Some(place) = self.0.get_mut(Self::place(&key)) {
            *place = Some((key, value));
        }
    }

    /// Keeps nothing any longer.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn place(key: &K) -> usize {
        usize::try_from(key.mark() >> (u64::BITS - BITS)).unwrap_or_default()
    }
}

/// The mark of a text: of its length and its last sixteen bytes, in which names and versions differ most.
pub(crate) fn mark(text: &str) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let bytes = text.as_bytes();
    let end = bytes.get(bytes.len().saturating_sub(16)..).unwrap_or(bytes);
    let (first, last) = match (end.first_chunk(), end.last_chunk(), end.first_chunk(), end.last_chunk()) {
        (Some(first), Some(last), ..) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        (.., Some(first), Some(last)) => (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last))),
        _ => (0, end.iter().fold(0, |all, byte| all << 8 | u64::from(*byte))),
    };
    let length = u64::try_from(bytes.len()).unwrap_or_default();
    last.wrapping_mul(ODD).wrapping_add(first ^ length).wrapping_mul(ODD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    #[test]
    fn what_shares_a_place_is_told_apart() {
        let mut recent = Recent::default();
        let names: Vec<String> = (0..4 * PLACES).map(|n| format!("tomcat-{n}-9.0.97")).collect();
        let kept = |recent: &Recent<Text<'_>, usize>| {
            let found = names.iter().enumerate().filter_map(|(n, name)| Some((n, *recent.find(&Text::from(name.as_str()))?)));
            found.inspect(|(n, value)| assert_eq!(n, value)).count()
        };
        for (n, name) in names.iter().enumerate() {
            recent.keep(Text::from(name.as_str()), n);
            assert_eq!(recent.find(&Text::from(name.as_str())), Some(&n));
        }
        assert!((PLACES / 2..=PLACES).contains(&kept(&recent)), "{}", kept(&recent));
        recent.clear();
        assert_eq!(kept(&recent), 0);
    }
}
