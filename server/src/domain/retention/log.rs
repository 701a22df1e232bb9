//! Entries of the log that are too old.

use entity::{
    LogId, Timestamp,
    log::{Column, Entity},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::ROWS_AT_ONCE;
use crate::{db, error::Result, state::State};

pub(super) async fn count(state: &State, moment: Timestamp) -> Result<u64> {
    let older = Entity::find().filter(Column::Date.lt(moment));
    Ok(older.count(state.db.read()).await?)
}

pub(super) async fn remove_some(state: &State, moment: Timestamp) -> Result<u64> {
    let transaction = state.db.begin().await?;
    // SQLite knows no DELETE with a LIMIT.
    let ids: Vec<LogId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Date.lt(moment))
        .order_by_asc(Column::Date)
        .limit(ROWS_AT_ONCE as u64)
        .into_tuple()
        .all(&transaction)
        .await?;
    let removed = Entity::delete_many()
        .filter(Column::Id.is_in(ids))
        .exec(&transaction)
        .await?;
    db::commit(transaction).await?;
    Ok(removed.rows_affected)
}
