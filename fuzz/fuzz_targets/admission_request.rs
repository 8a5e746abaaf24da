//! `fuzz::admission_request`, fed by libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::admission_request::run(data));
