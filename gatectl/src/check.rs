//! `gatectl check`: manifests + settings → verdicts, by the module itself.

mod explain;
mod show;
mod trace;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use host::capability::Capabilities;
use host::live::{Live, LogSink};
use host::record::Recorder;
use host::replay::Replay;
use policy::time::Timestamp;

use self::explain::Listener;
use self::show::Format;
use crate::clock;
use crate::connection::Connection;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::manifests::{self, Defaults, Submitted};
use crate::objects::ObjectSources;
use crate::output::Output;
use crate::policy_module::{self, Answer, Module};
use crate::settings;

/// Judges Kubernetes manifests as the gate in the cluster would
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gatectl check deploy/ --settings settings.yaml
  helm template ./chart | gatectl check - --settings settings.yaml --namespace prod-shop --format json
  gatectl check web.yaml --settings settings.yaml --explain
  kubectl get namespaces -o yaml > namespaces.yaml
  gatectl check web.yaml --settings settings.yaml --objects namespaces.yaml --objects reports/
  gatectl check web.yaml --settings settings.yaml --cluster --context staging
  gatectl check deploy/ --settings settings.yaml --format sarif > gate.sarif
  gatectl check web.yaml --settings settings.yaml --record calls.yaml
  gatectl check web.yaml --settings settings.yaml --replay calls.yaml --now 2026-11-21T12:00:00Z

Where a rule needs an object of the cluster, such as the namespace whose labels a scope names, the checked manifests answer, then
--objects, then --cluster. Without --cluster, what is in no file is absent where --objects has its kind (if only as an empty list
that names it, such as PodList), and unknown else: then the module decides as it does where a look-up fails.

The JSON document is described by docs/check.schema.json: schemaVersion (1), verdict (admit, audit or deny: the worst), and
results, one for each object; with --explain each result has the way to its verdict in `images`.")]
pub(crate) struct Check {
    /// Files of manifests, lists, admission reviews or requests; folders; `-` for stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The settings document, or the policy or constraint that holds it
    #[arg(long, value_name = "FILE")]
    settings: PathBuf,
    /// The time that the module takes for the present [default: the real one]
    #[arg(long, value_name = "TIME", value_parser = crate::attach::time)]
    now: Option<Timestamp>,
    /// The module [default: policy.wasm beside this program]
    #[arg(long, value_name = "WASM")]
    policy: Option<PathBuf>,
    /// The operation of requests that are made of manifests
    #[arg(long, value_name = "OPERATION", default_value = "CREATE", value_parser = ["CREATE", "UPDATE"])]
    operation: String,
    /// The namespace of objects that name none [default: default]
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Write the module's look-ups to a file, in kwctl's shape
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Answer the module's look-ups from such a file instead of the network
    #[arg(long, value_name = "FILE", conflicts_with_all = ["objects", "cluster"])]
    replay: Option<PathBuf>,
    /// Show the way to each verdict: what every rule made of every image
    #[arg(long)]
    explain: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Also show what the module logs
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    objects: ObjectSources,
    #[command(flatten)]
    connection: Connection,
}

/// One judged request.
pub(crate) struct Judged {
    pub(crate) place: String,
    pub(crate) request: serde_json::Value,
    pub(crate) answer: Answer,
    /// The way to the verdict, one for each image, where it was asked for.
    pub(crate) images: Option<Vec<serde_json::Value>>,
}

impl Judged {
    /// `deny`, `audit` or `admit`.
    pub(crate) fn verdict(&self) -> &str {
        match self.answer.accepted {
            false => "deny",
            true => self.answer.annotation("verdict").filter(|verdict| *verdict == "audit").unwrap_or("admit"),
        }
    }
}

/// Whoever answers the module's host calls, with what is asked of them in the end.
enum Answers {
    Live(Arc<dyn Capabilities>),
    Recorded(Arc<Recorder>, PathBuf),
    Replayed(Arc<Replay>),
}

impl Check {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        let settings = match settings::load(&self.settings)? {
            Ok(settings) => settings,
            Err(refused) => return refused.write(output, self.format.of_refusals()),
        };
        let events = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&events);
        let sink: LogSink = Arc::new(move |event| kept.lock().unwrap_or_else(PoisonError::into_inner).push(event));
        let defaults = Defaults { operation: self.operation.clone(), namespace: self.namespace.clone() };
        let (submitted, mut notes) = manifests::read(&self.files, &defaults)?;
        let answers = self.answers(&submitted, sink, &mut notes)?;
        // Results for code hosts name every vulnerability, which only the way to a verdict does.
        let is_explained = self.explain || matches!(self.format, Format::Sarif);
        // What is explained was judged at one instant, in the module and here.
        let now = self.now.or_else(|| is_explained.then(clock::present));
        let listener = Arc::new(Listener::new(answers.capabilities()));
        let capabilities: Arc<dyn Capabilities> = if is_explained { listener.clone() } else { answers.capabilities() };
        let module = Module::load(self.policy.as_deref(), capabilities, now.map(Timestamp::unix))?;
        if let Some(message) = module.refusal(&settings.value)? {
            return settings.refused(message).write(output, self.format.of_refusals());
        }
        for note in notes {
            output.note(note)?;
        }
        // Nothing that was judged is nothing that was admitted: a pipeline whose input got lost must not pass.
        if submitted.is_empty() {
            return Err(Failure::new("there is nothing to judge: no Kubernetes object is in what was given"));
        }
        let mut judged = Vec::new();
        for one in submitted {
            let payload = policy_module::payload(&one.request, &settings.value);
            let bytes = module.validate(&payload).map_err(|e| Failure::at(&one.place, e.message))?;
            let images = match now.filter(|_| is_explained) {
                Some(now) => Some(listener.explain(&payload, &bytes, now)?),
                None => None,
            };
            judged.push(Judged { place: one.place, request: one.request, answer: Answer::read(&bytes)?, images });
        }
        if self.verbose {
            for event in events.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                output.note(format_args!("module log, {}: {}", event.level, event.event))?;
            }
        }
        show::write(output, self.format, &judged)?;
        answers.finish()?;
        Ok(if judged.iter().any(|one| !one.answer.accepted) { ExitCode::Denied } else { ExitCode::Admitted })
    }

    fn answers(&self, submitted: &[Submitted], sink: LogSink, notes: &mut Vec<String>) -> Result<Answers, Failure> {
        if let Some(file) = &self.replay {
            let text = std::fs::read_to_string(file).map_err(|e| Failure::at(file.display(), e))?;
            let exchanges = host::exchange::parse(&text).map_err(|e| Failure::at(file.display(), e))?;
            return Ok(Answers::Replayed(Arc::new(Replay::new(exchanges, sink))));
        }
        let (objects, silent) = self.objects.layered(submitted)?;
        notes.extend(silent);
        let live = Live::new(Arc::new(self.connection.registry_at(self.now.map(Timestamp::unix))?), sink)
            .with_kubernetes(Arc::new(objects));
        let live: Arc<dyn Capabilities> = Arc::new(live);
        Ok(match &self.record {
            Some(file) => Answers::Recorded(Arc::new(Recorder::new(live)), file.clone()),
            None => Answers::Live(live),
        })
    }
}

impl Answers {
    fn capabilities(&self) -> Arc<dyn Capabilities> {
        match self {
            Self::Live(live) => Arc::clone(live),
            Self::Recorded(recorder, _) => Arc::clone(recorder) as Arc<dyn Capabilities>,
            Self::Replayed(replay) => Arc::clone(replay) as Arc<dyn Capabilities>,
        }
    }

    /// Writes the recording; a replay that was asked something else than was recorded has not shown anything.
    fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Live(_) => Ok(()),
            Self::Recorded(recorder, file) => {
                std::fs::write(&file, recorder.to_yaml()).map_err(|e| Failure::at(file.display(), e))
            }
            Self::Replayed(replay) => match replay.unexpected().first() {
                Some(error) => Err(Failure::new(error)),
                None => Ok(()),
            },
        }
    }
}
