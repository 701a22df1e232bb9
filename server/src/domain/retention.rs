//! Retention: what is older than the operator keeps things goes.
//!
//! It goes whole or not at all, and in small transactions, so that nobody who reports waits for it. Any number of
//! processes do it once a day together. What has an age is an entry of [`Kind`], with a file of its own.

mod log;
mod runs;
mod schedules;

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use entity::Timestamp;

use crate::{
    config::Config,
    db,
    domain::{lease::Lease, log::Deed},
    error::Result,
    state::State,
};

/// What the processes that sweep lease.
const LEASE: &str = "retention";

/// How long a process that sweeps may be silent before another one takes over, in seconds.
const SILENCE_SECONDS: i32 = 600;

/// How long after a sweep the next one is due, in seconds.
const DAY_SECONDS: i32 = 24 * 3_600;

/// The most rows that one transaction removes, unless a single thing has more.
const ROWS_AT_ONCE: usize = 1_000;

/// A kind of thing that has an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Closed schedules with all that belongs to them. Their age counts from their closing; open ones have none.
    Schedules,
    /// Runs with what they wrote. Their age counts from their end; the last one of each task has none.
    Runs,
    /// Entries of the log.
    LogEntries,
}

impl Kind {
    /// All of them, in the order in which they are removed.
    pub const ALL: [Self; 3] = [Self::Schedules, Self::Runs, Self::LogEntries];

    /// How many days things of this kind are kept; 0 for ever.
    pub fn days(self, config: &Config) -> u16 {
        match self {
            Self::Schedules => config.keep_schedules_days,
            Self::Runs => config.keep_runs_days,
            Self::LogEntries => config.keep_log_days,
        }
    }

    /// How many are older than a moment.
    async fn count(self, state: &State, moment: Timestamp) -> Result<u64> {
        match self {
            Self::Schedules => schedules::count(state, moment).await,
            Self::Runs => runs::count(state, moment).await,
            Self::LogEntries => log::count(state, moment).await,
        }
    }

    /// Removes some that are older than a moment, in one transaction. Tells how many; 0 where none is left, or those
    /// that were have just been changed.
    async fn remove_some(self, state: &State, moment: Timestamp) -> Result<u64> {
        match self {
            Self::Schedules => schedules::remove_some(state, moment).await,
            Self::Runs => runs::remove_some(state, moment).await,
            Self::LogEntries => log::remove_some(state, moment).await,
        }
    }
}

/// What there is of a kind that is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outdated {
    /// The kind.
    pub kind: Kind,
    /// What is older than this goes.
    pub before: Timestamp,
    /// How many there are, or were.
    pub count: u64,
}

impl fmt::Display for Outdated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Kind::Schedules => "schedules closed",
            Kind::Runs => "runs ended",
            Kind::LogEntries => "log entries written",
        };
        let before = DateTime::<Utc>::from(self.before).to_rfc3339_opts(SecondsFormat::Secs, true);
        write!(f, "{what} before {before}: {}", self.count)
    }
}

/// Counts what would go, for each kind that is not kept for ever.
pub async fn outdated(state: &State) -> Result<Vec<Outdated>> {
    let mut found = Vec::new();
    for (kind, before) in limits(&state.config) {
        let count = kind.count(state, before).await?;
        found.push(Outdated {
            kind,
            before,
            count,
        });
    }
    Ok(found)
}

/// Removes what is too old. Tells what went, for each kind that is not kept for ever.
pub async fn prune(state: &State) -> Result<Vec<Outdated>> {
    let mut gone = Vec::new();
    for (kind, before) in limits(&state.config) {
        gone.push(prune_kind(state, kind, before, None).await?);
    }
    Ok(gone)
}

/// Removes what is too old, unless this or another process did so within the last day. The server does so by itself.
pub(crate) async fn sweep(state: &State) -> Result<()> {
    let begun = Timestamp::now();
    let limits = limits(&state.config);
    if limits.is_empty() {
        return Ok(());
    }
    let Some(lease) = Lease::take(state, LEASE, SILENCE_SECONDS).await? else {
        return Ok(());
    };
    for (kind, before) in limits {
        let gone = prune_kind(state, kind, before, Some(&lease)).await?;
        tracing::info!(%gone, "removed what is too old");
    }
    if !state.stopping.is_cancelled() {
        lease.hold_until(begun.plus_seconds(DAY_SECONDS)).await?;
    }
    Ok(())
}

/// The kinds that are not kept for ever, each with the moment before which things are too old.
fn limits(config: &Config) -> Vec<(Kind, Timestamp)> {
    let now = Timestamp::now();
    Kind::ALL
        .into_iter()
        .filter(|kind| kind.days(config) > 0)
        .map(|kind| (kind, now.minus_days(kind.days(config))))
        .collect()
}

/// Removes what is too old of one kind, and notes it on the log where there was any.
async fn prune_kind(
    state: &State,
    kind: Kind,
    before: Timestamp,
    lease: Option<&Lease>,
) -> Result<Outdated> {
    let mut gone = Outdated {
        kind,
        before,
        count: 0,
    };
    let outcome = remove_all(state, &mut gone, lease).await;
    if gone.count == 0 && outcome.is_ok() {
        return Ok(gone);
    }
    let deed = Deed::of_server("PRUNE", &gone);
    let noted = match outcome {
        Ok(()) => note(state, &deed).await,
        failed => failed,
    };
    deed.noting_failure(state, noted).await?;
    Ok(gone)
}

/// Removes one batch after the other, until none is left, the server stops, or another process took over.
async fn remove_all(state: &State, gone: &mut Outdated, lease: Option<&Lease>) -> Result<()> {
    loop {
        let removed =
            db::retrying(async || gone.kind.remove_some(state, gone.before).await).await?;
        gone.count += removed;
        if removed == 0 || state.stopping.is_cancelled() {
            return Ok(());
        }
        if let Some(lease) = lease
            && !lease
                .hold_until(Timestamp::now().plus_seconds(SILENCE_SECONDS))
                .await?
        {
            return Ok(());
        }
    }
}

/// The first of some things, with not too many rows together; one at least. Each comes with how many rows belong to it.
fn few_rows<K: Copy>(candidates: &[(K, i32)]) -> Vec<K> {
    let mut rows = 0;
    let fitting = candidates.iter().take_while(|(_, more)| {
        let is_first = rows == 0;
        rows += 1 + usize::try_from(*more).expect("a number of rows is not negative");
        is_first || rows <= ROWS_AT_ONCE
    });
    fitting.map(|(key, _)| *key).collect()
}

async fn note(state: &State, deed: &Deed) -> Result<()> {
    db::retrying(async || {
        let transaction = state.db.begin().await?;
        deed.done(&transaction).await?;
        db::commit(transaction).await
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_few_rows_and_one_thing_at_least() {
        let batch = |rows: &[i32]| {
            let candidates: Vec<_> = (1..).zip(rows.iter().copied()).collect();
            few_rows::<i32>(&candidates).len()
        };
        assert_eq!(batch(&[]), 0);
        assert_eq!(batch(&[400, 400, 400]), 2);
        assert_eq!(batch(&[50_000, 1]), 1);
        assert_eq!(batch(&[1, 50_000]), 1);
    }
}
