//! Taking runs that wait.

use std::time::Duration;

use entity::{
    ClientId, RunId, TaskId,
    run::{Column, Entity, Model, RunStatus, RunTrigger},
    task::{self, OverlapPolicy},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query, SelectStatement},
};

use super::{open_runs, save, tell, try_lock};
use crate::{
    db::{self, WriteTransaction},
    domain::scheduler::LEASE_SECONDS,
    error::Result,
    state::State,
};

/// How many runs are looked at in one go.
const AT_ONCE: u64 = 500;

/// How long a run may take that belongs to no task, in seconds: a day.
const TIMEOUT_SECONDS: i32 = 86_400;

/// A run that this process took.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) run: Model,
    /// How long it may take.
    pub(crate) timeout: Duration,
    /// Whose it is what it opens: the client's that made its task what it is.
    pub(crate) owner: Option<ClientId>,
}

/// A run that waits, and what it may have to wait for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) run: RunId,
    pub(crate) task: Option<TaskId>,
    /// Whether no other run of its task may be under way.
    pub(crate) is_alone: bool,
}

/// The runs that wait for a process, the one that was due first at the front.
///
/// One that is this process's already, though it is not at it, is among them: when it took that one, nobody could say
/// whether the commit had come through.
pub(crate) async fn open_to_claim(state: &State) -> Result<Vec<Waiting>> {
    let waits = Condition::all()
        .add(Column::Status.eq(RunStatus::Queued))
        .add(Expr::exists(runs_before_it()).not());
    let is_mine = Condition::all()
        .add(Column::Status.eq(RunStatus::Running))
        .add(Column::LeaseHolder.eq(state.process));
    let rows: Vec<(RunId, Option<TaskId>, Option<OverlapPolicy>)> = Entity::find()
        .select_only()
        .column(Column::RunId)
        .column(Column::TaskId)
        .column(task::Column::OverlapPolicy)
        .join(
            JoinType::LeftJoin,
            Entity::belongs_to(task::Entity)
                .from(Column::TaskId)
                .to(task::Column::Id)
                .into(),
        )
        .filter(Condition::any().add(waits).add(is_mine))
        .order_by_asc(Column::SlotTime)
        .order_by_asc(Column::RunId)
        .limit(AT_ONCE)
        .into_tuple()
        .all(state.db.read())
        .await?;
    let waiting = |(run, task, policy): (_, _, Option<OverlapPolicy>)| Waiting {
        run,
        task,
        is_alone: policy.is_some_and(|policy| policy != OverlapPolicy::Allow),
    };
    Ok(rows.into_iter().map(waiting).collect())
}

/// A run under way of the same task, where that task's runs wait for one another.
fn runs_before_it() -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, "other")
        .and_where(Expr::col(("other", Column::TaskId)).equals((Entity, Column::TaskId)))
        .and_where(Expr::col(("other", Column::Status)).eq(RunStatus::Running))
        .and_where(Expr::col((task::Entity, task::Column::OverlapPolicy)).ne(OverlapPolicy::Allow))
        .take()
}

/// Takes runs that wait, in one transaction: each where it still does, its task lets it, and nobody else is about to.
pub(crate) async fn claim(state: &State, waiting: &[Waiting]) -> Result<Vec<Claimed>> {
    let claimed = db::retrying(async || claim_once(state, waiting).await).await?;
    if claimed.is_empty() {
        return Ok(claimed);
    }
    let standing = |Claimed { run, .. }: &Claimed| (run.run_id, run.status);
    tell(state, &claimed.iter().map(standing).collect::<Vec<_>>());
    for Claimed { run, .. } in &claimed {
        if run.run_trigger == RunTrigger::Scheduled {
            let late = state.clock.now().since(run.slot_time);
            state.metrics.began(late.to_std().unwrap_or_default());
        }
    }
    Ok(claimed)
}

/// None of the locks is waited for. So several may be held, in whatever order.
async fn claim_once(state: &State, waiting: &[Waiting]) -> Result<Vec<Claimed>> {
    let transaction = state.db.begin().await?;
    let mut claimed = Vec::with_capacity(waiting.len());
    for each in waiting {
        claimed.extend(claim_one(&transaction, state, *each).await?);
    }
    db::commit(transaction).await?;
    Ok(claimed)
}

async fn claim_one(
    transaction: &WriteTransaction,
    state: &State,
    waiting: Waiting,
) -> Result<Option<Claimed>> {
    let Some((task, mut run)) = try_lock(transaction, waiting.run, waiting.task).await? else {
        return Ok(None);
    };
    let seconds = task
        .as_ref()
        .map_or(TIMEOUT_SECONDS, |task| task.timeout_seconds);
    let timeout = Duration::from_secs(seconds.unsigned_abs().into());
    let owner = task.as_ref().and_then(|task| task.client_id);
    match run.status {
        RunStatus::Running if run.lease_holder == Some(state.process) => {
            return Ok(Some(Claimed {
                run,
                timeout,
                owner,
            }));
        }
        RunStatus::Queued => {}
        _ => return Ok(None),
    }
    if let Some(task) = task
        && task.overlap_policy != OverlapPolicy::Allow
    {
        let open = open_runs(transaction, task.id, RunStatus::OPEN).await?;
        let goes_first = |other: &Model| {
            other.status == RunStatus::Running
                || (other.slot_time, other.run_id) < (run.slot_time, run.run_id)
        };
        if open.iter().any(goes_first) {
            return Ok(None);
        }
    }
    let now = state.clock.now();
    run.status = RunStatus::Running;
    run.started_time = Some(now);
    run.lease_holder = Some(state.process);
    run.lease_expires = Some(now.plus_seconds(LEASE_SECONDS));
    save(transaction, &mut run, now).await?;
    Ok(Some(Claimed {
        run,
        timeout,
        owner,
    }))
}
