//! Waiting for something to become true.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{interval, timeout};

/// How often it is looked: what is measured by it is as exact as that.
const LOOK: Duration = Duration::from_millis(1);

/// Looks again and again until `look` finds something. Fails at once where it does, and when it took too long.
pub(crate) async fn eventually<T>(
    what: &str,
    patience: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let found = async {
        let mut looks = interval(LOOK);
        loop {
            looks.tick().await;
            if let Some(found) = look().await? {
                return Ok(found);
            }
        }
    };
    let found = timeout(patience, found).await;
    found.with_context(|| format!("not within {patience:?}: {what}"))?
}
