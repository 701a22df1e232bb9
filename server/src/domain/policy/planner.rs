//! Where plans are made: on threads of their own, a few at a time.
//!
//! A plan is computing, for seconds where its window is long. It must neither hold up those requests that only wait for
//! the database, nor go on when nobody waits for it any more.

use std::{panic, sync::Arc};

use chrono::{TimeDelta, Utc};
use serde_json::Value;
use tokio::{sync::Semaphore, task};
use tokio_util::sync::CancellationToken;

use super::{NewPlan, Plan, Setting, Window, named};
use crate::{
    domain::actor::Viewer,
    error::{Error, Result},
    patience,
    state::State,
};

/// A window that is longer than this takes more than a moment to plan.
const LONG_WINDOW: TimeDelta = TimeDelta::days(31);

/// How many plans are made at once. Long ones wait for one another, and nobody waits for them.
#[derive(Clone, Debug)]
pub struct Planner {
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
}

impl Planner {
    /// One long plan at a time, and as many short ones as there are processors.
    pub fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            short: Arc::new(Semaphore::new(processors)),
            long: Arc::new(Semaphore::new(1)),
        }
    }

    fn turns(&self, window: Window) -> Arc<Semaphore> {
        let is_long = window.t1 - window.t0 > LONG_WINDOW;
        Arc::clone(if is_long { &self.long } else { &self.short })
    }
}

impl Default for Planner {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes a plan that a client waits for, and keeps nothing of it.
pub async fn plan(state: &State, _: &Viewer, new: NewPlan) -> Result<Plan> {
    make(state, new, patience::client_left().child_token()).await
}

/// Refuses a policy that there is not, and a configuration that it can't take for a window of such a length.
pub(crate) async fn check(
    state: &State,
    policy: &str,
    config: Option<Value>,
    length: TimeDelta,
) -> Result<()> {
    let policy = named(policy)?;
    let now = Utc::now();
    let window = Window::new(now, now + length)?;
    let setting = Setting::new(state, CancellationToken::new());
    apart(move || policy.check(window, &config.unwrap_or_default(), &setting)).await
}

/// Makes a plan. Gives up where `abandoned` is cancelled, and where this is dropped: over a socket that is what happens
/// when nobody waits for it any more.
pub(crate) async fn make(
    state: &State,
    new: NewPlan,
    abandoned: CancellationToken,
) -> Result<Plan> {
    let window = Window::new(new.t0, new.t1)?;
    let policy = named(&new.policy)?;
    let _abandoned_when_dropped = abandoned.clone().drop_guard();
    let setting = Setting::new(state, abandoned);
    let turns = state.planner.turns(window);
    let turn = tokio::select! {
        turn = turns.acquire_owned() => turn.map_err(|_| Error::Stopping)?,
        () = setting.given_up() => return Err(Error::Stopping),
    };
    apart(move || {
        let _turn = turn;
        let config = new.config.unwrap_or_default();
        let outcome = policy.plan(window, &config, &setting)?;
        Ok(Plan {
            policy: policy.name().to_owned(),
            t0: window.t0,
            t1: window.t1,
            outcome,
        })
    })
    .await
}

/// Works on a thread that may be busy.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let working = task::spawn_blocking(work);
    working
        .await
        .unwrap_or_else(|failed| match failed.try_into_panic() {
            Ok(defect) => panic::resume_unwind(defect),
            Err(_) => Err(Error::Stopping),
        })
}
