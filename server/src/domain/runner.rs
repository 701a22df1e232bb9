//! Doing what runs are for, and stopping it again.
//!
//! What a process is at, it knows in memory, only to be able to stop it. Whether a run is its own is decided by the run's
//! lease in the database.

mod command;
mod environment;
mod group;
mod lines;
mod recorder;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entity::{RunId, action::Action};
use tokio::sync::watch;

use crate::{
    domain::run::{self, Claimed, Ending},
    state::State,
};

/// The most runs that a process is at.
pub const AT_ONCE: usize = 128;

/// How long to wait until an ending that could not be written is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Somebody called it off.
    Cancelled,
    /// Another process took it for lost.
    Lost,
    /// The server stops.
    ServerStops,
}

/// The runs that a process is at.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<Runs>>);

type Runs = HashMap<RunId, watch::Sender<Option<Stop>>>;

impl Running {
    /// Which they are.
    pub(crate) fn ids(&self) -> Vec<RunId> {
        self.lock().keys().copied().collect()
    }

    /// Whether one more may begin.
    pub(crate) fn has_room(&self) -> bool {
        self.lock().len() < AT_ONCE
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

/// What a run is told when it should stop.
#[derive(Clone, Debug)]
struct StopSignal {
    own: watch::Receiver<Option<Stop>>,
    server: tokio_util::sync::CancellationToken,
}

impl StopSignal {
    /// Waits until the run should stop, and says why.
    async fn wait(&mut self) -> Stop {
        tokio::select! {
            biased;
            Ok(why) = self.own.wait_for(Option::is_some) => {
                why.expect("it was waited for")
            }
            () = self.server.cancelled() => Stop::ServerStops,
        }
    }
}

/// Begins to do what a run is for.
pub(crate) fn start(state: &State, claimed: Claimed) {
    let entry = state.running.enter(claimed.run.run_id);
    let state = state.clone();
    state.background.clone().spawn(async move {
        let stop = StopSignal {
            own: entry.stop.clone(),
            server: state.stopping.clone(),
        };
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
    }
}

/// Writes how a run ended, again until it is known to be written, or the server is gone. No ending means that there is
/// nothing to write, for the run is no longer this process's.
async fn write(state: &State, claimed: &Claimed, ending: Option<Ending>) {
    let id = claimed.run.run_id.0;
    let is_mine = match ending {
        None => false,
        Some(ending) => loop {
            match run::end(state, &claimed.run, &ending).await {
                Ok(is_mine) => break is_mine,
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
    use super::*;

    #[tokio::test]
    async fn a_run_stops_for_the_first_reason() {
        let running = Running::default();
        let entry = running.enter(RunId(1));
        let mut stop = StopSignal {
            own: entry.stop.clone(),
            server: tokio_util::sync::CancellationToken::new(),
        };
        running.stop(RunId(2), Stop::Lost);
        running.stop(RunId(1), Stop::Cancelled);
        running.stop(RunId(1), Stop::Lost);
        assert_eq!(stop.wait().await, Stop::Cancelled);
        drop(entry);
        assert!(running.ids().is_empty());
    }
}
