//! Imported settings × a workload and what was found in its images → the verdict of the policy's own evaluator.
//!
//! A finding is a line: `ID SEVERITY [key=value …]` with the keys `fixable` (alone), `cvss`, `epss`, `kev`, `published`, `path`, `alias`,
//! `package` (a package URL; `fixable` names a version for it), `vex`. Lines with one id are findings of one vulnerability.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use policy::findings::{self, json as written};
use policy::image::{Digest, Reference};
use policy::lookup::host::Host;
use policy::review;
use policy::time::Timestamp;
use reports::artifact::{Artifact, Descriptor, MANIFEST};
use serde_json::{Map, Value, json};

/// When workloads are judged, unless a test says otherwise; scans are an hour older.
pub(crate) const NOW: &str = "2026-11-22T12:00:00Z";
const SCANNED: &str = "2026-11-22T11:00:00Z";

/// A workload that is admitted or not. By itself: the Pod `web` in the namespace `prod`, created by a person, with no image.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    settings: Value,
    now: &'static str,
    kind: &'static str,
    labels: Map<String, Value>,
    annotations: Map<String, Value>,
    namespace: String,
    name: String,
    account: Option<String>,
    user: Value,
    images: Vec<String>,
    registry: Registry,
}

/// What the host answers.
#[derive(Clone, Debug, Default)]
struct Registry {
    /// Reference → manifest and config.
    artifacts: BTreeMap<String, (Value, Value)>,
    /// Unavailable repositories.
    down: BTreeSet<String>,
    /// Labels of namespaces.
    namespaces: BTreeMap<String, Value>,
    asked: RefCell<Vec<String>>,
}

impl Judge {
    pub(crate) fn by(settings: &Value) -> Self {
        Self {
            settings: settings.clone(),
            now: NOW,
            kind: "Pod",
            labels: Map::new(),
            annotations: Map::new(),
            namespace: "prod".to_owned(),
            name: "web".to_owned(),
            account: None,
            user: json!({ "username": "alice@example.com", "groups": ["developers"] }),
            images: Vec::new(),
            registry: Registry::default(),
        }
    }

    /// A container with an image in which this was found.
    pub(crate) fn found(self, image: &str, lines: &[&str]) -> Self {
        self.found_at(image, lines, SCANNED)
    }

    /// The same at another time.
    pub(crate) fn found_at(mut self, image: &str, lines: &[&str], scanned_at: &str) -> Self {
        let reference = Reference::parse(image).unwrap();
        let subject = digest(&reference);
        let document = document(&subject, lines, scanned_at).to_string();
        let document = written::read(&document).unwrap();
        let descriptor = Descriptor { media_type: MANIFEST.to_owned(), digest: subject, size: 1 };
        let made = Artifact::make(&document, descriptor, &reference.repository(), &[]).unwrap();
        let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        self.registry.artifacts.insert(made.reference.clone(), (parse(&made.manifest), parse(&made.config)));
        self.unscanned(image)
    }

    /// A container with an image that has no findings, or the same image again.
    pub(crate) fn unscanned(mut self, image: &str) -> Self {
        self.images.push(image.to_owned());
        self
    }

    /// A container with an image whose registry cannot be reached.
    pub(crate) fn unreachable(mut self, image: &str) -> Self {
        self.registry.down.insert(Reference::parse(image).unwrap().repository());
        self.unscanned(image)
    }

    pub(crate) fn namespace(mut self, namespace: &str) -> Self {
        self.namespace = namespace.to_owned();
        self
    }

    /// A kind of workload.
    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    pub(crate) fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    pub(crate) fn account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    pub(crate) fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.into());
        self
    }

    pub(crate) fn annotation(mut self, key: &str, value: &str) -> Self {
        self.annotations.insert(key.to_owned(), value.into());
        self
    }

    /// Who asks.
    pub(crate) fn user(mut self, name: &str, groups: &[&str]) -> Self {
        self.user = json!({ "username": name, "groups": groups });
        self
    }

    /// The labels of the namespace.
    pub(crate) fn namespace_labels(mut self, labels: Value) -> Self {
        self.registry.namespaces.insert(self.namespace.clone(), labels);
        self
    }

    pub(crate) fn at(mut self, now: &'static str) -> Self {
        self.now = now;
        self
    }

    /// Findings count under `trust` of a key that signed none of them.
    pub(crate) fn unsigned(mut self) -> Self {
        let key = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEOa7qAZ6VzMXNHEtGaKyPLYLxIPI\n0fSvnlhqbJ6bCjMPlCHKF5ITLB8OzQlpAQp/xXnPfu9PfaIpeoGqYAFEeA==\n-----END PUBLIC KEY-----\n";
        self.settings["trust"] = json!({ "anyOf": [{ "publicKeys": [key] }] });
        self
    }

    /// `admit`, `audit` or `deny`.
    pub(crate) fn verdict(&self) -> &'static str {
        let answer = self.answer();
        let verdict = answer["audit_annotations"]["verdict"].as_str().unwrap_or("admit");
        let is_refused = answer["accepted"] != json!(true);
        match (verdict, is_refused) {
            ("deny", true) => "deny",
            ("audit", false) => "audit",
            ("admit", false) => "admit",
            _ => panic!("{answer}"),
        }
    }

    /// The deciding rule, if one decides.
    pub(crate) fn rule(&self) -> Option<String> {
        self.answer()["audit_annotations"]["rule"].as_str().map(str::to_owned)
    }

    fn answer(&self) -> Value {
        let payload = json!({ "request": self.request(), "settings": self.settings }).to_string();
        let now = Timestamp::parse(self.now).unwrap();
        let answer: Value = serde_json::from_slice(&review::validate(payload.as_bytes(), now, &self.registry)).unwrap();
        // What was not judged at all is a mistake of the test or of the settings.
        assert!(answer["code"].is_null() || answer["code"] == 403, "{answer:#}");
        answer
    }

    fn request(&self) -> Value {
        let container = |(i, image): (usize, &String)| json!({ "name": format!("c{i}"), "image": image });
        let containers: Vec<Value> = self.images.iter().enumerate().map(container).collect();
        let metadata =
            json!({ "name": self.name, "namespace": self.namespace, "labels": self.labels, "annotations": self.annotations });
        let mut spec = json!({ "containers": containers });
        if let Some(account) = &self.account {
            spec["serviceAccountName"] = account.as_str().into();
        }
        let template = json!({ "template": { "metadata": { "labels": self.labels }, "spec": spec } });
        let (group, spec) = match self.kind {
            "Pod" => ("", spec),
            "ReplicationController" => ("", template),
            "Job" => ("batch", template),
            "CronJob" => ("batch", json!({ "jobTemplate": { "spec": template } })),
            _ => ("apps", template),
        };
        json!({
            "uid": "1", "operation": "CREATE", "namespace": self.namespace, "name": self.name, "userInfo": self.user,
            "kind": { "group": group, "version": "v1", "kind": self.kind },
            "resource": { "group": group, "version": "v1", "resource": format!("{}s", self.kind.to_lowercase()) },
            "object": { "kind": self.kind, "metadata": metadata, "spec": spec },
        })
    }
}

/// The digest of an image: the one in the reference, or one made of its text.
fn digest(reference: &Reference) -> String {
    reference.digest().map_or_else(|| Digest::of(reference.to_string().as_bytes()).to_string(), ToString::to_string)
}

fn document(subject: &str, lines: &[&str], scanned_at: &str) -> Value {
    let mut vulnerabilities: Vec<Value> = Vec::new();
    // Every field that a condition may need is spoken about.
    let provides = ["aliases", "cvss", "epss", "knownExploited", "publishedAt", "fixAvailableAt", "path", "vex"];
    for line in lines {
        let (mut vulnerability, finding) = finding(line);
        match vulnerabilities.iter_mut().find(|known| known["id"] == vulnerability["id"]) {
            Some(known) => known["findings"].as_array_mut().unwrap().push(finding),
            None => {
                vulnerability["findings"] = json!([finding]);
                vulnerabilities.push(vulnerability);
            }
        }
    }
    vulnerabilities.sort_by_key(|vulnerability| {
        let severity = vulnerability["severity"].as_str().and_then(findings::Severity::from_word).expect("a severity");
        (std::cmp::Reverse(severity), vulnerability["id"].as_str().unwrap().to_owned())
    });
    json!({ "schemaVersion": 1, "subject": subject, "scanner": { "name": "trivy" }, "scannedAt": scanned_at, "provides": provides,
        "images": [{ "digest": subject, "vulnerabilities": vulnerabilities }] })
}

fn finding(line: &str) -> (Value, Value) {
    let mut words = line.split_whitespace();
    let mut vulnerability = json!({ "id": words.next().expect("an id"), "severity": words.next().expect("a severity") });
    let mut finding = json!({ "purl": "pkg:deb/debian/openssl@3.0.1", "installed": "3.0.1", "fixState": "not_fixed" });
    for word in words {
        match word.split_once('=').unwrap_or((word, "true")) {
            ("fixable", _) => {
                finding["fixed"] = json!(["9.9.9"]);
                finding["fixState"] = json!("fixed");
            }
            (key @ ("cvss" | "epss"), number) => vulnerability[key] = json!(number.parse::<f64>().expect("a number")),
            ("kev", _) => vulnerability["knownExploited"] = json!(true),
            ("published", date) => vulnerability["publishedAt"] = date.into(),
            ("alias", id) => vulnerability["aliases"] = json!([id]),
            ("path", path) => finding["path"] = path.into(),
            ("package", purl) => finding["purl"] = purl.into(),
            ("vex", status) => {
                finding["vex"] = status.into();
                finding["vexSource"] = "vex.json".into();
            }
            (other, _) => panic!("`{line}`: unknown key `{other}`"),
        }
    }
    (vulnerability, finding)
}

impl Host for Registry {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let asked: Value = serde_json::from_slice(payload).unwrap_or(Value::Null);
        self.asked.borrow_mut().push(format!("{namespace}/{operation}"));
        let text = asked.as_str().unwrap_or_default();
        let repository =
            text.split_once('@').map_or_else(|| text.rsplit_once(':').map_or(text, |(before, _)| before), |(before, _)| before);
        let missing = "Fail to interact with OCI registry: Registry error: url https://r, envelope: OCI API errors: [OCI API error: manifest unknown]";
        if namespace == "oci" && self.down.contains(repository) {
            return Err("error sending request: connection refused".to_owned());
        }
        let answer = match (namespace, operation) {
            ("oci", "v1/manifest_digest") => json!({ "digest": digest(&Reference::parse(text).unwrap()) }),
            ("oci", "v1/oci_manifest") => match self.artifacts.get(text) {
                Some((manifest, _)) => manifest.clone(),
                None if text.contains('@') => json!({ "schemaVersion": 2, "mediaType": MANIFEST,
                    "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": Digest::of(b"").to_string(), "size": 0 }, "layers": [] }),
                None => return Err(missing.to_owned()),
            },
            ("oci", "v1/oci_manifest_config") => {
                let (manifest, config) = self.artifacts.get(text).ok_or_else(|| missing.to_owned())?;
                json!({ "manifest": manifest, "config": config, "digest": Digest::of(manifest.to_string().as_bytes()).to_string() })
            }
            ("oci", "v2/verify") => return Err(format!("no signatures found for image: {text}")),
            ("kubernetes", "get_resource") => {
                let name = asked["name"].as_str().unwrap_or_default();
                json!({ "apiVersion": "v1", "kind": "Namespace",
                    "metadata": { "name": name, "labels": self.namespaces.get(name).cloned().unwrap_or_else(|| json!({})) } })
            }
            ("tracing", _) => Value::Null,
            _ => return Err(format!("not answered in tests: {namespace}/{operation}")),
        };
        Ok(answer.to_string().into_bytes())
    }
}

#[test]
fn the_evaluator_judges_what_the_lines_say() {
    let rule = |condition: Value, scope: Value| {
        let mut rule = json!({ "name": "a", "action": "deny", "conditions": [condition],
            "evidence": { "missing": "audit", "untrusted": "audit" } });
        if scope != json!([]) {
            rule["scope"] = scope;
        }
        json!({ "rules": [rule] })
    };
    let high = json!({ "severity": "high", "fixable": true });
    let image = "ghcr.io/acme/web:v1";
    let judge = |settings: &Value| Judge::by(settings);
    let settings = rule(high.clone(), json!([]));
    assert_eq!(judge(&settings).found(image, &["CVE-1 high fixable"]).verdict(), "deny");
    assert_eq!(judge(&settings).found(image, &["CVE-1 high fixable"]).rule().as_deref(), Some("a"));
    assert_eq!(judge(&settings).found(image, &["CVE-1 high", "CVE-2 low fixable"]).verdict(), "admit");
    assert_eq!(judge(&settings).unscanned(image).verdict(), "audit");
    assert_eq!(judge(&settings).unreachable(image).verdict(), "deny");
    assert_eq!(judge(&settings).found(image, &[]).unsigned().verdict(), "audit");
    assert_eq!(judge(&settings).found(image, &[]).unscanned("ghcr.io/acme/other:v1").verdict(), "audit");
    let exempt = |at| {
        let mut settings = settings.clone();
        settings["exemptions"] = json!([{ "name": "e", "reason": "r", "ids": ["CVE-1"], "until": "2026-12-01" }]);
        judge(&settings).found(image, &["CVE-1 high fixable"]).at(at).verdict()
    };
    assert_eq!((exempt(NOW), exempt("2026-12-02T00:00:00Z")), ("admit", "deny"));
    for (field, value, workload) in [
        ("namespace", "dev", judge as fn(&Value) -> Judge),
        ("serviceAccount", "robot", judge),
        ("name", "db", judge),
        ("kind", "Deployment", judge),
        ("user", "bob", judge),
        ("group", "sre", judge),
    ] {
        let settings = rule(high.clone(), json!([{ "field": field, "operator": "equals", "values": [value] }]));
        let workload = workload(&settings).found(image, &["CVE-1 critical fixable"]);
        assert_eq!(workload.verdict(), "admit", "{field}");
        let moved = match field {
            "namespace" => workload.namespace(value),
            "serviceAccount" => workload.account(value),
            "name" => workload.named(value),
            "kind" => workload.kind("Deployment"),
            "user" => workload.user(value, &[]),
            _ => workload.user("alice", &[value]),
        };
        assert_eq!(moved.verdict(), "deny", "{field}");
    }
    for field in ["label", "annotation", "namespaceLabel"] {
        let settings = rule(high.clone(), json!([{ "field": field, "key": "tier", "operator": "equals", "values": ["a"] }]));
        let workload = judge(&settings).found(image, &["CVE-1 critical fixable"]);
        assert_eq!(workload.verdict(), "admit", "{field}");
        let moved = match field {
            "label" => workload.label("tier", "a"),
            "annotation" => workload.annotation("tier", "a"),
            _ => workload.namespace_labels(json!({ "tier": "a" })),
        };
        assert_eq!(moved.verdict(), "deny", "{field}");
    }
}
