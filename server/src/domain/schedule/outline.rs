//! All schedules there are, in outline: of each no more than the table of the original collector had.

use entity::{
    Guid, ScheduleId, Timestamp,
    schedule::{Column, Entity, OriginalStatus},
};
use futures_util::{Stream, stream};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::{domain::actor::Viewer, error::Result, state::State};

/// How many are read at once.
const ROWS_AT_ONCE: u64 = 1_000;

/// A schedule in outline.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Outline {
    /// Its number in the table.
    pub schedule_id: ScheduleId,
    /// Its name.
    pub schedule_name: Guid,
    /// Whether it is open.
    pub schedule_status: OriginalStatus,
    /// When it was opened.
    pub created_time: Timestamp,
    /// When it last changed.
    pub last_modify_time: Timestamp,
}

/// All schedules, the oldest first, in pages that are read as somebody asks for them. What is opened meanwhile is among
/// them.
pub fn outlines(
    state: &State,
    _: &Viewer,
) -> impl Stream<Item = Result<Vec<Outline>>> + Send + use<> {
    let state = state.clone();
    stream::try_unfold(Some(None), move |after| {
        let state = state.clone();
        async move {
            let Some(after) = after else { return Ok(None) };
            let page = page(&state, after).await?;
            let is_full = page.len() as u64 == ROWS_AT_ONCE;
            let last = page.last().map(|last| last.schedule_id);
            Ok(Some((page, is_full.then_some(last))))
        }
    })
}

async fn page(state: &State, after: Option<ScheduleId>) -> Result<Vec<Outline>> {
    let rows = Entity::find()
        .select_only()
        .columns([
            Column::ScheduleId,
            Column::ScheduleName,
            Column::ScheduleStatus,
            Column::CreatedTime,
            Column::LastModifyTime,
        ])
        .apply_if(after, |query, after| {
            query.filter(Column::ScheduleId.gt(after))
        })
        .order_by_asc(Column::ScheduleId)
        .limit(ROWS_AT_ONCE)
        .into_model()
        .all(state.db.read())
        .await?;
    Ok(rows)
}
