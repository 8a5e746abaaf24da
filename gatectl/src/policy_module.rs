//! `policy.wasm` → answers: loads the module and speaks its operations through the host.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use host::capability::{Capabilities, NoCapabilities};
use host::module::{CallOptions, ModuleOptions, PolicyModule};
use serde::Deserialize;
use serde_json::Value;

use crate::exit::Failure;

/// Seconds that one judgement may take here, where nobody waits for an admission: slow registries have room.
const DEADLINE: u64 = 120;

/// The module's answer to a request.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    pub(crate) accepted: bool,
    pub(crate) message: Option<String>,
    pub(crate) code: Option<u16>,
    #[serde(default)]
    pub(crate) warnings: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) audit_annotations: Option<std::collections::BTreeMap<String, String>>,
}

impl Answer {
    /// Reads the bytes that the module answers with.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Failure> {
        serde_json::from_slice(bytes).map_err(|e| Failure::at("the module's answer", e))
    }

    /// An audit annotation, where the module gave it.
    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.audit_annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// An audit annotation that is JSON text, as a value; as a string where it is none (the module cuts what is too long).
    pub(crate) fn json_annotation(&self, key: &str) -> Value {
        self.annotation(key)
            .map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())))
    }
}

/// The module's answer about settings.
#[derive(Debug, Deserialize)]
struct SettingsAnswer {
    valid: bool,
    message: Option<String>,
}

/// A loaded module with whoever answers its host calls.
pub(crate) struct Module {
    module: PolicyModule,
    capabilities: Arc<dyn Capabilities>,
    options: CallOptions,
}

impl Module {
    pub(crate) fn load(path: Option<&Path>, capabilities: Arc<dyn Capabilities>, now: Option<i64>) -> Result<Self, Failure> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => beside_executable()?,
        };
        let options = ModuleOptions { deadline: Some(DEADLINE), ..ModuleOptions::default() };
        let module = PolicyModule::load_with(&path, options)
            .map_err(|e| Failure::new(format_args!("{e}; hint: build it with `./just build`, or name it with `--policy`")))?;
        Ok(Self { module, capabilities, options: CallOptions { now } })
    }

    /// The module's answer to a [`payload`], as it gave it.
    pub(crate) fn validate(&self, payload: &[u8]) -> Result<Vec<u8>, Failure> {
        self.module.call_with("validate", payload, &self.capabilities, self.options).map_err(Failure::new)
    }

    /// What the module says against settings; `None` where it accepts them.
    pub(crate) fn refusal(&self, settings: &Value) -> Result<Option<String>, Failure> {
        let none: Arc<dyn Capabilities> = Arc::new(NoCapabilities);
        let payload = settings.to_string();
        let bytes = self.module.call_with("validate_settings", payload.as_bytes(), &none, self.options).map_err(Failure::new)?;
        let answer: SettingsAnswer = serde_json::from_slice(&bytes).map_err(|e| Failure::at("the module's answer", e))?;
        Ok((!answer.valid)
            .then(|| answer.message.unwrap_or_else(|| "the module refuses the settings without a reason".to_owned())))
    }
}

/// What the module judges: an AdmissionRequest in JSON with the settings.
pub(crate) fn payload(request: &Value, settings: &Value) -> Vec<u8> {
    serde_json::json!({ "request": request, "settings": settings }).to_string().into_bytes()
}

/// `policy.wasm` in the folder of this executable.
pub(crate) fn beside_executable() -> Result<PathBuf, Failure> {
    let executable = std::env::current_exe().map_err(|e| Failure::at("the folder of this executable", e))?;
    Ok(executable.with_file_name("policy.wasm"))
}
