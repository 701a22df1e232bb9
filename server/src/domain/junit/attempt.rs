//! One try of a test case: what its elements add up to.

use chrono::{DateTime, Utc};
use entity::result::ResultStatus;
use uuid::Uuid;

use super::{Case, JunitError, Result, markup::Element, value};
use crate::domain::input::{MESSAGE_BYTES, OUTPUT_BYTES};

/// One try, while its elements are being read.
pub(super) struct Attempt {
    pub(super) status: ResultStatus,
    pub(super) message: String,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) duration_ms: Option<i32>,
    pub(super) started: Option<DateTime<Utc>>,
}

impl Attempt {
    /// A try as the attributes of its element tell of it: those of a `<testcase>`, or of one of its failed tries.
    pub(super) fn new(element: &Element) -> Self {
        Self {
            status: status_by_attribute(element),
            message: String::new(),
            stdout: String::new(),
            stderr: String::new(),
            duration_ms: element.attribute("time").and_then(value::duration_ms),
            started: element.attribute("timestamp").and_then(value::instant),
        }
    }

    /// Takes in an element that says how the try ended, and the text in it.
    pub(super) fn add_verdict(&mut self, status: ResultStatus, verdict: &Element, text: &str) {
        if weight(status) > weight(self.status) {
            self.status = status;
        }
        append(&mut self.message, &reason(verdict, text));
    }

    /// Takes in the text of a `<system-out>`.
    pub(super) fn add_stdout(&mut self, text: &str) {
        append(&mut self.stdout, &value::text(text));
    }

    /// Takes in the text of a `<system-err>`.
    pub(super) fn add_stderr(&mut self, text: &str) {
        append(&mut self.stderr, &value::text(text));
    }

    /// The finished attempt of `script`.
    pub(super) fn into_case(self, script: &str, key: Uuid) -> Result<Case> {
        let mut output = self.stdout;
        append(&mut output, &self.stderr);
        Ok(Case {
            script: script.to_owned(),
            status: self.status,
            message: bounded(script, "message", self.message, MESSAGE_BYTES)?,
            output: bounded(script, "output", output, OUTPUT_BYTES)?,
            duration_ms: self.duration_ms,
            started: self.started,
            key,
        })
    }
}

/// What the attributes say about the outcome. Most tools leave that to elements and say `run` or nothing here.
fn status_by_attribute(element: &Element) -> ResultStatus {
    ["status", "result"]
        .into_iter()
        .filter_map(|name| element.attribute(name))
        .map(status_by_word)
        .max_by_key(|&status| weight(status))
        .unwrap_or(ResultStatus::Pass)
}

fn status_by_word(word: &str) -> ResultStatus {
    match word.trim().to_ascii_lowercase().as_str() {
        "fail" | "failed" | "failure" => ResultStatus::Fail,
        "error" | "errored" => ResultStatus::Error,
        "skip" | "skipped" | "disabled" | "notrun" | "suppressed" | "ignored" => ResultStatus::Skip,
        _ => ResultStatus::Pass,
    }
}

/// Which of several outcomes of one try counts: the one that weighs most.
fn weight(status: ResultStatus) -> u8 {
    match status {
        ResultStatus::Fail => 3,
        ResultStatus::Error => 2,
        ResultStatus::Skip => 1,
        ResultStatus::Pass | ResultStatus::Running | ResultStatus::Block => 0,
    }
}

/// Why a try ended as it did: the message, then the text unless it starts with the message; else the type.
fn reason(verdict: &Element, text: &str) -> String {
    let attribute = |name| value::text(verdict.attribute(name).unwrap_or_default());
    let (message, kind, text) = (attribute("message"), attribute("type"), value::text(text));
    if message.is_empty() && text.is_empty() {
        kind
    } else if text.is_empty() {
        message
    } else if message.is_empty() || starts_with_message(&text, &kind, &message) {
        text
    } else {
        format!("{message}\n{text}")
    }
}

/// Whether a text begins with the message, or with "type: message" as the stack traces of Java do.
fn starts_with_message(text: &str, kind: &str, message: &str) -> bool {
    let (text, message) = (text.trim_start(), message.trim_start());
    let after_kind = text
        .strip_prefix(kind)
        .and_then(|rest| rest.strip_prefix(':'))
        .map(str::trim_start);
    text.starts_with(message) || after_kind.is_some_and(|rest| rest.starts_with(message))
}

/// Adds a part to a text, on a line of its own.
pub(super) fn append(text: &mut String, part: &str) {
    if !text.is_empty() && !part.is_empty() {
        text.push('\n');
    }
    text.push_str(part);
}

fn bounded(
    script: &str,
    field: &'static str,
    text: String,
    limit: usize,
) -> Result<Option<String>> {
    if text.len() > limit {
        return Err(JunitError::TooLarge {
            script: script.to_owned(),
            field,
            limit,
        });
    }
    Ok((!text.is_empty()).then_some(text))
}
