//! Forms of the REST facade.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| daybook::fuzzing::rest_form(bytes));
