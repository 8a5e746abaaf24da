//! `gatectl module push` and `pull`: a module file ↔ the OCI artifact that policy servers pull.

use std::path::{Path, PathBuf};

use clap::Args;
use host::embedded::EmbeddedRegistry;
use host::policy_artifact;
use host::registry::{Registry, RegistryOptions};
use host::sources::Sources;

use super::protocol;
use crate::connection::Connection;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::Output;

/// Pushes the annotated module as the artifact that policy servers pull, and writes its reference by digest
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gatectl module push dist/policy.wasm ghcr.io/acme/gated-deployment:v0.1.0
  gatectl module push --dry-run dist/policy.wasm ghcr.io/acme/gated-deployment:v0.1.0

What is written is what `cosign sign` takes.")]
pub(crate) struct Push {
    /// The annotated module
    module: PathBuf,
    /// Registry, repository and tag
    reference: String,
    /// Push to a registry in memory instead, pull it back, compare the bytes and load them
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Pulls a module that was pushed by this command or by kwctl, and writes its reference by digest
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gatectl module pull ghcr.io/acme/gated-deployment:v0.1.0 -o policy.wasm")]
pub(crate) struct Pull {
    /// Registry, repository, and tag or digest
    reference: String,
    /// Where the module goes
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

impl Push {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        let wasm = std::fs::read(&self.module).map_err(|e| Failure::at(self.module.display(), e))?;
        let reference = plain(&self.reference);
        if self.dry_run {
            return rehearse(&self.module, &wasm, reference, output);
        }
        let registry = self.connection.registry()?;
        let pinned = push(&registry, reference, &wasm)?;
        writeln!(output.results, "{pinned}")?;
        Ok(ExitCode::Admitted)
    }
}

impl Pull {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        let registry = self.connection.registry()?;
        let reference = plain(&self.reference);
        let at = |e: &dyn std::fmt::Display| Failure::at(format_args!("`{reference}`"), e);
        let pulled = policy_artifact::pull(&registry, reference).map_err(|e| at(&e))?;
        // The tag may have moved since: what is written is what was pulled.
        let resolved = registry.resolve(reference).map_err(|e| at(&e))?;
        std::fs::write(&self.output, &pulled.wasm).map_err(|e| Failure::at(self.output.display(), e))?;
        writeln!(output.results, "{}@{}", resolved.repository, pulled.digest)?;
        Ok(ExitCode::Admitted)
    }
}

/// A reference as people copy it out of a ClusterAdmissionPolicy, where it is a URL.
fn plain(reference: &str) -> &str {
    reference.strip_prefix("registry://").unwrap_or(reference)
}

/// Pushes, looks whether the reference stands for that now, and gives it by digest.
fn push(registry: &Registry, reference: &str, wasm: &[u8]) -> Result<String, Failure> {
    let at = |e: &dyn std::fmt::Display| Failure::at(format_args!("`{reference}`"), e);
    let digest = policy_artifact::push(registry, reference, wasm).map_err(|e| at(&e))?;
    let resolved = registry.resolve(reference).map_err(|e| at(&e))?;
    if resolved.digest != digest {
        return Err(at(&format_args!("pushed {digest}, and the registry says that it is {}", resolved.digest)));
    }
    Ok(resolved.pinned())
}

/// The whole way on this machine alone.
fn rehearse(file: &Path, wasm: &[u8], reference: &str, output: &mut Output<'_>) -> Outcome {
    let embedded = EmbeddedRegistry::start().map_err(|e| Failure::at("registry in memory", e))?;
    let options = RegistryOptions { sources: Sources::insecure([embedded.address()]), ..RegistryOptions::default() };
    let registry = Registry::new(options).map_err(Failure::new)?;
    let Some((_, rest)) = reference.split_once('/') else {
        return Err(Failure::at(format_args!("`{reference}`"), "expected a registry, a repository and a tag"));
    };
    let pinned = push(&registry, &format!("{}/{rest}", embedded.address()), wasm)?;
    let pulled = policy_artifact::pull(&registry, &pinned).map_err(|e| Failure::at(format_args!("`{pinned}`"), e))?;
    if pulled.wasm != wasm {
        return Err(Failure::at(format_args!("`{pinned}`"), format_args!("other bytes than {}", file.display())));
    }
    let protocol = protocol(&pulled.wasm).map_err(|e| Failure::at(format_args!("`{pinned}`"), e))?;
    output.note(format_args!(
        "pushed to a registry in memory, pulled back, {} equal bytes, loaded, protocol {protocol}; `{reference}` was not touched",
        wasm.len()
    ))?;
    writeln!(output.results, "{}", pulled.digest)?;
    Ok(ExitCode::Admitted)
}
