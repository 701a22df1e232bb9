//! Finding tasks.

use std::collections::HashMap;

use entity::{
    Guid, TaskId,
    task::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::Key;
use crate::{
    domain::{
        actor::Viewer,
        page::{Page, Slice},
    },
    error::Result,
    state::State,
};

/// One task, if there is one.
pub async fn by_key(state: &State, _: &Viewer, key: Key<'_>) -> Result<Option<Model>> {
    let query = match key {
        Key::Name(name) => Entity::find().filter(Column::Name.eq(name.trim())),
        Key::Number(id) => Entity::find_by_id(id),
    };
    Ok(query.one(state.db.read()).await?)
}

/// One task by what it is known by for ever, if there is one.
pub async fn by_guid(state: &State, _: &Viewer, guid: Guid) -> Result<Option<Model>> {
    let found = Entity::find().filter(Column::TaskGuid.eq(guid));
    Ok(found.one(state.db.read()).await?)
}

/// Several tasks by their ids.
pub async fn by_ids(state: &State, _: &Viewer, ids: &[TaskId]) -> Result<HashMap<TaskId, Model>> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .all(state.db.read())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Tasks in the order in which they were made; where it is said, only the enabled or the disabled ones.
pub async fn list(
    state: &State,
    _: &Viewer,
    enabled: Option<bool>,
    slice: &Slice<TaskId>,
) -> Result<Page<Model>> {
    let rows = Entity::find()
        .apply_if(enabled, |query, enabled| {
            query.filter(Column::Enabled.eq(enabled))
        })
        .apply_if(slice.after, |query, after| {
            query.filter(Column::Id.gt(after))
        })
        .order_by_asc(Column::Id)
        .limit(slice.rows())
        .all(state.db.read())
        .await?;
    Ok(slice.page(rows))
}

/// Tasks in the order in which they were made, without the first ones. That costs what it leaves out, and is for those
/// clients only that know no other way.
pub async fn after_skipping(
    state: &State,
    _: &Viewer,
    skip: u32,
    limit: u32,
) -> Result<Vec<Model>> {
    let rows = Entity::find()
        .order_by_asc(Column::Id)
        .offset(u64::from(skip))
        .limit(u64::from(limit))
        .all(state.db.read())
        .await?;
    Ok(rows)
}
