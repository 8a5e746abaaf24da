//! Files, folders, standard input and a cluster → the requests that are judged.
//!
//! What a file is shows itself: manifests, dumps and archived reviews as YAML or JSON, or a log of the policy server. It may be gzip'd.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use documents::request::{self, Defaults, Submitted};
use host::kubernetes::Cluster;
use serde_json::Value;

use super::request::{Request, Sorted, sort, without_controlled, without_repeated};
use super::{live, logs, stream};
use crate::admissions;
use crate::exit::Failure;
use crate::unpacked;

/// Up to this length, in bytes, a file is read with the line of each object.
const WHOLE: usize = documents::yaml::MAX_BYTES_WITH_SPANS;
/// All requests together, in bytes.
const MOST_BYTES: usize = 1024 * 1024 * 1024;

/// What the sources have.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) requests: Vec<Request>,
    /// Namespaces, which look-ups may ask for.
    pub(super) namespaces: Vec<Submitted>,
    /// What a person should know about the reading.
    pub(super) notes: Vec<String>,
    n_others: usize,
    bytes: usize,
}

impl Gathered {
    /// Reads all sources, in their order. What a controller made is kept where rules tell it from what it was made of.
    ///
    /// # Errors
    /// One that cannot be read, or that holds nothing to judge and was named itself; more than [`MOST_BYTES`].
    pub(super) fn read(
        paths: &[PathBuf],
        cluster: Option<&Cluster>,
        defaults: &Defaults,
        keeps_controlled: bool,
    ) -> Result<Self, Failure> {
        let mut gathered = Self::default();
        if paths.iter().filter(|path| *path == Path::new("-")).count() > 1 {
            return Err(Failure::new("expected `-` once: standard input is read to its end"));
        }
        for path in paths {
            if path.is_dir() {
                for file in host::files::below(path).map_err(Failure::new)? {
                    gathered.file(&file, defaults, true)?;
                }
            } else {
                gathered.file(path, defaults, false)?;
            }
        }
        if let Some(cluster) = cluster.filter(|_| paths.is_empty()) {
            live::read(cluster, defaults, &mut |submitted| gathered.add(submitted))?;
        }
        gathered.finish(keeps_controlled);
        Ok(gathered)
    }

    fn finish(&mut self, keeps_controlled: bool) {
        let plural = |n: usize, one: &str, more: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {more}") };
        let n_updates = self.requests.iter().filter(|request| request.is_update).count();
        if n_updates > 0 {
            self.notes.push(format!(
                "{} judged as the gate would: without an error, where nothing changes that the rules look at",
                plural(n_updates, "update is", "updates are")
            ));
        }
        match without_repeated(&mut self.requests) {
            0 => {}
            n => self
                .notes
                .push(format!("{} passed over: the very same one was given before", plural(n, "object is", "objects are"))),
        }
        match if keeps_controlled { 0 } else { without_controlled(&mut self.requests) } {
            0 => {}
            n => self.notes.push(format!(
                "{} passed over: a controller made them of others that are judged",
                plural(n, "object is", "objects are")
            )),
        }
        if self.n_others > 0 {
            let n = plural(self.n_others, "object is", "objects are");
            self.notes.push(format!("{n} of a kind that the policy does not judge"));
        }
    }

    fn add(&mut self, submitted: Submitted) -> Result<(), String> {
        match sort(submitted) {
            Sorted::Namespace(namespace) => self.namespaces.push(namespace),
            Sorted::Other => self.n_others = self.n_others.saturating_add(1),
            Sorted::Workload(request) => {
                self.bytes = self.bytes.saturating_add(request.body.len());
                if self.bytes > MOST_BYTES {
                    return Err(format!(
                        "expected workloads of at most {MOST_BYTES} bytes in all; hint: simulate one namespace at a time"
                    ));
                }
                self.requests.push(request);
            }
        }
        Ok(())
    }

    /// What lies in a folder and is no Kubernetes object is passed over with a note; of what was named itself it is an error.
    fn file(&mut self, path: &Path, defaults: &Defaults, is_found: bool) -> Result<(), Failure> {
        let name = if path == Path::new("-") { "stdin".to_owned() } else { path.display().to_string() };
        let at = |error: io::Error| Failure::at(&name, error);
        let mut reader = unpacked::lines(path)?;
        let mut beginning = Vec::new();
        let most = u64::try_from(WHOLE).unwrap_or(u64::MAX).saturating_add(1);
        reader.by_ref().take(most).read_to_end(&mut beginning).map_err(at)?;
        let is_whole = beginning.len() <= WHOLE;
        if admissions::is_log(&String::from_utf8_lossy(&beginning)) {
            return self.log(&name, path, beginning.as_slice().chain(reader));
        }
        let text = beginning.trim_ascii_start();
        let is_json = matches!(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start(), [b'{' | b'[', ..]);
        if is_whole {
            let text = std::str::from_utf8(&beginning).map_err(|error| Failure::at(&name, error))?;
            match request::read(&name, text, defaults) {
                Ok(held) => return self.held(held, is_found),
                // Several JSON documents, one behind the other, are no YAML.
                Err(_) if is_json => {}
                Err(error) => return Err(Failure::at(&name, error)),
            }
        }
        if is_json {
            let beginning = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&beginning);
            return self.json(&name, beginning.chain(reader), defaults);
        }
        let mut text = beginning;
        let rest = u64::try_from(documents::yaml::MAX_BYTES).unwrap_or(u64::MAX);
        reader.take(rest).read_to_end(&mut text).map_err(at)?;
        let text = String::from_utf8(text).map_err(|error| Failure::at(&name, error.utf8_error()))?;
        let held = request::read(&name, &text, defaults).map_err(|error| Failure::at(&name, error))?;
        self.held(held, is_found)
    }

    fn held(&mut self, held: Vec<request::Held>, is_found: bool) -> Result<(), Failure> {
        for held in held {
            match held {
                Ok(submitted) => {
                    submitted.into_iter().try_for_each(|one| self.add(one)).map_err(Failure::new)?;
                }
                Err(other) if is_found => self.notes.push(format!("{}: passed over, {}", other.place, other.what)),
                Err(other) => return Err(Failure::at(other.place, other.what)),
            }
        }
        Ok(())
    }

    fn json(&mut self, name: &str, reader: impl Read, defaults: &Defaults) -> Result<(), Failure> {
        let mut take = |value: Value| {
            let found = request::of(&value, "", defaults)?;
            found.into_iter().try_for_each(|(_, request)| self.add(Submitted::of(name, request)))
        };
        stream::objects(reader, &mut take).map_err(|error| Failure::at(name, error))
    }

    fn log(&mut self, name: &str, path: &Path, reader: impl BufRead) -> Result<(), Failure> {
        let found = logs::read(path, reader)?;
        let (n, n_unread, n_unlisted) = (found.requests.len(), found.n_unread, found.n_unlisted);
        if n == 0 {
            return Err(Failure::at(name, "expected a log in which the gate tells of workloads, found none"));
        }
        found.requests.into_iter().try_for_each(|request| self.add(Submitted::of(name, request))).map_err(Failure::new)?;
        self.notes.push(format!(
            "{name}: {n} workloads as the gate told of them last; a log has neither what it admitted without a word, nor labels"
        ));
        if n_unlisted > 0 {
            self.notes.push(format!("{name}: {n_unlisted} images are counted without being named: they are not simulated"));
        }
        if n_unread > 0 {
            self.notes.push(format!("{name}: {n_unread} lines could not be read; `gatectl admissions` says why"));
        }
        Ok(())
    }
}

/// What is read as manifests.
pub(super) fn defaults(namespace: Option<String>) -> Defaults {
    Defaults { operation: "CREATE".to_owned(), namespace }
}
