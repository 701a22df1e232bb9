//! Relay's paging: arguments become a [`Slice`], and positions become cursors.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Datelike, Utc};
use entity::{BackupId, LogId, RunId, ScheduleId, TaskId, Timestamp};

use crate::{
    domain::{backup, log, page::Slice},
    error::{Error, Result},
};

/// How many items a page has where the client does not say.
const DEFAULT_ITEMS: i32 = 50;

/// The most items of a page.
const MOST_ITEMS: i32 = 100;

/// A position in a list, as clients see it: opaque text.
pub(super) trait Cursor: Sized {
    fn encode(&self) -> String;
    fn decode(text: &str) -> Option<Self>;
}

impl Cursor for i32 {
    fn encode(&self) -> String {
        encode(self)
    }

    fn decode(text: &str) -> Option<Self> {
        decode(text)?.parse().ok()
    }
}

impl Cursor for String {
    fn encode(&self) -> String {
        encode(self)
    }

    fn decode(text: &str) -> Option<Self> {
        decode(text)
    }
}

impl Cursor for ScheduleId {
    fn encode(&self) -> String {
        encode(&self.0)
    }

    fn decode(text: &str) -> Option<Self> {
        decode(text)?.parse().ok().map(Self)
    }
}

impl Cursor for log::Position {
    fn encode(&self) -> String {
        encode_moment(self.date, self.id.0)
    }

    fn decode(text: &str) -> Option<Self> {
        let (date, id) = decode_moment(text)?;
        Some(Self {
            date,
            id: LogId(id),
        })
    }
}

impl Cursor for backup::Position {
    fn encode(&self) -> String {
        encode_moment(self.created, self.id.0)
    }

    fn decode(text: &str) -> Option<Self> {
        let (created, id) = decode_moment(text)?;
        Some(Self {
            created,
            id: BackupId(id),
        })
    }
}

impl Cursor for TaskId {
    fn encode(&self) -> String {
        encode(&self.0)
    }

    fn decode(text: &str) -> Option<Self> {
        decode(text)?.parse().ok().map(Self)
    }
}

impl Cursor for RunId {
    fn encode(&self) -> String {
        encode(&self.0)
    }

    fn decode(text: &str) -> Option<Self> {
        decode(text)?.parse().ok().map(Self)
    }
}

/// A moment, and what tells the things of one moment apart.
fn encode_moment(moment: Timestamp, id: i64) -> String {
    let time = DateTime::<Utc>::from(moment).timestamp_millis();
    encode(&format!("{time}:{id}"))
}

fn decode_moment(text: &str) -> Option<(Timestamp, i64)> {
    let text = decode(text)?;
    let (time, id) = text.split_once(':')?;
    let time = DateTime::from_timestamp_millis(time.parse().ok()?)?;
    // No database keeps times of other years.
    let is_known = (0..=9999).contains(&time.year());
    is_known.then_some((time.into(), id.parse().ok()?))
}

fn encode(key: &impl fmt::Display) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.to_string())
}

fn decode(text: &str) -> Option<String> {
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Reads the arguments of a list that can be walked in both directions.
pub(super) fn slice<K: Cursor>(
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> Result<Slice<K>> {
    if first.is_some() && last.is_some() {
        return Err(Error::validation("last", "can't be combined with first"));
    }
    let (field, asked) = if last.is_some() {
        ("last", last)
    } else {
        ("first", first)
    };
    Ok(Slice {
        after: cursor("after", after)?,
        before: cursor("before", before)?,
        limit: limit(field, asked)?,
        from_end: last.is_some(),
    })
}

/// Reads the arguments of a list that is walked forwards only.
pub(super) fn forward<K: Cursor>(first: Option<i32>, after: Option<String>) -> Result<Slice<K>> {
    slice(first, after, None, None)
}

fn limit(field: &str, asked: Option<i32>) -> Result<usize> {
    let asked = asked.unwrap_or(DEFAULT_ITEMS);
    if !(1..=MOST_ITEMS).contains(&asked) {
        let message = format!("must be between 1 and {MOST_ITEMS}, and is {asked}");
        return Err(Error::validation(field, message));
    }
    Ok(usize::try_from(asked).expect("it is between 1 and 100"))
}

fn cursor<K: Cursor>(field: &str, text: Option<String>) -> Result<Option<K>> {
    text.map(|text| {
        K::decode(&text).ok_or_else(|| Error::validation(field, "is not a cursor of this list"))
    })
    .transpose()
}

/// What a list may cost: as often what an item costs as it may have items. Called by the schema's `complexity`
/// attributes.
pub(super) fn cost(first: Option<i32>, last: Option<i32>, each: usize) -> usize {
    let items = first.or(last).unwrap_or(DEFAULT_ITEMS).clamp(1, MOST_ITEMS);
    usize::try_from(items).expect("it is between 1 and 100") * each + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_fifty_items_unless_asked_otherwise() {
        let slice: Slice<i32> = forward(None, None).expect("good");
        assert_eq!(slice.limit, 50);
        for first in [0, 101, -1] {
            let error = forward::<i32>(Some(first), None).unwrap_err();
            assert_eq!(error.field(), Some("first"));
        }
    }

    #[test]
    fn the_last_items_are_read_from_the_end() {
        let before = Some(7.encode());
        let slice: Slice<i32> = slice(None, None, Some(3), before).expect("good");
        assert!(slice.from_end);
        assert_eq!((slice.before, slice.limit), (Some(7), 3));
    }

    #[test]
    fn a_position_in_the_log_comes_back() {
        let position = log::Position {
            date: DateTime::from_timestamp_millis(1_790_000_000_123)
                .expect("a good time")
                .into(),
            id: LogId(7),
        };
        assert_eq!(Cursor::decode(&position.encode()), Some(position));
        assert_eq!(<log::Position as Cursor>::decode(&7.encode()), None);
        let out_of_all_years = encode(&format!("{}:7", 253_402_300_800_000_i64));
        assert_eq!(<log::Position as Cursor>::decode(&out_of_all_years), None);
    }

    #[test]
    fn a_made_up_cursor_is_refused() {
        let error = forward::<i32>(None, Some("seven".into())).unwrap_err();
        assert_eq!((error.code(), error.field()), ("VALIDATION", Some("after")));
    }
}
