//! Closing schedules: one by its name, or all of a client's.

use entity::{
    Guid, ScheduleId, Timestamp, result,
    schedule::{Column, Entity, Model, State as ScheduleState},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{change::save, enter, lock, reported, touch};
use crate::{
    db,
    domain::{
        actor::{Actor, Reporter},
        history::Past,
        input,
        log::Deed,
    },
    error::{Error, Result},
    state::State,
};

/// How a schedule is closed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Closing {
    /// How many scripts the client reported, where it says so.
    pub expected_results: Option<i32>,
    /// When it was really closed, where it is history that is brought over.
    pub closed: Option<Timestamp>,
}

/// A [`Closing`] that can be tried.
struct CheckedClosing {
    expected_results: Option<i32>,
    closed: Option<Past>,
}

impl Closing {
    fn check(self, actor: &Actor) -> Result<CheckedClosing> {
        Ok(CheckedClosing {
            expected_results: self
                .expected_results
                .map(|count| input::not_negative("expectedResults", count))
                .transpose()?,
            closed: self
                .closed
                .map(|time| Past::check(actor, "closedTime", time))
                .transpose()?,
        })
    }
}

/// Closes a schedule. Closing again changes nothing.
///
/// Where the client says how many scripts it reported, and fewer have a final status, it is refused: what was lost is
/// found now, and not a week later.
pub async fn close(state: &State, actor: &Actor, name: Guid, closing: Closing) -> Result<Model> {
    let deed = Deed::new(actor, "SCHEDULE_CLOSE", &name);
    let outcome = async {
        let reporter = actor.reporter()?;
        let closing = closing.check(actor)?;
        db::retrying(async || close_once(state, &reporter, &deed, name, &closing).await).await
    };
    let schedule = deed.noting_failure(state, outcome.await).await?;
    state
        .events
        .changed(schedule.schedule_id, schedule.revision);
    Ok(schedule)
}

async fn close_once(
    state: &State,
    reporter: &Reporter,
    deed: &Deed,
    name: Guid,
    closing: &CheckedClosing,
) -> Result<Model> {
    let transaction = state.db.begin().await?;
    let mut schedule = lock(&transaction, name).await?;
    reporter.may_change(&schedule)?;
    let arrived = reported(&schedule);
    if let Some(expected) = closing.expected_results
        && arrived < expected
    {
        return Err(Error::Incomplete {
            schedule: name,
            expected,
            reported: arrived,
        });
    }
    close_locked(&transaction, &mut schedule, closing.closed.as_ref()).await?;
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(schedule)
}

/// Closes all open schedules of the calling client.
pub async fn close_mine(state: &State, actor: &Actor) -> Result<Vec<Model>> {
    let deed = Deed::new(actor, "SCHEDULE_CLOSE", "all of one's own");
    let outcome = async {
        let reporter = actor.reporter()?;
        db::retrying(async || close_mine_once(state, &reporter, &deed).await).await
    };
    let schedules = deed.noting_failure(state, outcome.await).await?;
    for schedule in &schedules {
        state
            .events
            .changed(schedule.schedule_id, schedule.revision);
    }
    Ok(schedules)
}

async fn close_mine_once(state: &State, reporter: &Reporter, deed: &Deed) -> Result<Vec<Model>> {
    let transaction = state.db.begin().await?;
    let open: Vec<Guid> = Entity::find()
        .select_only()
        .column(Column::ScheduleName)
        .filter(Column::ClientId.eq(reporter.client_id()))
        .filter(Column::State.ne(ScheduleState::Closed))
        .order_by_asc(Column::ScheduleId)
        .into_tuple()
        .all(&transaction)
        .await?;
    let mut closed = Vec::with_capacity(open.len());
    for name in open {
        // In ascending order of ids, as the writer of results locks them: two that wait never wait for each other.
        let mut schedule = lock(&transaction, name).await?;
        close_locked(&transaction, &mut schedule, None).await?;
        closed.push(schedule);
    }
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(closed)
}

async fn close_locked(
    transaction: &impl ConnectionTrait,
    schedule: &mut Model,
    closed: Option<&Past>,
) -> Result<()> {
    if schedule.state == ScheduleState::Closed {
        return Ok(());
    }
    if let Some(closed) = closed {
        closed.not_before(schedule.created_time, "the schedule was opened")?;
        if let Some(submitted) = last_submitted(transaction, schedule.schedule_id).await? {
            closed.not_before(submitted, "its last result was submitted")?;
        }
    }
    let now = Timestamp::now();
    touch(schedule, now);
    enter(schedule, ScheduleState::Closed);
    schedule.closed_time = Some(closed.map_or(now, Past::time));
    schedule.lease_expires = None;
    save(transaction, schedule).await
}

/// When the last result of a schedule was submitted; none where it has no results.
async fn last_submitted(
    connection: &impl ConnectionTrait,
    schedule: ScheduleId,
) -> Result<Option<Timestamp>> {
    let last: Option<Option<Timestamp>> = result::Entity::find()
        .select_only()
        .expr(result::Column::SubmittedTime.max())
        .filter(result::Column::ScheduleId.eq(schedule))
        .into_tuple()
        .one(connection)
        .await?;
    Ok(last.flatten())
}
