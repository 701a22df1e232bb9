//! Making, changing and deleting tasks.

use entity::{
    Guid, Timestamp,
    action::Action,
    task::{ActiveModel, CatchUpPolicy, Entity, Model, MonthEndPolicy, OverlapPolicy, Recurrence},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr, EntityTrait, SqlErr};
use uuid::Uuid;

use super::{
    DEFAULT_TIMEOUT_SECONDS, Key, MOST_ATTEMPTS, MOST_TIMEOUT_SECONDS, lock, save, set_next_time,
    zone,
};
use crate::{
    db,
    domain::{
        action,
        actor::{Actor, Operator},
        input,
        log::Deed,
        recurrence::Calendar,
        run, scheduler,
    },
    error::{Error, Result},
    state::State,
};

/// A task to be made.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// What it is called; unique.
    pub name: String,
    /// The anchor: the first slot, in the future.
    pub scheduled_time: Timestamp,
    /// How often it falls due; once where that is left out.
    pub recurrence: Option<Recurrence>,
    /// The IANA name of the zone whose wall clock its slots keep to.
    pub time_zone: String,
    /// Whether it falls due at all.
    pub enabled: bool,
    /// What is done then.
    pub action: Action,
    /// What becomes of a slot while the last run has not ended.
    pub overlap_policy: OverlapPolicy,
    /// Which of the slots are run that nobody was there for.
    pub catch_up_policy: CatchUpPolicy,
    /// What becomes of the 31st in a month of 30 days.
    pub month_end_policy: MonthEndPolicy,
    /// How long a run may take, in seconds.
    pub timeout_seconds: i32,
    /// How often a slot is tried.
    pub max_attempts: i32,
}

impl NewTask {
    /// A reminder that falls due once. The rest is as it is where nothing is said.
    pub fn new(name: String, scheduled_time: Timestamp) -> Self {
        Self {
            name,
            scheduled_time,
            recurrence: None,
            time_zone: "UTC".to_owned(),
            enabled: true,
            action: Action::Reminder { note: None },
            overlap_policy: OverlapPolicy::Skip,
            catch_up_policy: CatchUpPolicy::Latest,
            month_end_policy: MonthEndPolicy::Clamp,
            timeout_seconds: DEFAULT_TIMEOUT_SECONDS,
            max_attempts: 1,
        }
    }

    async fn check(self, state: &State) -> Result<Self> {
        Ok(Self {
            name: input::name("name", &self.name)?,
            scheduled_time: anchor(state, self.scheduled_time)?,
            time_zone: zone(&self.time_zone)?.name().to_owned(),
            action: action::check(state, self.action).await?,
            timeout_seconds: timeout(self.timeout_seconds)?,
            max_attempts: attempts(self.max_attempts)?,
            ..self
        })
    }
}

/// What is to change in a task. What is left out stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Another name.
    pub new_name: Option<String>,
    /// Another anchor, in the future.
    pub scheduled_time: Option<Timestamp>,
    /// How often it falls due, or none for once.
    pub recurrence: Option<Option<Recurrence>>,
    /// The IANA name of another zone.
    pub time_zone: Option<String>,
    /// Whether it falls due at all.
    pub enabled: Option<bool>,
    /// What is done then.
    pub action: Option<Action>,
    /// What becomes of a slot while the last run has not ended.
    pub overlap_policy: Option<OverlapPolicy>,
    /// Which of the slots are run that nobody was there for.
    pub catch_up_policy: Option<CatchUpPolicy>,
    /// What becomes of the 31st in a month of 30 days.
    pub month_end_policy: Option<MonthEndPolicy>,
    /// How long a run may take, in seconds.
    pub timeout_seconds: Option<i32>,
    /// How often a slot is tried.
    pub max_attempts: Option<i32>,
}

impl Changes {
    async fn check(self, state: &State) -> Result<Self> {
        let action = match self.action {
            Some(action) => Some(action::check(state, action).await?),
            None => None,
        };
        Ok(Self {
            action,
            new_name: self
                .new_name
                .map(|name| input::name("newName", &name))
                .transpose()?,
            time_zone: self
                .time_zone
                .map(|name| zone(&name).map(|zone| zone.name().to_owned()))
                .transpose()?,
            timeout_seconds: self.timeout_seconds.map(timeout).transpose()?,
            max_attempts: self.max_attempts.map(attempts).transpose()?,
            ..self
        })
    }

    /// Makes the changes in a locked task. An anchor that it has already is not a new one, and may have passed.
    fn apply(&self, state: &State, task: &mut Model) -> Result<()> {
        let before = task.clone();
        if let Some(time) = self.scheduled_time
            && time != task.scheduled_time
        {
            task.scheduled_time = anchor(state, time)?;
        }
        assign(&mut task.name, self.new_name.as_ref());
        assign(&mut task.recurrence, self.recurrence.as_ref());
        assign(&mut task.time_zone, self.time_zone.as_ref());
        assign(&mut task.month_end_policy, self.month_end_policy.as_ref());
        assign(&mut task.enabled, self.enabled.as_ref());
        assign(&mut task.action, self.action.as_ref());
        assign(&mut task.overlap_policy, self.overlap_policy.as_ref());
        assign(&mut task.catch_up_policy, self.catch_up_policy.as_ref());
        assign(&mut task.timeout_seconds, self.timeout_seconds.as_ref());
        assign(&mut task.max_attempts, self.max_attempts.as_ref());
        let now = state.clock.now();
        task.last_modify_time = now;
        if timing(task) != timing(&before) {
            // What lies before is no slot of the new times, nor of the while in which it was disabled.
            task.settled_time = now;
            set_next_time(task)?;
        }
        Ok(())
    }
}

/// What a task's slots depend on.
fn timing(task: &Model) -> impl PartialEq {
    (
        task.scheduled_time,
        task.recurrence,
        task.time_zone.clone(),
        task.month_end_policy,
        task.enabled,
    )
}

fn assign<T: Clone>(value: &mut T, other: Option<&T>) {
    if let Some(other) = other {
        value.clone_from(other);
    }
}

/// Makes a task. A name that is taken is a conflict.
pub async fn create(state: &State, actor: &Actor, new: NewTask) -> Result<Model> {
    let deed = Deed::new(actor, "TASK_CREATE", &new.name);
    let outcome = async {
        let operator = actor.operator()?;
        let new = new.check(state).await?;
        db::retrying(async || create_once(state, &operator, &deed, &new).await).await
    };
    let task = deed.noting_failure(state, outcome.await).await?;
    state.events.wake_scheduler();
    Ok(task)
}

async fn create_once(
    state: &State,
    operator: &Operator,
    deed: &Deed,
    new: &NewTask,
) -> Result<Model> {
    let transaction = state.db.begin().await?;
    let row = row(operator, state.clock.now(), new)?;
    let task = row.insert(&transaction).await;
    let task = task.map_err(|error| or_taken(error, &new.name))?;
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(task)
}

fn row(operator: &Operator, now: Timestamp, new: &NewTask) -> Result<ActiveModel> {
    let calendar = Calendar::new(
        new.scheduled_time,
        new.recurrence,
        zone(&new.time_zone)?,
        new.month_end_policy,
    );
    Ok(ActiveModel {
        name: Set(new.name.clone()),
        scheduled_time: Set(new.scheduled_time),
        recurrence: Set(new.recurrence),
        task_guid: Set(Guid(Uuid::new_v4())),
        time_zone: Set(new.time_zone.clone()),
        month_end_policy: Set(new.month_end_policy),
        enabled: Set(new.enabled),
        action: Set(new.action.clone()),
        overlap_policy: Set(new.overlap_policy),
        catch_up_policy: Set(new.catch_up_policy),
        timeout_seconds: Set(new.timeout_seconds),
        max_attempts: Set(new.max_attempts),
        client_id: Set(Some(operator.client_id())),
        settled_time: Set(now),
        next_time: Set(new.enabled.then(|| calendar.next_after(now)).flatten()),
        created_time: Set(now),
        last_modify_time: Set(now),
        ..Default::default()
    })
}

/// Changes a task. What fell due before is settled under what was valid until now.
pub async fn update(state: &State, actor: &Actor, key: Key<'_>, changes: Changes) -> Result<Model> {
    let deed = Deed::new(actor, "TASK_UPDATE", &key);
    let outcome = async {
        let operator = actor.operator()?;
        let changes = changes.check(state).await?;
        db::retrying(async || update_once(state, &operator, &deed, key, &changes).await).await
    };
    let (task, runs) = deed.noting_failure(state, outcome.await).await?;
    run::tell(state, &runs);
    Ok(task)
}

async fn update_once(
    state: &State,
    operator: &Operator,
    deed: &Deed,
    key: Key<'_>,
    changes: &Changes,
) -> Result<(Model, Vec<run::Standing>)> {
    let transaction = state.db.begin().await?;
    let mut task = lock(&transaction, key).await?;
    let runs = scheduler::settle(&transaction, state, &mut task).await?;
    changes.apply(state, &mut task)?;
    task.client_id = Some(operator.client_id());
    save(&transaction, &task).await?;
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok((task, runs))
}

/// Deletes a task. Its runs stay, for they are the record of what was done; those that wait are called off, and one that
/// is under way goes on to its end.
pub async fn delete(state: &State, actor: &Actor, key: Key<'_>) -> Result<Model> {
    let deed = Deed::new(actor, "TASK_DELETE", &key);
    let outcome = async {
        let operator = actor.operator()?;
        db::retrying(async || delete_once(state, &operator, &deed, key).await).await
    };
    let (task, runs) = deed.noting_failure(state, outcome.await).await?;
    run::tell(state, &runs);
    Ok(task)
}

async fn delete_once(
    state: &State,
    _: &Operator,
    deed: &Deed,
    key: Key<'_>,
) -> Result<(Model, Vec<run::Standing>)> {
    let transaction = state.db.begin().await?;
    let mut task = lock(&transaction, key).await?;
    let mut runs = scheduler::settle(&transaction, state, &mut task).await?;
    runs.extend(run::call_off_waiting(&transaction, state, &task).await?);
    Entity::delete_by_id(task.id).exec(&transaction).await?;
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok((task, runs))
}

fn anchor(state: &State, time: Timestamp) -> Result<Timestamp> {
    if time <= state.clock.now() {
        return Err(Error::validation("scheduledTime", "must be in the future"));
    }
    Ok(time)
}

fn timeout(seconds: i32) -> Result<i32> {
    within("timeoutSeconds", seconds, MOST_TIMEOUT_SECONDS)
}

fn attempts(count: i32) -> Result<i32> {
    within("maxAttempts", count, MOST_ATTEMPTS)
}

fn within(field: &str, number: i32, most: i32) -> Result<i32> {
    if !(1..=most).contains(&number) {
        let message = format!("must be between 1 and {most}, and is {number}");
        return Err(Error::validation(field, message));
    }
    Ok(number)
}

/// What an error means when a task was to be given a name.
pub(super) fn or_taken(error: DbErr, name: &str) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => {
            Error::Conflict(format!("there is a task {name} already"))
        }
        _ => error.into(),
    }
}
