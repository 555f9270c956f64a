//! Feeds whatever the fuzzer thinks of to the property `local_path`.

#![no_main]

#[path = "../properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::local_path(data));
