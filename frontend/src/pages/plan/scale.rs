//! From time to place: a window of time laid out over a width of 1,000 units, whatever that is on the screen.

use crate::api::scalars::DateTime;

/// The width.
pub(super) const WIDTH: f64 = 1_000.0;

/// What is shorter than this on the screen could not be seen any more.
const LEAST: f64 = 1.5;

/// How far the pointer may be beside a block and still mean it.
const REACH: f64 = 3.0;

const MINUTE: f64 = 60_000.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// The distances that ticks may have.
const STEPS: [f64; 16] = [
    MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    15.0 * MINUTE,
    30.0 * MINUTE,
    HOUR,
    2.0 * HOUR,
    3.0 * HOUR,
    6.0 * HOUR,
    12.0 * HOUR,
    DAY,
    2.0 * DAY,
    5.0 * DAY,
    10.0 * DAY,
    20.0 * DAY,
    50.0 * DAY,
];

/// The most ticks of a scale.
const TICKS: f64 = 8.0;

/// A time on the scale: where, in percent of the width, and what it is called.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) percent: f64,
    pub(super) words: String,
}

/// A window of time, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    start: f64,
    length: f64,
}

impl Scale {
    pub(super) fn of(t0: &DateTime, t1: &DateTime) -> Self {
        Self::new(t0.millis(), t1.millis())
    }

    fn new(start: f64, end: f64) -> Self {
        // A window without a length is a point, and nothing is to be seen of it.
        Self {
            start,
            length: (end - start).max(1.0),
        }
    }

    fn place(self, millis: f64) -> f64 {
        (millis - self.start) / self.length * WIDTH
    }

    /// Where a block begins, and how wide it is.
    pub(super) fn extent(self, start: f64, end: f64) -> (f64, f64) {
        let from = self.place(start);
        let width = (self.place(end) - from).max(LEAST);
        (from.min(WIDTH - LEAST), width)
    }

    /// The times to name below.
    pub(super) fn ticks(self) -> Vec<Tick> {
        let step = STEPS
            .into_iter()
            .find(|step| self.length / step <= TICKS)
            .unwrap_or(STEPS[STEPS.len() - 1]);
        let mut ticks = Vec::new();
        let mut time = (self.start / step).ceil() * step;
        while time <= self.start + self.length {
            ticks.push(Tick {
                percent: self.place(time) / WIDTH * 100.0,
                words: words(time, step),
            });
            time += step;
        }
        ticks
    }
}

/// The block at a place, or the one next to it that the pointer may mean; they are in the order of their beginnings.
pub(super) fn hit(extents: &[(f64, f64)], place: f64) -> Option<usize> {
    let distance = |(from, width): (f64, f64)| {
        if place < from {
            from - place
        } else {
            (place - from - width).max(0.0)
        }
    };
    let distances = extents.iter().map(|extent| distance(*extent));
    let nearest = distances
        .enumerate()
        .min_by(|(_, one), (_, other)| one.total_cmp(other))?;
    (nearest.1 <= REACH).then_some(nearest.0)
}

/// Whole days by their date, other times by the clock; at midnight the clock gives way to the date.
fn words(millis: f64, step: f64) -> String {
    let DateTime(time) = DateTime::from_millis(millis);
    let is_midnight = millis % DAY == 0.0;
    let part = if step >= DAY || is_midnight {
        time.get(5..10)
    } else {
        time.get(11..16)
    };
    part.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_can_be_seen_and_stays_inside() {
        let scale = Scale::new(0.0, 100.0 * DAY);
        assert_eq!(scale.extent(0.0, 50.0 * DAY), (0.0, 500.0));
        assert_eq!(scale.extent(10.0 * DAY, 10.0 * DAY), (100.0, LEAST));
        assert_eq!(
            scale.extent(100.0 * DAY, 100.0 * DAY),
            (WIDTH - LEAST, LEAST)
        );
    }

    #[test]
    fn the_pointer_means_what_it_is_at_or_next_to() {
        let extents = [(0.0, 10.0), (20.0, 10.0)];
        assert_eq!(hit(&extents, 5.0), Some(0));
        assert_eq!(hit(&extents, 12.0), Some(0));
        assert_eq!(hit(&extents, 18.0), Some(1));
        assert_eq!(hit(&extents, 15.0), None);
        assert_eq!(hit(&[], 15.0), None);
    }
}
