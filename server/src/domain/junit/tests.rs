//! The importer's tests: reports of real tools, the rules of `junit` one by one, hostile input, and a round trip.
//!
//! Rule of the house: what is in `fixtures/` was written by the tool that it is named after (go-junit-report's alone by
//! hand, after its documentation), with paths and host names replaced and long lists of Java's properties shortened.

mod hostile;
mod roundtrip;
mod rules;
mod tools;

use super::{Case, JunitError, parse};

/// The cases of a report that is fine.
fn cases(xml: &str) -> Vec<Case> {
    parse(xml.as_bytes()).expect("the report is fine")
}

/// The one case of a report that holds a `<testcase>` with this inside.
fn case(inside: &str) -> Case {
    let xml = format!(r#"<testsuite><testcase name="it">{inside}</testcase></testsuite>"#);
    cases(&xml).pop().expect("the report has a case")
}

/// What is wrong with a report.
fn problem(xml: &str) -> String {
    error(xml.as_bytes()).to_string()
}

fn error(xml: &[u8]) -> JunitError {
    parse(xml).expect_err("the report is not fine")
}

/// A line for each attempt: its status, its script, and how long it took.
fn outline(cases: &[Case]) -> String {
    let line = |case: &Case| {
        let duration = case
            .duration_ms
            .map_or("-".to_owned(), |ms| format!("{ms} ms"));
        format!("{:?} {} ({duration})\n", case.status, case.script)
    };
    cases.iter().map(line).collect()
}
