#![no_main]

#[path = "../entry_points.rs"]
#[expect(dead_code, reason = "the property tests read the other fields")]
mod entry_points;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    entry_points::call(env!("CARGO_BIN_NAME"), bytes);
});
