//! Moments of the past: the same however often a story names them, and whole milliseconds, as the server keeps them.

use std::sync::LazyLock;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// When the story began.
static BEGAN: LazyLock<DateTime<Utc>> = LazyLock::new(|| Utc::now().trunc_subsecs(3));

/// So many minutes before the story began.
pub fn minutes_ago(minutes: i64) -> DateTime<Utc> {
    *BEGAN - TimeDelta::minutes(minutes)
}

/// So many days before the story began.
pub fn days_ago(days: i64) -> DateTime<Utc> {
    *BEGAN - TimeDelta::days(days)
}
