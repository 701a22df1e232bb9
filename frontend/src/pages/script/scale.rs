//! The scale of the chart of durations: from 0 to a round number of a unit that people count in.
//! Pure.

const SECOND: f64 = 1_000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// The steps that may lie between two lines, in milliseconds. Beyond, whole days are doubled.
const STEPS: [f64; 31] = [
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
    50.0,
    100.0,
    200.0,
    500.0,
    SECOND,
    2.0 * SECOND,
    5.0 * SECOND,
    10.0 * SECOND,
    15.0 * SECOND,
    20.0 * SECOND,
    30.0 * SECOND,
    MINUTE,
    2.0 * MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    15.0 * MINUTE,
    20.0 * MINUTE,
    30.0 * MINUTE,
    HOUR,
    2.0 * HOUR,
    3.0 * HOUR,
    4.0 * HOUR,
    6.0 * HOUR,
    8.0 * HOUR,
    12.0 * HOUR,
    DAY,
];

/// Into how many parts the lines divide the chart at most.
const PARTS: f64 = 4.0;

/// A scale from 0 up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    /// What lies between two lines, in milliseconds.
    pub(super) step: f64,
    /// How many of those there are.
    pub(super) parts: u32,
}

impl Scale {
    /// The scale that has room for this duration.
    pub(super) fn up_to(longest: f64) -> Self {
        let longest = longest.max(1.0);
        let fits = |step: &f64| longest <= step * PARTS;
        let step = STEPS.into_iter().find(fits).unwrap_or_else(|| {
            let mut step = DAY;
            while !fits(&step) {
                step *= 2.0;
            }
            step
        });
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it lies between 1 and 4"
        )]
        let parts = (longest / step).ceil() as u32;
        Self { step, parts }
    }

    /// Where a duration lies, from 0 at the foot to 1 at the top.
    pub(super) fn share(self, millis: f64) -> f64 {
        millis / self.top()
    }

    /// The duration at the top.
    pub(super) fn top(self) -> f64 {
        self.step * f64::from(self.parts)
    }

    /// The durations at the lines, from 0 to the top.
    pub(super) fn lines(self) -> impl Iterator<Item = f64> {
        (0..=self.parts).map(move |part| f64::from(part) * self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(longest: f64) -> Vec<f64> {
        Scale::up_to(longest).lines().collect()
    }

    #[test]
    fn a_scale_ends_just_above_the_longest_in_round_steps() {
        assert_eq!(lines(8_449.0), [0.0, 5_000.0, 10_000.0]);
        assert_eq!(lines(1_700.0), [0.0, 500.0, 1_000.0, 1_500.0, 2_000.0]);
        assert_eq!(lines(130_000.0), [0.0, 60_000.0, 120_000.0, 180_000.0]);
        assert_eq!(lines(4.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn nothing_and_very_much_have_a_scale_too() {
        assert_eq!(lines(0.0), [0.0, 1.0]);
        assert_eq!(lines(10.0 * DAY), [0.0, 4.0 * DAY, 8.0 * DAY, 12.0 * DAY]);
    }

    #[test]
    fn a_share_is_of_the_whole_scale() {
        let scale = Scale::up_to(8_449.0);
        assert!((scale.share(5_000.0) - 0.5).abs() < f64::EPSILON);
        assert!(scale.share(0.0).abs() < f64::EPSILON);
    }
}
