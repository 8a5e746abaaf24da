//! `gatectl serve`: the policy module as Gatekeeper's external data provider.

mod log;
mod module;

use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use clap::Args;
use host::capability::Capabilities;
use host::live::{Live, LogEvent, LogSink};
use host::module::{CallOptions, ModuleOptions, PolicyModule};
use provider::flight::Room;
use provider::judge::Judge;
use provider::limits;
use provider::lookups::{Lifetimes, Lookups};
use provider::metrics::Metrics;
use provider::server::{Parts, Provider};
use provider::tls::{self, Files, Reloading};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use self::log::Log;
use crate::connection::Connection;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::objects::ObjectSources;

/// How long the last lines may take to be read; look-ups that still go on may want to write others.
const LAST_LINES: Duration = Duration::from_secs(1);
/// How finely a judgement's time is measured.
const TICK: Duration = Duration::from_millis(100);

/// Serves the policy module to Gatekeeper, as an external data provider over HTTPS
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gatectl serve --tls-certificate tls.crt --tls-key tls.key --client-authority ca.crt --client-name gatekeeper-webhook-service.gatekeeper-system.svc
  gatectl serve --tls-certificate tls.crt --tls-key tls.key --allow-any-client --listen 127.0.0.1:8443
  gatectl serve --tls-certificate tls.crt --tls-key tls.key --client-authority ca.crt --policy registry://ghcr.io/acme/gated-deployment@sha256:3f1c0a5d9b7e2c4f6a8b0d1e3f5a7c9b2d4e6f8a0b1c3d5e7f9a1b3c5d7e9f0a --policy-key cosign.pub

POST /validate answers with verdicts, POST /mutate with the digests behind tags; /healthz, /readyz and /metrics are on the plain port. Each
line of stdout is one event as JSON, as the policy server writes them: what the module alerts of, and what becomes of the provider. It ends on
SIGTERM and SIGINT, once what has arrived is answered; on a second one at once.")]
pub(crate) struct Serve {
    /// Where Gatekeeper is served, over TLS 1.3
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8443")]
    listen: String,
    /// Where probes and metrics are served, without TLS
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8081")]
    listen_plain: String,
    /// The certificate and those of its issuers, PEM; read again when the file changes
    #[arg(long, value_name = "FILE")]
    tls_certificate: PathBuf,
    /// The certificate's private key, PEM
    #[arg(long, value_name = "FILE")]
    tls_key: PathBuf,
    /// The authority, PEM, that a client's certificate must be of: Gatekeeper's
    #[arg(long, value_name = "FILE", required_unless_present = "allow_any_client")]
    client_authority: Option<PathBuf>,
    /// Answer whoever asks: they choose the settings and the image, and so what is looked up and what is logged
    #[arg(long, conflicts_with = "client_authority")]
    allow_any_client: bool,
    /// The name that a client's certificate must have
    #[arg(long, value_name = "HOST", requires = "client_authority")]
    client_name: Option<String>,
    /// The module: a file, or `registry://REPOSITORY@sha256:…` [default: policy.wasm beside this program]
    #[arg(long, value_name = "WASM")]
    policy: Option<String>,
    /// A public key, PEM, of which the module's artifact must have a cosign signature; any one of several
    #[arg(long, value_name = "FILE")]
    policy_key: Vec<PathBuf>,
    /// How long a request waits for its answer, in milliseconds: less than the Provider's `timeout`
    #[arg(long, value_name = "MILLISECONDS", default_value = "1500", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    patience: u64,
    /// How long a mutation waits for its digests, in milliseconds: less than its Provider's `timeout`
    #[arg(long, value_name = "MILLISECONDS", default_value = "800", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pin_patience: u64,
    /// Workloads that are judged at once; most of that time they wait for a registry
    #[arg(long, value_name = "N", default_value = "32", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: u16,
    /// Workloads that may wait for a worker; what comes on top is refused at once
    #[arg(long, value_name = "N", default_value = "512", value_parser = clap::value_parser!(u16).range(0..=16384))]
    waiting: u16,
    /// How long it is remembered what a tag stands for, and what else may change, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(0..=3600))]
    remember_tags: u64,
    /// How long it is remembered what a digest names, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "3600", value_parser = clap::value_parser!(u64).range(0..=86_400))]
    remember_digests: u64,
    /// How long it is remembered that there is nothing, or that it could not be asked for, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = clap::value_parser!(u64).range(0..=3600))]
    remember_failures: u64,
    /// What is remembered of look-ups, in MiB at most
    #[arg(long, value_name = "MIB", default_value = "64", value_parser = clap::value_parser!(u16).range(1..=4096))]
    memory: u16,
    #[command(flatten)]
    objects: ObjectSources,
    #[command(flatten)]
    connection: Connection,
}

impl Serve {
    pub(crate) fn run(self) -> Outcome {
        let (events, lines) = log::channel();
        let files = Files {
            certificate: self.tls_certificate.clone(),
            key: self.tls_key.clone(),
            client_authority: self.client_authority.clone(),
        };
        if let Some(name) = &self.client_name {
            tls::name(name).map_err(|error| Failure::at("--client-name", error))?;
        }
        let tls = Arc::new(Reloading::new(files).map_err(Failure::new)?);
        let registry = Arc::new(self.connection.lookup_registry()?);
        let (wasm, origin) = module::read(self.policy.as_deref(), &self.policy_key, &registry)?;
        // Nobody waits for what takes longer than its request.
        let options = ModuleOptions {
            deadline: Some(self.patience.div_ceil(100).saturating_add(1)),
            tick: TICK,
            max_memory: limits::GUEST_BYTES,
            ..ModuleOptions::default()
        };
        let module = PolicyModule::from_bytes(&wasm, options).map_err(|error| Failure::at(&origin, error))?;
        let (objects, _) = self.objects.layered(&[])?;

        let metrics = Metrics::default();
        let counted = metrics.clone();
        let alerts = events.clone();
        let sink: LogSink = Arc::new(move |event: LogEvent| alerts.alert(event));
        let live: Arc<dyn Capabilities> = Arc::new(Live::new(registry, sink).with_kubernetes(Arc::new(objects)));
        let lookups = Lookups::new(live, self.lifetimes(), Arc::new(move |operation, from| counted.looked_up(operation, from)));
        let own = events.clone();
        let parts = Parts {
            judge: Arc::new(Judge::new(Arc::new(module), lookups.clone(), CallOptions::default())),
            lookups,
            room: self.room(),
            pin_patience: Duration::from_millis(self.pin_patience),
            metrics,
            tls,
            client_name: self.client_name.clone(),
            log: Arc::new(move |level, message, more| own.own(level, message, &more)),
        };
        // What is not read does not hold up the end; and stdout's lock is the caller's.
        let (written, all) = mpsc::channel();
        let mut stdout = File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
        thread::spawn(move || {
            lines.write(&mut stdout);
            let _ = written.send(());
        });
        let served = serve(&self.listen, &self.listen_plain, Provider::new(parts), &origin, &events, usize::from(self.workers));
        drop(events);
        let _ = all.recv_timeout(LAST_LINES);
        served.map(|()| ExitCode::Admitted)
    }

    fn room(&self) -> Room {
        Room {
            workers: usize::from(self.workers),
            waiting: usize::from(self.waiting),
            patience: Duration::from_millis(self.patience),
        }
    }

    fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            digest: Duration::from_secs(self.remember_digests),
            tag: Duration::from_secs(self.remember_tags),
            failure: Duration::from_secs(self.remember_failures),
            bytes: usize::from(self.memory).saturating_mul(1024 * 1024),
        }
    }
}

fn serve(
    listen: &str,
    listen_plain: &str,
    provider: Provider,
    origin: &str,
    events: &Log,
    workers: usize,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("provider")
        .max_blocking_threads(workers.saturating_add(limits::PINS))
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| Failure::at("threads", error))?;
    let served = runtime.block_on(async {
        let bind = async |address: &str| {
            let hint = "hint: name another address with `--listen` or `--listen-plain`";
            let refused = |error| Failure::at(address, format_args!("{error}; {hint}"));
            let listener = TcpListener::bind(address).await.map_err(refused)?;
            let bound = listener.local_addr().map_err(|error| Failure::at(address, error))?;
            Ok::<_, Failure>((listener, bound.to_string()))
        };
        let ((secure, address), (plain, plain_address)) = (bind(listen).await?, bind(listen_plain).await?);
        let more = json!({ "address": address, "plainAddress": plain_address, "policy": origin });
        events.own("info", "serving", &more);
        let end = Arc::new(Notify::new());
        let notified = Arc::clone(&end);
        let mut signals = Signals::new([SIGTERM, SIGINT]).map_err(|error| Failure::at("signals", error))?;
        thread::spawn(move || {
            let mut signals = signals.forever();
            let _ = signals.next();
            notified.notify_one();
            if signals.next().is_some() {
                signal_hook::low_level::exit(i32::from(ExitCode::Failed.number()));
            }
        });
        let end = async move { end.notified().await };
        provider.serve(secure, plain, end).await.map_err(|error| Failure::at(address, error))
    });
    if served.is_ok() {
        events.own("info", "ended", &json!({}));
    }
    // Judgements that nobody waits for are given up.
    runtime.shutdown_background();
    served
}
