//! A GraphQL request with its variables, as JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| daybook::fuzzing::graphql_request(bytes));
