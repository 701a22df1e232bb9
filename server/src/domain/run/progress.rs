//! How far runs are.

use entity::{
    RunId,
    run::{Column, Entity, RunStatus},
};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};

use crate::{db, error::Result, state::State};

/// Shows how far a run is that this process is at, in percent. Of one that it has lost meanwhile nothing is changed.
pub(crate) async fn show(state: &State, run: RunId, percent: f64) -> Result<()> {
    let now = state.clock.now();
    db::retrying(async || {
        let transaction = state.db.begin().await?;
        Entity::update_many()
            .col_expr(Column::Percent, Expr::value(percent))
            .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
            .col_expr(Column::LastModifyTime, Expr::value(now))
            .filter(Column::RunId.eq(run))
            .filter(Column::LeaseHolder.eq(state.process))
            .filter(Column::Status.eq(RunStatus::Running))
            .exec(&transaction)
            .await?;
        db::commit(transaction).await
    })
    .await?;
    state.events.run_changed(run);
    Ok(())
}
