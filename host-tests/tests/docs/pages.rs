//! The documents and what stands in them: fenced blocks, headings, links.

use std::path::{Path, PathBuf};

use host_tests::engine::root;

/// A document.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its path in the repository.
    pub(crate) name: String,
    /// What it says.
    pub(crate) text: String,
}

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    /// What stands behind the opening fence.
    pub(crate) language: &'a str,
    /// Its lines, without the fences and without what they are indented by.
    pub(crate) text: String,
    /// The line of the opening fence, from 1.
    pub(crate) line: usize,
    /// Whether nothing but blank lines is between it and the block before.
    pub(crate) follows: bool,
}

impl Page {
    /// A document by its path in the repository.
    pub(crate) fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        Self { name: name.to_owned(), text }
    }

    /// Every document that people read: those of the root, the book's, the manifests'.
    pub(crate) fn all() -> Vec<Self> {
        let mut paths = Vec::new();
        for folder in ["", "docs", "deploy"] {
            markdown(&root().join(folder), !folder.is_empty(), &mut paths);
        }
        paths.sort();
        let name = |path: &PathBuf| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        paths.iter().map(|path| Self::read(&name(path))).filter(|page| page.name != "CHANGELOG.md").collect()
    }

    /// Whether it is a page of the book.
    pub(crate) fn is_of_the_book(&self) -> bool {
        self.name.starts_with("docs/")
    }

    /// The fenced blocks, in order.
    pub(crate) fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut open: Option<(Block<'_>, usize)> = None;
        let mut follows = false;
        for (number, line) in self.text.lines().enumerate() {
            let trimmed = line.trim_start();
            let indent = line.len() - trimmed.len();
            match (&mut open, trimmed.strip_prefix("```")) {
                (None, Some(language)) => {
                    open = Some((Block { language, text: String::new(), line: number + 1, follows }, indent));
                }
                (Some(_), Some("")) => {
                    blocks.extend(open.take().map(|(block, _)| block));
                    follows = true;
                }
                (Some((block, by)), _) => {
                    block.text += line.get(*by..).unwrap_or(trimmed);
                    block.text.push('\n');
                }
                (None, None) => follows &= trimmed.is_empty(),
            }
        }
        assert!(open.is_none(), "{}: a block without end", self.name);
        blocks
    }

    /// The blocks of a language.
    pub(crate) fn blocks_of(&self, language: &str) -> Vec<String> {
        self.blocks().into_iter().filter(|block| block.language == language).map(|block| block.text).collect()
    }

    /// What is said outside of blocks.
    pub(crate) fn prose(&self) -> String {
        let mut is_block = false;
        let mut prose = String::new();
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                is_block = !is_block;
            } else if !is_block {
                prose += line;
                prose.push('\n');
            }
        }
        prose
    }

    /// The anchors of its headings, as GitHub and mdBook make them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let prose = self.prose();
        let titles = prose.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
        let anchor = |title: &str| -> String {
            let kept = title.to_lowercase().replace(' ', "-");
            kept.chars().filter(|c| c.is_alphanumeric() || ['-', '_'].contains(c)).collect()
        };
        titles.map(anchor).collect()
    }

    /// The targets of its links and pictures.
    pub(crate) fn links(&self) -> Vec<String> {
        let prose = self.prose();
        let after = prose.match_indices("](").map(|(at, _)| prose.split_at(at + 2).1);
        after.map(|after| after.split(')').next().unwrap().to_owned()).collect()
    }
}

fn markdown(folder: &Path, deep: bool, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && deep {
            markdown(&path, deep, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}
