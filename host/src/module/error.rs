//! What can go wrong with a module, sorted by whose doing it is.
//!
//! The waPC host hands over one text for every failure; the texts this file knows are its own, not the guest's.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a module cannot be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// The file cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The folder for compiled code cannot be used.
    Cache {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        error: String,
    },
    /// The engine cannot be started; the environment's fault.
    Engine(String),
    /// The bytes are no WebAssembly module that can be compiled.
    Compile(String),
    /// The module asks for imports that are neither waPC nor WASI preview 1.
    Link(String),
}

impl LoadError {
    pub(super) fn engine(error: impl fmt::Display) -> Self {
        Self::Engine(error.to_string())
    }

    pub(super) fn compile(error: wasmtime::Error) -> Self {
        Self::Compile(format!("{error:#}"))
    }

    pub(super) fn link(error: impl fmt::Display) -> Self {
        Self::Link(error.to_string())
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, error } => write!(f, "module `{}`: {error}", path.display()),
            Self::Cache { folder, error } => write!(f, "folder for compiled code `{}`: {error}", folder.display()),
            Self::Engine(error) => write!(f, "the WebAssembly engine does not start: {error}"),
            Self::Compile(error) => write!(f, "not a WebAssembly module: {error}"),
            Self::Link(error) => write!(f, "not a policy module: {error}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The guest answered with an error of its own; its text.
    Guest(String),
    /// The deadline passed; what the guest knew is lost.
    Interrupted,
    /// The guest trapped (a panic, an exhausted stack or memory); the engine's account, many lines long. A guest that meets the memory
    /// cap while it runs is told so by `memory.grow`, and most then trap.
    Trap(String),
    /// The module asks for more memory than the cap before it runs at all.
    Memory(String),
    /// No instance could be made, or its start functions failed.
    Instantiation(String),
}

impl CallError {
    pub(super) fn instantiation(text: &str) -> Self {
        if text.contains("execution deadline exceeded") {
            return Self::Interrupted;
        }
        if text.contains("memory minimum size") && text.contains("exceeds memory limit") {
            return Self::Memory(text.to_owned());
        }
        Self::Instantiation(text.to_owned())
    }

    pub(super) fn call(error: &wapc::errors::Error) -> Self {
        let text = match error {
            wapc::errors::Error::GuestCallFailure(text) => text.clone(),
            other => other.to_string(),
        };
        match text.as_str() {
            "guest code interrupted, execution deadline exceeded" => Self::Interrupted,
            trap if trap.starts_with("error while executing at wasm backtrace") => Self::Trap(text),
            trap if trap.starts_with("wasm trap: ") => Self::Trap(text),
            _ => Self::Guest(text),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guest(text) => write!(f, "the module answers with an error: {text}"),
            Self::Interrupted => f.write_str("the module was interrupted because it exceeded the allowed execution time"),
            Self::Trap(text) => write!(f, "the module crashed: {text}"),
            Self::Memory(text) => write!(f, "the module asks for too much memory: {text}"),
            Self::Instantiation(text) => write!(f, "the module does not start: {text}"),
        }
    }
}

impl std::error::Error for CallError {}
