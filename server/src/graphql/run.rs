//! Runs in GraphQL: read, asked for, called off, followed.

use async_graphql::{Context, Enum, ID, Object, SimpleObject, Subscription};
use entity::{Guid, run as row, run_output};
use futures_util::{Stream, StreamExt};

use super::{
    Asked,
    action::TaskAction,
    backup::Backup,
    connection::{Connection, Listed, PageOf},
    error::{ApiError, Result},
    id::GlobalId,
    loaders::BackupOf,
    page,
    plain::Plain,
    scalar::Instant,
    schedule::Schedule,
    task::Task,
};
use crate::{
    domain::{
        feed,
        run::{self, LinesOf, Range},
        task::Key,
    },
    error::Error,
};

/// How a run stands or ended.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "row::RunStatus")]
pub(super) enum RunStatus {
    /// Waits for a server process to take it, or for the run before it.
    Queued,
    /// A server process is at it.
    Running,
    /// Did what it should.
    Succeeded,
    /// Did not; the reason says why.
    Failed,
    /// Took longer than its task lets it.
    TimedOut,
    /// Somebody called it off.
    Cancelled,
    /// Was not run, for the run before it had not ended.
    Skipped,
    /// Was not run, for no server was there at its time; or it came too late to be of use.
    Missed,
}

/// What a run comes from.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "row::RunTrigger")]
pub(super) enum RunTrigger {
    /// Its slot.
    Scheduled,
    /// Its slot, at whose time no server was there.
    CatchUp,
    /// Somebody who asked for it.
    Manual,
    /// The attempt before it, which failed.
    Retry,
}

/// Where a line was written to.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "run_output::OutputStream")]
pub(super) enum OutputStream {
    /// The standard output.
    Stdout,
    /// The standard error.
    Stderr,
}

/// A line that a run wrote.
#[derive(SimpleObject)]
pub(super) struct OutputLine {
    /// 1, 2, … in the order in which the lines came.
    seq: i32,
    /// Where it was written to.
    stream: OutputStream,
    /// The line without its end. One of more than 8 KiB comes in parts; what is no UTF-8 is replaced.
    text: String,
    /// When it came.
    time: Instant,
}

impl From<run_output::Model> for OutputLine {
    fn from(line: run_output::Model) -> Self {
        Self {
            seq: line.seq,
            stream: line.stream.into(),
            text: line.text,
            time: line.line_time.into(),
        }
    }
}

/// One execution: of a task's slot, or of something that somebody asked for.
pub(super) struct Run(pub(super) row::Model);

impl Plain for Run {}

impl Listed for Run {}

/// One execution: of a task's slot, or of something that somebody asked for.
#[Object]
impl Run {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Run(self.0.run_guid).encode()
    }

    /// Its task; null for what was asked for directly, and where the task was deleted.
    async fn task(&self, ctx: &Context<'_>) -> Result<Option<Task>> {
        let Some(task) = self.0.task_id else {
            return Ok(None);
        };
        Ok(ctx.loader().load_one(task).await?.map(Task))
    }

    /// The name that its task had then, also after that was deleted; null for what was asked for directly.
    async fn task_name(&self) -> Option<&str> {
        self.0.task_name.as_deref()
    }

    /// What it does or did.
    async fn action(&self) -> TaskAction {
        self.0.action.clone().into()
    }

    /// When it was due, or asked for.
    async fn slot_time(&self) -> Instant {
        self.0.slot_time.into()
    }

    /// What it comes from.
    async fn trigger(&self) -> RunTrigger {
        self.0.run_trigger.into()
    }

    /// How it stands or ended.
    async fn status(&self) -> RunStatus {
        self.0.status.into()
    }

    /// Why it was skipped, missed, called off, or failed.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// 1, 2, … for the same slot. The last attempt's outcome is the slot's.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// When it began; null where it has not.
    async fn started_time(&self) -> Option<Instant> {
        self.0.started_time.map(Instant)
    }

    /// When it ended, or it was settled that it is not run.
    async fn finished_time(&self) -> Option<Instant> {
        self.0.finished_time.map(Instant)
    }

    /// The exit code of its command; null where there was none, or a signal ended it.
    async fn exit_code(&self) -> Option<i32> {
        self.0.exit_code
    }

    /// How far a backup is, 0..100; where it came to when it has ended. Null for what nobody can tell of.
    async fn percent(&self) -> Option<f64> {
        self.0.percent
    }

    /// The archive that it made; null where it made none.
    async fn backup(&self, ctx: &Context<'_>) -> Result<Option<Backup>> {
        let backup = ctx.loader().load_one(BackupOf(self.0.run_id)).await?;
        Ok(backup.map(Backup))
    }

    /// The schedule that it opened; null where it opened none, and where that was deleted.
    async fn schedule(&self, ctx: &Context<'_>) -> Result<Option<Schedule>> {
        let Some(schedule) = self.0.schedule_id else {
            return Ok(None);
        };
        Ok(ctx.loader().load_one(schedule).await?.map(Schedule))
    }

    /// What it wrote, in the order in which it came; of a backup, what it left out. A run keeps 10,000 lines and 4 MiB; a last line says where that cut it.
    #[graphql(complexity = "line_cost(first, child_complexity)")]
    async fn output(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what comes after this line.", default_with = "Some(0)")]
        after: Option<i32>,
        #[graphql(desc = "How many lines, 1..1000.", default_with = "Some(200)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<OutputLine>> {
        let first = first.unwrap_or(DEFAULT_LINES);
        let part = LinesOf::new(self.0.run_id, after.unwrap_or(0), first)?;
        let lines = ctx.loader().load_one(part).await?.unwrap_or_default();
        Ok(lines.into_iter().map(Into::into).collect())
    }
}

/// How many lines are read where the client does not say.
const DEFAULT_LINES: i32 = 200;

/// What lines may cost: as often what a line costs as there may be some.
fn line_cost(first: Option<i32>, each: usize) -> usize {
    let lines = first.unwrap_or(DEFAULT_LINES).clamp(1, run::LINES);
    usize::try_from(lines).expect("it is between 1 and 1,000") * each + 1
}

/// A run that was asked for, or called off.
#[derive(SimpleObject)]
pub(super) struct RunPayload {
    /// The run.
    pub(super) run: Run,
}

/// The run with a global id, if there is one.
pub(super) async fn by_guid(ctx: &Context<'_>, guid: Guid) -> Result<Option<Run>> {
    let viewer = ctx.actor().viewer()?;
    Ok(run::by_guid(ctx.state(), &viewer, guid).await?.map(Run))
}

/// What a run's global id stands for. Another id is no run's.
fn guid(id: &ID) -> Result<Guid> {
    match GlobalId::decode(id) {
        Some(GlobalId::Run(guid)) => Ok(guid),
        _ => Err(Error::not_found("run", id.as_str()).into()),
    }
}

#[derive(Default)]
pub(super) struct RunQuery;

#[Object]
impl RunQuery {
    /// One run by its id; null where there is none.
    async fn run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run's global id.")] id: ID,
    ) -> Result<Option<Run>> {
        ctx.actor().viewer()?;
        match GlobalId::decode(&id) {
            Some(GlobalId::Run(guid)) => by_guid(ctx, guid).await,
            _ => Ok(None),
        }
    }

    /// Runs, the newest first.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1..100; 50 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "Any of these.")] status: Option<Vec<RunStatus>>,
    ) -> Result<PageOf<Run>> {
        let range = Range {
            task: None,
            status: status.map(|statuses| statuses.into_iter().map(Into::into).collect()),
            slice: page::forward(first, after)?,
        };
        let runs = ctx.loader().load_one(range).await?.unwrap_or_default();
        Ok(Connection::of(runs, |run| run.run_id, Run))
    }
}

#[derive(Default)]
pub(super) struct RunMutation;

#[Object]
impl RunMutation {
    /// Runs a task now, whether it is enabled or not, and returns as soon as the run is recorded. Where the last run has
    /// not ended, the task's overlap policy says what becomes of this one. Needs OPERATOR.
    async fn run_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task's name.")] name: String,
    ) -> Result<RunPayload> {
        let run = run::start_task(ctx.state(), ctx.actor(), Key::Name(&name)).await?;
        Ok(RunPayload { run: Run(run) })
    }

    /// Calls a run off. One that waits is CANCELLED at once; one that is RUNNING is as soon as its command has ended, which
    /// it has 5 s for before it is killed; an archive that is not complete leaves nothing. One that has ended is a `CONFLICT`. Needs OPERATOR.
    async fn cancel_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run's global id.")] id: ID,
    ) -> Result<RunPayload> {
        ctx.actor().operator()?;
        let run = run::cancel(ctx.state(), ctx.actor(), guid(&id)?).await?;
        Ok(RunPayload { run: Run(run) })
    }
}

#[derive(Default)]
pub(super) struct RunSubscription;

#[Subscription]
impl RunSubscription {
    /// Runs that are new or have changed within the last minute, then each as it changes, at most four times a second. The
    /// run of an id comes at once, however long ago it changed. Whoever was away for less than a minute has missed
    /// nothing, and may see the same again.
    async fn run_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the run with this global id.")] id: Option<ID>,
        #[graphql(desc = "Only runs of the task with this name.")] task: Option<String>,
    ) -> Result<impl Stream<Item = Result<Run>> + use<>> {
        ctx.actor().viewer()?;
        let id = id.as_ref().map(guid).transpose()?;
        let runs = feed::runs(ctx.state(), ctx.actor(), id, task.as_deref()).await?;
        Ok(runs.map(|run| run.map(Run).map_err(ApiError)))
    }

    /// What a run wrote after a line, then what it writes, as it does, in messages of at most 500 lines. Resuming after the
    /// last line seen loses nothing. Completes when the run has ended and all was sent.
    async fn run_output(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run's global id.")] id: ID,
        #[graphql(desc = "The last line seen; 0 for all.", default_with = "Some(0)")] after: Option<
            i32,
        >,
    ) -> Result<impl Stream<Item = Result<Vec<OutputLine>>> + use<>> {
        ctx.actor().viewer()?;
        let output = feed::output(ctx.state(), ctx.actor(), guid(&id)?, after.unwrap_or(0)).await?;
        let shown = |lines: Vec<_>| lines.into_iter().map(Into::into).collect();
        Ok(output.map(move |lines| lines.map(shown).map_err(ApiError)))
    }
}
