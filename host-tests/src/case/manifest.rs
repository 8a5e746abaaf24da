//! Manifests of images that a case only names.

use serde_json::{Value, json};

use crate::document::digest_of;

/// The manifest of an image that is no index.
pub(super) fn of_image() -> String {
    let descriptor = |kind: &str| json!({ "mediaType": kind, "digest": digest_of(kind.as_bytes()), "size": 1000 });
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json"),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip")],
    })
    .to_string()
}

/// An image index of entries as `index` of a [`Call`] has them.
pub(super) fn of_index(entries: &[Value]) -> String {
    let descriptor = |entry: &Value| {
        let mut whole = json!({ "mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 1000 });
        let written = match entry {
            Value::String(line) => {
                let (platform, digest) =
                    line.split_once(' ').map_or((None, line.as_str()), |(platform, digest)| (Some(platform), digest));
                platform.map_or(json!({ "digest": digest }), |platform| json!({ "digest": digest, "platform": platform }))
            }
            written => written.clone(),
        };
        for (key, value) in written.as_object().into_iter().flatten() {
            whole[key] = match (key.as_str(), value) {
                ("platform", Value::String(platform)) => {
                    let mut parts = platform.split('/');
                    let mut platform = json!({ "os": parts.next(), "architecture": parts.next() });
                    if let Some(variant) = parts.next() {
                        platform["variant"] = variant.into();
                    }
                    platform
                }
                _ => value.clone(),
            };
        }
        whole
    };
    let entries: Vec<Value> = entries.iter().map(descriptor).collect();
    json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries }).to_string()
}
