//! The types of single columns: keys that can't be mixed up, instants, and digests.

use std::{fmt, str::FromStr};

use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, SubsecRound, TimeDelta,
    Timelike, Utc,
};
use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The primary key of a schedule. Never leaves the servers: the outside knows a schedule by its [`Guid`].
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    DeriveValueType,
)]
pub struct ScheduleId(pub i64);

/// The primary key of a client. Never leaves the server: the outside knows a client by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct ClientId(pub i32);

/// The primary key of a log entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct LogId(pub i64);

/// The primary key of a task. The REST facade and people's SQL know a task by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct TaskId(pub i32);

/// The primary key of a run. Never leaves the servers: the outside knows a run by its [`Guid`].
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    DeriveValueType,
)]
pub struct RunId(pub i64);

/// The primary key of a backup. Never leaves the server: the outside knows a backup by its [`Guid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct BackupId(pub i64);

/// What the outside knows a schedule, a task, a run or a backup by for ever, kept as 36 characters of lower-case, hyphenated
/// text.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
pub struct Guid(pub Uuid);

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for Guid {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl TryFromU64 for Guid {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("Guid"))
    }
}

const NANOSECONDS: u32 = 1_000_000_000;

/// An instant in UTC with milliseconds, readable in a SQL prompt: `DATETIME(3)` on MySQL, text on SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct Timestamp(NaiveDateTime);

impl Timestamp {
    /// The present moment.
    pub fn now() -> Self {
        Utc::now().into()
    }

    /// The instant that lies `seconds` after this one (before it, where negative).
    #[must_use]
    pub fn plus_seconds(self, seconds: i32) -> Self {
        Self(self.0 + TimeDelta::seconds(seconds.into()))
    }

    /// The first full second that is not before this instant.
    #[must_use]
    pub fn up_to_a_second(self) -> Self {
        let begun = self.0.trunc_subsecs(0);
        let rest = TimeDelta::seconds(i64::from(begun < self.0));
        Self(begun + rest)
    }

    /// The instant that lies `days` of 24 hours before this one.
    #[must_use]
    pub fn minus_days(self, days: u16) -> Self {
        Self(self.0 - TimeDelta::days(days.into()))
    }

    /// Reads a time as SQLite keeps it: `2026-11-21 22:00:00.123`, with as much of a fraction as there is.
    pub fn from_sql(text: &str) -> Option<Self> {
        let (date, time) = (text.get(..10)?, text.get(11..19)?);
        let number = |text: &str| text.parse().ok();
        let date = NaiveDate::from_ymd_opt(
            date.get(..4)?.parse().ok()?,
            number(date.get(5..7)?)?,
            number(date.get(8..)?)?,
        )?;
        let fraction = match text.get(19..)?.strip_prefix('.') {
            None => 0,
            Some(digits) if digits.len() <= 9 => {
                let scale = 10_u32.pow(9 - u32::try_from(digits.len()).ok()?);
                number(digits)? * scale
            }
            Some(_) => return None,
        };
        let second: u32 = number(time.get(6..)?)?;
        // A leap second counts as the one after it.
        let leap = u32::from(second == 60);
        let time = NaiveTime::from_hms_nano_opt(
            number(time.get(..2)?)?,
            number(time.get(3..5)?)?,
            second - leap,
            fraction,
        )?;
        Some(Self(date.and_time(time) + TimeDelta::seconds(leap.into())))
    }

    /// The time that has passed from `earlier` to this instant; negative where it lies after this one.
    pub fn since(self, earlier: Self) -> TimeDelta {
        self.0 - earlier.0
    }
}

impl From<DateTime<Utc>> for Timestamp {
    /// Cuts to whole milliseconds, so that what is kept equals what is answered on every database. A leap second, which
    /// not every database knows, counts as the one after it.
    fn from(time: DateTime<Utc>) -> Self {
        let time = time.naive_utc().trunc_subsecs(3);
        let leap = time
            .nanosecond()
            .checked_sub(NANOSECONDS)
            .and_then(|rest| time.with_nanosecond(rest));
        Self(leap.map_or(time, |time| time + TimeDelta::seconds(1)))
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(time: Timestamp) -> Self {
        time.0.and_utc()
    }
}

impl fmt::Display for Timestamp {
    /// As RFC 3339 has it, in UTC and with milliseconds. Thousands of these are written a second, so it is done without
    /// the detour of a pattern.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(year @ 0..=9999) = u32::try_from(self.0.year()) else {
            let time = self.0.and_utc();
            return f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true));
        };
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for (end, mut number) in [
            (4, year),
            (7, self.0.month()),
            (10, self.0.day()),
            (13, self.0.hour()),
            (16, self.0.minute()),
            (19, self.0.second()),
            (23, self.0.nanosecond() / 1_000_000 % 1_000),
        ] {
            let mut place = end;
            while number > 0 {
                place -= 1;
                text[place] += u8::try_from(number % 10).expect("it is a digit");
                number /= 10;
            }
        }
        f.write_str(std::str::from_utf8(&text).expect("digits are text"))
    }
}

/// A SHA-256 digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct Digest(Vec<u8>);

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec())
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl TryFromU64 for Digest {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("Digest"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_that_has_begun_is_counted_in_full() {
        let up = |text: &str| {
            let time = DateTime::parse_from_rfc3339(text).expect("a good time");
            Timestamp::from(time.to_utc()).up_to_a_second().to_string()
        };
        assert_eq!(up("2026-11-26T10:50:22.000Z"), "2026-11-26T10:50:22.000Z");
        assert_eq!(up("2026-11-26T23:59:59.001Z"), "2026-11-27T00:00:00.000Z");
    }

    #[test]
    fn times_are_written_as_rfc_3339_has_them() {
        for text in [
            "2026-11-26T10:50:22.123Z",
            "0001-01-01T00:00:00.000Z",
            "9999-12-31T23:59:59.999Z",
        ] {
            let time = DateTime::parse_from_rfc3339(text).expect("a good time");
            assert_eq!(Timestamp::from(time.to_utc()).to_string(), text);
        }
    }

    #[test]
    fn times_are_read_as_sqlite_keeps_them() {
        let read = |text| Timestamp::from_sql(text).map(|time| time.to_string());
        let time = |text: &str| Some(text.to_owned());
        assert_eq!(
            read("2026-11-26 10:50:22.123"),
            time("2026-11-26T10:50:22.123Z")
        );
        assert_eq!(
            read("2026-11-26 10:50:22"),
            time("2026-11-26T10:50:22.000Z")
        );
        assert_eq!(
            read("2026-11-26 10:50:22.5"),
            time("2026-11-26T10:50:22.500Z")
        );
        for text in [
            "",
            "2026-11-26",
            "2026-13-01 00:00:00",
            "2026-11-26 10:50:22.x",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_leap_second_counts_as_the_one_after_it() {
        let leap = DateTime::parse_from_rfc3339("2016-12-31T23:59:60.5Z").expect("a good time");
        let after = "2017-01-01T00:00:00.500Z";
        assert_eq!(Timestamp::from(leap.to_utc()).to_string(), after);
        let read = Timestamp::from_sql("2016-12-31 23:59:60.500").expect("as it was kept once");
        assert_eq!(read.to_string(), after);
    }
}
