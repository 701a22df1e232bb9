//! The rules for windows of starts, in the order in which they are asked: `day-mod`, `drift-mode`,
//! `calibration-min-duration`, `alt-range`.

use chrono::TimeDelta;

use super::{
    block::Starts,
    config::{AltRange, DayMod, Rules},
    grid::{Grid, SOURCE_STEP_SECONDS},
};
use crate::domain::policy::{Dropped, sky::Sky};

/// A day as the stars count it, in seconds.
const SIDEREAL_DAY_SECONDS: f64 = 0.997_269_566 * 86_400.0;

/// What the rules leave of a window; where that is nothing, it is noted by which of them.
pub(super) fn admitted(
    rules: &Rules,
    starts: Starts,
    sky: &Sky,
    dropped: &mut Vec<Dropped>,
) -> Option<Starts> {
    let length = starts.last - starts.first;
    let refused_by = if rules
        .day_mod
        .as_ref()
        .is_some_and(|rule| !rule.admits(&starts))
    {
        Some("day-mod")
    } else if rules
        .drift_mode
        .as_ref()
        .is_some_and(|rule| rule.mode != starts.source.drift)
    {
        Some("drift-mode")
    } else if rules
        .calibration_min_duration
        .as_ref()
        .is_some_and(|rule| !rule.admits(length))
    {
        Some("calibration-min-duration")
    } else {
        None
    };
    if let Some(rule) = refused_by {
        dropped.push(starts.dropped(rule));
        return None;
    }
    let Some(rule) = &rules.alt_range else {
        return Some(starts);
    };
    let cut = rule.cut(&starts, sky);
    if cut.is_none() {
        dropped.push(starts.dropped("alt-range"));
    }
    cut
}

impl DayMod {
    /// Whether a window begins on the day of its cycle.
    fn admits(&self, starts: &Starts) -> bool {
        let since: TimeDelta = starts.first - self.day_ref;
        let days = (since.as_seconds_f64() / SIDEREAL_DAY_SECONDS).floor();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "there are not so many days in the years that chrono knows"
        )]
        let days = days as i64;
        days.rem_euclid(self.day_mod) == self.day
    }
}

impl AltRange {
    /// A window from the first to the last moment of its grid at which the source is in range.
    fn cut(&self, starts: &Starts, sky: &Sky) -> Option<Starts> {
        let [low, high] = self.alt_range;
        let grid = Grid::on(starts.first, starts.last, SOURCE_STEP_SECONDS);
        let mut in_range = grid.points().filter(|time| {
            let altitude = sky.position(starts.source.body, *time).altitude;
            (low..=high).contains(&altitude)
        });
        let first = in_range.next()?;
        let last = in_range.last().unwrap_or(first);
        Some(Starts {
            first,
            last,
            ..starts.clone()
        })
    }
}
