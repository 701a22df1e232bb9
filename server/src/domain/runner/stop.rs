//! Why runs stop before they are done, and what becomes of them then.

use std::time::Duration;

use entity::run::RunStatus;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::domain::run::Ending;

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

/// What a run is told when it should stop.
#[derive(Clone, Debug)]
pub(super) struct StopSignal {
    own: watch::Receiver<Option<Stop>>,
    server: CancellationToken,
}

impl StopSignal {
    /// Told to one run, and to all of them when the server stops.
    pub(super) fn new(own: watch::Receiver<Option<Stop>>, server: CancellationToken) -> Self {
        Self { own, server }
    }

    /// Waits until the run should stop, and says why.
    pub(super) async fn wait(&mut self) -> Stop {
        tokio::select! {
            biased;
            Ok(why) = self.own.wait_for(Option::is_some) => {
                why.expect("it was waited for")
            }
            () = self.server.cancelled() => Stop::ServerStops,
        }
    }

    /// Waits until the run should stop, or has taken as long as it may.
    pub(super) async fn cut(&mut self, timeout: Duration) -> Cut {
        tokio::select! {
            why = self.wait() => Cut::Stopped(why),
            () = sleep(timeout) => Cut::TimedOut(timeout),
        }
    }
}

/// Why a run was cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It took longer than it may.
    TimedOut(Duration),
    /// It was told to stop.
    Stopped(Stop),
}

impl Cut {
    /// How the run ends for that; nothing where it is another process's by now.
    pub(super) fn ending(self) -> Option<Ending> {
        match self {
            Self::Stopped(Stop::Lost) => None,
            Self::Stopped(Stop::Cancelled) => Some(Ending::cancelled("it was called off")),
            Self::Stopped(Stop::ServerStops) => Some(Ending::failed("the server was stopped")),
            Self::TimedOut(timeout) => Some(Ending {
                status: RunStatus::TimedOut,
                ..Ending::failed(format!("it took longer than {} s", timeout.as_secs()))
            }),
        }
    }
}
