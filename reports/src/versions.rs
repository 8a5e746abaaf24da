//! Lists of versions that fix a finding, as texts → the same list for all rows that say the same.

use crate::recent::{Key, Recent, mark};
use crate::text::Text;
use crate::{Texts, stated};

/// The lists of the rows before.
#[derive(Debug, Default)]
pub(crate) struct Versions<'a>(Recent<Text<'a>, Texts>);

impl<'a> Versions<'a> {
    /// As [`stated::versions`] reads it.
    pub(crate) fn read(&mut self, list: &Text<'a>) -> Texts {
        if let Some(versions) = self.0.find(list) {
            return versions.clone();
        }
        let versions = stated::versions(Some(list));
        self.0.keep(list.clone(), versions.clone());
        versions
    }
}

impl Key for Text<'_> {
    fn mark(&self) -> u64 {
        mark(self)
    }
}
