//! Closed schedules that are too old. What belongs to them goes with their rows, by the foreign keys.

use entity::{
    ScheduleId, Timestamp,
    schedule::{Column, Entity, State as ScheduleState},
};
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::few_rows;
use crate::{db, error::Result, state::State};

/// The most schedules that one transaction removes.
const SCHEDULES_AT_ONCE: u64 = 100;

pub(super) async fn count(state: &State, moment: Timestamp) -> Result<u64> {
    Ok(closed_before(moment).count(state.db.read()).await?)
}

pub(super) async fn remove_some(state: &State, moment: Timestamp) -> Result<u64> {
    // A schedule has no more results than revisions.
    let candidates: Vec<(ScheduleId, i32)> = closed_before(moment)
        .select_only()
        .column(Column::ScheduleId)
        .column(Column::Revision)
        .order_by_asc(Column::ScheduleId)
        .limit(SCHEDULES_AT_ONCE)
        .into_tuple()
        .all(state.db.read())
        .await?;
    let transaction = state.db.begin().await?;
    // Looked at again under the lock: one may have been opened again meanwhile.
    let ids: Vec<ScheduleId> = closed_before(moment)
        .select_only()
        .column(Column::ScheduleId)
        .filter(Column::ScheduleId.is_in(few_rows(&candidates)))
        .order_by_asc(Column::ScheduleId)
        .lock_exclusive()
        .into_tuple()
        .all(&transaction)
        .await?;
    Entity::delete_many()
        .filter(Column::ScheduleId.is_in(ids.iter().copied()))
        .exec(&transaction)
        .await?;
    db::commit(transaction).await?;
    for id in &ids {
        state.events.deleted(*id);
    }
    Ok(ids.len() as u64)
}

fn closed_before(moment: Timestamp) -> Select<Entity> {
    Entity::find()
        .filter(Column::State.eq(ScheduleState::Closed))
        .filter(Column::ClosedTime.lt(moment))
}
