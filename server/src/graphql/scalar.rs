//! Scalars of the schema.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use entity::Timestamp;

/// An instant on its way in or out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant(pub(super) Timestamp);

/// An instant as RFC 3339 has it. Any offset is understood; rendered in UTC with a trailing Z and milliseconds.
#[Scalar(
    name = "DateTime",
    specified_by_url = "https://scalars.graphql.org/andimarek/date-time"
)]
impl ScalarType for Instant {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let time = DateTime::parse_from_rfc3339(text).map_err(|error| {
            InputValueError::custom(format!("not an RFC 3339 date-time: {error}"))
        })?;
        let time = Timestamp::from(time.to_utc());
        // An offset may lead out of the years that RFC 3339 and the databases know, and so may a leap second.
        if !(0..=9999).contains(&DateTime::<Utc>::from(time).year()) {
            return Err(InputValueError::custom(
                "not in the years 0 to 9999, in UTC",
            ));
        }
        Ok(Self(time))
    }

    fn to_value(&self) -> Value {
        let time: DateTime<Utc> = self.0.into();
        Value::String(time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl From<Timestamp> for Instant {
    fn from(time: Timestamp) -> Self {
        Self(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_comes_back_in_utc() {
        let parsed = Instant::parse(Value::String("2026-03-29T02:30:00.1239+01:00".into()));
        let value = parsed.expect("a good time").to_value();
        assert_eq!(value, Value::String("2026-03-29T01:30:00.123Z".into()));
    }

    #[test]
    fn a_time_that_no_database_could_keep_is_refused() {
        for text in [
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "9999-12-31T23:59:60Z",
        ] {
            assert!(Instant::parse(Value::String(text.into())).is_err());
        }
        assert!(Instant::parse(Value::String("9999-12-31T23:59:59Z".into())).is_ok());
    }

    #[test]
    fn a_time_without_an_offset_is_refused() {
        assert!(Instant::parse(Value::String("2026-03-29T02:30:00".into())).is_err());
    }
}
