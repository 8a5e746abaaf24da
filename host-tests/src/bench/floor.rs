//! The least that any policy does: a guest of a few instructions that accepts every request without reading it.

use host_tests::metered::{Metered, Report, no_answers, sample};

/// It takes the request, because the protocol wants that, and hands a constant back.
const GUEST: &str = r#"(module
    (import "wapc" "__guest_request" (func $request (param i32 i32)))
    (import "wapc" "__guest_response" (func $response (param i32 i32)))
    (memory (export "memory") 4)
    (data (i32.const 0) "{\"accepted\":true}")
    (func (export "__guest_call") (param $operation i32) (param $payload i32) (result i32)
        (call $request (i32.const 1024) (i32.const 2048))
        (call $response (i32.const 0) (i32.const 17))
        (i32.const 1)))"#;

/// Measures it with an everyday request.
pub(crate) fn measure() -> Report {
    let module = Metered::from_bytes(GUEST.as_bytes()).expect("valid text");
    let request = sample::request(&[sample::by_digest("web")]);
    let report = module.run("validate", &sample::payload(&request, &sample::settings()), sample::NOW, &no_answers());
    assert_eq!(report.json()["accepted"], true, "the floor accepts");
    report
}
