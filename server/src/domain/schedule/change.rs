//! Changing, reopening and deleting schedules, and finding the abandoned ones.

use std::{collections::HashSet, iter};

use entity::{
    Guid, ScheduleId, Timestamp, label, result,
    schedule::{Column, Entity, Model, State as ScheduleState},
};
use futures_util::future::BoxFuture;
use sea_orm::{
    ActiveEnum, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect,
};

use super::{
    EXPECTED_SCRIPTS, Label, VALUES_PER_STATEMENT, check_scripts, enter, insert_expected,
    insert_labels, lease_from, lock, touch,
};
use crate::{
    db::{
        self,
        fetch::{FromColumns, Select, from_columns, in_list},
        insert::{Conflict, insert},
        plain::Plain,
    },
    domain::{
        actor::{Actor, Admin, Operator, Reporter},
        input,
        lease::Lease,
        log::Deed,
    },
    error::{Error, Result},
    state::State,
};

/// What the process leases that marks schedules as abandoned.
const ABANDONING: &str = "abandoning";

/// How long that process may be silent before another one goes on, in seconds.
const SILENCE_SECONDS: i32 = 3;

/// How many schedules it marks between two signs of life.
const ABANDONED_AT_ONCE: usize = 50;

/// What is to change in an open schedule. What is left out stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// A new title, or none.
    pub title: Option<Option<String>>,
    /// Labels that replace all that are there.
    pub labels: Option<Vec<(String, String)>>,
    /// Scripts that are expected too.
    pub add_expected: Vec<String>,
}

/// [`Changes`] that can be made.
#[expect(
    clippy::option_option,
    reason = "a title that is left out, one that is taken away and a new one are three things"
)]
struct Checked {
    title: Option<Option<String>>,
    labels: Option<Vec<Label>>,
    add_expected: Vec<String>,
}

impl Changes {
    fn check(self) -> Result<Checked> {
        let title = match self.title {
            Some(Some(title)) => Some(Some(input::name("title", &title)?)),
            other => other,
        };
        Ok(Checked {
            title,
            labels: self.labels.map(Label::check_all).transpose()?,
            add_expected: check_scripts("addExpected", &self.add_expected)?,
        })
    }
}

/// Changes an open schedule.
pub async fn update(state: &State, actor: &Actor, name: Guid, changes: Changes) -> Result<Model> {
    let deed = Deed::new(actor, "SCHEDULE_UPDATE", &name);
    let outcome = async {
        let reporter = actor.reporter()?;
        let changes = changes.check()?;
        db::retrying(async || update_once(state, &reporter, &deed, name, &changes).await).await
    };
    let schedule = deed.noting_failure(state, outcome.await).await?;
    state
        .events
        .changed(schedule.schedule_id, schedule.revision);
    Ok(schedule)
}

async fn update_once(
    state: &State,
    reporter: &Reporter,
    deed: &Deed,
    name: Guid,
    changes: &Checked,
) -> Result<Model> {
    let transaction = state.db.begin().await?;
    let mut schedule = lock(&transaction, name).await?;
    reporter.may_change(&schedule)?;
    if schedule.state == ScheduleState::Closed {
        return Err(Error::ScheduleClosed(name));
    }
    touch(&mut schedule, Timestamp::now());
    if let Some(title) = &changes.title {
        schedule.title.clone_from(title);
    }
    if let Some(labels) = &changes.labels {
        label::Entity::delete_many()
            .filter(label::Column::ScheduleId.eq(schedule.schedule_id))
            .exec(&transaction)
            .await?;
        insert_labels(&transaction, schedule.schedule_id, labels).await?;
    }
    expect_more(&transaction, &mut schedule, &changes.add_expected).await?;
    save(&transaction, &schedule).await?;
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(schedule)
}

/// Adds expected scripts to a locked schedule. Those that are expected already, or final already, are counted as such.
async fn expect_more(
    transaction: &impl ConnectionTrait,
    schedule: &mut Model,
    scripts: &[String],
) -> Result<()> {
    if scripts.is_empty() {
        return Ok(());
    }
    let present = expected_scripts(transaction, schedule.schedule_id, scripts).await?;
    let added: Vec<String> = scripts
        .iter()
        .filter(|script| !present.contains(*script))
        .cloned()
        .collect();
    let before = schedule.expected.unwrap_or(0);
    let total = usize::try_from(before).expect("a count is not negative") + added.len();
    if total > EXPECTED_SCRIPTS {
        let message = format!("would make {total} scripts, at most {EXPECTED_SCRIPTS} are allowed");
        return Err(Error::validation("addExpected", message));
    }
    insert_expected(
        transaction,
        schedule.schedule_id,
        total - added.len(),
        &added,
    )
    .await?;
    schedule.expected = Some(i32::try_from(total).expect("at most 100,000"));
    schedule.expected_final += final_among(transaction, schedule.schedule_id, &added).await?;
    Ok(())
}

/// Those of `scripts` that a schedule expects.
pub(crate) async fn expected_scripts(
    connection: &impl Plain,
    schedule: ScheduleId,
    scripts: &[String],
) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    for some in scripts.chunks(VALUES_PER_STATEMENT) {
        let (list, values) = in_list(some.iter().cloned());
        let text = format!(
            "SELECT {} FROM expected_script WHERE schedule_id = ? AND script{list}",
            Expected::COLUMNS
        );
        let values = iter::once(schedule.into()).chain(values).collect();
        let rows: Vec<Expected> = connection.fetch(Select::new(text, values)).await?;
        found.extend(rows.into_iter().map(|row| row.script));
    }
    Ok(found)
}

/// A script that is expected.
struct Expected {
    script: String,
}

from_columns!(Expected { script });

/// How many of `scripts` have a final status already.
async fn final_among(
    connection: &impl ConnectionTrait,
    schedule: ScheduleId,
    scripts: &[String],
) -> Result<i32> {
    let mut count = 0;
    for some in scripts.chunks(VALUES_PER_STATEMENT) {
        count += result::Entity::find()
            .filter(result::Column::ScheduleId.eq(schedule))
            .filter(result::Column::Script.is_in(some))
            .filter(result::Column::Latest.eq(true))
            .filter(result::Column::Status.ne(result::ResultStatus::Running))
            .count(connection)
            .await?;
    }
    Ok(i32::try_from(count).expect("at most 100,000"))
}

/// Opens a closed schedule again, with the reason on the log.
pub async fn reopen(state: &State, actor: &Actor, name: Guid, reason: &str) -> Result<Model> {
    let deed = Deed::new(actor, "SCHEDULE_REOPEN", &format!("{name}: {reason}"));
    let outcome = async {
        let operator = actor.operator()?;
        input::reason("reason", reason)?;
        db::retrying(async || reopen_once(state, &operator, &deed, name).await).await
    };
    let schedule = deed.noting_failure(state, outcome.await).await?;
    state
        .events
        .changed(schedule.schedule_id, schedule.revision);
    Ok(schedule)
}

async fn reopen_once(state: &State, _: &Operator, deed: &Deed, name: Guid) -> Result<Model> {
    let transaction = state.db.begin().await?;
    let mut schedule = lock(&transaction, name).await?;
    if schedule.state != ScheduleState::Closed {
        return Err(Error::Conflict(format!("schedule {name} is not closed")));
    }
    let now = Timestamp::now();
    touch(&mut schedule, now);
    enter(&mut schedule, ScheduleState::Running);
    schedule.closed_time = None;
    schedule.lease_expires = lease_from(now, schedule.lease_seconds);
    save(&transaction, &schedule).await?;
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(schedule)
}

/// Deletes a schedule with all that belongs to it.
pub async fn delete(state: &State, actor: &Actor, name: Guid) -> Result<()> {
    let deed = Deed::new(actor, "SCHEDULE_DELETE", &name);
    let outcome = async {
        let admin = actor.admin()?;
        db::retrying(async || delete_once(state, &admin, &deed, name).await).await
    };
    let schedule = deed.noting_failure(state, outcome.await).await?;
    state.events.deleted(schedule);
    Ok(())
}

async fn delete_once(state: &State, _: &Admin, deed: &Deed, name: Guid) -> Result<ScheduleId> {
    let transaction = state.db.begin().await?;
    let schedule = lock(&transaction, name).await?.schedule_id;
    Entity::delete_by_id(schedule).exec(&transaction).await?;
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(schedule)
}

/// Marks the open schedules as abandoned whose lease has ended. The servers do so by themselves, one at a time.
pub async fn abandon_silent(state: &State) -> Result<()> {
    let silent: Vec<Guid> = Entity::find()
        .select_only()
        .column(Column::ScheduleName)
        .filter(Column::State.is_in([ScheduleState::Created, ScheduleState::Running]))
        .filter(Column::LeaseExpires.lt(Timestamp::now()))
        .into_tuple()
        .all(state.db.read())
        .await?;
    // So it is nearly always, and then nothing is written.
    if silent.is_empty() {
        return Ok(());
    }
    let Some(lease) = Lease::take(state, ABANDONING, SILENCE_SECONDS).await? else {
        return Ok(());
    };
    let mut parts = silent.chunks(ABANDONED_AT_ONCE).peekable();
    while let Some(part) = parts.next() {
        for name in part {
            abandon(state, *name).await?;
        }
        let more_seconds = parts.peek().map_or(0, |_| SILENCE_SECONDS);
        let until = Timestamp::now().plus_seconds(more_seconds);
        if !lease.hold_until(until).await? {
            break;
        }
    }
    Ok(())
}

async fn abandon(state: &State, name: Guid) -> Result<()> {
    match db::retrying(async || abandon_once(state, name).await).await {
        Ok(Some(schedule)) => {
            tracing::info!(%name, "schedule abandoned");
            state
                .events
                .changed(schedule.schedule_id, schedule.revision);
            Ok(())
        }
        Ok(None) | Err(Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn abandon_once(state: &State, name: Guid) -> Result<Option<Model>> {
    let transaction = state.db.begin().await?;
    let mut schedule = lock(&transaction, name).await?;
    let now = Timestamp::now();
    let is_open = matches!(
        schedule.state,
        ScheduleState::Created | ScheduleState::Running
    );
    if !is_open || schedule.lease_expires.is_none_or(|expires| expires > now) {
        return Ok(None);
    }
    touch(&mut schedule, now);
    enter(&mut schedule, ScheduleState::Abandoned);
    schedule.lease_expires = None;
    save(&transaction, &schedule).await?;
    db::commit(transaction).await?;
    Ok(Some(schedule))
}

/// Writes a locked schedule's row.
pub(crate) async fn save(transaction: &impl ConnectionTrait, schedule: &Model) -> Result<()> {
    Ok(save_all(transaction, &[schedule], Extent::Everything).await?)
}

/// How much of a schedule changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Anything that can.
    Everything,
    /// What reports change of a schedule that stays in its state. Nearly no index has any of it, so this writes a fraction.
    Progress,
}

/// What can change of a schedule: first what only entering another state or an update does, then what reports do.
const CHANGEABLE: &[&str] = &[
    "schedule_status",
    "state",
    "title",
    "closed_time",
    "expected",
    "last_modify_time",
    "revision",
    "lease_expires",
    "expected_final",
    "running",
    "pass",
    "fail",
    "block",
    "error",
    "skip",
];

/// How many of these come before what reports change.
const BEFORE_PROGRESS: usize = 5;

impl Extent {
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Everything => CHANGEABLE,
            Self::Progress => &CHANGEABLE[BEFORE_PROGRESS..],
        }
    }
}

/// Writes the rows of several locked schedules.
pub(crate) fn save_all<'c>(
    transaction: &'c impl Plain,
    schedules: &[&Model],
    extent: Extent,
) -> BoxFuture<'c, Result<(), DbErr>> {
    // They are there, so nothing is inserted: this is how many rows are updated with one statement.
    let overwrite = Conflict::Overwrite {
        key: "schedule_id",
        columns: extent.columns(),
        unless_null: &[],
    };
    let rows = schedules.iter().map(|row| {
        [
            row.schedule_id.into(),
            row.schedule_name.into(),
            row.schedule_status.to_value().into(),
            row.created_time.into(),
            row.last_modify_time.into(),
            row.state.to_value().into(),
            row.client_id.into(),
            row.title.clone().into(),
            row.closed_time.into(),
            row.revision.into(),
            row.lease_seconds.into(),
            row.lease_expires.into(),
            row.expected.into(),
            row.expected_final.into(),
            row.running.into(),
            row.pass.into(),
            row.fail.into(),
            row.block.into(),
            row.error.into(),
            row.skip.into(),
        ]
    });
    let into = format!("schedule ({})", Model::COLUMNS);
    insert(transaction, &into, rows, overwrite)
}
