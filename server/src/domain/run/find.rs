//! Finding runs.

use std::{cmp::Reverse, collections::HashMap};

use entity::{
    Guid, RunId, TaskId, Timestamp,
    run::{Column, Entity, Model, RunStatus},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};

use crate::{
    domain::{
        actor::Viewer,
        page::{Page, Slice},
        union,
    },
    error::Result,
    state::State,
};

/// A part of the runs that is read as one page, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// Those of one task, or all.
    pub task: Option<TaskId>,
    /// Any of these.
    pub status: Option<Vec<RunStatus>>,
    /// Which part.
    pub slice: Slice<RunId>,
}

impl Range {
    fn query(&self) -> Select<Entity> {
        Entity::find()
            .apply_if(self.task, |query, task| {
                query.filter(Column::TaskId.eq(task))
            })
            .apply_if(self.status.as_ref(), |query, statuses| {
                query.filter(Column::Status.is_in(statuses.iter().copied()))
            })
            .apply_if(self.slice.after, |query, after| {
                query.filter(Column::RunId.lt(after))
            })
            .order_by_desc(Column::RunId)
            .limit(self.slice.rows())
    }
}

/// Reads several pages, many with one statement.
pub async fn pages(
    state: &State,
    _: &Viewer,
    ranges: &[Range],
) -> Result<HashMap<Range, Page<Model>>> {
    let queries = ranges.iter().map(Range::query);
    let rows = union::rows_of_each::<Entity, Model>(state, queries).await?;
    let page = |(range, mut rows): (&Range, Vec<Model>)| {
        rows.sort_by_key(|run| Reverse(run.run_id));
        (range.clone(), range.slice.page(rows))
    };
    Ok(ranges.iter().zip(rows).map(page).collect())
}

/// One run by what it is known by for ever, if there is one.
pub async fn by_guid(state: &State, _: &Viewer, guid: Guid) -> Result<Option<Model>> {
    let found = Entity::find().filter(Column::RunGuid.eq(guid));
    Ok(found.one(state.db.read()).await?)
}

/// Several runs by their ids.
pub async fn by_ids(state: &State, _: &Viewer, ids: &[RunId]) -> Result<Vec<Model>> {
    let rows = Entity::find()
        .filter(Column::RunId.is_in(ids.iter().copied()))
        .order_by_asc(Column::RunId)
        .all(state.db.read())
        .await?;
    Ok(rows)
}

/// The last run of several tasks.
pub async fn last_of_tasks(
    state: &State,
    viewer: &Viewer,
    tasks: &[TaskId],
) -> Result<HashMap<TaskId, Model>> {
    let ids: Vec<RunId> = Entity::find()
        .select_only()
        .column_as(Column::RunId.max(), "last")
        .filter(Column::TaskId.is_in(tasks.iter().copied()))
        .group_by(Column::TaskId)
        .into_tuple()
        .all(state.db.read())
        .await?;
    let runs = by_ids(state, viewer, &ids).await?;
    Ok(runs
        .into_iter()
        .filter_map(|run| Some((run.task_id?, run)))
        .collect())
}

/// The runs that are new or have changed at a moment or later, and the revision of each.
pub async fn recent(state: &State, _: &Viewer, moment: Timestamp) -> Result<Vec<(RunId, i32)>> {
    let rows = Entity::find()
        .select_only()
        .column(Column::RunId)
        .column(Column::Revision)
        .filter(Column::LastModifyTime.gte(moment))
        .order_by_asc(Column::RunId)
        .into_tuple()
        .all(state.db.read())
        .await?;
    Ok(rows)
}
