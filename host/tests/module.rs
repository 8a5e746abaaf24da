//! How guests are run and limited, with small guests written in WebAssembly text.

#![expect(clippy::expect_used, reason = "a test's helpers fail as the test itself does")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use host::capability::{Capabilities, Granted, NoCapabilities};
use host::module::{CallError, CallOptions, LoadError, ModuleOptions, PolicyModule};

/// A guest whose `__guest_call` is `body`; the operation is at 0, the payload at 1024, answers are at 65536.
fn guest(body: &str) -> Vec<u8> {
    guest_with(body, "1")
}

fn guest_with(body: &str, pages: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
        (import "wapc" "__guest_request" (func $request (param i32 i32)))
        (import "wapc" "__guest_response" (func $response (param i32 i32)))
        (import "wapc" "__guest_error" (func $error (param i32 i32)))
        (import "wapc" "__host_call" (func $host (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "wapc" "__host_response_len" (func $host_response_len (result i32)))
        (import "wapc" "__host_response" (func $host_response (param i32)))
        (import "wapc" "__host_error_len" (func $host_error_len (result i32)))
        (import "wapc" "__host_error" (func $host_error (param i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
        (memory (export "memory") {pages})
        (global $calls (mut i32) (i32.const 0))
        (data (i32.const 512) "kubewarden")
        (data (i32.const 528) "oci")
        (data (i32.const 544) "v1/manifest_digest")
        (data (i32.const 576) "a guest's complaint")
        (func (export "__guest_call") (param $operation i32) (param $payload i32) (result i32)
            (call $request (i32.const 0) (i32.const 1024))
            {body}))"#
    );
    wat::parse_str(text).expect("valid text")
}

const ECHO: &str = "(call $response (i32.const 1024) (local.get $payload)) (i32.const 1)";
const SPIN: &str = "(loop $again (br $again)) (i32.const 1)";
const CALL_HOST: &str = r#"
    (if (call $host (i32.const 512) (i32.const 10) (i32.const 528) (i32.const 3) (i32.const 544) (i32.const 18)
                    (i32.const 1024) (local.get $payload))
        (then
            (call $host_response (i32.const 2048))
            (call $response (i32.const 2048) (call $host_response_len)))
        (else
            (call $host_error (i32.const 2048))
            (call $error (i32.const 2048) (call $host_error_len))
            (return (i32.const 0))))
    (loop $where_the_deadline_is_looked_at)
    (i32.const 1)"#;
/// Answers with the buffer of all environment variables, each ended by a zero byte.
const ENVIRONMENT: &str = r#"
    (drop (call $environ_sizes_get (i32.const 4096) (i32.const 4100)))
    (drop (call $environ_get (i32.const 4104) (i32.const 8192)))
    (call $response (i32.const 8192) (i32.load (i32.const 4100)))
    (i32.const 1)"#;
/// Asks for as many pages as the payload's first byte says and answers with one byte: whether it got them.
const GROW: &str = r#"
    (i32.store8 (i32.const 2048) (i32.ne (memory.grow (i32.load8_u (i32.const 1024))) (i32.const -1)))
    (call $response (i32.const 2048) (i32.const 1))
    (i32.const 1)"#;
const COUNT: &str = r#"
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.store8 (i32.const 2048) (global.get $calls))
    (call $response (i32.const 2048) (i32.const 1))
    (i32.const 1)"#;

fn module(body: &str) -> PolicyModule {
    PolicyModule::from_bytes(&guest(body), ModuleOptions::default()).expect("a module")
}

fn none() -> Arc<dyn Capabilities> {
    Arc::new(NoCapabilities)
}

/// Notes each call and answers with its payload after a while.
#[derive(Default)]
struct Noting {
    calls: Mutex<Vec<String>>,
    delay: Duration,
}

impl Capabilities for Noting {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        std::thread::sleep(self.delay);
        self.calls.lock().expect("no panic").push(format!("{binding} {namespace}/{operation}"));
        if payload == b"fail" { Err("a host's complaint\n\nCaused by:\n    more".to_owned()) } else { Ok(payload.to_vec()) }
    }
}

#[test]
fn answers_come_back() {
    assert_eq!(module(ECHO).call("validate", b"payload", &none()), Ok(b"payload".to_vec()));
    let long = vec![b'x'; 40_000];
    assert_eq!(module(ECHO).call("validate", &long, &none()), Ok(long));
}

#[test]
fn host_calls_arrive_with_their_names_and_both_outcomes_return() {
    let module = module(CALL_HOST);
    let noting = Arc::new(Noting::default());
    let host: Arc<dyn Capabilities> = noting.clone();
    assert_eq!(module.call("validate", b"\"image\"", &host), Ok(b"\"image\"".to_vec()));
    assert_eq!(
        module.call("validate", b"fail", &host),
        Err(CallError::Guest("a host's complaint\n\nCaused by:\n    more".to_owned()))
    );
    assert_eq!(*noting.calls.lock().expect("no panic"), ["kubewarden oci/v1/manifest_digest"; 2]);

    let denied: Arc<dyn Capabilities> = Arc::new(Granted::new(&["oci/v1/oci_manifest"], noting).expect("valid grants"));
    let text =
        "Policy has not been granted access to the 'oci/v1/manifest_digest' host capability. The violation has been reported.";
    assert_eq!(module.call("validate", b"\"image\"", &denied), Err(CallError::Guest(text.to_owned())));
}

#[test]
fn a_guests_own_error_is_told_from_a_trap() {
    let error = "(call $error (i32.const 576) (i32.const 19)) (i32.const 0)";
    assert_eq!(module(error).call("validate", b"", &none()), Err(CallError::Guest("a guest's complaint".to_owned())));
    assert_eq!(
        module("(i32.const 0)").call("validate", b"", &none()),
        Err(CallError::Guest("No error message set for call failure".to_owned()))
    );
    for body in ["unreachable", "(drop (i32.load (i32.const -4))) (i32.const 1)", "(i32.div_u (i32.const 1) (i32.const 0))"] {
        let error = module(body).call("validate", b"", &none()).expect_err(body);
        assert!(matches!(error, CallError::Trap(_)), "{body}: {error:?}");
    }
    let outside = "(call $response (i32.const 65000) (i32.const 65000)) (i32.const 1)";
    let error = module(outside).call("validate", b"", &none()).expect_err("outside its memory");
    assert!(matches!(error, CallError::Trap(_)), "{error:?}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it measures how long something takes")]
fn an_endless_guest_is_interrupted_within_the_deadline() {
    let options = ModuleOptions { tick: Duration::from_millis(100), ..ModuleOptions::default() };
    let module = PolicyModule::from_bytes(&guest(SPIN), options).expect("a module");
    let since = Instant::now();
    assert_eq!(module.call("validate", b"", &none()), Err(CallError::Interrupted));
    let took = since.elapsed();
    assert!((Duration::from_millis(90)..Duration::from_millis(1_500)).contains(&took), "{took:?}");
}

#[test]
fn a_host_call_is_not_interrupted_but_the_guest_is_when_it_returns() {
    let options = ModuleOptions { tick: Duration::from_millis(50), ..ModuleOptions::default() };
    let host: Arc<dyn Capabilities> = Arc::new(Noting { delay: Duration::from_millis(300), ..Noting::default() });
    let module = PolicyModule::from_bytes(&guest(CALL_HOST), options.clone()).expect("a module");
    assert_eq!(module.call("validate", b"x", &host), Err(CallError::Interrupted));
    let patient = PolicyModule::from_bytes(&guest(CALL_HOST), ModuleOptions { deadline: None, ..options }).expect("a module");
    assert_eq!(patient.call("validate", b"x", &host), Ok(b"x".to_vec()));
}

#[test]
fn memory_is_capped() {
    let options = ModuleOptions { max_memory: 64 * 65_536, ..ModuleOptions::default() };
    let module = PolicyModule::from_bytes(&guest(GROW), options.clone()).expect("a module");
    assert_eq!(module.call("validate", &[63], &none()), Ok(vec![1]));
    assert_eq!(module.call("validate", &[64], &none()), Ok(vec![0]));
    let large = PolicyModule::from_bytes(&guest_with(ECHO, "65"), options).expect("a module");
    let error = large.call("validate", b"", &none()).expect_err("too large at the start");
    assert!(matches!(error, CallError::Memory(_)), "{error:?}");
}

#[test]
fn a_frozen_clock_reaches_the_guest_and_nothing_else_of_the_environment_does() {
    let module = module(ENVIRONMENT);
    let call = |now| {
        module.call_with("validate", b"", &none(), CallOptions { now }).map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
    };
    for now in [Some(0), Some(1_700_000_000), Some(1_700_000_000), Some(-1)] {
        assert_eq!(call(now), Ok(format!("GATED_DEPLOYMENT_NOW={}\0", now.expect("some"))));
    }
    // Without variables the guest answers with no bytes at all.
    assert_eq!(call(None), Ok(String::new()));
}

#[test]
fn each_call_has_an_instance_of_its_own_unless_asked_otherwise() {
    let module = module(COUNT);
    assert_eq!(module.call("validate", b"", &none()), Ok(vec![1]));
    assert_eq!(module.call("validate", b"", &none()), Ok(vec![1]));
    let instance = module.instantiate(&none(), CallOptions::default()).expect("an instance");
    assert_eq!(instance.call("validate", b""), Ok(vec![1]));
    assert_eq!(instance.call("validate", b""), Ok(vec![2]));
}

#[test]
fn calls_come_from_many_threads() {
    let module = module(ECHO);
    std::thread::scope(|scope| {
        for n in 0..8_u8 {
            let module = &module;
            scope.spawn(move || {
                for _ in 0..50 {
                    assert_eq!(module.call("validate", &[n; 100], &none()), Ok(vec![n; 100]));
                }
            });
        }
    });
}

#[test]
fn what_cannot_be_loaded_says_why() {
    let load = |bytes: &[u8]| PolicyModule::from_bytes(bytes, ModuleOptions::default()).expect_err("no module").to_string();
    assert!(load(b"not a module").starts_with("not a WebAssembly module: "), "{}", load(b"not a module"));
    let foreign = wat::parse_str(r#"(module (import "env" "memory" (memory 1)))"#).expect("valid text");
    assert!(load(&foreign).starts_with("not a policy module: "), "{}", load(&foreign));
    let absent = PolicyModule::load("/no/such/policy.wasm".as_ref()).expect_err("no file");
    assert!(matches!(absent, LoadError::Read { .. }));
    assert!(absent.to_string().starts_with("module `/no/such/policy.wasm`: No such file"), "{absent}");
    let empty = wat::parse_str("(module)").expect("valid text");
    let module = PolicyModule::from_bytes(&empty, ModuleOptions::default()).expect("links");
    let error = module.call("validate", b"", &none()).expect_err("no guest call");
    assert!(matches!(error, CallError::Instantiation(_)), "{error:?}");
}

#[test]
fn compiled_code_is_kept_in_the_folder_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("compiled");
    for _ in 0..2 {
        let options = ModuleOptions { cache: Some(cache.clone()), ..ModuleOptions::default() };
        let module = PolicyModule::from_bytes(&guest(ECHO), options).expect("a module");
        assert_eq!(module.call("validate", b"x", &none()), Ok(b"x".to_vec()));
    }
    assert!(std::fs::read_dir(&cache).expect("a folder").next().is_some());
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("a file");
    let options = ModuleOptions { cache: Some(file), ..ModuleOptions::default() };
    assert!(matches!(PolicyModule::from_bytes(&guest(ECHO), options), Err(LoadError::Cache { .. })));
}
