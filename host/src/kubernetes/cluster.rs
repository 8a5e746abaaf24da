//! A cluster's API server, asked with the crate that the policy server asks it with.

mod connect;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::LengthLimitError;
use kube::api::ListParams;
use kube::core::{ApiResource, DynamicObject};
use kube::{Api, Client};

use super::request::{Get, List, Request, Resource};
use super::{ClusterError, Kubernetes, cluster_wide, list_answer, no_namespace, not_found, object_answer, unknown_kind};
use crate::cache::Cache;
use crate::limits::CLUSTER_ANSWER_BYTES;
use crate::threads::Threads;

/// How long an answer may be given again, as `get_resource` in the policy server.
const CACHED_FOR: Duration = Duration::from_secs(5);

/// How a cluster is reached.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// The kubeconfig. Default `$KUBECONFIG`, else `~/.kube/config`, else the service account of the pod that this runs in.
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig. Default its current one.
    pub context: Option<String>,
    /// The longest a connection may take to come up. Default the client library's 30 seconds.
    pub connect_timeout: Option<Duration>,
    /// The longest one request of a guest may take, or the making of the client with the plugins that bring credentials. Default none,
    /// as the policy server.
    pub timeout: Option<Duration>,
    /// How long a successful answer is given again. Default 5 seconds; zero for never.
    pub cached_for: Duration,
    /// The longest answer of the API server, in bytes. Default [`CLUSTER_ANSWER_BYTES`].
    pub answer_bytes: usize,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            connect_timeout: None,
            timeout: None,
            cached_for: CACHED_FOR,
            answer_bytes: CLUSTER_ANSWER_BYTES,
        }
    }
}

/// A client for one cluster, with its own threads. Its functions block and may be called from any thread.
///
/// Differences from the policy server: for a list it opens a watch that never ends, answers from what it has seen of it, and waits for
/// ever where the API server forbids to list; here each list is one request, whose answer is given again for a while as an object's is,
/// and a refusal is the error. Requests are not repeated where the API server is overloaded; times and sizes can be limited; proxies of
/// the environment are not used for the hosts that `NO_PROXY` names and for this machine.
pub struct Cluster {
    threads: Threads,
    server: Arc<Server>,
    options: ClusterOptions,
    objects: Cache,
    lists: Cache,
}

/// The connection and what is known of the kinds that are served.
struct Server {
    client: Client,
    kinds: Mutex<BTreeMap<Resource, Kind>>,
}

/// How a kind is asked for.
#[derive(Clone)]
struct Kind {
    api: ApiResource,
    is_namespaced: bool,
}

impl Cluster {
    /// Reads the kubeconfig and runs the plugin that it names for credentials; no request is made.
    ///
    /// # Errors
    /// [`ClusterError::Setup`], [`ClusterError::Timeout`].
    pub fn new(options: ClusterOptions) -> Result<Self, ClusterError> {
        // Fails only where a provider is installed already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let threads = Threads::start("kubernetes").map_err(ClusterError::Refused)?;
        let client = threads.run(options.timeout, connect::client(options.clone()))?;
        let client = client.map_err(|error| ClusterError::Setup(Box::new(error)))?;
        let server = Arc::new(Server { client, kinds: Mutex::new(BTreeMap::new()) });
        let (objects, lists) = (Cache::new(options.cached_for), Cache::new(options.cached_for));
        Ok(Self { threads, server, options, objects, lists })
    }

    /// The object that a request names, whole.
    ///
    /// # Errors
    /// [`ClusterError`]; its [`report`](ClusterError::report) is what a guest gets.
    pub fn get(&self, request: &Get) -> Result<DynamicObject, ClusterError> {
        let ask = || -> Result<Arc<[u8]>, ClusterError> {
            let (server, request) = (Arc::clone(&self.server), request.clone());
            let object = self.run(async move { server.get(&request).await })?;
            serde_json::to_vec(&object).map(Into::into).map_err(|error| json(&error))
        };
        let bytes = match request.disable_cache {
            true => ask()?.to_vec(),
            false => {
                let Get { resource, name, namespace, .. } = request;
                self.objects.get_or(&format!("{:?}", (resource, name, namespace)), ask)?
            }
        };
        serde_json::from_slice(&bytes).map_err(|error| json(&error))
    }

    /// The objects that a request chooses, whole, in the API server's order.
    ///
    /// # Errors
    /// As [`Cluster::get`].
    pub fn list(&self, request: &List) -> Result<Vec<DynamicObject>, ClusterError> {
        let List { resource, namespace, label_selector, field_selector, .. } = request;
        let bytes = self.lists.get_or(&format!("{:?}", (resource, namespace, label_selector, field_selector)), || {
            let (server, request) = (Arc::clone(&self.server), request.clone());
            let items = self.run(async move { server.list(&request).await })?;
            serde_json::to_vec(&items).map(Into::into).map_err(|error| json(&error))
        })?;
        serde_json::from_slice(&bytes).map_err(|error| json(&error))
    }

    fn run<T: Send + 'static>(
        &self,
        ask: impl Future<Output = Result<T, ClusterError>> + Send + 'static,
    ) -> Result<T, ClusterError> {
        let limit = self.options.answer_bytes;
        self.threads.run(self.options.timeout, ask)?.map_err(|error| match &error {
            ClusterError::Kube(kube) if is_too_long(kube) => ClusterError::TooLong(limit),
            _ => error,
        })
    }
}

impl Server {
    async fn get(&self, request: &Get) -> Result<DynamicObject, ClusterError> {
        let Get { resource, name, namespace, .. } = request;
        let Kind { api, is_namespaced } = self.kind(resource).await?;
        check_segment("namespace", namespace.as_deref())?;
        check_segment("name", Some(name))?;
        let client = self.client.clone();
        let api: Api<DynamicObject> = match (is_namespaced, namespace) {
            (true, Some(namespace)) => Api::namespaced_with(client, namespace, &api),
            (true, None) => return Err(ClusterError::Refused(no_namespace(resource))),
            (false, _) => Api::all_with(client, &api),
        };
        let found = api.get_opt(name).await?;
        found.ok_or_else(|| ClusterError::Refused(not_found(resource, name, namespace.as_deref())))
    }

    async fn list(&self, request: &List) -> Result<Vec<DynamicObject>, ClusterError> {
        let List { resource, namespace, label_selector, field_selector, .. } = request;
        let Kind { api, is_namespaced } = self.kind(resource).await?;
        check_segment("namespace", namespace.as_deref())?;
        let client = self.client.clone();
        let api: Api<DynamicObject> = match (is_namespaced, namespace) {
            (true, Some(namespace)) => Api::namespaced_with(client, namespace, &api),
            (false, Some(_)) => return Err(ClusterError::Refused(cluster_wide(resource))),
            (_, None) => Api::all_with(client, &api),
        };
        let (label_selector, field_selector) = (label_selector.clone(), field_selector.clone());
        let list = api.list(&ListParams { label_selector, field_selector, ..ListParams::default() }).await?;
        // Without a limit there is no next page; were there one, objects would be missing without a sign.
        match list.metadata.continue_.filter(|next| !next.is_empty()) {
            None => Ok(list.items),
            Some(_) => Err(ClusterError::Refused(format!("the API server gave a part of the {resource} objects only"))),
        }
    }

    /// Finds out how a kind is asked for, once.
    async fn kind(&self, resource: &Resource) -> Result<Kind, ClusterError> {
        if let Some(kind) = self.kinds.lock().unwrap_or_else(PoisonError::into_inner).get(resource) {
            return Ok(kind.clone());
        }
        let Resource { api_version, kind } = resource;
        for segment in api_version.split('/') {
            check_segment("version of an API", Some(segment))?;
        }
        let served = match api_version.as_str() {
            "v1" => self.client.list_core_api_resources(api_version).await?,
            _ => self.client.list_api_group_resources(api_version).await.map_err(|error| match is_too_long(&error) {
                true => ClusterError::from(error),
                false => ClusterError::Refused(format!("error finding resource {api_version} / {kind}: {error}")),
            })?,
        };
        // What is served below an object, such as `pods/status`, has the object's kind or one of its own.
        let found = served.resources.into_iter().find(|served| served.kind == *kind && !served.name.contains('/'));
        let found = found.ok_or_else(|| ClusterError::Refused(unknown_kind(resource)))?;
        let (group, version) = match api_version.as_str() {
            "v1" => ("", "v1"),
            grouped => grouped
                .split_once('/')
                .ok_or_else(|| ClusterError::Refused(format!("cannot determine group and version for {api_version}")))?,
        };
        let api = ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version: api_version.clone(),
            kind: kind.clone(),
            plural: found.name,
        };
        let kind = Kind { api, is_namespaced: found.namespaced };
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner).insert(resource.clone(), kind.clone());
        Ok(kind)
    }
}

/// Refuses what would lead to another path, so that another object would answer for the one that was asked for.
fn check_segment(what: &str, segment: Option<&str>) -> Result<(), ClusterError> {
    let is_segment = |segment: &&str| {
        !matches!(*segment, "" | "." | "..")
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':'))
    };
    match segment.filter(|segment| !is_segment(segment)) {
        None => Ok(()),
        Some(segment) => {
            Err(ClusterError::Refused(format!("expected a {what} of letters, digits and `-._:`, found `{segment}`")))
        }
    }
}

fn is_too_long(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Service(error) if error.is::<LengthLimitError>())
}

fn json(error: &serde_json::Error) -> ClusterError {
    ClusterError::Refused(format!("the API server's answer is not understood: {error}"))
}

impl Kubernetes for Cluster {
    fn answer(&self, request: &Request) -> Result<Vec<u8>, String> {
        match request {
            Request::Get(get) => {
                let object = self.get(get).map_err(|error| error.report())?;
                object_answer(object, get.field_masks.as_ref())
            }
            Request::List(list) => {
                let items = self.list(list).map_err(|error| error.report())?;
                list_answer(&list.resource, items, list.field_masks.as_ref())
            }
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("options", &self.options).finish_non_exhaustive()
    }
}
