//! Slots in GraphQL: when a task falls due, and when it would.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async, whether they wait or not"
)]

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::NaiveDateTime;

use super::{
    Asked,
    error::Result,
    scalar::Instant,
    task::{MonthEndPolicy, Recurrence},
};
use crate::{
    domain::{recurrence, task},
    error::Error,
};

/// How many slots are told where nothing is said.
pub(super) const DEFAULT_SLOTS: i32 = 5;

/// How a wall clock's time is written.
const LOCAL_FORMAT: &str = "%Y-%m-%dT%H:%M:%S";

/// What is special about a slot.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "recurrence::Remark")]
enum SlotRemark {
    /// The clocks skip its time, and it has moved to the first instant after the gap.
    Gap,
    /// The clocks show its time twice, and it is the first.
    Fold,
    /// Its month has no such day, and it has moved to the last one.
    MonthEnd,
}

/// A due time of a task, and how it looks where the task is at home.
#[derive(SimpleObject)]
pub(super) struct Slot {
    /// When it is.
    time: Instant,
    /// What the clocks of the task's zone show then, as `YYYY-MM-DDTHH:MM:SS`.
    local_time: String,
    /// What is special about it; mostly nothing.
    remarks: Vec<SlotRemark>,
}

/// What a wall clock shows.
pub(super) fn shown(local: NaiveDateTime) -> String {
    local.format(LOCAL_FORMAT).to_string()
}

impl From<task::Slot> for Slot {
    fn from(slot: task::Slot) -> Self {
        Self {
            time: Instant(slot.time),
            local_time: shown(slot.local),
            remarks: slot.remarks.into_iter().map(Into::into).collect(),
        }
    }
}

/// The times of a task that nobody has made yet, as a person says them.
#[derive(InputObject)]
struct PreviewTaskInput {
    /// What the clocks of the zone show at the anchor, as `YYYY-MM-DDTHH:MM` or with seconds.
    local_time: String,
    /// The IANA name of the time zone.
    #[graphql(default_with = "Some(\"UTC\".to_owned())")]
    time_zone: Option<String>,
    /// How often it is to fall due; once where left out.
    recurrence: Option<Recurrence>,
    /// What becomes of the 31st in a month of 30 days.
    #[graphql(default_with = "Some(MonthEndPolicy::Clamp)")]
    month_end_policy: Option<MonthEndPolicy>,
}

impl PreviewTaskInput {
    fn draft(self) -> Result<task::Draft> {
        Ok(task::Draft {
            local_time: local_time(&self.local_time)?,
            time_zone: self.time_zone.unwrap_or_else(|| "UTC".to_owned()),
            recurrence: self.recurrence.map(Into::into),
            month_end_policy: self
                .month_end_policy
                .unwrap_or(MonthEndPolicy::Clamp)
                .into(),
        })
    }
}

fn local_time(text: &str) -> Result<NaiveDateTime> {
    let parsed = NaiveDateTime::parse_from_str(text, LOCAL_FORMAT)
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M"));
    Ok(parsed.map_err(|_| {
        let message = format!("must be like 2026-03-29T02:30, and is {text:?}");
        Error::validation("localTime", message)
    })?)
}

/// When a task would fall due.
#[derive(SimpleObject)]
struct TaskPreview {
    /// The anchor as an instant: what `createTask` takes as `scheduledTime`. It may have passed.
    scheduled_time: Instant,
    /// The slots that lie ahead.
    slots: Vec<Slot>,
}

#[derive(Default)]
pub(super) struct SlotQuery;

#[Object]
impl SlotQuery {
    /// When a task would fall due, to be looked at before it is made: daylight saving time and the ends of months
    /// included.
    async fn preview_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its times.")] input: PreviewTaskInput,
        #[graphql(desc = "How many slots, 1..100.", default_with = "Some(DEFAULT_SLOTS)")]
        first: Option<i32>,
    ) -> Result<TaskPreview> {
        let viewer = ctx.actor().viewer()?;
        let first = first.unwrap_or(DEFAULT_SLOTS);
        let preview = task::preview(ctx.state(), &viewer, &input.draft()?, first)?;
        Ok(TaskPreview {
            scheduled_time: Instant(preview.anchor),
            slots: preview.slots.into_iter().map(Into::into).collect(),
        })
    }
}
