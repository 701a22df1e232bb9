//! The configuration of plans, as JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| daybook::fuzzing::plan_config(bytes));
