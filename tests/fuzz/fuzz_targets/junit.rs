//! JUnit XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| daybook::fuzzing::junit(bytes));
