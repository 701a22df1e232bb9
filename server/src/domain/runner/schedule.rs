//! Opening a schedule from a plan of the time that begins with a slot.
//!
//! The plan is made here, and the schedule opened together with the run's success: so a run opens one schedule or none,
//! whatever becomes of this process.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ClientId;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::stop::StopSignal;
use crate::{
    domain::{
        policy::{self, NewPlan},
        run::{Claimed, Ending, Product},
        schedule::Opening,
    },
    error::Result,
    state::State,
};

/// The plan of the window that begins with a run's slot.
pub(super) fn window(
    claimed: &Claimed,
    window_seconds: i32,
    policy: &str,
    config: Option<Value>,
) -> NewPlan {
    let t0 = DateTime::<Utc>::from(claimed.run.slot_time);
    NewPlan {
        t0,
        t1: t0 + TimeDelta::seconds(window_seconds.into()),
        policy: policy.to_owned(),
        config,
    }
}

/// Makes the plan, and the schedule from it. One whose time is over is of no use to anybody: that is missed.
pub(super) async fn run(
    state: &State,
    claimed: &Claimed,
    new: NewPlan,
    title: Option<&str>,
    mut stop: StopSignal,
) -> Option<Ending> {
    if new.t1 <= DateTime::<Utc>::from(state.clock.now()) {
        let over = new.t1.format("%F %T");
        let reason = format!("what was to be planned was over at {over} UTC");
        return Some(Ending::missed(reason));
    }
    let Some(owner) = claimed.owner else {
        return Some(Ending::failed(
            "its task is gone, and so is whose schedule it would be",
        ));
    };
    let title = title
        .or(claimed.run.task_name.as_deref())
        .unwrap_or_default();
    tokio::select! {
        biased;
        cut = stop.cut(claimed.timeout) => cut.ending(),
        opening = plan(state, new, owner, title) => Some(match opening {
            Ok(opening) => Ending::made(Product::Schedule(Box::new(opening))),
            Err(error) => Ending::failed(error.to_string()),
        }),
    }
}

async fn plan(state: &State, new: NewPlan, owner: ClientId, title: &str) -> Result<Opening> {
    let plan = policy::make(state, new, CancellationToken::new()).await?;
    Opening::of_plan(owner, title, &plan)
}
