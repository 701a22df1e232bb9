//! Where each title stands: its last closed schedule.

use entity::{
    Timestamp,
    schedule::{Column, Entity, Model, State as ScheduleState},
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, sea_query::Expr,
};

use crate::{domain::actor::Viewer, error::Result, state::State};

/// The most titles that are told of.
pub const TITLES: usize = 100;

/// The last closed schedule of each title among those opened at a moment or later, the newest first; at most 100.
pub async fn latest_closed(state: &State, _: &Viewer, since: Timestamp) -> Result<Vec<Model>> {
    const LAST: &str = "last";
    // A walk over an index that ends at the moment, and then one look for each title.
    let last = Entity::find()
        .select_only()
        .column_as(Column::ScheduleId.max(), LAST)
        .filter(Column::State.eq(ScheduleState::Closed))
        .filter(Column::CreatedTime.gte(since))
        .filter(Column::Title.is_not_null())
        .group_by(Column::Title)
        .order_by_desc(Column::ScheduleId.max())
        .limit(TITLES as u64);
    let mut schedules = Entity::find().order_by_desc(Column::ScheduleId);
    QuerySelect::query(&mut schedules).join_subquery(
        JoinType::InnerJoin,
        last.into_query(),
        LAST,
        Expr::col((Entity, Column::ScheduleId)).equals((LAST, LAST)),
    );
    Ok(schedules.all(state.db.read()).await?)
}
