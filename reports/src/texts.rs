//! The lists of a row: empty in most rows, and the same in many.

use std::fmt;
use std::ops::Deref;
use std::slice::Iter;
use std::sync::Arc;

/// A list of texts. It takes no more than a pointer, and what is cloned is shared.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Texts(Option<Arc<Vec<String>>>);

impl Texts {
    /// The texts, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl Deref for Texts {
    type Target = [String];

    fn deref(&self) -> &[String] {
        self.as_slice()
    }
}

impl From<Vec<String>> for Texts {
    fn from(texts: Vec<String>) -> Self {
        Self((!texts.is_empty()).then(|| Arc::new(texts)))
    }
}

impl FromIterator<String> for Texts {
    fn from_iter<I: IntoIterator<Item = String>>(texts: I) -> Self {
        texts.into_iter().collect::<Vec<_>>().into()
    }
}

impl<'a> IntoIterator for &'a Texts {
    type Item = &'a String;
    type IntoIter = Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<const N: usize> PartialEq<[&str; N]> for Texts {
    fn eq(&self, other: &[&str; N]) -> bool {
        self.as_slice() == other
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_shared_and_shown_as_its_texts() {
        let texts: Texts = vec!["1".to_owned(), "2".to_owned()].into();
        assert_eq!((size_of::<Texts>(), format!("{texts:?}").as_str()), (size_of::<usize>(), r#"["1", "2"]"#));
        assert_eq!(texts.clone().as_ptr(), texts.as_ptr());
        assert_eq!(texts, ["1", "2"]);
        assert_eq!((Texts::default(), format!("{:?}", Texts::default()).as_str()), (Vec::new().into(), "[]"));
    }
}
