//! Texts that people write → values that know where they stand: YAML and JSON ([`yaml`]), manifests as the admission requests that they
//! would become ([`request`]), settings alone or in the policy that carries them ([`settings`]) and in plain sentences ([`explain`]), objects
//! of a cluster as the JSON that their readers take ([`object`]).
//!
//! Reads no file, clock or network, so that the command line and a web page read alike.

pub mod explain;
pub mod object;
pub mod request;
pub mod settings;
pub mod yaml;
