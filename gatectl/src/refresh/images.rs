//! Image references, however often each is used → one image for each digest in a repository.

use std::collections::BTreeMap;
use std::path::Path;

use host::registry::Registry;
use policy::image::Reference;
use reports::report::Notes;

use crate::exit::Failure;
use crate::jobs::{self, JobCount};

/// The images that were named so far.
#[derive(Debug, Default)]
pub(super) struct Images {
    /// By repository and digest, or by repository and tag, in full; how often each is used.
    found: BTreeMap<String, usize>,
    /// What is no image, with the reason.
    wrong: BTreeMap<String, String>,
    /// What a person should know about the reading.
    pub(super) notes: Notes,
}

/// An image to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    /// As it was named first.
    name: String,
    /// Repository and digest; or why there is none.
    pub(super) pinned: Result<String, String>,
    /// How often it is used.
    pub(super) times: usize,
}

impl Image {
    /// What it is shown as.
    pub(super) fn name(&self) -> &str {
        self.pinned.as_deref().unwrap_or(&self.name)
    }
}

impl Images {
    /// One more use of an image.
    pub(super) fn add(&mut self, reference: String) {
        let times = self.found.entry(reference).or_default();
        *times = times.saturating_add(1);
    }

    /// Something that is used as an image and is none.
    pub(super) fn add_wrong(&mut self, name: String, why: String) {
        self.wrong.insert(name, why);
    }

    /// Reads a list: an image on each line; empty lines and those that begin with `#` say nothing.
    pub(super) fn read_list(&mut self, file: &Path) -> Result<(), Failure> {
        let name = if file == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() };
        let text = String::from_utf8(crate::manifests::read_bytes(file)?).map_err(|e| Failure::at(&name, e.utf8_error()))?;
        let lines = text.trim_start_matches('\u{feff}').lines().enumerate().map(|(nth, line)| (nth, line.trim()));
        for (nth, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let reference = Reference::parse(line).map_err(|e| {
                Failure::at(format_args!("{name}, line {}", nth.saturating_add(1)), format_args!("{e}, found `{line}`"))
            })?;
            self.add(full(&reference));
        }
        Ok(())
    }

    /// Asks what the tags stand for now. Two names of one image in one repository are one image then.
    ///
    /// # Errors
    /// There is no image at all: what was to be read is lost somewhere.
    pub(super) fn resolved(self, registry: &Registry, count: JobCount) -> Result<Vec<Image>, Failure> {
        let found: Vec<(String, usize)> = self.found.into_iter().collect();
        if found.is_empty() && self.wrong.is_empty() {
            return Err(Failure::new("there is nothing to look at: no image is in what was given"));
        }
        let ask = |_, (name, _): &(String, usize)| match name.contains('@') {
            true => Ok(name.clone()),
            false => crate::attach::resolve(registry, name).map(|resolved| resolved.pinned()).map_err(|failure| failure.message),
        };
        let pinned = jobs::run(&found, count, ask, |_, _| Ok(()))?;
        let mut images: BTreeMap<String, Image> = BTreeMap::new();
        for ((name, times), pinned) in found.into_iter().zip(pinned) {
            let key = pinned.as_ref().unwrap_or(&name).clone();
            let image = images.entry(key).or_insert_with(|| Image { name, pinned, times: 0 });
            image.times = image.times.saturating_add(times);
        }
        for (name, why) in self.wrong {
            images.entry(name.clone()).or_insert_with(|| Image { name, pinned: Err(why), times: 1 });
        }
        Ok(images.into_values().collect())
    }
}

/// Repository and digest where there is one, else the reference with its tag.
pub(super) fn full(reference: &Reference) -> String {
    match reference.digest() {
        Some(digest) => format!("{}@{digest}", reference.repository()),
        None => reference.to_string(),
    }
}
