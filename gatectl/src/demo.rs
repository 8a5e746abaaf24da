//! `gatectl demo`: the gate at work on this machine alone, with a registry in memory and the real module.

mod images;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use host::capability::Capabilities;
use host::embedded::EmbeddedRegistry;
use host::live::Live;
use host::registry::{Registry, RegistryOptions};
use host::sources::Sources;
use policy::time::Timestamp;
use serde_json::Value;

use crate::exit::{ExitCode, Failure, Outcome};
use crate::manifests::{self, Defaults};
use crate::output::{Colour, Output};
use crate::policy_module::{self, Answer, Module};

/// Shows the gate at work: five deployments against a registry in memory, without a cluster or a network
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gatectl demo\n\nEnds with 0 where all five answers are the expected ones, else with 1.")]
pub(crate) struct Demo {
    /// The module [default: policy.wasm beside this program]
    #[arg(long, value_name = "WASM")]
    policy: Option<PathBuf>,
}

/// The demonstration's present, two hours after the scans, so that it always shows the same.
const NOW: &str = "2026-11-21T12:00:00Z";
const WEB: &[u8] = include_bytes!("demo/web.trivy.json");
const CLEAN: &[u8] = include_bytes!("demo/clean.trivy.json");

const DENY: &str = "\
rules:
  - name: block-critical
    action: deny
    conditions:
      - { severity: critical, moreThan: 0 }
";
const AUDIT: &str = "\
rules:
  - name: block-critical
    action: audit
    conditions:
      - { severity: critical, moreThan: 0 }
";
const EXEMPT: &str = "\
rules:
  - name: block-critical
    action: deny
    conditions:
      - { severity: critical, moreThan: 0 }
exemptions:
  - name: not-reachable
    reason: the tarball is not unpacked here and templates are our own; reviewed in SEC-812
    ids: [ CVE-2024-3094, GHSA-phwq-j96m-2c2q ]
    until: 2026-12-31
";

/// One thing to show.
struct Scene {
    title: &'static str,
    settings: &'static str,
    tag: &'static str,
    /// The verdict that must come out.
    expected: &'static str,
}

const SCENES: [Scene; 5] = [
    Scene {
        title: "An image with critical vulnerabilities, and a rule that denies",
        settings: DENY,
        tag: "1.4",
        expected: "deny",
    },
    Scene { title: "The same image, and the same rule as an audit", settings: AUDIT, tag: "1.4", expected: "audit" },
    Scene {
        title: "The same image, with an exemption for both vulnerabilities",
        settings: EXEMPT,
        tag: "1.4",
        expected: "admit",
    },
    Scene { title: "An image that was never scanned", settings: DENY, tag: "unscanned", expected: "deny" },
    Scene { title: "An image without vulnerabilities", settings: DENY, tag: "1.5", expected: "admit" },
];

impl Demo {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        let embedded = EmbeddedRegistry::start().map_err(|e| Failure::at("registry in memory", e))?;
        let repository = format!("{}/shop/web", embedded.address());
        let options = RegistryOptions { sources: Sources::insecure([embedded.address()]), ..RegistryOptions::default() };
        let registry = Arc::new(Registry::new(options).map_err(Failure::new)?);
        output.note(format_args!("registry in memory at {}", embedded.address()))?;
        for (tag, report) in [("1.4", Some(WEB)), ("1.5", Some(CLEAN)), ("unscanned", None)] {
            let image = format!("{repository}:{tag}");
            let digest = images::push(&registry, &image)?;
            match report {
                Some(report) => output.note(format_args!(
                    "{image}: findings attached as {}",
                    images::attach(&registry, &image, &digest, report)?
                ))?,
                None => output.note(format_args!("{image}: nothing attached"))?,
            }
        }
        let capabilities: Arc<dyn Capabilities> = Arc::new(Live::new(Arc::clone(&registry), Arc::new(|_| {})));
        let module = Module::load(self.policy.as_deref(), capabilities, Timestamp::parse(NOW).map(Timestamp::unix))?;
        let mut n_expected = 0_usize;
        for (n, scene) in SCENES.iter().enumerate() {
            n_expected = n_expected.saturating_add(usize::from(scene.play(n.saturating_add(1), &repository, &module, output)?));
        }
        writeln!(output.results, "{n_expected} of {} answers are as expected.", SCENES.len())?;
        Ok(if n_expected == SCENES.len() { ExitCode::Admitted } else { ExitCode::Failed })
    }
}

impl Scene {
    /// Shows the manifest and the answer; whether the answer is the expected one.
    fn play(&self, number: usize, repository: &str, module: &Module, output: &mut Output<'_>) -> Result<bool, Failure> {
        let manifest = manifest(&format!("{repository}:{}", self.tag));
        let answer = judge(module, &manifest, self.settings)?;
        let verdict = if answer.accepted { answer.annotation("verdict").unwrap_or("admit") } else { "deny" };
        let title = format!("{number}. {}", self.title);
        writeln!(output.results, "{}\n{}\n", output.paint(Colour::Heading, &title), "=".repeat(title.chars().count()))?;
        writeln!(output.results, "settings:\n\n{}\nweb.yaml:\n\n{}", indented(self.settings), indented(&manifest))?;
        writeln!(output.results, "$ kubectl apply -f web.yaml")?;
        for warning in answer.warnings.iter().flatten() {
            writeln!(output.results, "{} {warning}", output.paint(Colour::Doubtful, "Warning:"))?;
        }
        if answer.accepted {
            writeln!(output.results, "deployment.apps/web created")?;
        } else {
            let webhook = "admission webhook \"gated-deployment.kubewarden.admission\" denied the request";
            let message = answer.message.as_deref().unwrap_or_default();
            writeln!(output.results, "Error from server: error when creating \"web.yaml\": {webhook}: {message}")?;
        }
        for line in answer.json_annotation("setAside").as_array().into_iter().flatten() {
            let text = |key: &str| line.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (id, package, by) = (text("id"), text("package"), text("exemption"));
            writeln!(output.results, "Set aside: {id} in {package}, by exemption `{by}`: {}", text("reason"))?;
        }
        for line in answer.json_annotation("evidence").as_array().into_iter().flatten() {
            let text = |key: &str| line.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
            let said = format!(
                "{}, scan of {} by {}, read from the {}",
                text("state"),
                text("scannedAt"),
                text("scanner"),
                text("path")
            );
            writeln!(output.results, "Evidence: {}", if text("path") == "-" { text("state") } else { said })?;
        }
        let is_expected = verdict == self.expected;
        let (colour, word) = if is_expected { (Colour::Good, "as expected") } else { (Colour::Bad, "NOT AS EXPECTED") };
        writeln!(output.results, "\nverdict: {verdict}, {}\n", output.paint(colour, word))?;
        Ok(is_expected)
    }
}

fn judge(module: &Module, manifest: &str, settings: &str) -> Result<Answer, Failure> {
    let settings = documents::yaml::read(settings).map_err(Failure::new)?;
    let settings = settings.first().map(|document| document.value.clone()).unwrap_or_default();
    if let Some(message) = module.refusal(&settings)? {
        return Err(Failure::new(message));
    }
    let defaults = Defaults { operation: "CREATE".to_owned(), namespace: None };
    let requests = manifests::of_text("web.yaml", manifest, &defaults)?;
    let request = requests.first().ok_or_else(|| Failure::new("web.yaml: no object"))?;
    Answer::read(&module.validate(&policy_module::payload(&request.request, &settings))?)
}

fn manifest(image: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 2
  selector:
    matchLabels: {{ app: web }}
  template:
    metadata:
      labels: {{ app: web }}
    spec:
      containers:
        - name: web
          image: {image}
"
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
