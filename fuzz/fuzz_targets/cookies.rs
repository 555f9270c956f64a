//! Feeds whatever the fuzzer thinks of to the property `cookies`.

#![no_main]

#[path = "../properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::cookies(data));
