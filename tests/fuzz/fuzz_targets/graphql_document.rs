//! The text of a GraphQL document.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| daybook::fuzzing::graphql_document(bytes));
