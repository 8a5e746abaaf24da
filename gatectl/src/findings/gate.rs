//! An image → what the gate would see of it: the policy's own look-up, asking what a host would be asked.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use host::capability::Capabilities;
use host::kept::Kept;
use policy::image::Reference;
use policy::lookup::Wants;
use policy::lookup::buffers::Buffers;
use policy::settings::{Problem, Settings};
use policy::time::Timestamp;

use super::seen::Seen;
use crate::cache::CacheOptions;
use crate::clock;
use crate::connection::Connection;
use crate::exit::Failure;
use crate::lookup::{self, NativeLookup};
use crate::objects::ObjectSources;
use crate::output::Output;
use crate::settings::{self, Refused};

/// Where findings are looked up, and whom they are believed of.
#[derive(Debug, Args)]
pub(crate) struct GateOptions {
    /// Settings whose `findings` and `trust` hold: the document, or the policy or constraint that holds it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "repository"])]
    settings: Option<PathBuf>,
    /// Public key that must have signed the findings, in PEM [default: signatures are not looked at]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Repository of the findings [default: the image's own]
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// The namespace of the workload, whose reports the source trivyOperator of the settings reads
    #[arg(long, value_name = "NAMESPACE", default_value = "default")]
    namespace: String,
    /// The time that is taken for the present [default: the real one]
    #[arg(long, value_name = "TIME", value_parser = crate::attach::time)]
    now: Option<Timestamp>,
    #[command(flatten)]
    objects: ObjectSources,
    #[command(flatten)]
    cache: CacheOptions,
    #[command(flatten)]
    connection: Connection,
}

/// Whoever can look up findings.
#[derive(Debug)]
pub(super) struct Gate {
    lookup: NativeLookup,
    kept: Option<Arc<Kept>>,
    pub(super) settings: Settings,
}

impl GateOptions {
    /// Makes ready to look up; asks nobody yet.
    pub(super) fn gate(&self) -> Result<Result<Gate, Refused>, Failure> {
        let settings = match &self.settings {
            None => self.plain_settings()?,
            Some(file) => match settings::load(file)? {
                Err(refused) => return Ok(Err(refused)),
                Ok(loaded) => match Settings::read(&loaded.value) {
                    Err(_) => return Ok(Err(loaded.refused(String::new()))),
                    Ok(settings) => settings,
                },
            },
        };
        let (objects, _) = self.objects.layered(&[])?;
        let registry = self.connection.registry_at(self.now.map(Timestamp::unix))?;
        let live = lookup::capabilities(registry, Some(objects));
        let kept = self.cache.in_front_of(&live);
        let capabilities = kept.clone().map_or(live, |kept| kept as Arc<dyn Capabilities>);
        let now = self.now.unwrap_or_else(clock::present);
        Ok(Ok(Gate { lookup: NativeLookup::new(capabilities, now, Some(self.namespace.clone())), kept, settings }))
    }

    /// The settings that a key and a repository stand for, read by the reader of settings: it knows what a key and a repository are.
    fn plain_settings(&self) -> Result<Settings, Failure> {
        let read = |file: &PathBuf| {
            let bytes = crate::manifests::read_bytes(file)?;
            String::from_utf8(bytes).map_err(|e| Failure::at(file.display(), e.utf8_error()))
        };
        let key = self.key.as_ref().map(read).transpose()?;
        let repository = self.repository.as_deref();
        Settings::read(&lookup::settings(key.as_deref(), repository)).map_err(|problems| {
            let of_key = self.key.as_ref().map(|file| file.display().to_string());
            let of_repository = repository.map(|repository| format!("repository `{repository}`"));
            let is_of_key = |problem: &Problem| problem.pointer.starts_with("/trust");
            let said: Vec<String> = problems.iter().map(|problem| problem.message.clone()).collect();
            // With both, the key is told first.
            let place = if problems.iter().any(is_of_key) { of_key.or(of_repository) } else { of_repository.or(of_key) };
            Failure::at(place.unwrap_or_default(), said.join("; "))
        })
    }
}

impl Gate {
    /// What the gate would see of an image. Signatures are asked for where `trust` does; what nobody trusted signed is read all the same, and
    /// is known as such.
    pub(super) fn look_up<'a>(&'a self, buffers: &'a Buffers, image: &str) -> Result<Seen<'a>, Failure> {
        let reference = Reference::parse(image).map_err(|e| Failure::at(format_args!("image `{image}`"), e))?;
        let wants = Wants { document: &|_| true, untrusted: true };
        let (digest, evidence) = self.lookup.find(&self.settings, buffers, &reference, &wants);
        Ok(Seen::new(reference, digest, evidence))
    }

    /// What is taken for the present.
    pub(super) fn now(&self) -> Timestamp {
        self.lookup.now
    }

    /// Says where the cache could not be used.
    pub(super) fn finish(&self, output: &mut Output<'_>) -> Result<(), Failure> {
        match self.kept.as_ref().and_then(|kept| kept.trouble()) {
            Some(why) => Ok(output.note(format_args!("the cache could not be written: {why}"))?),
            None => Ok(()),
        }
    }
}
