//! What is measured: a name, an operation with its payload, a registry, and the verdict that shows that the right thing was measured.

use host_tests::metered::sample::{self, Mix, Registry};
use host_tests::metered::{Metered, Report};
use serde_json::{Value, json};

/// Something to be measured.
pub(crate) struct Scenario {
    name: String,
    operation: &'static str,
    payload: Vec<u8>,
    registry: Registry,
    wanted: Wanted,
}

/// What the answer says, where the right thing was measured.
enum Wanted {
    Admitted,
    Denied,
    Valid,
}

/// A scenario's name and what it cost.
pub(crate) struct Measured {
    /// Unique.
    pub(crate) name: String,
    /// What it cost.
    pub(crate) report: Report,
    /// Bytes that the guest was given, and bytes that it gave back.
    pub(crate) bytes: (usize, usize),
}

pub(crate) const NOT_A_WORKLOAD: &str = "admitted without a look-up: a Service";
pub(crate) const OUT_OF_SCOPE: &str = "admitted without a look-up: out of every rule's scope";
pub(crate) const BY_DIGEST: &str = "admitted by the summary: 1 image by digest";
pub(crate) const BY_TAG: &str = "admitted by the summary: 1 image by tag";
pub(crate) const REPEATED: &str = "admitted by the summary: 20 containers of 1 image";
pub(crate) const DENIED_300: &str = "denied from the document: 1 image of 300 vulnerabilities";
pub(crate) const DENIED_1_000: &str = "denied from the document: 1 image of 1 000 vulnerabilities";
pub(crate) const DENIED_20_000: &str = "denied from the document: 1 image of 20 000 vulnerabilities";

impl Scenario {
    /// Runs it.
    ///
    /// # Panics
    /// The answer is not what is wanted: something else would be measured.
    pub(crate) fn measure(&self, module: &Metered) -> Measured {
        let report = module.run(self.operation, &self.payload, sample::NOW, &self.registry.clone().answers());
        let answer = report.json();
        let is_wanted = match self.wanted {
            Wanted::Admitted => answer["accepted"] == true,
            Wanted::Denied => answer["accepted"] == false && answer["audit_annotations"]["rule"] == "block-critical",
            Wanted::Valid => answer["valid"] == true,
        };
        assert!(is_wanted, "{}: {answer}", self.name);
        let bytes = (self.payload.len(), report.answer.as_ref().map_or(0, Vec::len));
        Measured { name: self.name.clone(), report, bytes }
    }
}

/// Every scenario, in the order of the table.
pub(crate) fn all() -> Vec<Scenario> {
    let deployment = |images: &[String]| sample::request(images);
    let one = || deployment(&[sample::by_digest("web")]);
    let validate = |name: &str, request: Value, registry: Registry, wanted| Scenario {
        name: name.to_owned(),
        operation: "validate",
        payload: sample::payload(&request, &sample::settings()),
        registry,
        wanted,
    };
    let harmless = || published("web", 300, Mix::Harmless);
    let mut scenarios = vec![
        validate(NOT_A_WORKLOAD, service(), Registry::default(), Wanted::Admitted),
        validate("admitted without a look-up: DELETE", deletion(), Registry::default(), Wanted::Admitted),
        validate(
            OUT_OF_SCOPE,
            in_namespace(deployment(&[sample::by_tag("web")]), "dev", "Job"),
            Registry::default(),
            Wanted::Admitted,
        ),
        validate(BY_DIGEST, one(), harmless(), Wanted::Admitted),
        validate(BY_TAG, deployment(&[sample::by_tag("web")]), harmless(), Wanted::Admitted),
        validate(REPEATED, deployment(&vec![sample::by_digest("web"); 20]), harmless(), Wanted::Admitted),
    ];
    let names: Vec<String> = (0..20).map(|i| format!("web-{i}")).collect();
    let images: Vec<String> = names.iter().map(|name| sample::by_digest(name)).collect();
    let twenty =
        |mix| names.iter().fold(Registry::default(), |registry, name| registry.with(name, &sample::document(name, 300, mix)));
    scenarios.push(validate("admitted by the summary: 20 images", deployment(&images), twenty(Mix::Harmless), Wanted::Admitted));
    for (name, vulnerabilities) in [
        ("denied from the document: 1 image of 10 vulnerabilities", 10),
        (DENIED_300, 300),
        (DENIED_1_000, 1_000),
        (DENIED_20_000, 20_000),
    ] {
        scenarios.push(validate(name, one(), published("web", vulnerabilities, Mix::Usual), Wanted::Denied));
    }
    let name = "denied from the documents: 20 images of 300 vulnerabilities each";
    scenarios.push(validate(name, deployment(&images), twenty(Mix::Usual), Wanted::Denied));
    for (name, settings) in [
        ("settings validated: 3 rules", sample::settings()),
        ("settings validated: 1 000 rules", sample::settings_with_rules(1000)),
    ] {
        let payload = settings.to_string().into_bytes();
        let name = name.to_owned();
        scenarios.push(Scenario {
            name,
            operation: "validate_settings",
            payload,
            registry: Registry::default(),
            wanted: Wanted::Valid,
        });
    }
    scenarios
}

fn published(name: &str, vulnerabilities: usize, mix: Mix) -> Registry {
    Registry::default().with(name, &sample::document(name, vulnerabilities, mix))
}

fn service() -> Value {
    let mut request = sample::request(&[]);
    request["kind"] = json!({ "group": "", "version": "v1", "kind": "Service" });
    request["object"] = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web", "namespace": "shop" },
        "spec": { "selector": { "app.kubernetes.io/name": "web" }, "ports": [{ "port": 80, "targetPort": "http" }] },
    });
    request
}

fn deletion() -> Value {
    let mut request = sample::request(&[sample::by_digest("web")]);
    request["operation"] = json!("DELETE");
    request["oldObject"] = request["object"].take();
    request
}

/// The rules of [`sample::settings`] are about namespaces, and one of them about all kinds but jobs.
fn in_namespace(mut request: Value, namespace: &str, kind: &str) -> Value {
    request["namespace"] = json!(namespace);
    request["kind"] = json!({ "group": "batch", "version": "v1", "kind": kind });
    request
}
