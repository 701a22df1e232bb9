//! The moments at which a block is looked at.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

/// The step at which sources are followed, in seconds.
pub(super) const SOURCE_STEP_SECONDS: f64 = 30.0;

/// Some seconds, in whole microseconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a window has 400 days at the most"
)]
pub(super) fn seconds_to_delta(seconds: f64) -> TimeDelta {
    TimeDelta::microseconds((seconds * 1e6).round() as i64)
}

/// So many steps of a length, from a moment on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    start: DateTime<Utc>,
    step: TimeDelta,
    points: usize,
}

impl Grid {
    /// A grid on what lies between two moments: as many points as there are whole steps, so never the end itself.
    pub(super) fn on(start: DateTime<Utc>, end: DateTime<Utc>, step_seconds: f64) -> Self {
        let step = seconds_to_delta(step_seconds);
        let length = (end - start)
            .num_microseconds()
            .expect("a window has 400 days at the most");
        let steps = length
            / step
                .num_microseconds()
                .expect("a step has a day at the most");
        Self {
            start,
            step,
            points: usize::try_from(steps).expect("a block does not end before it begins"),
        }
    }

    /// How many points it has.
    pub(super) fn len(self) -> usize {
        self.points
    }

    /// One of its points.
    pub(super) fn at(self, point: usize) -> DateTime<Utc> {
        self.start + self.step * i32::try_from(point).expect("a grid has a few million points")
    }

    /// All of its points.
    pub(super) fn points(self) -> impl Iterator<Item = DateTime<Utc>> {
        (0..self.points).map(move |point| self.at(point))
    }
}

/// The runs of points of which something is true: half-open ranges of their places.
pub(super) fn runs(flags: &[bool]) -> Vec<Range<usize>> {
    let same = flags.chunk_by(|one, other| one == other);
    let mut at = 0;
    let ranges = same.filter_map(|chunk| {
        let start = at;
        at += chunk.len();
        chunk[0].then_some(start..at)
    });
    ranges.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_never_holds_its_end() {
        let start: DateTime<Utc> = "2023-01-01T00:00:00Z".parse().expect("a time");
        let on = |seconds: i64| Grid::on(start, start + TimeDelta::seconds(seconds), 30.0);
        assert_eq!(on(29).len(), 0);
        assert_eq!(on(30).points().collect::<Vec<_>>(), [start]);
        assert_eq!(on(89).points().last(), Some(start + TimeDelta::seconds(30)));
        assert_eq!(on(90).points().last(), Some(start + TimeDelta::seconds(60)));
    }

    #[test]
    fn runs_are_what_lies_together() {
        assert_eq!(runs(&[true, true, false, true]), [0..2, 3..4]);
        assert_eq!(runs(&[false, false]), Vec::<Range<usize>>::new());
        assert_eq!(runs(&[]), Vec::<Range<usize>>::new());
    }
}
