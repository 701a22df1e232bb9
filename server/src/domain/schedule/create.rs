//! Opening a schedule.

use chrono::Utc;
use entity::{
    ClientId, Guid, Timestamp,
    schedule::{ActiveModel, Column, Entity, Model, OriginalStatus, State as ScheduleState},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    SqlErr,
};
use uuid::Uuid;

use super::{Label, check_scripts, insert_expected, insert_labels, lease_from, plan::Document};
use crate::{
    db,
    domain::{
        actor::{Actor, Reporter},
        history::Past,
        input,
        log::Deed,
        policy::{self, NewPlan, Plan},
    },
    error::{Error, Result},
    state::State,
};

/// How long a schedule may be silent where its client does not say, in seconds. One that follows a plan may be so for
/// longer: for as long as the plan has it, and this on top.
const DEFAULT_LEASE_SECONDS: i32 = 3_600;

/// What a client says of the schedule it opens.
#[derive(Clone, Debug, Default)]
pub struct NewSchedule {
    /// What it is called; schedules of one title are compared with one another.
    pub title: Option<String>,
    /// Keys and values to find it by.
    pub labels: Vec<(String, String)>,
    /// The scripts that will report, where that is known.
    pub expected: Option<Vec<String>>,
    /// The plan that it follows, whose steps are expected too.
    pub plan: Option<NewPlan>,
    /// How long it may be silent before it counts as abandoned, in seconds; 0 for as long as it likes.
    pub lease_seconds: Option<i32>,
    /// The client's own GUID: sent again, the same schedule comes back.
    pub name: Option<Guid>,
    /// When it was really opened, where it is history that is brought over.
    pub created: Option<Timestamp>,
}

/// A schedule that can be opened: all of it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    client_id: ClientId,
    name: Guid,
    title: Option<String>,
    labels: Vec<Label>,
    expected: Option<Vec<String>>,
    plan: Option<Document>,
    /// None where nothing was said.
    lease_seconds: Option<i32>,
    created: Option<Past>,
}

impl Opening {
    /// A schedule that follows a plan, and belongs to a client that has asked for it before.
    pub(crate) fn of_plan(client_id: ClientId, title: &str, plan: &Plan) -> Result<Self> {
        let opening = Self {
            client_id,
            name: Guid(Uuid::new_v4()),
            title: Some(input::name("title", title)?),
            labels: Vec::new(),
            expected: None,
            plan: None,
            lease_seconds: None,
            created: None,
        };
        opening.following(plan)
    }

    /// The same, following a plan: each of its steps is a script that is expected, before all others. Steps of one name are
    /// one script, for that is what an executor reports.
    fn following(self, plan: &Plan) -> Result<Self> {
        let steps = plan.outcome.steps.iter().map(|step| step.name.clone());
        let scripts: Vec<_> = steps.chain(self.expected.unwrap_or_default()).collect();
        let silence = plan.longest_silence(Utc::now()).num_seconds();
        let silence = i32::try_from(silence).unwrap_or(i32::MAX);
        let lease = silence.saturating_add(DEFAULT_LEASE_SECONDS);
        Ok(Self {
            expected: Some(check_scripts("plan", &scripts)?),
            plan: Some(Document::of(plan)?),
            lease_seconds: self.lease_seconds.or(Some(lease)),
            ..self
        })
    }
}

impl NewSchedule {
    fn check(self, actor: &Actor, reporter: &Reporter) -> Result<Opening> {
        Ok(Opening {
            client_id: reporter.client_id(),
            name: self.name.unwrap_or_else(|| Guid(Uuid::new_v4())),
            title: self
                .title
                .map(|title| input::name("title", &title))
                .transpose()?,
            labels: Label::check_all(self.labels)?,
            expected: self
                .expected
                .map(|scripts| check_scripts("expected", &scripts))
                .transpose()?,
            plan: None,
            lease_seconds: self
                .lease_seconds
                .map(|seconds| input::not_negative("leaseSeconds", seconds))
                .transpose()?,
            created: self
                .created
                .map(|time| Past::check(actor, "createdTime", time))
                .transpose()?,
        })
    }
}

/// Opens a schedule.
///
/// Where the client names it and there is one of that name already, that one comes back unchanged, so that a request
/// that was sent twice opens one. Another client's is a conflict.
pub async fn create(state: &State, actor: &Actor, new: NewSchedule) -> Result<Model> {
    let name = new.name.unwrap_or_else(|| Guid(Uuid::new_v4()));
    let deed = Deed::new(actor, "SCHEDULE_CREATE", &name);
    let outcome = async {
        let reporter = actor.reporter()?;
        let mut new = NewSchedule {
            name: Some(name),
            ..new
        };
        let plan = new.plan.take();
        let mut new = new.check(actor, &reporter)?;
        if let Some(plan) = plan {
            let plan = policy::plan(state, &actor.viewer()?, plan).await?;
            new = new.following(&plan)?;
        }
        db::retrying(async || create_once(state, &reporter, &deed, &new).await).await
    };
    let schedule = deed.noting_failure(state, outcome.await).await?;
    state
        .events
        .changed(schedule.schedule_id, schedule.revision);
    Ok(schedule)
}

async fn create_once(
    state: &State,
    reporter: &Reporter,
    deed: &Deed,
    new: &Opening,
) -> Result<Model> {
    let transaction = state.db.begin().await?;
    let existing = Entity::find()
        .filter(Column::ScheduleName.eq(new.name))
        .one(&transaction)
        .await?;
    if let Some(schedule) = existing {
        reporter
            .may_change(&schedule)
            .map_err(|_| Error::Conflict(format!("another client has a schedule {}", new.name)))?;
        deed.done(&transaction).await?;
        db::commit(transaction).await?;
        return Ok(schedule);
    }
    let schedule = open(&transaction, new).await?;
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(schedule)
}

/// Writes all rows of a schedule that is being opened.
pub(crate) async fn open(transaction: &impl ConnectionTrait, new: &Opening) -> Result<Model> {
    let schedule = match row(new).insert(transaction).await {
        Ok(schedule) => schedule,
        // Somebody else was faster with the same name; the next attempt finds it.
        Err(error) if is_taken(&error) => return Err(Error::Interrupted),
        Err(error) => return Err(error.into()),
    };
    insert_labels(transaction, schedule.schedule_id, &new.labels).await?;
    if let Some(scripts) = &new.expected {
        insert_expected(transaction, schedule.schedule_id, 0, scripts).await?;
    }
    if let Some(plan) = &new.plan {
        plan.insert(transaction, schedule.schedule_id).await?;
    }
    Ok(schedule)
}

fn row(new: &Opening) -> ActiveModel {
    let now = Timestamp::now();
    let lease_seconds = new.lease_seconds.unwrap_or(DEFAULT_LEASE_SECONDS);
    let expected = new
        .expected
        .as_ref()
        .map(|scripts| i32::try_from(scripts.len()).expect("at most 100,000 scripts are expected"));
    ActiveModel {
        schedule_name: Set(new.name),
        schedule_status: Set(OriginalStatus::Open),
        created_time: Set(new.created.as_ref().map_or(now, Past::time)),
        last_modify_time: Set(now),
        state: Set(ScheduleState::Created),
        client_id: Set(new.client_id),
        title: Set(new.title.clone()),
        closed_time: Set(None),
        revision: Set(0),
        lease_seconds: Set(lease_seconds),
        lease_expires: Set(lease_from(now, lease_seconds)),
        expected: Set(expected),
        expected_final: Set(0),
        ..Default::default()
    }
}

fn is_taken(error: &sea_orm::DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}
