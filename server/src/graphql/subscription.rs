//! Subscriptions.

use std::sync::Arc;

use async_graphql::{Context, ContextSelectionSet, Object, Subscription, parser::types::Field};
use entity::Guid;
use futures_util::{Stream, StreamExt};
use uuid::Uuid;

use super::{
    Asked,
    documents::Question,
    error::{ApiError, Result},
    json::Json,
    plain::{Plain, Written, write_list, write_object},
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

impl Plain for ScheduleChange {
    fn write(&self, field: &Field, ctx: &ContextSelectionSet<'_>, json: &mut Json) -> bool {
        let change = &*self.0;
        match field.name.node.as_str() {
            "revision" => json.value(change.revision),
            "schedule" => {
                return self.write_once(field, ctx, json, |json| {
                    write_object(&Schedule(change.schedule.clone()), field, ctx, json)
                });
            }
            "results" => {
                let name = change.schedule.schedule_name;
                let result = |row| TestResult::new(row, name);
                return self.write_once(field, ctx, json, |json| {
                    let results: Vec<_> = change.results.iter().cloned().map(result).collect();
                    write_list(results.iter(), field, ctx, json)
                });
            }
            _ => return false,
        }
        true
    }
}

impl ScheduleChange {
    /// Writes a field once for all who ask the same: a thousand may watch one schedule.
    fn write_once(
        &self,
        field: &Field,
        ctx: &ContextSelectionSet<'_>,
        json: &mut Json,
        write: impl FnOnce(&mut Json) -> bool,
    ) -> bool {
        let Some(Question(question)) = ctx.data_opt() else {
            return write(json);
        };
        let place = field.name.pos;
        let part = self.0.parts.get((*question, place.line, place.column), || {
            let mut json = Json::default();
            write(&mut json).then(|| json.into_bytes())
        });
        part.is_some_and(|part| {
            json.raw(&part);
            true
        })
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
    ) -> Result<impl Stream<Item = Result<Written<ScheduleChange>>> + use<>> {
        let changes =
            feed::changes(ctx.state(), ctx.actor(), Guid(name), after.unwrap_or(0)).await?;
        Ok(changes.map(|change| {
            change
                .map(|change| Written(ScheduleChange(change)))
                .map_err(ApiError)
        }))
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
