//! Docker's configuration → the user and password for a registry.
//!
//! As the policy server does it: the key is the exact host and port (`docker.io` is looked up as `index.docker.io`), credential
//! programs are run, identity tokens are not supported, and whatever cannot be loaded means anonymous access, without a word.

use std::path::PathBuf;

use docker_credential::{DockerCredential, get_credential_from_reader};
use oci_client::Reference;
use oci_client::secrets::RegistryAuth;

/// Where credentials come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The folder that holds `config.json`.
    folder: Option<PathBuf>,
}

impl Credentials {
    /// None: every registry is reached anonymously.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { folder: None }
    }

    /// Those of `config.json` in `folder` (kwctl's `--docker-config-json-path` names a folder, too).
    #[must_use]
    pub fn from_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()) }
    }

    /// Those of `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
    #[must_use]
    pub fn from_environment() -> Self {
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker"));
        Self { folder: std::env::var_os("DOCKER_CONFIG").map(PathBuf::from).or_else(home) }
    }

    /// What is known for the registry of `reference`; may run a credential program.
    pub(crate) fn auth(&self, reference: &Reference) -> RegistryAuth {
        let Some(folder) = &self.folder else { return RegistryAuth::Anonymous };
        let Ok(file) = std::fs::File::open(folder.join("config.json")) else { return RegistryAuth::Anonymous };
        match get_credential_from_reader(std::io::BufReader::new(file), reference.resolve_registry()) {
            Ok(DockerCredential::UsernamePassword(user, password)) => RegistryAuth::Basic(user, password),
            Ok(DockerCredential::IdentityToken(_)) | Err(_) => RegistryAuth::Anonymous,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auth(config: &str, image: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("config.json"), config).expect("a file");
        match Credentials::from_folder(folder.path()).auth(&image.parse().expect("a reference")) {
            RegistryAuth::Basic(user, password) => format!("{user}:{password}"),
            RegistryAuth::Anonymous => "anonymous".to_owned(),
            RegistryAuth::Bearer(_) => "bearer".to_owned(),
        }
    }

    #[test]
    fn the_key_is_host_and_port() {
        let config = r#"{"auths": {
            "registry.example:5000": {"auth": "YTpi"},
            "index.docker.io": {"username": "hub", "password": "secret"},
            "token.example": {"identitytoken": "x"}
        }}"#;
        for (image, expected) in [
            ("registry.example:5000/app", "a:b"),
            ("registry.example/app", "anonymous"),
            ("busybox", "hub:secret"),
            ("token.example/app", "anonymous"),
        ] {
            assert_eq!(auth(config, image), expected, "{image}");
        }
    }

    #[test]
    fn what_cannot_be_loaded_is_anonymous() {
        assert_eq!(auth("not json", "busybox"), "anonymous");
        assert_eq!(auth(r#"{"auths": {"index.docker.io": {"auth": "!"}}}"#, "busybox"), "anonymous");
        assert_eq!(auth(r#"{"credHelpers": {"index.docker.io": "no-such-program"}}"#, "busybox"), "anonymous");
        let reference = "busybox".parse().expect("a reference");
        assert_eq!(Credentials::from_folder("/no/such/folder").auth(&reference), RegistryAuth::Anonymous);
        assert_eq!(Credentials::anonymous().auth(&reference), RegistryAuth::Anonymous);
    }
}
