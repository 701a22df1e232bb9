//! The time that tasks fall due by.
//!
//! It is the system's. A test may set it, and whoever waits for a moment is told.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::Timestamp;
use tokio::sync::watch;

/// A clock. Its copies show the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    /// How far it is ahead of the system's.
    ahead: watch::Sender<TimeDelta>,
}

impl Clock {
    /// A clock that shows the system's time.
    pub fn new() -> Self {
        Self {
            ahead: watch::Sender::new(TimeDelta::zero()),
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        (Utc::now() + *self.ahead.borrow()).into()
    }

    /// Sets the clock. It goes on from there.
    pub fn set(&self, now: Timestamp) {
        self.ahead
            .send_replace(DateTime::<Utc>::from(now) - Utc::now());
    }

    /// Waits for a moment, however the clock gets there.
    pub async fn sleep_until(&self, moment: Timestamp) {
        let mut set = self.ahead.subscribe();
        while let Ok(left) = moment.since(self.now()).to_std()
            && left > Duration::ZERO
        {
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                // It can't end while this clock is there.
                _ = set.changed() => {}
            }
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_is_told_when_it_is_set() {
        let clock = Clock::new();
        let tomorrow = clock.now().plus_seconds(86_400);
        let copy = clock.clone();
        let waiting = tokio::spawn(async move { copy.sleep_until(tomorrow).await });
        clock.set(tomorrow);
        waiting.await.expect("it was woken");
        assert!(clock.now() >= tomorrow);
    }
}
