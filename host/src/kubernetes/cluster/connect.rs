//! A kubeconfig, or the environment → a client of its cluster.

use http::{Response, Uri};
use http_body_util::Limited;
use hyper_util::client::proxy::matcher::Matcher;
use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, Error};
use tokio::task::spawn_blocking;
use tower::util::MapResponseLayer;

use super::ClusterOptions;
use crate::registry::loopback;

/// Makes a client; plugins that bring credentials are run here, and may ask the user for something.
pub(super) async fn client(options: ClusterOptions) -> Result<Client, Error> {
    let limit = options.answer_bytes;
    let config = config(options).await?;
    let built = spawn_blocking(move || {
        let layer = MapResponseLayer::new(move |response: Response<_>| response.map(|body| Limited::new(body, limit)));
        ClientBuilder::try_from(config).map(|builder| builder.with_layer(&layer).build())
    });
    built.await.unwrap_or_else(|error| Err(Error::Service(error.into())))
}

async fn config(options: ClusterOptions) -> Result<Config, Error> {
    let is_chosen = options.context.is_some();
    let chosen = KubeConfigOptions { context: options.context, ..KubeConfigOptions::default() };
    let mut config = match options.kubeconfig {
        Some(file) => Config::from_custom_kubeconfig(Kubeconfig::read_from(file)?, &chosen).await?,
        // A context is one of a kubeconfig; the service account of a pod would be another cluster than the one that is named.
        None if is_chosen => Config::from_kubeconfig(&chosen).await?,
        None => Config::infer().await.map_err(Error::InferConfig)?,
    };
    if options.connect_timeout.is_some() {
        config.connect_timeout = options.connect_timeout;
    }
    config.default_retry = false;
    if is_of_environment(&config) && !is_for(&config) {
        config.proxy_url = None;
    }
    Ok(config)
}

/// Whether the proxy is the environment's, which the client library takes where the kubeconfig names none.
fn is_of_environment(config: &Config) -> bool {
    let named = ["HTTPS_PROXY", "https_proxy"].iter().filter_map(std::env::var_os);
    let mut proxies = named.filter_map(|proxy| proxy.to_str()?.parse::<Uri>().ok());
    config.proxy_url.as_ref().is_some_and(|used| proxies.any(|proxy| proxy == *used))
}

/// Whether the environment's proxy is meant for the cluster's host.
fn is_for(config: &Config) -> bool {
    let is_here = config.cluster_url.authority().is_some_and(|authority| loopback(authority.as_str()).is_some());
    !is_here && Matcher::from_env().intercept(&config.cluster_url).is_some()
}
