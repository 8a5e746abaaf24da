//! A client for the requests that are made beside `oci-client`, connected as that client connects.

use oci_client::client::{Certificate, CertificateEncoding, ClientConfig};
use oci_client::errors::OciDistributionError;
use reqwest::redirect::Policy;
use reqwest::{NoProxy, Proxy};

/// A client of the same authorities, proxies and times; `redirect` says where it follows.
pub(super) fn client(config: &ClientConfig, redirect: Policy) -> Result<reqwest::Client, OciDistributionError> {
    let authorities: Result<Vec<_>, _> = config.extra_root_certificates.iter().map(authority).collect();
    let mut builder = reqwest::Client::builder()
        .redirect(redirect)
        .danger_accept_invalid_certs(config.accept_invalid_certificates)
        .tls_certs_merge(authorities?)
        .user_agent(config.user_agent);
    if let Some(timeout) = config.connect_timeout {
        builder = builder.connect_timeout(timeout);
    }
    let none = || config.no_proxy.as_deref().and_then(NoProxy::from_string);
    if let Some(address) = &config.https_proxy {
        builder = builder.proxy(Proxy::https(address)?.no_proxy(none()));
    }
    if let Some(address) = &config.http_proxy {
        builder = builder.proxy(Proxy::http(address)?.no_proxy(none()));
    }
    Ok(builder.build()?)
}

fn authority(certificate: &Certificate) -> Result<reqwest::Certificate, reqwest::Error> {
    match certificate.encoding {
        CertificateEncoding::Der => reqwest::Certificate::from_der(&certificate.data),
        CertificateEncoding::Pem => reqwest::Certificate::from_pem(&certificate.data),
    }
}
