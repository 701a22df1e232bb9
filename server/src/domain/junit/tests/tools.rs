//! Reports as tools really write them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{Case, outline, parse};

const NEXTEST: &[u8] = include_bytes!("../fixtures/nextest.xml");
const PYTEST: &[u8] = include_bytes!("../fixtures/pytest.xml");
const SUREFIRE: &[u8] = include_bytes!("../fixtures/surefire.xml");
pub(super) const SUREFIRE_RERUN: &[u8] = include_bytes!("../fixtures/surefire-rerun.xml");
const JEST: &[u8] = include_bytes!("../fixtures/jest-junit.xml");
const GOTESTSUM: &[u8] = include_bytes!("../fixtures/gotestsum.xml");
pub(super) const GO_JUNIT_REPORT: &[u8] = include_bytes!("../fixtures/go-junit-report.xml");

const ALL: [&[u8]; 7] = [
    NEXTEST,
    PYTEST,
    SUREFIRE,
    SUREFIRE_RERUN,
    JEST,
    GOTESTSUM,
    GO_JUNIT_REPORT,
];

fn read(report: &[u8]) -> Vec<Case> {
    parse(report).expect("the tool wrote it")
}

fn message(case: &Case) -> &str {
    case.message.as_deref().unwrap_or_default()
}

fn output(case: &Case) -> &str {
    case.output.as_deref().unwrap_or_default()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time of a fixture")
}

#[test]
fn nextest_makes_an_attempt_of_each_try() {
    let cases = read(NEXTEST);
    assert_eq!(
        outline(&cases),
        "Fail observatory::tests::aborts (10 ms)\n\
         Pass observatory::tests::aborts (7 ms)\n\
         Fail observatory::tests::fails (8 ms)\n\
         Fail observatory::tests::fails (10 ms)\n\
         Fail observatory::tests::flaky (7 ms)\n\
         Pass observatory::tests::flaky (9 ms)\n\
         Fail observatory::tests::once_flaky_is_a_failure (8 ms)\n\
         Fail observatory::tests::once_flaky_is_a_failure (8 ms)\n\
         Pass observatory::tests::passes (7 ms)\n"
    );
    for tries in cases.chunk_by(|a, b| a.script == b.script) {
        assert!(tries.is_sorted_by_key(|case| case.started), "{tries:?}");
    }
    assert_eq!(cases[0].started, Some(at("2026-11-21T22:47:23.849Z")));
    assert_eq!(
        message(&cases[0]),
        "process aborted with signal 6 (SIGABRT)"
    );
    assert_eq!(cases[1].message, None);
    assert_eq!(
        message(&cases[2]).lines().next(),
        Some("thread 'tests::fails' (17629) panicked at src/lib.rs:5:57:"),
        "the message attribute is not repeated before the text that starts with it"
    );
    assert!(output(&cases[2]).contains("try 1") && output(&cases[3]).contains("try 2"));
    assert_eq!(
        message(&cases[7]),
        "test passed on attempt 2/2 but is configured to fail when flaky"
    );
    assert_eq!(
        output(&cases[8]),
        "running 1 test\n\
         slewing to <M31> & back\n\
         test tests::passes ... ok\n\n\
         test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 5 filtered out; finished in 0.00s\n\
         drift 3%"
    );
}

#[test]
fn pytest_has_errors_of_modules_fixtures_and_tear_down() {
    let cases = read(PYTEST);
    assert_eq!(
        outline(&cases),
        "Error test_collection_error (0 ms)\n\
         Pass test_observatory::test_passes (1 ms)\n\
         Fail test_observatory::test_fails (1 ms)\n\
         Error test_observatory::test_error_in_setup (0 ms)\n\
         Fail test_observatory::test_fails_and_error_in_teardown (1 ms)\n\
         Error test_observatory::test_fails_and_error_in_teardown (0 ms)\n\
         Skip test_observatory::test_skipped (0 ms)\n\
         Skip test_observatory::test_expected_failure (0 ms)\n\
         Pass test_observatory::test_filter[H-alpha] (0 ms)\n\
         Pass test_observatory::test_filter[Gr\\xfcn] (0 ms)\n\
         Pass test_observatory::test_filter[a\\x00b] (0 ms)\n\
         Pass test_observatory.TestGuiding::test_locks (0 ms)\n"
    );
    assert!(message(&cases[0]).starts_with("collection failure\nImportError while importing"));
    assert!(output(&cases[1]).contains("\nslewing to <M31> & back\n"));
    assert!(output(&cases[1]).ends_with("\nencoder drift 3%"));
    assert!(message(&cases[4]).starts_with(
        "AssertionError: seeing is \"bad\"\n  second line\nassert 1 == 2\nsticky_shutter = None\n"
    ));
    assert_eq!(message(&cases[7]), "known drift");
    assert!(
        cases.iter().all(|case| case.started.is_none()),
        "the start of the session is not that of each test"
    );
}

#[test]
fn surefire_writes_a_suite_without_times() {
    let cases = read(SUREFIRE);
    assert_eq!(
        outline(&cases),
        "Error org.example.DomeTest::breaks (7 ms)\n\
         Fail org.example.DomeTest::closes (3 ms)\n\
         Fail org.example.DomeTest::flaky (6 ms)\n\
         Pass org.example.DomeTest::opens (0 ms)\n\
         Skip org.example.DomeTest::turns (0 ms)\n"
    );
    assert_eq!(
        message(&cases[0]),
        "java.lang.IllegalStateException: the dome does not answer\n\
         \tat org.example.DomeTest.breaks(DomeTest.java:11)",
        "the message is not repeated before the stack trace that starts with its type and itself"
    );
    assert_eq!(output(&cases[2]), "try 1");
    assert_eq!(message(&cases[4]), "no moon tonight");
}

#[test]
fn surefire_reruns_have_stack_traces_in_elements() {
    let cases = read(SUREFIRE_RERUN);
    assert_eq!(
        outline(&cases),
        "Error org.example.DomeTest::breaks (10 ms)\n\
         Error org.example.DomeTest::breaks (-)\n\
         Fail org.example.DomeTest::closes (0 ms)\n\
         Fail org.example.DomeTest::closes (-)\n\
         Fail org.example.DomeTest::flaky (-)\n\
         Pass org.example.DomeTest::flaky (2 ms)\n\
         Pass org.example.DomeTest::opens (1 ms)\n\
         Skip org.example.DomeTest::turns (0 ms)\n"
    );
    assert_eq!(
        message(&cases[4]),
        "java.lang.AssertionError: too early\n\tat org.example.DomeTest.flaky(DomeTest.java:12)"
    );
    assert_eq!(output(&cases[4]), "try 1");
}

#[test]
fn jest_has_titles_of_two_lines_and_suites_that_failed_to_run() {
    let cases = read(JEST);
    assert_eq!(
        outline(&cases),
        "Pass dome opens::dome opens (3 ms)\n\
         Fail dome closes in \"time\"::dome closes in \"time\" (8 ms)\n\
         Skip dome turns::dome turns (0 ms)\n\
         Pass dome filter 1::dome filter 1 (0 ms)\n\
         Pass dome filter 2::dome filter 2 (1 ms)\n\
         Pass dome spans two lines::dome spans two lines (1 ms)\n\
         Error Test suite failed to run::broken.test.js (0 ms)\n\
         Fail Test suite failed to run::broken.test.js (0 ms)\n"
    );
    assert!(
        message(&cases[1]).contains("\n-   \"shutter\": \"closed\",\n+   \"shutter\": \"open\",\n")
    );
}

#[test]
fn gotestsum_repeats_a_case_for_each_rerun() {
    let cases = read(GOTESTSUM);
    assert_eq!(
        outline(&cases),
        "Fail example.org/observatory::TestCloses (0 ms)\n\
         Fail example.org/observatory::TestFlaky (0 ms)\n\
         Fail example.org/observatory::TestCloses (0 ms)\n\
         Fail example.org/observatory::TestCloses (0 ms)\n\
         Skip example.org/observatory::TestTurns (0 ms)\n\
         Pass example.org/observatory::TestOpens (0 ms)\n\
         Pass example.org/observatory::TestFilter/V (0 ms)\n\
         Pass example.org/observatory::TestFilter/H_alpha (0 ms)\n\
         Pass example.org/observatory::TestFilter (0 ms)\n\
         Pass example.org/observatory::TestFlaky (0 ms)\n"
    );
    assert_eq!(
        message(&cases[1]),
        "Failed\n\
         === RUN   TestFlaky\n    dome_test.go:20: the dome does not answer\n--- FAIL: TestFlaky (0.00s)"
    );
}

#[test]
fn go_junit_report_keeps_indentation_in_cdata() {
    let cases = read(GO_JUNIT_REPORT);
    assert_eq!(
        outline(&cases),
        "Pass example.org/observatory::TestOpens (0 ms)\n\
         Fail example.org/observatory::TestCloses (10 ms)\n\
         Skip example.org/observatory::TestTurns (0 ms)\n\
         Pass example.org/observatory::BenchmarkSlew (441 ms)\n"
    );
    assert_eq!(
        output(&cases[0]),
        "    dome_test.go:9: slewing to <M31> & back"
    );
    assert_eq!(
        message(&cases[2]),
        "Skipped\n    dome_test.go:11: no moon tonight"
    );
}

#[test]
fn a_second_import_has_the_same_keys_and_no_two_attempts_share_one() {
    for report in ALL {
        let cases = read(report);
        assert_eq!(cases, read(report));
        let keys: HashSet<_> = cases.iter().map(|case| case.key).collect();
        assert_eq!(keys.len(), cases.len());
    }
}
