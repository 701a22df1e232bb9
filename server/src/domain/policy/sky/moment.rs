//! Time as the sky counts it.

use chrono::{DateTime, Utc};

/// The Julian day of the epoch J2000.0.
const J2000_JULIAN_DAY: f64 = 2_451_545.0;

/// The same moment on the clocks of 1970, in seconds.
const J2000_UNIX_SECONDS: f64 = 946_728_000.0;

const SECONDS_PER_DAY: f64 = 86_400.0;

/// How far terrestrial time is ahead of UTC since 2017, in seconds. Before, up to 27 s less since 1972: the moon, the
/// fastest, moves by 0.004° in that time.
const TT_MINUS_UTC_SECONDS: f64 = 69.184;

/// A moment, in days of UTC since J2000.0. UT1, by which the earth turns, is within 0.9 s of it (0.004°).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Moment(pub(super) f64);

impl Moment {
    /// The moment that lies some days later.
    pub(super) fn plus_days(self, days: f64) -> Self {
        Self(self.0 + days)
    }

    /// Its Julian day in terrestrial time, which series of positions are made for.
    pub(super) fn julian_ephemeris_day(self) -> f64 {
        J2000_JULIAN_DAY + self.0 + TT_MINUS_UTC_SECONDS / SECONDS_PER_DAY
    }

    /// Mean sidereal time in Greenwich, in degrees (IAU 1982; Meeus 12.4).
    pub(super) fn greenwich_mean_sidereal_time(self) -> f64 {
        let centuries = self.0 / 36_525.0;
        280.460_618_37
            + 360.985_647_366_29 * self.0
            + centuries * centuries * (0.000_387_933 - centuries / 38_710_000.0)
    }
}

impl From<DateTime<Utc>> for Moment {
    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds of some thousand years fit well enough"
    )]
    fn from(time: DateTime<Utc>) -> Self {
        let seconds = time.timestamp_micros() as f64 / 1e6;
        Self((seconds - J2000_UNIX_SECONDS) / SECONDS_PER_DAY)
    }
}

impl From<Moment> for DateTime<Utc> {
    /// The nearest whole microsecond.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounded before; the years that plans may lie in are few"
    )]
    fn from(moment: Moment) -> Self {
        let seconds = moment.0 * SECONDS_PER_DAY + J2000_UNIX_SECONDS;
        Self::from_timestamp_micros((seconds * 1e6).round() as i64)
            .expect("the years that plans may lie in are known to chrono")
    }
}
