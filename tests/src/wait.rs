//! Waiting: the only place of the stories that lets time pass.
//!
//! A story names the condition it waits for and a deadline. Deadlines are generous, since a story that passes never
//! waits that long, and a machine that is busy building something else must not fail it.

use std::future::Future;
use std::panic::Location;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// The deadline where nothing else is said.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The pause between two looks at a condition.
const INTERVAL: Duration = Duration::from_millis(20);

/// Looks at `condition` until it gives a value, and panics, naming `what` was waited for, when `deadline` has passed.
#[track_caller]
pub fn eventually<T, F, Fut>(
    what: &str,
    deadline: Duration,
    mut condition: F,
) -> impl Future<Output = T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let caller = Location::caller();
    async move {
        let end = Instant::now() + deadline;
        loop {
            if let Some(value) = condition().await {
                return value;
            }
            assert!(
                Instant::now() < end,
                "{caller}: not within {deadline:?}: {what}"
            );
            sleep(INTERVAL).await;
        }
    }
}

/// Awaits `future`, and panics, naming `what` was waited for, when `deadline` has passed.
#[track_caller]
pub fn within<T>(
    what: &str,
    deadline: Duration,
    future: impl Future<Output = T>,
) -> impl Future<Output = T> {
    let caller = Location::caller();
    async move {
        timeout(deadline, future)
            .await
            .unwrap_or_else(|_| panic!("{caller}: not within {deadline:?}: {what}"))
    }
}
