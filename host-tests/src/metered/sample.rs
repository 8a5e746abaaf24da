//! Requests, settings, findings documents and a registry to measure with: as large and as mixed as real ones, the same on every run.
//!
//! Shapes are those of images of Debian with packages of two languages, as a scanner reports them: one to three findings for each
//! vulnerability, a fix for two in five, most of them of medium and low severity. Identifiers are made up.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use policy::findings::{
    self, CvssScore, Document, Field, Finding, FixState, Image, Os, SCHEMA_VERSION, Scanner, Severity, Vulnerability, packed,
    summary,
};
use policy::time::Timestamp;
use serde_json::{Value, json};

use super::Answers;
use crate::document::digest_of;

/// The instant at which everything here is judged: 2026-11-22T12:00:00Z.
pub const NOW: i64 = 1_795_348_800;

/// Which vulnerabilities a document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// None above medium: [`settings`] are content with the summary.
    Harmless,
    /// As scanners find them, with at least one critical vulnerability: [`settings`] deny it.
    Usual,
}

/// Numbers without pattern, the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        // Knuth's linear congruential generator; its high bits are good enough to mix shapes.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// A findings document of so many vulnerabilities, about the image that [`digest`] gives for `name`.
#[must_use]
pub fn document(name: &str, vulnerabilities: usize, mix: Mix) -> Document<'static> {
    let seed = digest_of(name.as_bytes()).bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let mut dice = Dice(seed);
    // An image of few vulnerabilities has few vulnerable packages, and one of thousands has most of them in the same ones.
    let packages = u64::try_from(vulnerabilities / 5).expect("64 bits").clamp(8, 400);
    let mut found: Vec<Vulnerability<'static>> =
        (0..vulnerabilities).map(|i| vulnerability(&mut dice, i, mix, packages)).collect();
    found.sort_by(|a, b| (Reverse(a.severity), a.id.as_bytes()).cmp(&(Reverse(b.severity), b.id.as_bytes())));
    let time = |unix| Timestamp::from_unix(unix).expect("a time");
    Document {
        schema_version: SCHEMA_VERSION,
        subject: digest(name).into(),
        scanner: Scanner { name: "trivy".into(), version: Some("0.66.0".into()), database_updated_at: Some(time(NOW - 90_000)) },
        scanned_at: time(NOW - 3600),
        provides: vec![Field::Aliases, Field::Cvss, Field::PublishedAt, Field::Path, Field::Vex],
        images: vec![Image {
            digest: digest(name).into(),
            platform: Some("linux/amd64".into()),
            os: Some(Os { family: "debian".into(), version: Some("12.5".into()), end_of_life: Some(false) }),
            vulnerabilities: Some(found),
        }],
    }
}

fn vulnerability(dice: &mut Dice, i: usize, mix: Mix, packages: u64) -> Vulnerability<'static> {
    let severity = match (mix, dice.roll(100)) {
        (Mix::Usual, _) if i == 0 => Severity::Critical,
        (Mix::Usual, 0) => Severity::Critical,
        (Mix::Usual, 1..=8) => Severity::High,
        (_, 9..=45) => Severity::Medium,
        (_, 46..=80) => Severity::Low,
        (_, 81..=97) => Severity::Negligible,
        (_, 98..) => Severity::Unknown,
        (Mix::Harmless, _) => Severity::Medium,
    };
    let of_language = dice.roll(10) < 3;
    let (year, number) = (2011 + dice.roll(16), 1000 + 3 * i);
    let package = dice.roll(packages);
    let fixed = dice.roll(10) < 4;
    let finding =
        |k: u64| if of_language { of_language_package(package, fixed, k) } else { of_system_package(package, fixed, k) };
    Vulnerability {
        id: format!("CVE-{year}-{number:05}").into(),
        severity,
        findings: (0..=dice.roll(3)).map(finding).collect(),
        aliases: if of_language { vec![format!("GHSA-{:04x}-{number:04x}-{i:04x}", number % 65_521).into()] } else { Vec::new() },
        advisories: if dice.roll(10) == 0 { vec![format!("DSA-{}-1", 4000 + package).into()] } else { Vec::new() },
        cvss: (dice.roll(20) > 0).then(|| CvssScore::new(score(severity, i))).flatten(),
        epss: None,
        known_exploited: None,
        published_at: Timestamp::from_unix(1_300_000_000 + i64::try_from(dice.roll(5600)).expect("small") * 86_400),
    }
}

fn score(severity: Severity, i: usize) -> u32 {
    let base = match severity {
        Severity::Critical => 91,
        Severity::High => 72,
        Severity::Medium => 45,
        _ => 20,
    };
    base + u32::try_from(i % 9).expect("small")
}

/// Packages that are built from one source have one version, and are fixed together.
fn of_system_package(package: u64, fixed: bool, k: u64) -> Finding<'static> {
    let names = ["openssl", "krb5", "perl", "glibc", "zlib", "systemd", "linux", "util-linux"];
    let name = names[usize::try_from(package % 8).expect("small")];
    let part = ["", "-dev", "-common"][usize::try_from(k % 3).expect("small")];
    let version = |patch: u64| format!("{}.{}.{}-1+deb12u{patch}", package % 7 + 1, package % 23, package % 11);
    Finding {
        purl: format!("pkg:deb/debian/{name}{package}{part}@{}?arch=amd64&distro=debian-12.5", version(1)).into(),
        installed: Some(version(1).into()),
        fixed: if fixed { vec![version(2).into()] } else { Vec::new() },
        fix_state: if fixed { FixState::Fixed } else { FixState::NotFixed },
        fix_available_at: None,
        path: None,
        vex: None,
        vex_source: None,
    }
}

/// The same package may lie in several places.
fn of_language_package(package: u64, fixed: bool, k: u64) -> Finding<'static> {
    let version = |patch: u64| format!("{}.{}.{patch}", package % 5 + 1, package % 30);
    let installed = version(1);
    let (purl, path) = if package.is_multiple_of(2) {
        (
            format!("pkg:npm/%40scope/package-{package}@{installed}"),
            format!("app/node_modules/part-{k}/node_modules/package-{package}/package.json"),
        )
    } else {
        (
            format!("pkg:pypi/package-{package}@{installed}"),
            format!("usr/lib/python3.{}/site-packages/package_{package}-{installed}.dist-info/METADATA", 9 + k),
        )
    };
    Finding {
        purl: purl.into(),
        installed: Some(installed.into()),
        fixed: if fixed { vec![version(4).into()] } else { Vec::new() },
        fix_state: if fixed { FixState::Fixed } else { FixState::Unknown },
        fix_available_at: None,
        path: Some(path.into()),
        vex: None,
        vex_source: None,
    }
}

/// The digest of the image of a name.
#[must_use]
pub fn digest(name: &str) -> String {
    digest_of(name.as_bytes())
}

/// The reference by digest of the image of a name.
#[must_use]
pub fn by_digest(name: &str) -> String {
    format!("registry.example.com/shop/{name}@{}", digest(name))
}

/// The reference by tag of the image of a name.
#[must_use]
pub fn by_tag(name: &str) -> String {
    format!("registry.example.com/shop/{name}:2026.11.3")
}

/// A registry in memory: what the host answers, by operation and reference.
#[derive(Clone, Debug, Default)]
pub struct Registry(BTreeMap<(&'static str, String), Vec<u8>>);

impl Registry {
    /// Publishes the findings of the image of a name, as `gatectl attach` would.
    #[must_use]
    pub fn with(self, name: &str, document: &Document<'_>) -> Self {
        let flat = packed::pack(document).expect("a document that breaks no law");
        self.with_config(name, document, serde_json::to_string(&flat).expect("JSON"))
    }

    /// Publishes a document with a config of one's own making, and the summary that the document has.
    #[must_use]
    pub fn with_config(self, name: &str, document: &Document<'_>, config: String) -> Self {
        let summary = |config: &str| serde_json::to_string(&summary::summarize(document, config)).expect("JSON");
        self.publish(name, config, summary)
    }

    /// Publishes whatever config and summary; the summary is made from the config's digest.
    #[must_use]
    pub fn publish(mut self, name: &str, config: String, summary: impl FnOnce(&str) -> String) -> Self {
        let digest_of_config = digest_of(config.as_bytes());
        let summary = summary(&digest_of_config);
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": findings::MEDIA_TYPE,
            "config": { "mediaType": findings::MEDIA_TYPE, "digest": digest_of_config, "size": config.len() },
            "layers": [{ "mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2 }],
            "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest(name), "size": 1234 },
            "annotations": { "org.opencontainers.image.created": "2026-11-22T11:00:00Z", findings::SUMMARY_ANNOTATION: summary },
        })
        .to_string();
        let artifact = format!("registry.example.com/shop/{name}:{}", findings::tag(digest(name).trim_start_matches("sha256:")));
        let with_config = format!(r#"{{"manifest":{manifest},"digest":"{}","config":{config}}}"#, digest_of(manifest.as_bytes()));
        let image = json!({ "digest": digest(name) }).to_string().into_bytes();
        self.0.insert(("v1/oci_manifest", artifact.clone()), manifest.into_bytes());
        self.0.insert(("v1/oci_manifest_config", artifact), with_config.into_bytes());
        self.0.insert(("v1/manifest_digest", by_tag(name)), image);
        self
    }

    /// Changes the answer with manifest and config about the image of a name.
    #[must_use]
    pub fn with_answer_changed(mut self, name: &str, change: impl Fn(&mut Vec<u8>)) -> Self {
        let part = format!("/{name}:");
        let of_image = |key: &(&str, String)| key.0 == "v1/oci_manifest_config" && key.1.contains(&part);
        self.0.iter_mut().filter(|(key, _)| of_image(key)).for_each(|(_, answer)| change(answer));
        self
    }

    /// As the host's answers.
    #[must_use]
    pub fn answers(self) -> Answers {
        Arc::new(move |namespace, operation, payload| {
            let reference: String = serde_json::from_slice(payload).map_err(|e| e.to_string())?;
            let known = self.0.iter().find(|((known, name), _)| *known == operation && *name == reference && namespace == "oci");
            known.map(|(_, answer)| answer.clone()).ok_or_else(|| {
                format!("Fail to interact with OCI registry: Registry error: url https://registry.example.com/v2/{reference}, envelope: OCI API errors: [OCI API error: manifest unknown]")
            })
        })
    }
}

/// Three rules and two exemptions: an everyday settings document. They deny any critical vulnerability.
#[must_use]
pub fn settings() -> Value {
    json!({
        "cluster": "prod-eu-1",
        "rules": [
            { "name": "block-critical", "description": "No critical vulnerability reaches production.", "action": "deny",
              "scope": [{ "field": "namespace", "operator": "startsWith", "values": ["prod", "shop"] }],
              "conditions": [{ "severity": "critical" }], "maxAge": "7d" },
            { "name": "limit-high", "action": "deny",
              "scope": [{ "field": "namespace", "operator": "startsWith", "values": ["prod", "shop"] }],
              "conditions": [{ "severity": "high", "fixable": true, "moreThan": 10 }] },
            { "name": "watch-scores", "action": "audit",
              "scope": [{ "field": "kind", "operator": "notEquals", "values": ["Job", "CronJob"] }],
              "conditions": [{ "cvss": 8.5, "fixable": true, "moreThan": 5 }], "evidence": { "missing": "allow" } },
        ],
        "exemptions": [
            { "name": "perl-not-called", "reason": "Perl is never run in these images.", "owner": "platform-security",
              "packages": ["pkg:deb/debian/perl-base"], "severityAtMost": "high", "untilFixed": true },
            { "name": "reviewed", "reason": "Reviewed in SEC-812.", "ids": ["CVE-2024-0727", "CVE-2023-45853"],
              "rules": ["block-critical"], "until": "2027-03-31" },
        ],
    })
}

/// So many rules, of which each is about a namespace of its own.
#[must_use]
pub fn settings_with_rules(rules: usize) -> Value {
    let rule = |i: usize| {
        json!({ "name": format!("rule-{i}"), "action": if i.is_multiple_of(3) { "audit" } else { "deny" },
            "scope": [{ "field": "namespace", "operator": "equals", "values": [format!("team-{i}")] }],
            "conditions": [{ "severity": "critical" }, { "severity": "high", "fixable": true, "moreThan": 10 }] })
    };
    json!({ "rules": (0..rules).map(rule).collect::<Vec<_>>() })
}

/// A request to create a Deployment in the namespace `shop`, with everything that a cluster writes into one.
#[must_use]
pub fn request(images: &[String]) -> Value {
    let container = |(i, image): (usize, &String)| {
        json!({
            "name": format!("web-{i}"), "image": image, "imagePullPolicy": "IfNotPresent",
            "env": [{ "name": "LOG_LEVEL", "value": "info" }, { "name": "DATABASE", "valueFrom": { "secretKeyRef": { "name": "db", "key": "url" } } }],
            "ports": [{ "containerPort": 8080, "name": "http", "protocol": "TCP" }],
            "livenessProbe": { "httpGet": { "path": "/healthz", "port": "http", "scheme": "HTTP" }, "periodSeconds": 10, "failureThreshold": 3 },
            "resources": { "limits": { "cpu": "1", "memory": "512Mi" }, "requests": { "cpu": "100m", "memory": "256Mi" } },
            "securityContext": { "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true },
            "volumeMounts": [{ "name": "config", "mountPath": "/etc/web", "readOnly": true }],
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        })
    };
    let labels = json!({ "app.kubernetes.io/name": "web", "app.kubernetes.io/instance": "web-shop", "app.kubernetes.io/version": "2026.11.3" });
    json!({
        "uid": "1299d386-525b-4032-98ae-1949f69f9cfc",
        "kind": { "group": "apps", "version": "v1", "kind": "Deployment" },
        "resource": { "group": "apps", "version": "v1", "resource": "deployments" },
        "requestKind": { "group": "apps", "version": "v1", "kind": "Deployment" },
        "name": "web", "namespace": "shop", "operation": "CREATE",
        "userInfo": { "username": "system:serviceaccount:argocd:argocd-application-controller", "uid": "b2c9",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:argocd", "system:authenticated"] },
        "object": {
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": "web", "namespace": "shop", "labels": labels, "generation": 1, "uid": "8f0a0c33-6a3d-4f3e-a0a5-0a1b6bd1b8f2",
                "annotations": { "argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web" },
                "managedFields": [{ "manager": "argocd-controller", "operation": "Apply", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
                    "fieldsV1": { "f:spec": { "f:replicas": {}, "f:selector": {}, "f:template": { "f:spec": { "f:containers": {
                        "k:{\"name\":\"web-0\"}": { ".": {}, "f:image": {}, "f:env": {}, "f:ports": {}, "f:resources": {} } } } } } } }],
            },
            "spec": {
                "replicas": 3, "selector": { "matchLabels": { "app.kubernetes.io/name": "web" } },
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } },
                "template": {
                    "metadata": { "labels": labels },
                    "spec": {
                        "serviceAccountName": "web", "restartPolicy": "Always", "dnsPolicy": "ClusterFirst",
                        "containers": images.iter().enumerate().map(container).collect::<Vec<_>>(),
                        "volumes": [{ "name": "config", "configMap": { "name": "web", "defaultMode": 420 } }],
                    },
                },
            },
        },
        "options": { "apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions" }, "dryRun": false,
    })
}

/// The payload of `validate`.
#[must_use]
pub fn payload(request: &Value, settings: &Value) -> Vec<u8> {
    json!({ "request": request, "settings": settings }).to_string().into_bytes()
}

/// Repeats a text, for sizes.
#[must_use]
pub fn filler(bytes: usize) -> Cow<'static, str> {
    Cow::Owned("x".repeat(bytes))
}
