//! A file, or an artifact in a registry → the bytes of the module.

use std::path::{Path, PathBuf};

use host::policy_artifact;
use host::registry::Registry;
use host::verify::Request;
use policy::image::Reference;

use crate::exit::Failure;
use crate::policy_module::beside_executable;

/// The module's bytes, and where they are from.
pub(super) fn read(policy: Option<&str>, keys: &[PathBuf], registry: &Registry) -> Result<(Vec<u8>, String), Failure> {
    let Some(reference) = policy.and_then(|policy| policy.strip_prefix("registry://")) else {
        if !keys.is_empty() {
            return Err(Failure::new("--policy-key: expected a module in a registry, found a file: only artifacts are signed"));
        }
        let path = policy.map_or_else(beside_executable, |path| Ok(PathBuf::from(path)))?;
        let hint = "hint: build it with `./just build`, or name it with `--policy`";
        let wasm = std::fs::read(&path).map_err(|error| Failure::at(path.display(), format_args!("{error}; {hint}")))?;
        return Ok((wasm, path.display().to_string()));
    };
    let at = |error: &dyn std::fmt::Display| Failure::at(format_args!("registry://{reference}"), error);
    let parsed = Reference::parse(reference).map_err(|error| at(&error))?;
    if parsed.digest().is_none() {
        return Err(at(&"expected a reference by digest (REPOSITORY@sha256:…), found a tag, which can be moved"));
    }
    let image = parsed.to_string();
    if !keys.is_empty() {
        is_signed(&image, keys, registry).map_err(|error| at(&error))?;
    }
    let pulled = policy_artifact::pull(registry, &image).map_err(|error| at(&error))?;
    Ok((pulled.wasm, format!("registry://{reference}")))
}

/// Any one of the keys is enough.
fn is_signed(image: &str, keys: &[PathBuf], registry: &Registry) -> Result<(), String> {
    let mut refused = Vec::new();
    for file in keys {
        let key = text(file)?;
        let request = Request::PubKeys { image: image.to_owned(), pub_keys: vec![key], annotations: None };
        match registry.verify(&request) {
            Ok(_) => return Ok(()),
            Err(error) => refused.push(format!("{}: {error}", file.display())),
        }
    }
    Err(format!("no key of --policy-key signed it: {}", refused.join("; ")))
}

fn text(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}
