//! Scalars of the schema.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, SecondsFormat, Utc};
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
        Ok(Self(time.with_timezone(&Utc).into()))
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
    fn a_time_without_an_offset_is_refused() {
        assert!(Instant::parse(Value::String("2026-03-29T02:30:00".into())).is_err());
    }
}
