//! The module run with a meter: instructions ("fuel"), host calls and memory of one call on a fresh instance.
//!
//! A waPC host of its own, as small as the protocol allows, because the one that the policy server uses has no meter. It knows nothing of
//! policies. The same module and the same input give the same numbers on every machine: fuel is counted by the engine, one for nearly every
//! instruction and for every byte that one copies, and the clock is frozen.
//!
//! Sources: the waPC protocol, version 1; wasmtime, `Config::consume_fuel`.

pub mod sample;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use wasmtime::{Caller, Config, Engine, Extern, InstancePre, Linker, Memory, Module, Result, Store, format_err};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

/// More than any call needs, and far from overflow.
const FUEL: u64 = 1 << 50;
/// Bytes kept of what a guest prints.
const OUTPUT_BYTES: usize = 64 * 1024;

/// Answers a host call, given namespace, operation and payload.
pub type Answers = Arc<dyn Fn(&str, &str, &[u8]) -> std::result::Result<Vec<u8>, String> + Send + Sync>;

/// A host that answers nothing.
#[must_use]
pub fn no_answers() -> Answers {
    Arc::new(|namespace, operation, _| Err(format!("no host call is answered here: {namespace}/{operation}")))
}

/// A compiled module.
pub struct Metered {
    engine: Engine,
    linked: InstancePre<State>,
}

impl fmt::Debug for Metered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metered")
    }
}

/// What a call cost, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Fuel of the start functions.
    pub start_fuel: u64,
    /// Fuel of the call.
    pub fuel: u64,
    /// Host calls in order, as `namespace/operation`; the log is not among them.
    pub host_calls: Vec<String>,
    /// Events sent to the host's log.
    pub log_events: usize,
    /// Bytes of the guest's memory after the call: it never shrinks, so this was its peak.
    pub memory: usize,
    /// What the guest printed; it has no business to.
    pub output: Vec<u8>,
    /// The answer.
    pub answer: std::result::Result<Vec<u8>, Failure>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The guest says why.
    Guest(String),
    /// The guest trapped.
    Trap(String),
}

impl Report {
    /// The answer as JSON.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        match &self.answer {
            Ok(answer) => serde_json::from_slice(answer).expect("the answer is JSON"),
            Err(failure) => panic!("no answer: {failure:?}"),
        }
    }
}

struct State {
    wasi: WasiP1Ctx,
    answers: Answers,
    operation: Vec<u8>,
    payload: Vec<u8>,
    response: Vec<u8>,
    error: Vec<u8>,
    host_response: Vec<u8>,
    host_error: Vec<u8>,
    host_calls: Vec<String>,
    log_events: usize,
}

impl Metered {
    /// Reads and compiles a module.
    ///
    /// # Panics
    /// There is none, or it is no waPC guest: nothing can be measured then.
    #[must_use]
    pub fn load(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}; build it first: ./just build", path.display()));
        Self::from_bytes(&bytes).unwrap_or_else(|e| panic!("{}: {e:#}", path.display()))
    }

    /// Compiles a module, from its bytes or from WebAssembly text.
    ///
    /// # Errors
    /// The bytes are no module, or it asks for imports that are neither waPC nor WASI.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true);
        let engine = Engine::new(&config)?;
        let module = Module::new(&engine, bytes)?;
        let mut linker: Linker<State> = Linker::new(&engine);
        p1::add_to_linker_sync(&mut linker, |state| &mut state.wasi)?;
        link(&mut linker)?;
        Ok(Self { linked: linker.instantiate_pre(&module)?, engine })
    }

    /// Calls one operation on a fresh instance that takes `now`, in Unix seconds, for the present.
    ///
    /// # Panics
    /// The module does not start.
    #[must_use]
    pub fn run(&self, operation: &str, payload: &[u8], now: i64, answers: &Answers) -> Report {
        let output = MemoryOutputPipe::new(OUTPUT_BYTES);
        let wasi = WasiCtxBuilder::new()
            .env(host::module::NOW_VARIABLE, now.to_string())
            .stdout(output.clone())
            .stderr(output.clone())
            .build_p1();
        let state = State {
            wasi,
            answers: Arc::clone(answers),
            operation: operation.as_bytes().to_vec(),
            payload: payload.to_vec(),
            response: Vec::new(),
            error: Vec::new(),
            host_response: Vec::new(),
            host_error: Vec::new(),
            host_calls: Vec::new(),
            log_events: 0,
        };
        let mut store = Store::new(&self.engine, state);
        store.set_fuel(FUEL).expect("the engine counts fuel");
        let used = |store: &Store<State>| FUEL - store.get_fuel().expect("the engine counts fuel");
        let instance = self.linked.instantiate(&mut store).unwrap_or_else(|e| panic!("the module does not start: {e:#}"));
        for start in ["_start", "wapc_init"] {
            if let Ok(function) = instance.get_typed_func::<(), ()>(&mut store, start) {
                function.call(&mut store, ()).unwrap_or_else(|e| panic!("`{start}` of the module fails: {e:#}"));
            }
        }
        let start_fuel = used(&store);
        let call = instance.get_typed_func::<(i32, i32), i32>(&mut store, "__guest_call").expect("a waPC guest");
        let lengths = (length(operation.as_bytes()), length(payload));
        let returned = call.call(&mut store, lengths);
        let fuel = used(&store) - start_fuel;
        let memory = instance.get_memory(&mut store, "memory").expect("a waPC guest").data_size(&store);
        let state = store.into_data();
        let answer = match returned {
            Ok(1) => Ok(state.response),
            Ok(_) => Err(Failure::Guest(String::from_utf8_lossy(&state.error).into_owned())),
            Err(error) => Err(Failure::Trap(format!("{error:#}"))),
        };
        let output = output.contents().to_vec();
        Report { start_fuel, fuel, host_calls: state.host_calls, log_events: state.log_events, memory, output, answer }
    }
}

fn length(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).expect("no more than a guest can hold")
}

/// The imports of the waPC protocol.
fn link(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap("wapc", "__guest_request", |mut caller: Caller<'_, State>, operation: i32, payload: i32| {
        let (operation_text, payload_bytes) = (caller.data().operation.clone(), caller.data().payload.clone());
        write(&mut caller, operation, &operation_text)?;
        write(&mut caller, payload, &payload_bytes)
    })?;
    linker.func_wrap("wapc", "__guest_response", |mut caller: Caller<'_, State>, at: i32, length: i32| {
        caller.data_mut().response = read(&mut caller, at, length)?;
        Ok(())
    })?;
    linker.func_wrap("wapc", "__guest_error", |mut caller: Caller<'_, State>, at: i32, length: i32| {
        caller.data_mut().error = read(&mut caller, at, length)?;
        Ok(())
    })?;
    linker.func_wrap("wapc", "__host_call", host_call)?;
    linker.func_wrap("wapc", "__host_response_len", |caller: Caller<'_, State>| length(&caller.data().host_response))?;
    linker.func_wrap("wapc", "__host_response", |mut caller: Caller<'_, State>, at: i32| {
        let response = std::mem::take(&mut caller.data_mut().host_response);
        write(&mut caller, at, &response)
    })?;
    linker.func_wrap("wapc", "__host_error_len", |caller: Caller<'_, State>| length(&caller.data().host_error))?;
    linker.func_wrap("wapc", "__host_error", |mut caller: Caller<'_, State>, at: i32| {
        let error = std::mem::take(&mut caller.data_mut().host_error);
        write(&mut caller, at, &error)
    })?;
    linker.func_wrap("wapc", "__console_log", |_: Caller<'_, State>, _: i32, _: i32| {})?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the signature is the protocol's")]
fn host_call(
    mut caller: Caller<'_, State>,
    binding: i32,
    binding_length: i32,
    namespace: i32,
    namespace_length: i32,
    operation: i32,
    operation_length: i32,
    payload: i32,
    payload_length: i32,
) -> Result<i32> {
    let mut text = |at, length| read(&mut caller, at, length).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let (binding, namespace) = (text(binding, binding_length)?, text(namespace, namespace_length)?);
    let operation = text(operation, operation_length)?;
    if binding != "kubewarden" {
        return Err(format_err!("a host call to the binding `{binding}`"));
    }
    let payload = read(&mut caller, payload, payload_length)?;
    let state = caller.data_mut();
    if namespace == "tracing" {
        state.log_events += 1;
        state.host_response = Vec::new();
        return Ok(1);
    }
    state.host_calls.push(format!("{namespace}/{operation}"));
    match (state.answers)(&namespace, &operation, &payload) {
        Ok(response) => {
            state.host_response = response;
            Ok(1)
        }
        Err(error) => {
            state.host_error = error.into_bytes();
            Ok(0)
        }
    }
}

fn memory(caller: &mut Caller<'_, State>) -> Result<Memory> {
    caller.get_export("memory").and_then(Extern::into_memory).ok_or_else(|| format_err!("the guest exports no memory"))
}

fn read(caller: &mut Caller<'_, State>, at: i32, length: i32) -> Result<Vec<u8>> {
    let range = at.cast_unsigned() as usize..at.cast_unsigned() as usize + length.cast_unsigned() as usize;
    let memory = memory(caller)?;
    let bytes = memory.data(&*caller).get(range).ok_or_else(|| format_err!("a place outside the guest's memory"))?;
    Ok(bytes.to_vec())
}

fn write(caller: &mut Caller<'_, State>, at: i32, bytes: &[u8]) -> Result<()> {
    let memory = memory(caller)?;
    memory.write(&mut *caller, at.cast_unsigned() as usize, bytes)?;
    Ok(())
}
