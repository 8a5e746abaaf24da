//! Package URLs of a list whose rows are made as it is read: the operating system, which some of them name, may stand behind the list.

use std::ops::Range;

use crate::ecosystem::Ecosystem;
use crate::report::Row;
use crate::text::Text;

/// How many words for kinds of packages are told apart; no scanner writes more. Further ones are kept anew for each row.
const WORDS: usize = 64;

/// What the words for kinds of packages mean, and the rows whose package URL has to be made anew once the operating system is known.
#[derive(Debug, Default)]
pub(crate) struct Unnamed<'a> {
    words: Vec<(Text<'a>, Ecosystem)>,
    /// By number, with the number of the word.
    rows: Vec<(usize, usize)>,
    /// The family of the operating system, as soon as it is known.
    family: Option<String>,
}

/// A word for a kind of package, by number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word(usize);

impl<'a> Unnamed<'a> {
    /// Looks a word up, and the ecosystem, as far as the operating system is known.
    pub(crate) fn look_up(&mut self, word: Text<'a>) -> (Word, Ecosystem) {
        // Two empty texts are not compared: that takes longer than any other comparison.
        let is_same = |known: &(Text<'a>, Ecosystem)| known.0.len() == word.len() && (word.is_empty() || known.0 == word);
        let known = self.words.iter().take(WORDS).position(is_same);
        let number = known.unwrap_or(self.words.len());
        if known.is_none() {
            let ecosystem = Ecosystem::of(&word, self.family.as_deref());
            self.words.push((word, ecosystem));
        }
        (Word(number), self.words.get(number).map_or(Ecosystem::GENERIC, |(_, ecosystem)| *ecosystem))
    }

    /// Keeps rows whose package URL was made of a word that means something else once the operating system is known.
    pub(crate) fn keep(&mut self, numbers: Range<usize>, word: Word) {
        if self.family.is_none() && self.words.get(word.0).is_some_and(|(word, _)| Ecosystem::is_of_system(word)) {
            self.rows.extend(numbers.map(|number| (number, word.0)));
        }
    }

    /// Takes note of the operating system, and makes the package URLs of the rows so far anew.
    pub(crate) fn settle(&mut self, family: &str, rows: &mut [Row]) {
        for (word, ecosystem) in &mut self.words {
            *ecosystem = Ecosystem::of(word, Some(family));
        }
        for (number, word) in self.rows.drain(..) {
            if let (Some(Row { package, .. }), Some((_, ecosystem))) = (rows.get_mut(number), self.words.get(word)) {
                package.purl = ecosystem.purl(&package.name, package.installed.as_deref());
            }
        }
        self.family = Some(family.to_owned());
    }
}
