//! Sorting, by one instance of the standard library's sort. One for each type that is sorted, and for each set that is collected, was an
//! eighth of the module.

use std::cmp::Ordering;

/// Sorts stably.
pub fn sort_by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let all = items.as_slice();
    let of_places = |a: usize, b: usize| all.get(a).zip(all.get(b)).map_or(Ordering::Equal, |(a, b)| compare(a, b));
    let places = sorted_places(all.len(), &of_places);
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(places.into_iter().filter_map(|place| taken.get_mut(place).and_then(Option::take)));
}

/// A set as a list: ascending, each once.
pub fn set<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    sort_by(&mut items, T::cmp);
    items.dedup();
    items
}

fn sorted_places(length: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..length).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_keep_their_order() {
        let mut items: Vec<(u8, usize)> = [3, 1, 2, 3, 1, 2, 2].into_iter().zip(0..).collect();
        let mut wanted = items.clone();
        wanted.sort_by_key(|item| item.0);
        sort_by(&mut items, |a, b| a.0.cmp(&b.0));
        assert_eq!(items, wanted);
        assert_eq!(set(["b", "a", "b", "c", "a"].into_iter()), ["a", "b", "c"]);
        assert!(set(std::iter::empty::<u8>()).is_empty());
    }
}
