//! Whatever is sent as a cursor, a global id or a time: it stands for nothing, or for something that comes back as the same
//! when it is written again.

use std::fmt;

use async_graphql::{ID, ScalarType, Value};
use chrono::{DateTime, Datelike, Utc};
use entity::{BackupId, LogId, RunId, ScheduleId, TaskId, Timestamp};

use super::{
    id::GlobalId,
    page::{Cursor, cost, slice},
    scalar::Instant,
};
use crate::{
    domain::{backup, log},
    fuzzing,
};

/// Reads cursors and global ids, and makes some of what they are read as.
pub fn cursor(bytes: &[u8]) {
    if let Some(text) = fuzzing::text(bytes) {
        read::<i32>(text);
        read::<String>(text);
        read::<ScheduleId>(text);
        read::<TaskId>(text);
        read::<RunId>(text);
        if let Some(position) = read::<log::Position>(text) {
            check_year(position.date);
        }
        if let Some(position) = read::<backup::Position>(text) {
            check_year(position.created);
        }
        if let Some(id) = GlobalId::decode(&ID(text.to_owned())) {
            comes_back(&id);
        }
        if let Some(id) = GlobalId::decode(&GlobalId::Client(text.to_owned()).encode()) {
            assert_eq!(id, GlobalId::Client(text.to_owned()));
        }
    }
    for number in bytes.chunks(8).map(number) {
        written(&number);
        written(&ScheduleId(number.into()));
        written(&TaskId(number));
        written(&RunId(number.into()));
        comes_back(&GlobalId::LogEntry(LogId(number.into())));
        let date = DateTime::from_timestamp_millis(i64::from(number) * 1_000);
        let date = date.expect("a year between 1901 and 2038").into();
        written(&log::Position {
            date,
            id: LogId(number.into()),
        });
        written(&backup::Position {
            created: date,
            id: BackupId(number.into()),
        });
        assert!((1..=101).contains(&cost(Some(number), None, 1)));
    }
}

/// Reads a cursor, in both of the places where one may stand.
fn read<K: Cursor + Clone + PartialEq + fmt::Debug>(text: &str) -> Option<K> {
    let own = Some(text.to_owned());
    let after = slice::<K>(None, own.clone(), None, None);
    let before = slice::<K>(None, None, Some(1), own);
    match (after, before) {
        (Ok(after), Ok(before)) => {
            assert_eq!(after.after, before.before);
            let key = after.after.expect("it was read");
            written(&key);
            Some(key)
        }
        (Err(after), Err(before)) => {
            assert_eq!(
                (after.field(), before.field()),
                (Some("after"), Some("before"))
            );
            fuzzing::check_refusal(&after);
            None
        }
        _ => panic!("it is a cursor in one place only"),
    }
}

fn written<K: Cursor + PartialEq + fmt::Debug>(key: &K) {
    assert_eq!(K::decode(&key.encode()).as_ref(), Some(key));
}

fn comes_back(id: &GlobalId) {
    assert_eq!(GlobalId::decode(&id.encode()).as_ref(), Some(id));
}

/// A time that a database is asked for must be one that it can keep.
fn check_year(time: Timestamp) {
    let time = DateTime::<Utc>::from(time);
    assert!((0..=9999).contains(&time.year()), "{time}");
}

/// A number that some bytes stand for.
fn number(bytes: &[u8]) -> i32 {
    let fold = |number: i32, byte: &u8| number.wrapping_mul(257) ^ i32::from(*byte);
    bytes.iter().fold(0, fold)
}

/// Reads a `DateTime`.
pub(crate) fn instant(text: &str) {
    let read = |text: &str| Instant::parse(Value::from(text));
    let Ok(Instant(time)) = read(text) else {
        return;
    };
    check_year(time);
    let written = Instant(time).to_value();
    assert_eq!(
        written,
        Value::from(time.to_string()),
        "it is written in one way"
    );
    let Ok(Instant(again)) = read(&time.to_string()) else {
        panic!("{time} is not taken back");
    };
    assert_eq!(again, time);
    let kept = time.to_string().replace('T', " ").replace('Z', "");
    assert_eq!(Timestamp::from_sql(&kept), Some(time), "SQLite keeps it");
}
