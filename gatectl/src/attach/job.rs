//! One image and the reports about it → what is attached to it: first made, then pushed.

use host::registry::{Registry, Resolved};
use host::signing::{KeyPair, Signed};

use super::publish::{self, Earlier};
use super::{Beside, Binding, Prepared, Read, prepare, repository, resolve, sign};
use crate::clock;
use crate::exit::Failure;

/// An image to attach findings to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    /// Its reference.
    pub(crate) image: &'a str,
    /// The repository of the artifacts, where it is not the image's own.
    pub(crate) repository: Option<&'a str>,
    pub(crate) binding: Binding<'a>,
}

impl Job<'_> {
    /// Makes the artifacts, and pushes nothing.
    pub(crate) fn prepare(&self, registry: &Registry, read: &[Read], beside: &Beside) -> Result<Prepared, Failure> {
        self.prepare_for(&resolve(registry, self.image)?, registry, read, beside)
    }

    /// The same of an image whose digest is known.
    pub(super) fn prepare_for(
        &self,
        resolved: &Resolved,
        registry: &Registry,
        read: &[Read],
        beside: &Beside,
    ) -> Result<Prepared, Failure> {
        let repository = match self.repository {
            Some(text) => repository(text)?,
            None => resolved.repository.clone(),
        };
        let prepared = prepare(registry, resolved, &repository, read, beside, self.binding)?;
        publish::not_of_the_future(&prepared, clock::present())?;
        Ok(prepared)
    }
}

/// How artifacts are pushed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Push<'a> {
    /// Who signs them.
    pub(crate) key: Option<&'a KeyPair>,
    /// Whether findings of a later scan are replaced.
    pub(crate) replace_newer: bool,
    /// Whether nothing is pushed after all.
    pub(crate) is_dry_run: bool,
    /// Whether artifacts that are under their tags already, signed where a key is given, are left alone.
    pub(crate) skips_same: bool,
}

/// What was done with the artifacts of an image.
#[derive(Debug)]
pub(crate) struct Done {
    /// One for each artifact, in their order; none where nothing was pushed.
    pub(super) signatures: Vec<Option<Signed>>,
    /// What was under each tag; none where nobody looked.
    pub(super) earlier: Vec<Option<Earlier>>,
    /// Whether all of it was there before; known only where that was asked for.
    pub(crate) is_same: bool,
}

impl Push<'_> {
    /// Pushes artifacts, as far as the options want it.
    pub(crate) fn run(&self, registry: &Registry, prepared: &Prepared) -> Result<Done, Failure> {
        let earlier = match self.replace_newer && !self.skips_same {
            true => Vec::new(),
            false => publish::earlier(registry, prepared, self.replace_newer)?,
        };
        if self.skips_same && self.is_there(registry, prepared, &earlier)? {
            return Ok(Done { signatures: Vec::new(), earlier, is_same: true });
        }
        let signatures = match self.is_dry_run {
            true => Vec::new(),
            false => publish::publish(registry, prepared, self.key)?,
        };
        Ok(Done { signatures, earlier, is_same: false })
    }

    /// Whether each tag has its artifact, and each artifact the key's signature.
    fn is_there(&self, registry: &Registry, prepared: &Prepared, earlier: &[Option<Earlier>]) -> Result<bool, Failure> {
        for ((artifact, _), earlier) in prepared.artifacts.iter().zip(earlier) {
            let is_same = earlier.as_ref().is_some_and(|earlier| earlier.digest == artifact.digest());
            if !is_same || !self.key.map_or(Ok(true), |key| sign::is_signed(registry, artifact, key))? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
