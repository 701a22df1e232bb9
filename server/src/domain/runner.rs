//! Doing what runs are for, and stopping it again.
//!
//! What a process is at, it knows in memory, only to be able to stop it. Whether a run is its own is decided by the run's
//! lease in the database.

mod backup;
mod command;
mod environment;
mod group;
mod lines;
mod recorder;
mod schedule;
mod stop;

pub use stop::Stop;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entity::{RunId, action::Action};
use tokio::sync::watch;

use crate::{
    domain::run::{self, Claimed, Ending},
    error::Error,
    state::State,
};
use stop::StopSignal;

/// The most runs that a process is at.
pub const AT_ONCE: usize = 128;

/// How long to wait until an ending that could not be written is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// The runs that a process is at.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<Runs>>);

type Runs = HashMap<RunId, watch::Sender<Option<Stop>>>;

impl Running {
    /// Which they are.
    pub(crate) fn ids(&self) -> Vec<RunId> {
        self.lock().keys().copied().collect()
    }

    /// How many more may begin.
    pub(crate) fn room(&self) -> usize {
        AT_ONCE.saturating_sub(self.lock().len())
    }

    /// Tells a run to stop, where this process is at it. The first reason stays.
    pub(crate) fn stop(&self, run: RunId, why: Stop) {
        if let Some(stop) = self.lock().get(&run) {
            stop.send_if_modified(|reason| {
                let is_first = reason.is_none();
                reason.get_or_insert(why);
                is_first
            });
        }
    }

    fn enter(&self, run: RunId) -> Entry {
        let (sender, stop) = watch::channel(None);
        self.lock().insert(run, sender);
        Entry {
            running: self.clone(),
            run,
            stop,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Runs> {
        // It is never half-written, so a panic elsewhere leaves nothing to repair.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// That a process is at a run. When this is dropped it no longer is.
struct Entry {
    running: Running,
    run: RunId,
    stop: watch::Receiver<Option<Stop>>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.running.lock().remove(&self.run);
    }
}

/// Begins to do what a run is for.
pub(crate) fn start(state: &State, claimed: Claimed) {
    let entry = state.running.enter(claimed.run.run_id);
    let state = state.clone();
    state.background.clone().spawn(async move {
        let stop = StopSignal::new(entry.stop.clone(), state.stopping.clone());
        let ending = perform(&state, &claimed, stop).await;
        write(&state, &claimed, ending).await;
        drop(entry);
        state.events.wake_scheduler();
    });
}

/// Does it. Where the run was lost meanwhile there is nothing to write.
async fn perform(state: &State, claimed: &Claimed, stop: StopSignal) -> Option<Ending> {
    match &claimed.run.action {
        Action::Reminder { .. } => Some(Ending::succeeded()),
        Action::Command { command, arguments } => {
            let Some(settings) = state.config.commands.get(command) else {
                let reason = format!("this server has no command {command} configured");
                return Some(Ending::failed(reason));
            };
            command::run(state, claimed, settings, arguments, stop).await
        }
        Action::Backup { source } => backup::run(state, claimed, source, stop).await,
        Action::Schedule {
            policy,
            config,
            window_seconds,
            title,
        } => {
            let new = schedule::window(claimed, *window_seconds, policy, config.clone());
            schedule::run(state, claimed, new, title.as_deref(), stop).await
        }
    }
}

/// Writes how a run ended, again until it is known to be written, or the server is gone. No ending means that there is
/// nothing to write, for the run is no longer this process's; then what it made is nobody's.
async fn write(state: &State, claimed: &Claimed, ending: Option<Ending>) {
    let id = claimed.run.run_id.0;
    let is_mine = match ending {
        None => false,
        Some(mut ending) => loop {
            match run::end(state, &claimed.run, &ending).await {
                Ok(is_mine) => match ending.archive() {
                    Some(archive) if !is_mine => {
                        break backup::is_kept(state, &claimed.run, archive).await;
                    }
                    _ => break is_mine,
                },
                Err(Error::Conflict(reason)) => {
                    backup::discard(state, ending.archive()).await;
                    ending = Ending::failed(reason);
                }
                Err(error) => {
                    tracing::warn!(run = id, %error, "a run's ending could not be written");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        },
    };
    if !is_mine {
        tracing::warn!(run = id, "another process took this run for lost");
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    #[tokio::test]
    async fn a_run_stops_for_the_first_reason() {
        let running = Running::default();
        let entry = running.enter(RunId(1));
        let mut stop = StopSignal::new(entry.stop.clone(), CancellationToken::new());
        running.stop(RunId(2), Stop::Lost);
        running.stop(RunId(1), Stop::Cancelled);
        running.stop(RunId(1), Stop::Lost);
        assert_eq!(stop.wait().await, Stop::Cancelled);
        drop(entry);
        assert!(running.ids().is_empty());
    }
}
