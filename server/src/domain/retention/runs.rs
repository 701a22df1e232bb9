//! Runs that ended long ago. What they wrote goes with their rows, by the foreign key; what is on record of a backup stays,
//! for its file is not removed either.
//!
//! The last run of a task stays, so that people see what became of it. The scheduler needs none of them: up to where a
//! task's slots are settled stands in the task, and only runs that have not ended hold up others.

use std::collections::HashMap;

use entity::{
    RunId, Timestamp,
    run::{Column, Entity},
    run_output as line,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{Expr, Query, SelectStatement},
};

use super::few_rows;
use crate::{db, error::Result, state::State};

/// How many runs are looked at in one go.
const RUNS_AT_ONCE: u64 = 100;

pub(super) async fn count(state: &State, moment: Timestamp) -> Result<u64> {
    Ok(ended_before(moment).count(state.db.read()).await?)
}

pub(super) async fn remove_some(state: &State, moment: Timestamp) -> Result<u64> {
    // What has ended stays so, and a run that is not its task's last one never becomes it: so they are looked for before
    // anybody has to wait for this.
    let candidates: Vec<RunId> = ended_before(moment)
        .select_only()
        .column(Column::RunId)
        .order_by_asc(Column::FinishedTime)
        .limit(RUNS_AT_ONCE)
        .into_tuple()
        .all(state.db.read())
        .await?;
    let lines = lines(state.db.read(), &candidates).await?;
    let sizes: Vec<(RunId, i32)> = candidates
        .iter()
        .map(|run| (*run, lines.get(run).copied().unwrap_or(0)))
        .collect();
    let runs = few_rows(&sizes);
    let transaction = state.db.begin().await?;
    let removed = Entity::delete_many()
        .filter(Column::RunId.is_in(runs.iter().copied()))
        .exec(&transaction)
        .await?;
    db::commit(transaction).await?;
    for run in &runs {
        state.events.run_changed(*run);
    }
    Ok(removed.rows_affected)
}

/// The number of the last line that each of some runs wrote.
async fn lines(connection: &impl ConnectionTrait, runs: &[RunId]) -> Result<HashMap<RunId, i32>> {
    let rows: Vec<(RunId, i32)> = line::Entity::find()
        .select_only()
        .column(line::Column::RunId)
        .column_as(line::Column::Seq.max(), "last")
        .filter(line::Column::RunId.is_in(runs.iter().copied()))
        .group_by(line::Column::RunId)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows.into_iter().collect())
}

fn ended_before(moment: Timestamp) -> Select<Entity> {
    let is_not_the_last = Condition::any()
        .add(Column::TaskId.is_null())
        .add(Expr::exists(newer_of_its_task()));
    Entity::find()
        .filter(Column::FinishedTime.lt(moment))
        .filter(is_not_the_last)
}

/// A newer run of the same task.
fn newer_of_its_task() -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, "newer")
        .and_where(Expr::col(("newer", Column::TaskId)).equals((Entity, Column::TaskId)))
        .and_where(Expr::col(("newer", Column::RunId)).gt(Expr::col((Entity, Column::RunId))))
        .take()
}
