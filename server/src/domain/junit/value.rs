//! Single values of a report: times, texts, and the places that errors name.
//!
//! Rule of the house: a time that makes no sense is no time; a text is never cut, except where an error quotes it.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

/// How much of a text an error quotes, in characters.
const EXCERPT: usize = 120;

/// Milliseconds, rounded, of a time in seconds: "0.003", "1,234.5", "0,003". None where it is no time of 0 to 24 days.
pub(super) fn duration_ms(seconds: &str) -> Option<i32> {
    let exact = Duration::try_from_secs_f64(decimal(seconds.trim())?).ok()?;
    let rounded = exact.saturating_add(Duration::from_micros(500));
    rounded.as_millis().try_into().ok()
}

/// A number whose comma is a decimal mark, unless it sets off thousands as Maven Surefire's does.
fn decimal(text: &str) -> Option<f64> {
    let plain = if has_thousands(text) {
        text.replace(',', "")
    } else {
        text.replace(',', ".")
    };
    plain.parse().ok()
}

/// Whether the commas stand where thousands are set off: "1,234.5" and "1,234,567", not "0,003" or "12,5".
fn has_thousands(text: &str) -> bool {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    matches!(first.len(), 1..=3) && !first.starts_with('0') && groups.all(|group| group.len() == 3)
}

/// An instant in whole milliseconds. UTC where the text has no offset; none where it is no time after 1970 and before
/// the year 10000 (tools write 1970-01-01 and 0001-01-01 for "unknown").
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim().replacen(' ', "T", 1);
    let time = DateTime::parse_from_rfc3339(&text)
        .or_else(|_| DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .map(|time| time.to_utc())
        .or_else(|_| {
            NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc())
        })
        .ok()?;
    let known = 1..FIRST_MS_OF_YEAR_10000;
    Some(time.timestamp_millis())
        .filter(|ms| known.contains(ms))
        .and_then(DateTime::from_timestamp_millis)
}

/// The first instant that a column of the database can't hold, in milliseconds since 1970.
const FIRST_MS_OF_YEAR_10000: i64 = 253_402_300_800_000;

/// A name on one line: tabs and line breaks become spaces, as XML has it for attributes, and the ends are trimmed.
pub(super) fn name(text: &str) -> String {
    text.trim()
        .replace("\r\n", " ")
        .replace(['\t', '\n', '\r'], " ")
}

/// A text as it is kept: line breaks are LF, NUL is U+FFFD, no blank lines before and no blanks after.
pub(super) fn text(raw: &str) -> String {
    let kept = without_blank_ends(raw);
    if kept.contains(['\r', '\0']) {
        kept.replace("\r\n", "\n")
            .replace('\r', "\n")
            .replace('\0', "\u{FFFD}")
    } else {
        kept.to_owned()
    }
}

/// The text from its first line that isn't blank (with that line's indentation) to its last character that isn't.
fn without_blank_ends(text: &str) -> &str {
    let text = text.trim_end();
    let blank = text.len() - text.trim_start().len();
    let first_line = text[..blank].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    &text[first_line..]
}

/// Line and column, both from 1, of the byte `offset` of `text`; the column counts characters.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let start_of_line = before.rfind('\n').map_or(0, |end| end + 1);
    let line = 1 + before.matches('\n').count();
    let column = 1 + before[start_of_line..].chars().count();
    (line, column)
}

/// As much of a text as an error should quote.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
