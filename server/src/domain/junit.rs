//! JUnit XML: reads the reports of test runners into attempts of scripts.
//!
//! Rule of the house: a report comes in whole or not at all. What a tool may leave out or write oddly (times, places,
//! elements of its own) is passed over; what would lose or falsify a result is an error that says where it stands.
//!
//! The way of a report: `decode` makes text of bytes, `markup` makes elements of text, `document` makes cases of
//! elements with the help of `attempt` (what one try came to), `value` (times and texts) and `key` (what makes a second
//! import harmless). Nothing is held but the text and the cases read so far.
//!
//! There is no standard, only habits of tools. What is made of them:
//!
//! - **Shapes.** The root is `<testsuites>` or `<testsuite>`, both may nest, a `<testcase>` stands in either of them.
//! - **Names.** `classname::name`, or the name alone where there is no class name; trimmed, tabs and line breaks are
//!   spaces.
//! - **Statuses.** `<failure>` is FAIL, `<error>` is ERROR, `<skipped>` is SKIP, and none of them PASS; of several in
//!   one case the first in this order counts. The attributes `status` and `result` may tell too (`notrun`, `disabled`,
//!   `failed` …): what a tool calls failed never passes.
//! - **Retries.** Each failed try (`<flakyFailure>`, `<rerunFailure>` and their `Error` siblings) is an attempt of its
//!   own. Flaky tries came before the case's own outcome. Reruns came after it, since the case's own element tells of
//!   the first try, unless the case passed in the end.
//! - **Messages.** The `message` attribute, then the element's text on the next line; the text alone where it starts
//!   with the message; the `type` where there is neither. XML makes a space of a line break in an attribute, but tools
//!   mean the line break: it stays.
//! - **Output.** A case's `<system-out>`, then its `<system-err>`. A suite's belongs to no case and is passed over.
//! - **Text** keeps its line breaks as LF, and its ends are free of blank lines. Control characters stay (colours are
//!   welcome), but NUL, which not every database keeps, becomes U+FFFD.
//! - **Times.** A time without an offset is UTC. A case starts at its own `timestamp`; that of a suite says when the
//!   first of its cases was prepared, which is nearly never when this one started.
//! - **Entities** are the five of XML and the numeric ones. A document type is skipped unread, so nothing that it
//!   declares is known, expanded or fetched.

mod attempt;
mod decode;
mod document;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod key;
mod markup;
#[cfg(test)]
mod tests;
mod value;

use chrono::{DateTime, Utc};
use entity::result::ResultStatus;
use uuid::Uuid;

/// What reading a report, or a part of one, comes to.
type Result<T, E = JunitError> = std::result::Result<T, E>;

/// One attempt of one test case, in the order in which they happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The name of the script: 1 to 255 characters, trimmed, no control characters.
    pub script: String,
    /// How the attempt ended; never running or blocked, which JUnit has no word for.
    pub status: ResultStatus,
    /// Why it ended so, at most 64 KiB; none where the report gives no reason.
    pub message: Option<String>,
    /// What it wrote, at most 1 MiB; none where the report holds nothing but blanks.
    pub output: Option<String>,
    /// How long it took, in milliseconds, rounded; none where the report has no sensible time.
    pub duration_ms: Option<i32>,
    /// When it started, in whole milliseconds; none where the report doesn't say.
    pub started: Option<DateTime<Utc>>,
    /// Names this attempt: the same on every import of the same report, different for each attempt in it.
    pub key: Uuid,
}

/// Why a report can't be imported. The text is meant for whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JunitError {
    /// The bytes are not text in the encoding that the report declares, or nobody knows that encoding.
    #[error("the encoding of the report: {0}")]
    Encoding(String),
    /// It is not well-formed XML, or not a JUnit report.
    #[error("line {line}, column {column}: {problem}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A test case has a name that no script can have.
    #[error("line {line}: the name of the test case {name:?} {problem}")]
    Name {
        /// The line of the test case, from 1.
        line: usize,
        /// The name, cut where it is very long.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A text is longer than it may be. Nothing is ever cut.
    #[error("the {field} of {script:?} is longer than {limit} bytes")]
    TooLarge {
        /// The script that it belongs to.
        script: String,
        /// `message` or `output`.
        field: &'static str,
        /// The most it may have, in bytes.
        limit: usize,
    },
}

/// Reads a report in the encoding that its byte order mark or its XML declaration names; UTF-8 where neither does.
pub fn parse(xml: &[u8]) -> Result<Vec<Case>> {
    parse_text(&decode::decode(xml)?)
}

/// Reads a report that is text already. What its XML declaration says about the encoding was true of the bytes that it
/// came from and means nothing any more.
pub fn parse_text(xml: &str) -> Result<Vec<Case>> {
    document::read(xml.strip_prefix('\u{FEFF}').unwrap_or(xml))
}

impl JunitError {
    /// What is wrong at the byte `offset` of `text`.
    fn malformed(text: &str, offset: usize, problem: impl AsRef<str>) -> Self {
        let (line, column) = value::line_and_column(text, offset);
        Self::Malformed {
            line,
            column,
            problem: value::excerpt(problem.as_ref()),
        }
    }
}
