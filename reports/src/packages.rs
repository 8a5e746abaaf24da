//! What the rows of a list say of their packages → packages, made as the list is read: one for all rows that say the same.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::ecosystem::Ecosystem;
use crate::recent::{Key, Recent, mark};
use crate::report::{Package, Row};
use crate::scalar::{self, filled};
use crate::text::Text;

/// How many words for kinds of packages are told apart; no scanner writes more. Further ones are kept anew for each row.
const WORDS: usize = 64;
/// How many packages are looked up; of an image with more, further ones are made for each row.
const PACKAGES: usize = 4096;

/// What a row says of its package.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said<'a> {
    pub(crate) name: Option<Text<'a>>,
    pub(crate) installed: Option<Text<'a>>,
    pub(crate) purl: Option<Text<'a>>,
    pub(crate) path: Option<Text<'a>>,
    /// The scanner's word for the kind of package.
    pub(crate) kind: Text<'a>,
}

impl Key for Said<'_> {
    fn mark(&self) -> u64 {
        let mark = |text: &Option<Text<'_>>| text.as_ref().map_or(0, |text| mark(text));
        let written = mark(&self.purl).wrapping_add(mark(&self.path).rotate_left(7));
        mark(&self.name).wrapping_add(written).wrapping_add(mark(&self.installed).rotate_left(11))
    }
}

/// A package as it was made.
#[derive(Clone, Debug)]
struct Made {
    package: Arc<Package>,
    /// The number of its word, where its package URL has to be made anew once the operating system is known.
    open: Option<usize>,
}

/// The packages of a list, and the rows whose package URL has to be made anew once the operating system is known: it may stand behind
/// the list.
#[derive(Debug, Default)]
pub(crate) struct Packages<'a> {
    known: BTreeMap<Said<'a>, Made>,
    /// Those of the rows before, found without a search.
    recent: Recent<Said<'a>, Made>,
    words: Vec<Word<'a>>,
    /// Rows, by number, with the number of the word.
    open: Vec<(usize, usize)>,
    /// The number of the last row's word, where it is one of those.
    current: Option<usize>,
    /// The family of the operating system, as soon as it is known.
    family: Option<String>,
}

/// A word for a kind of package, and what it means as far as the operating system is known.
#[derive(Debug)]
struct Word<'a> {
    text: Text<'a>,
    ecosystem: Ecosystem,
    is_of_system: bool,
}

impl<'a> Packages<'a> {
    /// The package of the next row.
    ///
    /// # Errors
    /// It names none: what the row has in place of one (ecosystem, installed version and path).
    pub(crate) fn get(&mut self, said: Said<'a>) -> Result<Arc<Package>, (Ecosystem, Option<String>, Option<String>)> {
        if let Some(made) = self.recent.find(&said) {
            self.current = made.open;
            return Ok(Arc::clone(&made.package));
        }
        let Some(made) = self.known.get(&said).cloned().or_else(|| self.make(&said)) else {
            self.current = self.open_word(&said.kind);
            return Err((self.ecosystem(&said.kind), filled(said.installed), scalar::path(said.path)));
        };
        self.current = made.open;
        let package = Arc::clone(&made.package);
        self.recent.keep(said, made);
        Ok(package)
    }

    /// Keeps the rows that were made of the last package, by number, where they wait for the operating system.
    pub(crate) fn keep(&mut self, numbers: Range<usize>) {
        if let Some(word) = self.current {
            self.open.extend(numbers.map(|number| (number, word)));
        }
    }

    /// Takes note of the operating system, and makes the package URLs of the rows so far anew.
    pub(crate) fn settle(&mut self, family: &str, rows: &mut [Row]) {
        (self.current, self.family) = (None, Some(family.to_owned()));
        self.recent.clear();
        self.known.clear();
        for word in &mut self.words {
            word.ecosystem = Ecosystem::of(&word.text, Some(family));
        }
        for (number, word) in self.open.drain(..) {
            if let (Some(row), Some(word)) = (rows.get_mut(number), self.words.get(word)) {
                let package = Arc::make_mut(&mut row.package);
                package.purl = word.ecosystem.purl(&package.name, package.installed.as_deref());
            }
        }
    }

    fn make(&mut self, said: &Said<'a>) -> Option<Made> {
        let written = filled(said.purl.clone());
        let name = filled(said.name.clone()).or_else(|| written.clone())?;
        let installed = filled(said.installed.clone());
        let open = if written.is_some() { None } else { self.open_word(&said.kind) };
        let purl = written.unwrap_or_else(|| self.ecosystem(&said.kind).purl(&name, installed.as_deref()));
        let package = Arc::new(Package { purl, name, installed, path: scalar::path(said.path.as_ref()) });
        let made = Made { package, open };
        if self.known.len() < PACKAGES {
            self.known.insert(said.clone(), made.clone());
        }
        Some(made)
    }

    /// The ecosystem of a word, as far as the operating system is known.
    fn ecosystem(&mut self, word: &Text<'a>) -> Ecosystem {
        let number = self.number(word);
        self.words.get(number).map_or(Ecosystem::GENERIC, |word| word.ecosystem)
    }

    /// The number of a word that means something else once the operating system is known.
    fn open_word(&mut self, word: &Text<'a>) -> Option<usize> {
        let number = self.number(word);
        let is_open = self.family.is_none() && self.words.get(number).is_some_and(|word| word.is_of_system);
        is_open.then_some(number)
    }

    fn number(&mut self, word: &Text<'a>) -> usize {
        let known = self.words.iter().take(WORDS).position(|known| known.text == *word);
        known.unwrap_or_else(|| {
            let ecosystem = Ecosystem::of(word, self.family.as_deref());
            self.words.push(Word { text: word.clone(), ecosystem, is_of_system: Ecosystem::is_of_system(word) });
            self.words.len().saturating_sub(1)
        })
    }
}

#[cfg(test)]
mod tests {
    use policy::findings::{FixState, Severity};

    use super::*;
    use crate::Texts;

    fn said(name: &'static str, kind: &'static str) -> Said<'static> {
        Said { name: Some(Text::from(name)), installed: Some(Text::from("1")), kind: Text::from(kind), ..Said::default() }
    }

    fn row(package: Arc<Package>) -> Row {
        Row {
            id: "CVE-2026-1".to_owned(),
            aliases: Texts::default(),
            advisories: Texts::default(),
            severity: Severity::Low,
            cvss: None,
            epss: None,
            known_exploited: None,
            published_at: None,
            package,
            fixed: Texts::default(),
            fix_state: FixState::Unknown,
            fix_available_at: None,
            vex: None,
        }
    }

    #[test]
    fn packages_are_shared_and_named_anew_by_the_operating_system() {
        let mut packages = Packages::default();
        let mut rows = Vec::new();
        let written = Said { purl: Some(Text::from("pkg:deb/x@1")), ..said("x", "dpkg") };
        for said in
            [said("zlib", "dpkg"), said("zlib", "dpkg"), said("qs", "npm"), written, said("zlib", "dpkg"), said("zlib", "os")]
        {
            rows.push(row(packages.get(said).unwrap()));
            packages.keep(rows.len() - 1..rows.len());
        }
        assert!(Arc::ptr_eq(&rows[0].package, &rows[1].package) && Arc::ptr_eq(&rows[0].package, &rows[4].package));
        let purls = |rows: &[Row]| rows.iter().map(|row| row.package.purl.clone()).collect::<Vec<_>>();
        assert_eq!(
            purls(&rows),
            ["pkg:deb/zlib@1", "pkg:deb/zlib@1", "pkg:npm/qs@1", "pkg:deb/x@1", "pkg:deb/zlib@1", "pkg:generic/zlib@1"]
        );
        packages.settle("debian", &mut rows);
        let zlib = "pkg:deb/debian/zlib@1";
        assert_eq!(purls(&rows), [zlib, zlib, "pkg:npm/qs@1", "pkg:deb/x@1", zlib, zlib]);
        assert_eq!(packages.get(said("zlib", "dpkg")).unwrap().purl, zlib);
        assert!(packages.get(Said { kind: Text::from("dpkg"), ..Said::default() }).is_err());
    }

    #[test]
    fn more_packages_and_words_than_are_looked_up_are_made_all_the_same() {
        let mut packages = Packages::default();
        let names: Vec<String> = (0..=PACKAGES).map(|n| format!("n{n}")).collect();
        for _ in 0..2 {
            for name in &names {
                let said = Said { name: Some(Text::from(name.as_str())), kind: Text::from(name.as_str()), ..Said::default() };
                assert_eq!(packages.get(said).unwrap().purl, format!("pkg:generic/{name}"));
            }
        }
        assert_eq!(packages.known.len(), PACKAGES);
    }
}
