//! Feeds whatever the fuzzer thinks of to the property `refresh_token`.

#![no_main]

#[path = "../properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::refresh_token(data));
