//! What scanners and signers put beside an image, in the shapes of cosign, oras, Microsoft Defender and BuildKit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use host::signing::KeyPair;
use host_tests::world::{MANIFEST, World};
use serde_json::{Value, json};

pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const DSSE: &str = "application/vnd.dsse.envelope.v1+json";
pub(crate) const IN_TOTO: &str = "application/vnd.in-toto+json";
pub(crate) const SARIF: &str = "application/sarif+json";
pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
pub(crate) const COSIGN_VULN: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";
const VULNS: &str = "https://in-toto.io/attestation/vulns/v0.2";

pub(crate) fn hex(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap()
}

/// A layer: its media type, bytes and annotations.
pub(crate) type Layer<'a> = (&'a str, String, Value);

fn descriptors(world: &World, repository: &str, layers: &[Layer<'_>]) -> Vec<Value> {
    let descriptor = |(media_type, bytes, annotations): &Layer<'_>| {
        let digest = world.registry.push_blob(&format!("{repository}:x"), bytes.as_bytes()).unwrap();
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len(), "annotations": annotations })
    };
    layers.iter().map(descriptor).collect()
}

/// The manifest of an artifact about an image, as `oras attach` writes it.
pub(crate) fn artifact(
    world: &World,
    repository: &str,
    of: &str,
    kind: &str,
    layers: &[Layer<'_>],
    made_at: Option<&str>,
) -> Value {
    let config = world.registry.push_blob(&format!("{repository}:x"), b"{}").unwrap();
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": kind,
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2, "data": "e30=" },
        "layers": descriptors(world, repository, layers),
        "subject": { "mediaType": MANIFEST, "digest": of, "size": 1 },
    });
    if let Some(at) = made_at {
        manifest["annotations"] = json!({ "org.opencontainers.image.created": at });
    }
    manifest
}

/// Pushes a manifest that refers to an image, and does what the specification asks where the registry has no API for it: the tag. Its
/// entries are as cosign wrote them for years, of no use for telling what is what.
pub(crate) fn push(world: &World, repository: &str, of: &str, manifest: &Value) -> String {
    let text = manifest.to_string();
    let digest = format!("sha256:{}", sha256(text.as_bytes()));
    world.registry.push_manifest_raw(&format!("{repository}@{digest}"), text.as_bytes(), MANIFEST).unwrap();
    if !world.registry.referrers(repository, of).unwrap().contains(&digest) {
        list_by_tag(world, repository, of, &digest, text.len());
    }
    assert!(world.registry.referrers(repository, of).unwrap().contains(&digest));
    digest
}

/// Adds an entry to the index under the tag of the referrers' tag schema.
pub(crate) fn list_by_tag(world: &World, repository: &str, of: &str, digest: &str, size: usize) {
    let tag = format!("{repository}:sha256-{}", hex(of));
    let mut manifests: Vec<Value> = match world.registry.pull_manifest_raw(&tag) {
        Ok(raw) => serde_json::from_slice::<Value>(&raw.bytes).unwrap()["manifests"].as_array().unwrap().clone(),
        Err(error) => {
            assert!(error.is_not_found(), "{error}");
            Vec::new()
        }
    };
    manifests.push(
        json!({ "mediaType": MANIFEST, "digest": digest, "size": size, "artifactType": "application/vnd.oci.empty.v1+json" }),
    );
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests }).to_string();
    world.registry.push_manifest_raw(&tag, index.as_bytes(), INDEX).unwrap();
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Pushes an artifact of one layer; its digest.
pub(crate) fn refer(world: &World, repository: &str, of: &str, kind: &str, bytes: &str, made_at: Option<&str>) -> String {
    let manifest = artifact(world, repository, of, kind, &[(kind, bytes.to_owned(), json!({}))], made_at);
    push(world, repository, of, &manifest)
}

/// What `cosign attest` keeps: a layer for each attestation, under one tag.
pub(crate) fn attest(world: &World, repository: &str, of: &str, envelopes: &[(&str, String)]) {
    let layer = |(kind, envelope): &(&str, String)| {
        (DSSE, envelope.clone(), json!({ "dev.cosignproject.cosign/signature": "", "predicateType": kind }))
    };
    let layers: Vec<Layer<'_>> = envelopes.iter().map(layer).collect();
    let config =
        json!({ "architecture": "", "os": "", "rootfs": { "type": "layers", "diff_ids": [] }, "config": {} }).to_string();
    let digest = world.registry.push_blob(&format!("{repository}:x"), config.as_bytes()).unwrap();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "layers": descriptors(world, repository, &layers),
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len() },
    });
    let tag = format!("{repository}:sha256-{}.att", hex(of));
    world.registry.push_manifest_raw(&tag, manifest.to_string().as_bytes(), MANIFEST).unwrap();
}

/// An in-toto statement about an image.
pub(crate) fn statement(of: &str, kind: &str, predicate: &Value) -> String {
    json!({ "_type": "https://in-toto.io/Statement/v0.1", "predicateType": kind, "predicate": predicate,
        "subject": [{ "name": "registry.example/app", "digest": { "sha256": hex(of) } }] })
    .to_string()
}

/// A statement of cosign's predicate with a report of Trivy's that has one critical vulnerability.
pub(crate) fn trivy_statement(of: &str, day: u32, cve: &str) -> String {
    let result = json!({ "SchemaVersion": 2, "ArtifactType": "container_image", "Metadata": { "OS": { "Family": "alpine", "Name": "3.20.1" } },
        "Results": [{ "Class": "os-pkgs", "Type": "alpine", "Vulnerabilities": [
            { "VulnerabilityID": cve, "PkgName": "musl", "InstalledVersion": "1.2.5-r0", "Severity": "CRITICAL" }] }] });
    let predicate = json!({ "invocation": {},
        "scanner": { "uri": "pkg:github/aquasecurity/trivy@0.69.3", "version": "0.69.3", "db": {}, "result": result },
        "metadata": { "scanStartedOn": format!("2026-11-{day:02}T09:00:00Z"), "scanFinishedOn": format!("2026-11-{day:02}T10:00:00Z") } });
    statement(of, COSIGN_VULN, &predicate)
}

/// The statement in Microsoft Defender's findings artifact.
pub(crate) fn defender_statement(of: &str, day: u32, cve: &str) -> String {
    let predicate = json!({
        "scanner": { "uri": "https://www.microsoft.com/mdvm", "version": "1", "db": { "uri": "x", "lastUpdate": "2026-11-01T00:00:00Z" }, "result": [
            { "id": cve, "vulnerablePackage": "cpe:2.3:a:vendor:product:*:*:*:*:*:*:*:*", "detectedVersion": "1", "leadingSeverityScore": "High" }] },
        "metadata": { "scanStartedOn": format!("2026-11-{day:02}T09:00:00Z"), "scanFinishedOn": format!("2026-11-{day:02}T10:00:00Z") } });
    statement(of, VULNS, &predicate)
}

/// Pushes Microsoft Defender's findings artifact; its digest.
pub(crate) fn defender(world: &World, repository: &str, of: &str, day: u32, cve: &str) -> String {
    let annotations =
        json!({ "in-toto.io/predicate-type": VULNS, "report-type": "SoftwareInventoryAssessment", "scanner": "MDVM" });
    let layers = [(IN_TOTO, defender_statement(of, day, cve), annotations)];
    let manifest = artifact(world, repository, of, IN_TOTO, &layers, Some(&format!("2026-11-{day:02}T11:00:00Z")));
    push(world, repository, of, &manifest)
}

/// The statement in a signed DSSE envelope.
pub(crate) fn envelope(statement: &str, key: &KeyPair) -> String {
    let signed = format!("DSSEv1 {} {IN_TOTO} {} {statement}", IN_TOTO.len(), statement.len());
    let signature = STANDARD.encode(key.sign(signed.as_bytes()).unwrap());
    json!({ "payloadType": IN_TOTO, "payload": STANDARD.encode(statement), "signatures": [{ "keyid": "", "sig": signature }] })
        .to_string()
}

/// A bundle as `cosign attest --new-bundle-format` makes it.
pub(crate) fn bundle(envelope: &str) -> String {
    let envelope: Value = serde_json::from_str(envelope).unwrap();
    json!({ "mediaType": BUNDLE, "verificationMaterial": { "publicKey": { "hint": "x" } }, "dsseEnvelope": envelope }).to_string()
}

/// A log of Trivy's of one vulnerability, which states neither image nor time.
pub(crate) fn sarif(cve: &str) -> String {
    json!({ "version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": [{
        "tool": { "driver": { "name": "Trivy", "informationUri": "https://github.com/aquasecurity/trivy", "fullName": "Trivy Vulnerability Scanner", "version": "0.69.3", "rules": [
            { "id": cve, "name": "OsPackageVulnerability", "shortDescription": { "text": "x" }, "properties": { "security-severity": "9.8", "tags": ["vulnerability", "security", "CRITICAL"] } }] } },
        "results": [{ "ruleId": cve, "ruleIndex": 0, "level": "error",
            "message": { "text": format!("Package: musl\nInstalled Version: 1.2.5-r0\nVulnerability {cve}\nSeverity: CRITICAL\nFixed Version: 1.2.5-r1\nLink: [{cve}](https://example.com)") },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": "library/app" } }, "message": { "text": "library/app: musl@1.2.5-r0" } }] }],
        "columnKind": "utf16CodeUnits" }] })
    .to_string()
}
