//! `policy.wasm` → a module that answers calls, each on an instance of its own, as the policy server runs it.
//!
//! The rules come from the waPC host the policy server is built on (crate `wasmtime-provider`): WASI preview 1 without directories,
//! guest output inherited, epoch interruption in ticks of one second. Two things are ours: a cap on memory (the policy server has
//! none below 4 GiB) and a clock that can be frozen ([`CallOptions::now`]).

mod error;
mod ticker;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wapc::{WapcHost, WasiParams};
use wasmtime::{Cache, CacheConfig, Config, Engine, Module};
use wasmtime_provider::{EpochDeadlines, ResourceLimits, WasmtimeEngineProviderBuilder, WasmtimeEngineProviderPre};

pub use self::error::{CallError, LoadError};
use crate::capability::Capabilities;

/// The environment variable that carries a frozen clock to the guest: whole seconds since 1970-01-01T00:00:00Z.
pub const NOW_VARIABLE: &str = "GATED_DEPLOYMENT_NOW";

/// Where an operation without deadline gets its epoch deadline from: never reached, and far from overflow.
const NEVER: u64 = u64::MAX / 4;

/// How a module is loaded and limited.
#[derive(Clone, Debug)]
pub struct ModuleOptions {
    /// After how many ticks a call is interrupted, so that the effective limit is one tick shorter up to the whole; `None` switches
    /// the deadline off, as kwctl does. A host call is not interrupted: the guest is, when it returns. Default 2, as the policy server.
    pub deadline: Option<u64>,
    /// Length of a tick. Default one second, as the policy server.
    pub tick: Duration,
    /// The largest size of a guest's memory, in bytes. Default 256 MiB.
    pub max_memory: usize,
    /// Folder for compiled code, absolute or relative to the working directory, made where it is absent. Default none.
    pub cache: Option<PathBuf>,
}

impl Default for ModuleOptions {
    fn default() -> Self {
        Self { deadline: Some(2), tick: Duration::from_secs(1), max_memory: 256 * 1024 * 1024, cache: None }
    }
}

/// What may differ from call to call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// Seconds since 1970-01-01T00:00:00Z that the guest is to take for the present; `None` leaves it its real clock.
    pub now: Option<i64>,
}

/// A compiled module. Calls may come from any number of threads.
pub struct PolicyModule {
    engine: Engine,
    module: Module,
    options: ModuleOptions,
    /// Linked without a frozen clock.
    linked: WasmtimeEngineProviderPre,
    /// Linked with the frozen clock of the last call that had one.
    frozen: Mutex<Option<(i64, WasmtimeEngineProviderPre)>>,
    _ticker: ticker::Ticker,
}

impl PolicyModule {
    /// Reads and compiles a module with the default options.
    ///
    /// # Errors
    /// [`LoadError`]: unreadable file, no WebAssembly, imports that are neither waPC nor WASI.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        Self::load_with(path, ModuleOptions::default())
    }

    /// Reads and compiles a module.
    ///
    /// # Errors
    /// As [`PolicyModule::load`], and an unusable cache folder.
    pub fn load_with(path: &Path, options: ModuleOptions) -> Result<Self, LoadError> {
        let bytes = std::fs::read(path).map_err(|error| LoadError::Read { path: path.to_owned(), error })?;
        Self::from_bytes(&bytes, options)
    }

    /// Compiles a module.
    ///
    /// # Errors
    /// As [`PolicyModule::load_with`], but for the file.
    pub fn from_bytes(bytes: &[u8], options: ModuleOptions) -> Result<Self, LoadError> {
        let mut config = Config::new();
        config.epoch_interruption(true).wasm_function_references(true);
        if let Some(folder) = &options.cache {
            config.cache(Some(cache(folder)?));
        }
        let engine = Engine::new(&config).map_err(LoadError::engine)?;
        let module = Module::new(&engine, bytes).map_err(LoadError::compile)?;
        let linked = link(&engine, &module, options.max_memory, None).map_err(LoadError::link)?;
        let ticker = ticker::Ticker::start(&engine, options.tick).map_err(LoadError::engine)?;
        Ok(Self { engine, module, options, linked, frozen: Mutex::new(None), _ticker: ticker })
    }

    /// Calls one operation on a fresh instance.
    ///
    /// # Errors
    /// [`CallError`] tells what the guest itself answered from what was done to it.
    pub fn call(&self, operation: &str, payload: &[u8], capabilities: &Arc<dyn Capabilities>) -> Result<Vec<u8>, CallError> {
        self.call_with(operation, payload, capabilities, CallOptions::default())
    }

    /// Calls one operation on a fresh instance, as `options` say.
    ///
    /// # Errors
    /// As [`PolicyModule::call`].
    pub fn call_with(
        &self,
        operation: &str,
        payload: &[u8],
        capabilities: &Arc<dyn Capabilities>,
        options: CallOptions,
    ) -> Result<Vec<u8>, CallError> {
        self.instantiate(capabilities, options)?.call(operation, payload)
    }

    /// Makes an instance that serves any number of calls, one after the other, as `kwctl bench` does.
    ///
    /// # Errors
    /// [`CallError`] where the module's memory exceeds the cap or its start functions fail.
    pub fn instantiate(&self, capabilities: &Arc<dyn Capabilities>, options: CallOptions) -> Result<Instance, CallError> {
        let ticks = self.options.deadline.unwrap_or(NEVER);
        let deadlines = EpochDeadlines { wapc_init: ticks, wapc_func: ticks };
        let linked = self.linked(options.now)?;
        let provider = linked.rehydrate(Some(deadlines)).map_err(|error| CallError::instantiation(&error.to_string()))?;
        let capabilities = Arc::clone(capabilities);
        let callback = move |_: u64, binding: &str, namespace: &str, operation: &str, payload: &[u8]| {
            capabilities.call(binding, namespace, operation, payload).map_err(Into::into)
        };
        let host = guarded(|| WapcHost::new(Box::new(provider), Some(Box::new(callback))))?;
        Ok(Instance { host: host.map_err(|error| CallError::instantiation(&error.to_string()))? })
    }

    fn linked(&self, now: Option<i64>) -> Result<WasmtimeEngineProviderPre, CallError> {
        let Some(now) = now else { return Ok(self.linked.clone()) };
        let mut frozen = self.frozen.lock().unwrap_or_else(PoisonError::into_inner);
        match &*frozen {
            Some((at, linked)) if *at == now => Ok(linked.clone()),
            _ => {
                let linked = link(&self.engine, &self.module, self.options.max_memory, Some(now))
                    .map_err(|error| CallError::instantiation(&error.to_string()))?;
                *frozen = Some((now, linked.clone()));
                Ok(linked)
            }
        }
    }
}

impl fmt::Debug for PolicyModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyModule").field("options", &self.options).finish_non_exhaustive()
    }
}

/// One instance of a module, with the memory its calls leave behind.
#[derive(Debug)]
pub struct Instance {
    host: WapcHost,
}

impl Instance {
    /// Calls one operation. After an interruption or a trap the instance should not be used again.
    ///
    /// # Errors
    /// As [`PolicyModule::call`].
    pub fn call(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, CallError> {
        guarded(|| self.host.call(operation, payload))?.map_err(|error| CallError::call(&error))
    }
}

/// A guest that hands over pointers outside its memory makes the waPC host panic: that is the guest's fault, and a trap.
fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, CallError> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| CallError::Trap("the guest broke the waPC protocol".to_owned()))
}

fn link(
    engine: &Engine,
    module: &Module,
    max_memory: usize,
    now: Option<i64>,
) -> Result<WasmtimeEngineProviderPre, wasmtime_provider::errors::Error> {
    let variables = now.map(|now| (NOW_VARIABLE.to_owned(), now.to_string())).into_iter().collect();
    WasmtimeEngineProviderBuilder::new()
        .engine(engine.clone())
        .module(module.clone())
        .wasi_params(WasiParams::new(Vec::new(), Vec::new(), variables, Vec::new()))
        .enable_resource_limits(ResourceLimits { max_memory_size: Some(max_memory), max_table_elements: Some(100_000) })
        .build_pre()
}

fn cache(folder: &Path) -> Result<Cache, LoadError> {
    let refused = |error: String| LoadError::Cache { folder: folder.to_owned(), error };
    std::fs::create_dir_all(folder).map_err(|error| refused(error.to_string()))?;
    let folder = std::fs::canonicalize(folder).map_err(|error| refused(error.to_string()))?;
    let mut config = CacheConfig::new();
    config.with_directory(folder);
    Cache::new(config).map_err(|error| refused(error.to_string()))
}
