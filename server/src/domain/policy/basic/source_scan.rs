//! The rule `make-source-scan`: one scan out of each window of starts.

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};

use super::{
    block::{Observation, Starts},
    config::MakeSourceScan,
    grid::seconds_to_delta,
    source_plan::Array,
};
use crate::domain::policy::sky::{Body, Sky};

pub(super) const RULE: &str = "make-source-scan";

/// Where in what is left of its window each target's scans begin.
#[derive(Debug)]
pub(super) struct Phases<'a> {
    rule: &'a MakeSourceScan,
    /// In alphabetical order.
    targets: &'a [Body],
    /// The day of the first window of all.
    day: NaiveDate,
}

impl<'a> Phases<'a> {
    /// The phases for these windows; none, where there are no windows.
    pub(super) fn of(
        rule: &'a MakeSourceScan,
        targets: &'a [Body],
        windows: &[Starts],
    ) -> Option<Self> {
        let first = windows.iter().map(|starts| starts.first).min()?;
        Some(Self {
            rule,
            targets,
            day: first.date_naive(),
        })
    }

    fn of_target(&self, body: Body) -> f64 {
        if let Some(phase) = self.rule.phase.get(body.name()) {
            return *phase;
        }
        let place = self.targets.iter().position(|target| *target == body);
        by_chance(self.day, place.expect("windows are those of targets"))
    }

    /// When the scan of a window begins.
    fn start(&self, starts: &Starts) -> DateTime<Utc> {
        let length = (starts.last - starts.first).as_seconds_f64();
        let spare = (length - self.rule.preferred_length).max(0.0);
        starts.first + seconds_to_delta(self.of_target(starts.source.body) * spare)
    }

    /// The scan of a window.
    pub(super) fn scan(&self, array: &Array, starts: &Starts, sky: &Sky) -> Option<Observation> {
        array.scan(&starts.source, sky, self.start(starts))
    }
}

/// A number from 0 on and less than 1, as if by chance, and yet the same on the same day for the same place in a list.
#[expect(
    clippy::cast_precision_loss,
    reason = "53 bits are as many as such a number has"
)]
fn by_chance(day: NaiveDate, place: usize) -> f64 {
    let digest: [u8; 32] = Sha256::digest(format!("{day} {place}")).into();
    let bits = digest[..8]
        .iter()
        .fold(0, |bits, byte| bits << 8 | u64::from(*byte));
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_the_same_for_the_same_day_and_place() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 24).expect("a day");
        let other_day = day.succ_opt().expect("there is a tomorrow");
        assert!((by_chance(day, 0) - by_chance(day, 0)).abs() < f64::EPSILON);
        assert!((by_chance(day, 0) - by_chance(day, 1)).abs() > f64::EPSILON);
        assert!((by_chance(day, 0) - by_chance(other_day, 0)).abs() > f64::EPSILON);
    }

    #[test]
    fn chance_is_fair() {
        let days = NaiveDate::from_ymd_opt(2026, 1, 1)
            .expect("a day")
            .iter_days();
        let drawn: Vec<_> = days.take(1_000).map(|day| by_chance(day, 3)).collect();
        assert!(drawn.iter().all(|drawn| (0.0..1.0).contains(drawn)));
        let mean = drawn.iter().sum::<f64>() / 1_000.0;
        assert!((mean - 0.5).abs() < 0.05, "{mean}");
    }
}
