//! Subscriptions.

use std::sync::Arc;

use async_graphql::{Context, Object, Subscription};
use entity::Guid;
use futures_util::{Stream, StreamExt};
use uuid::Uuid;

use super::{
    Asked,
    error::{ApiError, Result},
    plain::Written,
    result::TestResult,
    schedule::{Schedule, ScheduleFilter},
};
use crate::domain::feed::{self, Change};

/// What changed in a schedule.
struct ScheduleChange(Arc<Change>);

/// What changed in a schedule.
#[Object]
impl ScheduleChange {
    /// Resume with this. Lower than `schedule { revision }` where more is to come at once.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    /// The schedule at the moment of reading.
    async fn schedule(&self) -> Written<Schedule> {
        Written(Schedule(self.0.schedule.clone()))
    }

    /// The results whose revision lies in (the previous message's revision, this one], in the order of their changes;
    /// at most 500.
    async fn results(&self) -> Vec<Written<TestResult>> {
        let name = self.0.schedule.schedule_name;
        let result = |row| Written(TestResult::new(row, name));
        self.0.results.iter().cloned().map(result).collect()
    }
}

#[derive(Default)]
pub(super) struct ScheduleSubscription;

#[Subscription]
impl ScheduleSubscription {
    /// Everything that changed after revision `after`, then every further change, in revision order and without gaps:
    /// resuming from the last revision seen loses nothing, whatever happened to the connection or the server. States
    /// that were passed through may be skipped, changes may not. After 0 the first message comes at once, even where
    /// nothing was reported yet. Ends with `NOT_FOUND` when the schedule is deleted, and with `CONFLICT` when `after`
    /// stays beyond its revision for 5 s: start again from 0.
    async fn schedule_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The schedule's name.")] name: Uuid,
        #[graphql(
            desc = "The last revision seen; 0 for everything.",
            default_with = "Some(0)"
        )]
        after: Option<i32>,
    ) -> Result<impl Stream<Item = Result<ScheduleChange>> + use<>> {
        let changes =
            feed::changes(ctx.state(), ctx.actor(), Guid(name), after.unwrap_or(0)).await?;
        Ok(changes.map(|change| change.map(ScheduleChange).map_err(ApiError)))
    }

    /// The schedules that match, as they are on subscribing (at most the newest 200, newest first), then each again as
    /// it changes, at most four times a second, and once more when it stops matching.
    async fn schedule_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which schedules.")] filter: Option<ScheduleFilter>,
    ) -> Result<impl Stream<Item = Result<Written<Schedule>>> + use<>> {
        let updates = feed::updates(ctx.state(), ctx.actor(), filter.into()).await?;
        Ok(updates.map(|schedule| {
            schedule
                .map(|schedule| Written(Schedule(schedule)))
                .map_err(ApiError)
        }))
    }
}
