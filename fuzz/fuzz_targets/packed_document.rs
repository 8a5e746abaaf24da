//! `fuzz::packed_document`, fed by libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::packed_document::run(data));
