//! The file with the master schedule of plans.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| daybook::fuzzing::master_schedule(bytes));
