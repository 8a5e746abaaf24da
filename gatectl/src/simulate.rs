//! `gatectl simulate`: workloads that are there + settings that are not yet → what would happen, and what changes.
//!
//! In this order: sources become requests, each is judged by the module (findings are looked up once, whatever asks for them), denials are
//! cleared by the smallest upgrades, and all of it is written as a report. Nothing is changed anywhere.

mod judge;
mod live;
mod logs;
mod report;
mod request;
mod show;
mod solve;
mod source;
mod stream;
mod upgrades;
mod watched;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use host::capability::Capabilities;
use host::live::Live;
use policy::time::Timestamp;
use provider::lookups::{Lifetimes, Lookups};
use serde_json::Value;

use self::judge::Judge;
use self::report::{Change, Clearings, Report, Row, denied};
use self::request::Request;
use self::show::{Format, Rows, Shown};
use self::source::Gathered;
use self::watched::Watched;
use crate::cache::CacheOptions;
use crate::clock;
use crate::connection::Connection;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::jobs::{self, JobCount};
use crate::judgement::{ImageJudgement, Judgement, Verdict};
use crate::objects::ObjectSources;
use crate::output::{self, Output};
use crate::policy_module::Module;
use crate::progress::Progress;
use crate::settings::{self, Loaded, Refused};

/// What is remembered of look-ups, in bytes (256 MiB): some thousand images with hundreds of vulnerabilities each.
const REMEMBERED: usize = 256 * 1024 * 1024;
/// A run takes less than this: what was answered once holds for all of it.
const RUN: Duration = Duration::from_secs(7 * 24 * 3600);

/// Shows what settings would do to workloads that are there, before anybody turns them on
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gatectl simulate deploy/ --settings new.yaml
  kubectl get pods,deployments,replicasets,statefulsets,daemonsets,jobs,cronjobs,namespaces -A -o json | gatectl simulate - --settings new.yaml
  gatectl simulate --cluster --settings new.yaml --baseline old.yaml
  gatectl simulate reviews.json policy-server.log --settings new.yaml --baseline old.yaml --rows changes
  gatectl simulate workloads.json --settings new.yaml --rows upgrades --format csv
  gatectl simulate workloads.json --settings new.yaml --format html > simulation.html

A source is what `gatectl check` takes (manifests, lists, admission reviews or requests), of any length where it is JSON, or a log of the
policy server; without a source, --cluster's own workloads are taken. What a controller made of another object that is there too is passed
over, if it has no image of its own. A log has the images that the gate audited or denied, and no labels.

Each look-up is made once, and what digests name is kept in the cache. Upgrades are the fewest packages of an image after which no rule
denies it; each set is tried with the evaluator. `cleared` says what that means for a whole namespace.

The JSON document is described by docs/simulate.schema.json.

Exit codes: 0 nothing fares worse (without a baseline: nothing would be denied), 1 the tool failed, 2 something would, 3 settings are refused.")]
pub(crate) struct Simulate {
    /// Files of manifests, lists, admission reviews, requests, or logs of the policy server; folders; `-` for stdin
    #[arg(value_name = "SOURCE", required_unless_present = "cluster")]
    workloads: Vec<PathBuf>,
    /// The settings to try: a document, or the policy or constraint that holds it
    #[arg(long, value_name = "FILE")]
    settings: PathBuf,
    /// The settings to compare with
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// The time that is taken for the present [default: the real one]
    #[arg(long, value_name = "TIME", value_parser = crate::attach::time)]
    now: Option<Timestamp>,
    /// The module [default: policy.wasm beside this program]
    #[arg(long, value_name = "WASM")]
    policy: Option<PathBuf>,
    /// The namespace of objects that name none [default: default]
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// The part that is written, in a table or as CSV [default: all but the workloads in a table, the workloads as CSV]
    #[arg(long, value_enum, value_name = "WHAT")]
    rows: Option<Rows>,
    /// How many rows of each part are written [default: 15 in a table of several parts, 2000 in HTML, else all]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
    /// How the report is written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    jobs: JobCount,
    #[command(flatten)]
    cache: CacheOptions,
    #[command(flatten)]
    objects: ObjectSources,
    #[command(flatten)]
    connection: Connection,
}

impl Simulate {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        if self.rows == Some(Rows::Changes) && self.baseline.is_none() {
            return Err(Failure::new("expected --baseline beside --rows changes: there is nothing to compare with"));
        }
        let after = match settings::load(&self.settings)? {
            Ok(loaded) => loaded,
            Err(refused) => return refuse(refused, output, self.format),
        };
        let before = match self.baseline.as_deref().map(settings::load).transpose()? {
            Some(Err(refused)) => return refuse(refused, output, self.format),
            Some(Ok(loaded)) => Some(loaded),
            None => None,
        };
        let now = self.now.unwrap_or_else(clock::present);
        let cluster = self.objects.cluster()?;
        let keeps_controlled = before.iter().chain([&after]).any(|loaded| tells_owners_apart(&loaded.value));
        let defaults = source::defaults(self.namespace.clone());
        let gathered = Gathered::read(&self.workloads, cluster.as_ref(), &defaults, keeps_controlled)?;
        let (objects, silent) = self.objects.layered(&gathered.namespaces)?;
        let live = Live::new(Arc::new(self.connection.registry_at(Some(now.unix()))?), Arc::new(|_| ()))
            .with_kubernetes(Arc::new(objects));
        let live: Arc<dyn Capabilities> = Arc::new(live);
        let objects = Arc::new(Watched::new(live));
        let live = Arc::clone(&objects) as Arc<dyn Capabilities>;
        let kept = self.cache.in_front_of(&live);
        let inner = kept.as_ref().map_or(live, |kept| Arc::clone(kept) as Arc<dyn Capabilities>);
        let capabilities = remembered(inner);
        let module = Module::load(self.policy.as_deref(), Arc::clone(&capabilities), Some(now.unix()))?;
        let judge = Judge::new(module, capabilities, now);
        let (after, before) = match (accepted(&judge, after)?, before.map(|before| accepted(&judge, before)).transpose()?) {
            (Err(refused), _) | (_, Some(Err(refused))) => return refuse(refused, output, self.format),
            (Ok(after), before) => (after, before.and_then(Result::ok)),
        };
        for note in gathered.notes.iter().chain(&silent) {
            output.note(note)?;
        }
        // Nothing that was judged is nothing that was admitted: a pipeline whose input got lost must not pass.
        if gathered.requests.is_empty() {
            return Err(Failure::new("there is nothing to simulate: no workload is in what was given"));
        }
        let rows = self.judged(&judge, &gathered.requests, &after, before.as_ref(), output)?;
        let clearings = self.clearings(&judge, &rows, &after, output)?;
        let report = Report { rows, clearings, has_baseline: before.is_some() };
        match show::write(output, &report, Shown { format: self.format, rows: self.rows, limit: self.limit, now }) {
            // `| head`: what was not read does not change what was found.
            Err(failure) if failure.is_reader_gone => {}
            written => written?,
        }
        output.note(show::sentence(&report))?;
        if let n @ 1.. = objects.n_failed() {
            output.note(format_args!(
                "{n} objects of the cluster, such as namespaces with their labels, could not be asked for; give them among the sources or by --objects"
            ))?;
        }
        if let n @ 1.. = judge.n_unavailable() {
            output.note(format_args!(
                "the findings of {n} images could not be asked for from here; a gate elsewhere may reach them"
            ))?;
        }
        if let Some(trouble) = kept.and_then(|kept| kept.trouble()) {
            output.note(format_args!("the cache could not be written: {trouble}"))?;
        }
        Ok(match before {
            Some(_) if report.n_changed(Change::Worse) > 0 => ExitCode::Worse,
            None if report.counts().of(Verdict::Deny) > 0 => ExitCode::Denied,
            _ => ExitCode::Admitted,
        })
    }

    /// Judges every request, by the baseline too, several at a time; in the order of namespaces and names.
    fn judged<'r>(
        &self,
        judge: &Judge,
        requests: &'r [Request],
        after: &Value,
        before: Option<&Value>,
        output: &mut Output<'_>,
    ) -> Result<Vec<Row<'r>>, Failure> {
        let (after, before) = (after.to_string(), before.map(Value::to_string));
        let both = |_: usize, request: &Request| -> Result<(Judgement, Option<Judgement>), Failure> {
            let before = before.as_ref().map(|settings| judge.judge(request, settings)).transpose()?;
            Ok((judge.judge(request, &after)?, before))
        };
        let mut progress = Progress::quiet(output, requests.len());
        let done = |request: &Request, _: &Result<_, Failure>| progress.finished(&request.name, "judged", false);
        let results = jobs::run(requests, self.jobs, both, done)?;
        let mut rows = Vec::with_capacity(requests.len());
        for (request, result) in requests.iter().zip(results) {
            let (after, before) = result?;
            rows.push(Row { request, after, before });
        }
        let key = |request: &'r Request| (&request.namespace, &request.name, &request.place);
        rows.sort_by(|a, b| key(a.request).cmp(&key(b.request)));
        Ok(rows)
    }

    /// Finds out what clears each denied image, once for all workloads that are denied for it in the same way.
    fn clearings(
        &self,
        judge: &Judge,
        rows: &[Row<'_>],
        settings: &Value,
        output: &mut Output<'_>,
    ) -> Result<Clearings, Failure> {
        let mut found: BTreeMap<*const ImageJudgement, (&Request, &ImageJudgement)> = BTreeMap::new();
        let mut images: Vec<(&Request, &ImageJudgement)> = Vec::new();
        for row in rows {
            for image in denied(&row.after) {
                found.entry(std::ptr::from_ref(image)).or_insert_with(|| {
                    images.push((row.request, image));
                    (row.request, image)
                });
            }
        }
        let work = |_: usize, (request, image): &(&Request, &ImageJudgement)| upgrades::clearing(judge, request, image, settings);
        let mut progress = Progress::quiet(output, images.len());
        let done =
            |(_, image): &(&Request, &ImageJudgement), _: &_| progress.finished(&image.image, "looked for upgrades of", false);
        let clearings = jobs::run(&images, self.jobs, work, done)?;
        Ok(images.into_iter().map(|(_, image)| std::ptr::from_ref(image)).zip(clearings).collect())
    }
}

/// Whether a scope is about what an object and the objects that it is made into do not have in common.
fn tells_owners_apart(settings: &Value) -> bool {
    const FIELDS: [&str; 7] = ["kind", "name", "label", "annotation", "user", "group", "container"];
    let of = |key: &str| settings.get(key).and_then(Value::as_array).into_iter().flatten();
    let entries = of("rules").chain(of("exemptions")).filter_map(|one| one.get("scope")?.as_array()).flatten();
    entries.filter_map(|entry| entry.get("field")?.as_str()).any(|field| FIELDS.contains(&field))
}

/// What was answered once is the answer for the whole run, failures included: every workload is judged by the same findings.
fn remembered(inner: Arc<dyn Capabilities>) -> Arc<dyn Capabilities> {
    let lifetimes = Lifetimes { digest: RUN, tag: RUN, failure: RUN, bytes: REMEMBERED };
    Arc::new(
        Lookups::new(inner, lifetimes, Arc::new(|_, _| ()))
            .until(clock::instant().checked_add(RUN).unwrap_or_else(clock::instant)),
    )
}

/// Settings that the module accepts too.
fn accepted(judge: &Judge, loaded: Loaded) -> Result<Result<Value, Refused>, Failure> {
    Ok(match judge.refusal(&loaded.value)? {
        None => Ok(loaded.value),
        Some(message) => Err(loaded.refused(message)),
    })
}

fn refuse(refused: Refused, output: &mut Output<'_>, format: Format) -> Outcome {
    refused.write(output, if format == Format::Json { output::Format::Json } else { output::Format::Table })
}
