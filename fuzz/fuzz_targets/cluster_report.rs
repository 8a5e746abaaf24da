//! `fuzz::cluster_report`, fed by libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::cluster_report::run(data));
