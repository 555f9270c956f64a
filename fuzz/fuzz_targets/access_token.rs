//! Feeds whatever the fuzzer thinks of to the property `access_token`.

#![no_main]

#[path = "../properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::access_token(data));
