//! Whatever is sent as a JUnit report: it is read the same each time, it grows no larger than it was, and what was read
//! of it, told anew by the simplest of tools, is read again as the same.

use std::{collections::HashSet, fmt::Write as _};

use entity::result::ResultStatus;
use quick_xml::escape::escape;

use super::{Case, JunitError, parse, parse_text};
use crate::domain::input;

/// The fewest bytes that an attempt takes: those of `<flakyError/>`.
const ATTEMPT_BYTES: usize = 12;

/// How many bytes of text one byte may become: a letter of an old encoding in UTF-8.
const GROWTH: usize = 3;

/// The most bytes of an error. It quotes little.
const ERROR_BYTES: usize = 4 * 1024;

/// Reads a JUnit report.
pub fn junit(bytes: &[u8]) {
    let read = parse(bytes);
    assert_eq!(read, parse(bytes), "it is read the same each time");
    match &read {
        Ok(cases) => check_cases(cases, bytes.len()),
        Err(error) => check_error(error, bytes),
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let with_mark = format!("\u{feff}{}", text.trim_start_matches('\u{feff}'));
        let utf_16: Vec<_> = with_mark
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let in_utf_8 = parse(with_mark.as_bytes());
        assert_eq!(parse(&utf_16), in_utf_8, "it is the same in UTF-16");
        assert_eq!(parse_text(&with_mark), in_utf_8, "and as text");
    }
}

fn check_cases(cases: &[Case], bytes: usize) {
    assert!(
        cases.len() * ATTEMPT_BYTES <= bytes,
        "more attempts than were sent"
    );
    let text = |case: &Case| {
        let texts = [&case.message, &case.output];
        texts.into_iter().flatten().map(String::len).sum::<usize>()
    };
    let texts: usize = cases.iter().map(text).sum();
    assert!(texts <= bytes * GROWTH, "more text than was sent");
    let keys: HashSet<_> = cases.iter().map(|case| case.key).collect();
    assert_eq!(keys.len(), cases.len(), "each attempt has a key of its own");
    for case in cases {
        let name = input::name("script", &case.script).expect("a name that a script may have");
        assert_eq!(name, case.script, "it is trimmed");
        assert!(case.duration_ms.is_none_or(|duration| duration >= 0));
        assert!(
            case.message
                .as_ref()
                .is_none_or(|text| !text.is_empty() && text.len() <= input::MESSAGE_BYTES)
        );
        assert!(
            case.output
                .as_ref()
                .is_none_or(|text| !text.is_empty() && text.len() <= input::OUTPUT_BYTES)
        );
    }
    let again = parse_text(&told(cases)).expect("what was read can be told");
    let facts = |case: &Case| Case {
        key: uuid::Uuid::nil(),
        ..case.clone()
    };
    assert_eq!(
        again.iter().map(facts).collect::<Vec<_>>(),
        cases.iter().map(facts).collect::<Vec<_>>(),
    );
}

/// A report of these attempts, each a case of its own.
fn told(cases: &[Case]) -> String {
    let mut xml = "<testsuite>".to_owned();
    for case in cases {
        tell(&mut xml, case).expect("a string takes everything");
    }
    xml + "</testsuite>"
}

fn tell(xml: &mut String, case: &Case) -> std::fmt::Result {
    write!(xml, "<testcase name=\"{}\"", escape(&case.script))?;
    if let Some(duration) = case.duration_ms {
        write!(
            xml,
            " time=\"{}.{:03}\"",
            duration / 1_000,
            duration % 1_000
        )?;
    }
    if let Some(started) = case.started {
        write!(xml, " timestamp=\"{}\"", started.to_rfc3339())?;
    }
    xml.push('>');
    let verdict = match case.status {
        ResultStatus::Pass => None,
        ResultStatus::Fail => Some("failure"),
        ResultStatus::Error => Some("error"),
        ResultStatus::Skip => Some("skipped"),
        ResultStatus::Running | ResultStatus::Block => panic!("JUnit has no word for {case:?}"),
    };
    match (verdict, &case.message) {
        (Some(element), Some(message)) => {
            write!(xml, "<{element} message=\"{}\"/>", escape(message))?;
        }
        (Some(element), None) => write!(xml, "<{element}/>")?,
        (None, message) => assert_eq!(message, &None, "who passed gives no reason"),
    }
    if let Some(output) = &case.output {
        write!(xml, "<system-out>{}</system-out>", escape(output))?;
    }
    xml.push_str("</testcase>");
    Ok(())
}

fn check_error(error: &JunitError, bytes: &[u8]) {
    let told = error.to_string();
    assert!((1..=ERROR_BYTES).contains(&told.len()), "{told}");
    match error {
        JunitError::Malformed { line, .. } | JunitError::Name { line, .. } => {
            // In every encoding, a line feed has a byte of this value.
            let lines = bytes.split(|byte| *byte == b'\n').count();
            assert!((1..=lines).contains(line), "{told}");
        }
        JunitError::TooLarge { limit, .. } => {
            assert!(bytes.len() * GROWTH > *limit, "{told}");
        }
        JunitError::Encoding(_) => {}
    }
}
