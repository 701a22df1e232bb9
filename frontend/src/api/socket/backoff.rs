//! How long to wait before trying again: longer each time up to a limit, and never two pages in
//! step.

use std::time::Duration;

/// The longest wait before the second try, doubled for each one after.
const FIRST: Duration = Duration::from_millis(500);

/// The longest wait of all.
const LONGEST: Duration = Duration::from_secs(15);

/// Counts the tries that failed in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait before the next try. `random` lies in 0..1 and spreads the pages that lost the same
    /// server at the same moment over the upper half of the wait.
    pub(super) fn next_delay(&mut self, random: f64) -> Duration {
        let ceiling = FIRST
            .saturating_mul(2_u32.saturating_pow(self.failures))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        ceiling.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }

    /// Starts again from the shortest wait, after a success.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_limit() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..8)
            .map(|_| backoff.next_delay(1.0).as_millis())
            .collect();
        assert_eq!(
            waits,
            [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]
        );
    }

    #[test]
    fn chance_takes_at_most_half_of_a_wait() {
        assert_eq!(
            Backoff::default().next_delay(0.0),
            Duration::from_millis(250)
        );
        assert_eq!(
            Backoff::default().next_delay(0.5),
            Duration::from_millis(375)
        );
    }

    #[test]
    fn success_starts_over() {
        let mut backoff = Backoff { failures: 9 };
        backoff.reset();
        assert_eq!(backoff.next_delay(1.0), FIRST);
    }

    #[test]
    fn a_day_without_a_server_does_not_overflow() {
        let mut backoff = Backoff { failures: u32::MAX };
        assert_eq!(backoff.next_delay(1.0), LONGEST);
        assert_eq!(backoff.next_delay(1.0), LONGEST);
    }
}
