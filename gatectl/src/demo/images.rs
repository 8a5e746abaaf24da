//! Small images in the embedded registry, with their findings attached as `gatectl attach` does it.

use host::registry::Registry;
use serde_json::json;

use crate::attach::{self, Beside, Binding, Read};
use crate::exit::Failure;
use policy::image::Digest;
use reports::artifact::{Descriptor, MANIFEST};

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// What stands for the image's digest in the embedded reports: a scanner would have written the real one.
const PLACEHOLDER: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// Pushes an image that differs from others by its name only, and gives its digest.
pub(super) fn push(registry: &Registry, image: &str) -> Result<String, Failure> {
    let at = |e| Failure::at(format_args!("`{image}`"), e);
    // An empty tar archive: two blocks of zeros.
    let layer = vec![0_u8; 1024];
    let name = image.rsplit('/').next().unwrap_or(image);
    let config = json!({
        "architecture": "amd64", "os": "linux",
        "config": { "Labels": { "org.opencontainers.image.ref.name": name } },
        "rootfs": { "type": "layers", "diff_ids": [Digest::of(&layer).as_str()] },
    });
    let config = config.to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": Descriptor::of(CONFIG, &config), "layers": [Descriptor::of(LAYER, &layer)],
    });
    registry.push_blob(image, &layer).map_err(at)?;
    registry.push_blob(image, &config).map_err(at)?;
    registry.push_manifest_raw(image, manifest.to_string().as_bytes(), MANIFEST).map_err(at)
}

/// Attaches a report to an image that was pushed.
pub(super) fn attach(registry: &Registry, image: &str, digest: &str, report: &[u8]) -> Result<String, Failure> {
    let bytes = String::from_utf8_lossy(report).replace(PLACEHOLDER, digest).into_bytes();
    let report = reports::read(&bytes, None).map_err(Failure::new)?;
    let resolved = attach::resolve(registry, image)?;
    let prepared = attach::prepare(
        registry,
        &resolved,
        &resolved.repository,
        &[Read { report, bytes, carried: None }],
        &Beside::default(),
        Binding::default(),
    )?;
    attach::publish(registry, &prepared, None)?;
    let references: Vec<&str> = prepared.artifacts.iter().map(|(artifact, _)| artifact.reference.as_str()).collect();
    Ok(references.join(", "))
}
