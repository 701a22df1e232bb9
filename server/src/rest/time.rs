//! Dates and times as people and programs write them: ISO 8601, with or without an offset. Without one, it is UTC.
//!
//! A text is held against shapes first, with 9 for each digit: left to itself, the library takes signs, spaces and single
//! digits where the standard has none.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, Timelike, Utc};

/// A moment: a date, or a date and a time of day with `T` or a space between them. A date alone is its first moment.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let (day, rest) = match text.split_once(['T', 't', ' ']) {
        Some((day, rest)) => (day, Some(rest)),
        None => (text, None),
    };
    let (time, offset) = rest.map_or(Some((NaiveTime::MIN, 0)), time_and_offset)?;
    let local = date(day)?.and_time(time);
    let offset = FixedOffset::east_opt(offset)?;
    let moment = local.and_local_timezone(offset).single()?.to_utc();
    // An offset may lead out of the years that the databases know.
    (0..=9999).contains(&moment.year()).then_some(moment)
}

/// A calendar date, a week date or an ordinal one, with hyphens or without.
fn date(text: &str) -> Option<NaiveDate> {
    let format = match shape(text).as_str() {
        "9999-99-99" => "%Y-%m-%d",
        "99999999" => "%Y%m%d",
        "9999-W99-9" => "%G-W%V-%u",
        "9999W999" => "%GW%V%u",
        "9999-999" => "%Y-%j",
        "9999999" => "%Y%j",
        _ => return None,
    };
    NaiveDate::parse_from_str(text, format).ok()
}

/// A time of day, and how many seconds its clock is ahead of UTC.
fn time_and_offset(text: &str) -> Option<(NaiveTime, i32)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time_of_day(time)?, 0));
    }
    let Some(sign) = text.find(['+', '-']) else {
        return Some((time_of_day(text)?, 0));
    };
    let offset = hours_and_minutes(&text[sign + 1..])?;
    let offset = i32::try_from(offset.num_seconds_from_midnight()).ok()?;
    let is_behind = text[sign..].starts_with('-');
    let ahead = if is_behind { -offset } else { offset };
    Some((time_of_day(&text[..sign])?, ahead))
}

/// A time of day, to a fraction of a second where it has one.
fn time_of_day(text: &str) -> Option<NaiveTime> {
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let format = match shape(whole).as_str() {
        "99:99:99" => "%H:%M:%S",
        "999999" => "%H%M%S",
        _ => return hours_and_minutes(text),
    };
    let time = NaiveTime::parse_from_str(whole, format).ok()?;
    // The library counts a leap second as a second second.
    if time.nanosecond() > 0 {
        return None;
    }
    match fraction {
        Some(fraction) => time.with_nanosecond(nanoseconds(fraction)?),
        None => Some(time),
    }
}

fn hours_and_minutes(text: &str) -> Option<NaiveTime> {
    let (hours, minutes) = match shape(text).as_str() {
        "99" => (text, "0"),
        "99:99" => (&text[..2], &text[3..]),
        "9999" => text.split_at(2),
        _ => return None,
    };
    NaiveTime::from_hms_opt(hours.parse().ok()?, minutes.parse().ok()?, 0)
}

/// What a fraction of a second comes to; what is finer is cut off.
fn nanoseconds(fraction: &str) -> Option<u32> {
    const DIGITS: &str = "000000000";
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.chars().chain(DIGITS.chars());
    digits.take(DIGITS.len()).collect::<String>().parse().ok()
}

fn shape(text: &str) -> String {
    text.replace(|character: char| character.is_ascii_digit(), "9")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_a_moment() {
        for text in [
            "2022-01-01 12:00",
            "2022-01-01T12:00",
            "2022-01-01t12",
            "2022-01-01T12:00:00Z",
            "20220101T120000",
            "2022-01-01T12:00:00.000000",
            "2022-01-01T12:00:00,0+00:00",
            "2022-01-01T21:00+09:00",
            "2022-01-01 07:30-0430",
            "2022-01-01T07-05",
            "2021-W52-6T12:00",
            "2021W526 1200",
            "2022-001T12:00",
            "2022001T12:00",
        ] {
            let found = moment(text).map(|moment| moment.to_rfc3339());
            assert_eq!(
                found.as_deref(),
                Some("2022-01-01T12:00:00+00:00"),
                "{text}"
            );
        }
        let fine = moment("2022-01-01T00:00:00.1234567891").expect("a moment");
        assert_eq!(fine.nanosecond(), 123_456_789);
        let midnight = moment("2022-01-01").expect("a moment");
        assert_eq!(midnight.to_rfc3339(), "2022-01-01T00:00:00+00:00");
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "tomorrow",
            "2022-13-01",
            "2022-02-29",
            "2022-1-1",
            "01/02/2022",
            " 2022-01-01",
            "2022-01-01T",
            "2022-01-01T24:00",
            "2022-01-01T12:60",
            "2022-01-01T23:59:60Z",
            "2022-01-01T12:00.5",
            "2022-01-01T12:00:00.",
            "2022-01-01T12:00+",
            "2022-01-01T12:00+25:00",
            "2022-01-01+09:00",
            "2022-01-01T12:00:00ZZ",
            "٢٠٢٢-01-01",
            "0000-01-01T00:00+01:00",
            "9999-12-31T23:59-01:00",
            "1640995200",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
