//! The module as a waPC guest: operations, errors, repeated calls, the deadline. Source: the waPC protocol, version 1; Kubewarden's
//! "Policy specification".

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test's helpers fail as the test itself does")]

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use host::capability::{Capabilities, NoCapabilities};
use host::module::{CallError, CallOptions, ModuleOptions, PolicyModule};
use host_tests::engine;
use host_tests::metered::sample::{self, Mix, Registry};
use host_tests::metered::{Answers, Failure, Metered, Report, no_answers};
use serde_json::{Value, json};

fn module() -> &'static PolicyModule {
    static MODULE: OnceLock<Arc<PolicyModule>> = OnceLock::new();
    MODULE.get_or_init(engine::module)
}

fn metered() -> &'static Metered {
    static MODULE: OnceLock<Metered> = OnceLock::new();
    MODULE.get_or_init(|| Metered::load(&engine::root().join("dist/policy.wasm")))
}

fn none() -> Arc<dyn Capabilities> {
    Arc::new(NoCapabilities)
}

/// Answers from a sample registry and notes every call but those to the log.
struct Noting {
    answers: Answers,
    calls: Mutex<Vec<String>>,
}

impl Noting {
    fn new(answers: Answers) -> Arc<Self> {
        Arc::new(Self { answers, calls: Mutex::default() })
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().expect("no panic").clone()
    }
}

impl Capabilities for Noting {
    fn call(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        assert_eq!(binding, "kubewarden");
        if namespace == "tracing" {
            return Ok(Vec::new());
        }
        self.calls.lock().expect("no panic").push(format!("{namespace}/{operation}"));
        (self.answers)(namespace, operation, payload)
    }
}

fn registry() -> Answers {
    Registry::default().with("web", &sample::document("web", 50, Mix::Usual)).answers()
}

fn payload() -> Vec<u8> {
    sample::payload(&sample::request(&[sample::by_tag("web")]), &sample::settings())
}

fn now() -> CallOptions {
    CallOptions { now: Some(sample::NOW) }
}

/// The message and the code of an answer that admits nothing.
fn refusal(answer: &[u8]) -> (String, u64) {
    let answer: Value = serde_json::from_slice(answer).expect("JSON");
    assert_eq!(answer["accepted"], false, "{answer}");
    (answer["message"].as_str().expect("a message").to_owned(), answer["code"].as_u64().unwrap_or_default())
}

#[test]
fn the_protocol_is_version_one() {
    assert_eq!(module().call("protocol_version", b"", &none()), Ok(br#""v1""#.to_vec()));
    assert_eq!(module().call("protocol_version", b"ignored", &none()), Ok(br#""v1""#.to_vec()));
}

#[test]
fn an_unknown_operation_is_an_error_that_names_it() {
    for operation in ["mutate", "", "Validate"] {
        match module().call(operation, b"{}", &none()) {
            Err(CallError::Guest(text)) => assert!(text.contains(operation), "{operation}: {text}"),
            other => panic!("{operation}: {other:?}"),
        }
    }
}

#[test]
fn one_instance_answers_twice_with_the_same_bytes() {
    let host = Noting::new(registry());
    let capabilities: Arc<dyn Capabilities> = Arc::clone(&host) as Arc<dyn Capabilities>;
    let instance = module().instantiate(&capabilities, now()).expect("an instance");
    let first = instance.call("validate", &payload()).expect("an answer");
    let calls = host.calls();
    assert_eq!(instance.call("validate", &payload()).expect("an answer"), first);
    // Nothing is kept from the first call: everything is asked again.
    assert_eq!(host.calls(), [calls.clone(), calls].concat());
    let fresh = module().call_with("validate", &payload(), &capabilities, now()).expect("an answer");
    assert_eq!(fresh, first, "an instance that was used before answers as a fresh one");
}

#[test]
fn an_instance_answers_after_calls_that_failed() {
    let capabilities: Arc<dyn Capabilities> = Noting::new(registry());
    let wanted = module().call_with("validate", &payload(), &capabilities, now()).expect("an answer");
    let instance = module().instantiate(&capabilities, now()).expect("an instance");
    assert!(matches!(instance.call("no such operation", b""), Err(CallError::Guest(_))));
    refusal(&instance.call("validate", b"{").expect("an answer"));
    refusal(&instance.call("validate", &[0xff; 3]).expect("an answer"));
    assert_eq!(instance.call("validate", &payload()), Ok(wanted));
}

#[test]
fn instances_answer_with_the_same_bytes_and_the_same_work() {
    let once = metered().run("validate", &payload(), sample::NOW, &registry());
    assert_eq!(refusal(once.answer.as_ref().expect("an answer")).1, 403);
    for _ in 0..20 {
        let again = metered().run("validate", &payload(), sample::NOW, &registry());
        let work = |report: &Report| (report.host_calls.clone(), report.log_events, report.memory, report.output.clone());
        assert_eq!((&again.answer, work(&again)), (&once.answer, work(&once)));
        // The guest library finds its operations in a table hashed by a random seed: a few steps more or less.
        assert!(again.start_fuel.abs_diff(once.start_fuel) < 1_000, "{} {}", again.start_fuel, once.start_fuel);
        assert!(again.fuel.abs_diff(once.fuel) < 10_000, "{} {}", again.fuel, once.fuel);
    }
}

#[test]
fn both_hosts_get_the_same_answer() {
    let capabilities: Arc<dyn Capabilities> = Noting::new(registry());
    let metered = metered().run("validate", &payload(), sample::NOW, &registry());
    assert_eq!(module().call_with("validate", &payload(), &capabilities, now()).ok(), metered.answer.ok());
}

#[test]
fn a_payload_that_is_no_request_is_refused_with_its_code() {
    let without_kind = br#"{"request":{"operation":"CREATE"},"settings":{}}"#;
    let payloads: [&[u8]; 8] = [b"", b" ", b"null", b"[]", b"{", br#"{"settings":{}}"#, b"\xff\xfe{}", without_kind];
    for payload in payloads {
        let report = metered().run("validate", payload, sample::NOW, &no_answers());
        let (message, _) = refusal(report.answer.as_ref().unwrap_or_else(|failure| panic!("{failure:?}")));
        assert!(message.contains("[request-invalid]"), "{}: {message}", String::from_utf8_lossy(payload));
        assert!(!message.contains('\n'), "{message}");
        assert_eq!(report.host_calls, [] as [String; 0]);
    }
}

#[test]
fn settings_are_validated_without_any_host_call() {
    for (settings, valid) in
        [(sample::settings().to_string(), true), ("{}".to_owned(), false), (String::new(), false), ("null".to_owned(), false)]
    {
        let report = metered().run("validate_settings", settings.as_bytes(), sample::NOW, &no_answers());
        let answer = report.json();
        assert_eq!(answer["valid"], valid, "{settings}: {answer}");
        assert!(valid || answer["message"].is_string(), "{settings}: {answer}");
        assert_eq!((report.host_calls.len(), report.log_events), (0, 0), "{settings}");
        let options = CallOptions { now: Some(sample::NOW) };
        let same = module().call_with("validate_settings", settings.as_bytes(), &none(), options);
        assert_eq!(same.ok(), report.answer.ok());
    }
}

#[test]
fn settings_that_are_not_utf8_are_refused() {
    let report = metered().run("validate_settings", b"\xff", sample::NOW, &no_answers());
    assert_eq!(report.json()["valid"], false);
}

#[test]
fn requests_without_settings_are_refused_with_their_code() {
    let request = sample::request(&[sample::by_tag("web")]);
    for payload in [
        json!({ "request": request }),
        json!({ "request": request, "settings": null }),
        json!({ "request": request, "settings": {} }),
    ] {
        let answer = metered().run("validate", payload.to_string().as_bytes(), sample::NOW, &no_answers()).answer;
        let (message, _) = refusal(&answer.expect("an answer"));
        assert!(message.contains("[settings-invalid]"), "{message}");
    }
}

#[test]
fn the_guest_prints_nothing() {
    for (operation, payload) in
        [("validate", payload()), ("validate", b"\xff".to_vec()), ("validate_settings", b"{}".to_vec()), ("unknown", Vec::new())]
    {
        let report = metered().run(operation, &payload, sample::NOW, &registry());
        assert_eq!(String::from_utf8_lossy(&report.output), "", "{operation}");
    }
}

#[test]
fn errors_of_the_host_reach_the_answer_with_their_first_line_only() {
    let answers: Answers = Arc::new(|_, _, _| Err("the registry sleeps\n\nCaused by:\n    secret-of-the-host".to_owned()));
    let report = metered().run("validate", &payload(), sample::NOW, &answers);
    let text = String::from_utf8(report.answer.expect("an answer")).expect("UTF-8");
    let (message, _) = refusal(text.as_bytes());
    assert!(message.contains("the registry sleeps") && message.contains("[evidence-unavailable]"), "{message}");
    assert!(!text.contains("secret-of-the-host"), "{text}");
}

#[test]
fn errors_and_answers_of_the_host_may_be_any_bytes() {
    let odd: [Result<&'static [u8], &'static str>; 8] =
        [Err(""), Err("\n"), Err("\u{0}\u{1b}[31m"), Err("ü\u{202e}"), Ok(b""), Ok(b"\xff\xfe"), Ok(b"null"), Ok(b"[[[")];
    for answer in odd {
        let answers: Answers = Arc::new(move |_, _, _| answer.map(<[u8]>::to_vec).map_err(str::to_owned));
        let report = metered().run("validate", &payload(), sample::NOW, &answers);
        let bytes = report.answer.unwrap_or_else(|failure| panic!("{answer:?}: {failure:?}"));
        let (message, _) = refusal(&bytes);
        assert!(!message.chars().any(|c| c.is_control()), "{answer:?}: {message:?}");
        assert!(message.contains("[evidence-un"), "{answer:?}: {message}");
    }
}

#[test]
fn what_was_logged_is_sent_to_the_host_once_for_each_answer_that_does_not_admit() {
    assert_eq!(metered().run("validate", &payload(), sample::NOW, &registry()).log_events, 1);
    let harmless = Registry::default().with("web", &sample::document("web", 50, Mix::Harmless)).answers();
    assert_eq!(metered().run("validate", &payload(), sample::NOW, &harmless).log_events, 0);
}

#[test]
fn a_log_that_cannot_be_written_changes_nothing() {
    struct NoLog(Answers);
    impl Capabilities for NoLog {
        fn call(&self, _: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
            (self.0)(namespace, operation, payload)
        }
    }
    let with_log: Arc<dyn Capabilities> = Noting::new(registry());
    let without: Arc<dyn Capabilities> = Arc::new(NoLog(registry()));
    let call = |capabilities| module().call_with("validate", &payload(), capabilities, now()).expect("an answer");
    assert_eq!(call(&without), call(&with_log));
}

/// A host call is not interrupted: the guest is, when it returns.
#[test]
fn a_call_beyond_the_deadline_is_interrupted() {
    struct Slow(Answers);
    impl Capabilities for Slow {
        fn call(&self, _: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
            std::thread::sleep(Duration::from_millis(200));
            (self.0)(namespace, operation, payload)
        }
    }
    let options = ModuleOptions { deadline: Some(2), tick: Duration::from_millis(20), ..ModuleOptions::default() };
    let module = PolicyModule::load_with(&engine::root().join("dist/policy.wasm"), options).expect("the module");
    let slow: Arc<dyn Capabilities> = Arc::new(Slow(registry()));
    assert_eq!(module.call_with("validate", &payload(), &slow, now()), Err(CallError::Interrupted));
    // The module is as good as new.
    assert_eq!(module.call("protocol_version", b"", &none()), Ok(br#""v1""#.to_vec()));
}

#[test]
fn an_unknown_operation_fails_alike_in_both_hosts() {
    let report = metered().run("mutate", b"{}", sample::NOW, &no_answers());
    assert!(matches!(report.answer, Err(Failure::Guest(_))), "{:?}", report.answer);
}
