//! Tasks in GraphQL: found, made, changed, deleted.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async, whether they wait or not"
)]

use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::{Guid, task as row};

use super::{
    Asked,
    action::{TaskAction, TaskActionInput},
    connection::{Connection, Listed, PageOf},
    error::Result,
    id::GlobalId,
    loaders::LastRunOf,
    page,
    plain::Plain,
    run::Run,
    scalar::Instant,
    slot::{self, DEFAULT_SLOTS, Slot},
};
use crate::domain::{
    action,
    run::Range,
    task::{self, Changes, Key, NewTask},
};

/// How often a task falls due. From its first slot on, by the calendar of its time zone.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "row::Recurrence")]
pub(super) enum Recurrence {
    /// At its first slot only, as where nothing is said.
    Once,
    /// Every day at the same wall-clock time.
    Daily,
    /// Every 7 days.
    Weekly,
    /// Every 14 days.
    Biweekly,
    /// On the same day of every month.
    Monthly,
    /// On the same day of every third month.
    Quarterly,
    /// On the same day of every year.
    Yearly,
}

/// What becomes of a slot while the task's last run has not ended.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "row::OverlapPolicy")]
pub(super) enum OverlapPolicy {
    /// It is SKIPPED.
    Skip,
    /// It waits for the end of that run.
    Queue,
    /// It runs beside it.
    Allow,
}

/// Which of the slots are run, late, at whose time no server was there. They run one after another, whatever the overlap
/// policy says of slots that fall due in time, unless it is ALLOW.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "row::CatchUpPolicy")]
pub(super) enum CatchUpPolicy {
    /// None of them: they are MISSED.
    None,
    /// The latest one; those before it are MISSED.
    Latest,
    /// All of them.
    All,
}

/// What becomes of the 31st in a month of 30 days, and of 29 February.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "row::MonthEndPolicy")]
pub(super) enum MonthEndPolicy {
    /// It is the last day of that month.
    Clamp,
    /// That month has no slot.
    Skip,
}

/// Something that falls due at a time, once or again and again.
pub(super) struct Task(pub(super) row::Model);

impl Plain for Task {}

impl Listed for Task {}

/// Something that falls due at a time, once or again and again.
#[Object]
impl Task {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Task(self.0.task_guid).encode()
    }

    /// The integer id, as the REST facade shows it.
    async fn number(&self) -> i32 {
        self.0.id.0
    }

    /// What it is called; unique, and compared to the letter.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The anchor: the first slot, and what the others are counted from.
    async fn scheduled_time(&self) -> Instant {
        self.0.scheduled_time.into()
    }

    /// What the clocks of its zone show at the anchor, as `YYYY-MM-DDTHH:MM:SS`.
    async fn local_time(&self) -> Result<String> {
        Ok(slot::shown(task::local_time(&self.0)?))
    }

    /// How often it falls due; null for once.
    async fn recurrence(&self) -> Option<Recurrence> {
        self.0.recurrence.map(Into::into)
    }

    /// The IANA name of the time zone whose wall clock its slots keep to. A time that the clocks skip moves to the first
    /// instant after the gap; of one that they show twice, it is the first.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// Whether it falls due at all. What passes while it doesn't is no slot.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// What is done when it falls due.
    async fn action(&self) -> TaskAction {
        self.0.action.clone().into()
    }

    /// What becomes of a slot while the last run has not ended.
    async fn overlap_policy(&self) -> OverlapPolicy {
        self.0.overlap_policy.into()
    }

    /// Which of the slots are run, late, at whose time no server was there.
    async fn catch_up_policy(&self) -> CatchUpPolicy {
        self.0.catch_up_policy.into()
    }

    /// What becomes of the 31st in a month of 30 days.
    async fn month_end_policy(&self) -> MonthEndPolicy {
        self.0.month_end_policy.into()
    }

    /// How long a run may take, in seconds.
    async fn timeout_seconds(&self) -> i32 {
        self.0.timeout_seconds
    }

    /// How often a slot is tried until it succeeds.
    async fn max_attempts(&self) -> i32 {
        self.0.max_attempts
    }

    /// The next slot; null where it will not run again, and while it is disabled.
    async fn next_time(&self) -> Option<Instant> {
        self.0.next_time.map(Instant)
    }

    /// The next slots; none while it is disabled.
    async fn next_times(
        &self,
        #[graphql(desc = "How many, 1..100.", default_with = "Some(DEFAULT_SLOTS)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<Instant>> {
        let slots = task::upcoming(&self.0, first.unwrap_or(DEFAULT_SLOTS))?;
        Ok(slots.into_iter().map(|slot| Instant(slot.time)).collect())
    }

    /// The next slots, with what the clocks of the task's zone show then; none while it is disabled.
    async fn slots(
        &self,
        #[graphql(desc = "How many, 1..100.", default_with = "Some(DEFAULT_SLOTS)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<Slot>> {
        let slots = task::upcoming(&self.0, first.unwrap_or(DEFAULT_SLOTS))?;
        Ok(slots.into_iter().map(Into::into).collect())
    }

    /// Its newest run; null where it never had one.
    async fn last_run(&self, ctx: &Context<'_>) -> Result<Option<Run>> {
        Ok(ctx.loader().load_one(LastRunOf(self.0.id)).await?.map(Run))
    }

    /// Its runs, the newest first. A slot that was not run has one too, which says why.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1..100; 50 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
    ) -> Result<PageOf<Run>> {
        let range = Range {
            task: Some(self.0.id),
            status: None,
            slice: page::forward(first, after)?,
        };
        let runs = ctx.loader().load_one(range).await?.unwrap_or_default();
        Ok(Connection::of(runs, |run| run.run_id, Run))
    }

    /// When it was made.
    async fn created_time(&self) -> Instant {
        self.0.created_time.into()
    }

    /// When somebody last changed it.
    async fn last_modify_time(&self) -> Instant {
        self.0.last_modify_time.into()
    }
}

/// A task to be made.
#[derive(InputObject)]
struct CreateTaskInput {
    /// What it is called: 1..255 characters, unique.
    name: String,
    /// The first slot, in the future.
    scheduled_time: Instant,
    /// How often it falls due; once where left out.
    recurrence: Option<Recurrence>,
    /// The IANA name of the time zone whose wall clock its slots keep to.
    #[graphql(default_with = "Some(\"UTC\".to_owned())")]
    time_zone: Option<String>,
    /// Whether it falls due at all.
    #[graphql(default_with = "Some(true)")]
    enabled: Option<bool>,
    /// What is done when it falls due; a reminder where left out.
    action: Option<TaskActionInput>,
    /// What becomes of a slot while the last run has not ended.
    #[graphql(default_with = "Some(OverlapPolicy::Skip)")]
    overlap_policy: Option<OverlapPolicy>,
    /// Which of the slots are run, late, at whose time no server was there.
    #[graphql(default_with = "Some(CatchUpPolicy::Latest)")]
    catch_up_policy: Option<CatchUpPolicy>,
    /// What becomes of the 31st in a month of 30 days.
    #[graphql(default_with = "Some(MonthEndPolicy::Clamp)")]
    month_end_policy: Option<MonthEndPolicy>,
    /// How long a run may take, in seconds: 1 to 2,592,000.
    #[graphql(default_with = "Some(task::DEFAULT_TIMEOUT_SECONDS)")]
    timeout_seconds: Option<i32>,
    /// How often a slot is tried until it succeeds: 1 to 100.
    #[graphql(default_with = "Some(1)")]
    max_attempts: Option<i32>,
}

impl From<CreateTaskInput> for NewTask {
    fn from(input: CreateTaskInput) -> Self {
        let new = Self::new(input.name, input.scheduled_time.0);
        Self {
            recurrence: input.recurrence.map(Into::into),
            time_zone: input.time_zone.unwrap_or(new.time_zone),
            enabled: input.enabled.unwrap_or(new.enabled),
            action: input.action.map_or(new.action, Into::into),
            overlap_policy: input.overlap_policy.map_or(new.overlap_policy, Into::into),
            catch_up_policy: input
                .catch_up_policy
                .map_or(new.catch_up_policy, Into::into),
            month_end_policy: input
                .month_end_policy
                .map_or(new.month_end_policy, Into::into),
            timeout_seconds: input.timeout_seconds.unwrap_or(new.timeout_seconds),
            max_attempts: input.max_attempts.unwrap_or(new.max_attempts),
            ..new
        }
    }
}

/// What is to change in a task. What is left out stays.
#[derive(InputObject)]
struct UpdateTaskInput {
    /// The task's name.
    name: String,
    /// Another name: 1..255 characters, unique.
    new_name: Option<String>,
    /// Another first slot, in the future.
    scheduled_time: Option<Instant>,
    /// How often it falls due; null for once.
    recurrence: MaybeUndefined<Recurrence>,
    /// The IANA name of another time zone.
    time_zone: Option<String>,
    /// Whether it falls due at all.
    enabled: Option<bool>,
    /// What is done when it falls due.
    action: Option<TaskActionInput>,
    /// What becomes of a slot while the last run has not ended.
    overlap_policy: Option<OverlapPolicy>,
    /// Which of the slots are run, late, at whose time no server was there.
    catch_up_policy: Option<CatchUpPolicy>,
    /// What becomes of the 31st in a month of 30 days.
    month_end_policy: Option<MonthEndPolicy>,
    /// How long a run may take, in seconds: 1 to 2,592,000.
    timeout_seconds: Option<i32>,
    /// How often a slot is tried until it succeeds: 1 to 100.
    max_attempts: Option<i32>,
}

impl From<UpdateTaskInput> for (String, Changes) {
    fn from(input: UpdateTaskInput) -> Self {
        let recurrence = match input.recurrence {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(recurrence) => Some(Some(recurrence.into())),
        };
        let changes = Changes {
            new_name: input.new_name,
            scheduled_time: input.scheduled_time.map(|time| time.0),
            recurrence,
            time_zone: input.time_zone,
            enabled: input.enabled,
            action: input.action.map(Into::into),
            overlap_policy: input.overlap_policy.map(Into::into),
            catch_up_policy: input.catch_up_policy.map(Into::into),
            month_end_policy: input.month_end_policy.map(Into::into),
            timeout_seconds: input.timeout_seconds,
            max_attempts: input.max_attempts,
        };
        (input.name, changes)
    }
}

/// A task that was made.
#[derive(SimpleObject)]
struct CreateTaskPayload {
    /// The task.
    task: Task,
}

/// A task that was changed.
#[derive(SimpleObject)]
struct UpdateTaskPayload {
    /// The task.
    task: Task,
}

/// A task that was deleted.
#[derive(SimpleObject)]
struct DeleteTaskPayload {
    /// The name it had.
    name: String,
}

/// The task with a global id, if there is one.
pub(super) async fn by_guid(ctx: &Context<'_>, guid: Guid) -> Result<Option<Task>> {
    let viewer = ctx.actor().viewer()?;
    Ok(task::by_guid(ctx.state(), &viewer, guid).await?.map(Task))
}

#[derive(Default)]
pub(super) struct TaskQuery;

#[Object]
impl TaskQuery {
    /// One task by its name; null where there is none.
    async fn task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task's name.")] name: String,
    ) -> Result<Option<Task>> {
        let viewer = ctx.actor().viewer()?;
        let task = task::by_key(ctx.state(), &viewer, Key::Name(&name)).await?;
        Ok(task.map(Task))
    }

    /// Tasks, in the order in which they were made.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1..100; 50 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "Only those that fall due, or only those that don't.")] enabled: Option<
            bool,
        >,
    ) -> Result<PageOf<Task>> {
        let viewer = ctx.actor().viewer()?;
        let slice = page::forward(first, after)?;
        let tasks = task::list(ctx.state(), &viewer, enabled, &slice).await?;
        Ok(Connection::of(tasks, |task| task.id, Task))
    }

    /// The names of the commands that tasks may run, as the server's operator configured them.
    async fn commands(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let viewer = ctx.actor().viewer()?;
        Ok(action::commands(ctx.state(), &viewer))
    }
}

#[derive(Default)]
pub(super) struct TaskMutation;

#[Object]
impl TaskMutation {
    /// Makes a task. Needs OPERATOR. A name that is taken is a `CONFLICT`.
    async fn create_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task to be made.")] input: CreateTaskInput,
    ) -> Result<CreateTaskPayload> {
        let task = task::create(ctx.state(), ctx.actor(), input.into()).await?;
        Ok(CreateTaskPayload { task: Task(task) })
    }

    /// Changes a task. What fell due before has its outcome under what was valid then; with other times, the slots begin
    /// anew from now on. Needs OPERATOR.
    async fn update_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to change.")] input: UpdateTaskInput,
    ) -> Result<UpdateTaskPayload> {
        let (name, changes) = input.into();
        let task = task::update(ctx.state(), ctx.actor(), Key::Name(&name), changes).await?;
        Ok(UpdateTaskPayload { task: Task(task) })
    }

    /// Deletes a task. Its runs stay; those that wait are CANCELLED, and one that is under way goes on to its end. Needs
    /// OPERATOR.
    async fn delete_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task's name.")] name: String,
    ) -> Result<DeleteTaskPayload> {
        let task = task::delete(ctx.state(), ctx.actor(), Key::Name(&name)).await?;
        Ok(DeleteTaskPayload { name: task.name })
    }
}
