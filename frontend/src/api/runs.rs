//! Runs: what tasks did, and what somebody asked for; their output, line by line, as it is written.

use std::collections::HashMap;

use cynic::{MutationBuilder, QueryBuilder, SubscriptionBuilder};

use super::{
    Api,
    backups::Backup,
    error::Error,
    keywords::keywords,
    page::{Page, PageInfo},
    scalars::{DateTime, Uuid},
    schema,
    socket::{Event, Subscription},
    tasks::TaskAction,
};

/// How many runs one page of a list holds.
const PAGE_SIZE: i32 = 30;

/// How a run stands or ended.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RunStatus {
    /// It waits.
    Queued,
    /// It is under way.
    Running,
    /// It did what it should.
    Succeeded,
    /// It did not.
    Failed,
    /// It took longer than it may.
    TimedOut,
    /// Somebody called it off.
    Cancelled,
    /// It was not run, as the run before it had not ended.
    Skipped,
    /// It was not run, as no server was there.
    Missed,
}

keywords!(RunStatus {
    Queued = "QUEUED",
    Running = "RUNNING",
    Succeeded = "SUCCEEDED",
    Failed = "FAILED",
    TimedOut = "TIMED_OUT",
    Cancelled = "CANCELLED",
    Skipped = "SKIPPED",
    Missed = "MISSED",
});

impl RunStatus {
    /// Whether nothing more becomes of the run.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// What a run comes from.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, PartialEq)]
pub enum RunTrigger {
    /// Its slot.
    Scheduled,
    /// Its slot, late.
    CatchUp,
    /// Somebody who asked for it.
    Manual,
    /// The attempt before it, which failed.
    Retry,
}

impl RunTrigger {
    /// What it comes from, in words that follow the run's.
    pub fn words(self) -> &'static str {
        match self {
            Self::Scheduled => "on schedule",
            Self::CatchUp => "caught up",
            Self::Manual => "by hand",
            Self::Retry => "retry",
        }
    }
}

/// The name of a task.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Task")]
pub struct TaskName {
    /// Its unique name.
    pub name: String,
}

/// One execution.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Run {
    /// Its global id.
    pub id: cynic::Id,
    /// The name that its task had then; `None` for what was asked for directly.
    pub task_name: Option<String>,
    /// Its task as it is called now; `None` where there is none any more, too.
    pub task: Option<TaskName>,
    /// What it does.
    pub action: TaskAction,
    /// When it was due, or asked for.
    pub slot_time: DateTime,
    /// What it comes from.
    pub trigger: RunTrigger,
    /// How it stands.
    pub status: RunStatus,
    /// Why it was not run, or failed.
    pub reason: Option<String>,
    /// 1, 2, … for the same slot.
    pub attempt: i32,
    /// When it began.
    pub started_time: Option<DateTime>,
    /// When it ended.
    pub finished_time: Option<DateTime>,
    /// What its command ended with.
    pub exit_code: Option<i32>,
    /// How far it is, 0 to 100.
    pub percent: Option<f64>,
    /// What it made, where it was a backup.
    pub backup: Option<Backup>,
    /// What it opened, where it was to open a schedule.
    pub schedule: Option<OpenedSchedule>,
}

/// A schedule that a run opened.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Schedule")]
pub struct OpenedSchedule {
    /// Its name.
    pub name: Uuid,
    /// What people call it.
    pub title: Option<String>,
}

impl Run {
    /// What the list of runs and the run's page call it.
    pub fn display_name(&self) -> String {
        match &self.task_name {
            Some(name) => name.clone(),
            None => self.action.words(),
        }
    }

    /// How long it has been running at a moment, or did, in milliseconds; `None` where it never began.
    pub fn took(&self, now: f64) -> Option<f64> {
        let started = self.started_time.as_ref()?.millis();
        let finished = self.finished_time.as_ref().map(DateTime::millis);
        Some(finished.unwrap_or(now) - started)
    }
}

/// Where a line was written to.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, PartialEq)]
pub enum OutputStream {
    /// The standard output.
    Stdout,
    /// The standard error.
    Stderr,
}

/// A line that a run wrote.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct OutputLine {
    /// 1, 2, … as the lines came.
    pub seq: i32,
    /// Where it was written to.
    pub stream: OutputStream,
    /// The line without its end.
    pub text: String,
    /// When it came.
    pub time: DateTime,
}

#[derive(cynic::QueryFragment)]
struct RunConnection {
    nodes: Vec<Run>,
    page_info: PageInfo,
}

#[derive(cynic::QueryVariables)]
struct RunsOfTaskVariables {
    name: String,
    first: i32,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "RunsOfTaskVariables")]
struct RunsOfTaskQuery {
    #[arguments(name: $name)]
    task: Option<TaskRuns>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Task", variables = "RunsOfTaskVariables")]
struct TaskRuns {
    #[arguments(first: $first, after: $after)]
    runs: RunConnection,
}

#[derive(cynic::QueryVariables)]
struct RunVariables {
    id: cynic::Id,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "RunVariables")]
struct RunQuery {
    #[arguments(id: $id)]
    run: Option<Run>,
}

#[derive(cynic::QueryVariables)]
struct RunChangedVariables {
    #[cynic(skip_serializing_if = "Option::is_none")]
    id: Option<cynic::Id>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "RunChangedVariables")]
struct RunChangedSubscription {
    #[arguments(id: $id, task: $task)]
    run_changed: Run,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Run")]
pub(super) struct RunId {
    pub(super) id: cynic::Id,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription")]
struct AnyRunChangedSubscription {
    #[expect(dead_code, reason = "that one changed is all that matters")]
    run_changed: RunId,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Run")]
struct RunWithStatus {
    id: cynic::Id,
    status: RunStatus,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription")]
struct StatusChangedSubscription {
    run_changed: RunWithStatus,
}

#[derive(cynic::QueryVariables)]
struct RunOutputVariables {
    id: cynic::Id,
    after: i32,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "RunOutputVariables")]
struct RunOutputSubscription {
    #[arguments(id: $id, after: $after)]
    run_output: Vec<OutputLine>,
}

#[derive(cynic::QueryFragment)]
struct RunPayload {
    run: RunId,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RunVariables")]
struct CancelRunMutation {
    #[arguments(id: $id)]
    #[expect(dead_code, reason = "the answer's fields are there to be selected")]
    cancel_run: RunPayload,
}

#[derive(cynic::QueryVariables)]
struct RunTaskVariables {
    name: String,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RunTaskVariables")]
struct RunTaskMutation {
    #[arguments(name: $name)]
    run_task: RunPayload,
}

impl Api {
    /// The page of a task's runs after a cursor, or the newest one; nothing where there is no such task.
    pub async fn runs_of_task(
        self,
        name: String,
        after: Option<String>,
    ) -> Result<Page<Run>, Error> {
        let first = PAGE_SIZE;
        let operation = RunsOfTaskQuery::build(RunsOfTaskVariables { name, first, after });
        let task = self.query(operation).await?.task;
        Ok(match task.map(|task| task.runs) {
            Some(runs) => Page {
                items: runs.nodes,
                next: runs.page_info.next(),
            },
            None => Page {
                items: Vec::new(),
                next: None,
            },
        })
    }

    /// The run of this id; `None` where there is none.
    pub async fn run(self, id: cynic::Id) -> Result<Option<Run>, Error> {
        let operation = RunQuery::build(RunVariables { id });
        Ok(self.query(operation).await?.run)
    }

    /// One run as it is, then as it changes; after a lost connection, again from the start.
    pub fn watch_run(
        self,
        id: &cynic::Id,
        on_event: impl FnMut(Event<Run>) + 'static,
    ) -> Subscription {
        self.watch_runs_of(Some(id.clone()), None, on_event)
    }

    /// The runs of a task that changed within the last minute, then each as it changes.
    pub fn watch_runs_of_task(
        self,
        task: String,
        on_event: impl FnMut(Event<Run>) + 'static,
    ) -> Subscription {
        self.watch_runs_of(None, Some(task), on_event)
    }

    fn watch_runs_of(
        self,
        id: Option<cynic::Id>,
        task: Option<String>,
        mut on_event: impl FnMut(Event<Run>) + 'static,
    ) -> Subscription {
        self.socket.subscribe(
            move || {
                RunChangedSubscription::build(RunChangedVariables {
                    id: id.clone(),
                    task: task.clone(),
                })
            },
            move |event| on_event(event.map(|data: RunChangedSubscription| data.run_changed)),
        )
    }

    /// Tells that some run is new, or has begun or ended; how far it is, this does not tell.
    pub fn watch_all_statuses(self, on_change: impl Fn() + 'static) -> Subscription {
        let mut known = HashMap::new();
        self.socket.subscribe(
            || StatusChangedSubscription::build(()),
            move |event: Event<StatusChangedSubscription>| {
                if let Event::Next(StatusChangedSubscription { run_changed: run }) = event
                    && known.insert(run.id.into_inner(), run.status) != Some(run.status)
                {
                    on_change();
                }
            },
        )
    }

    /// Tells that some run is new or has changed.
    pub fn watch_all_runs(self, on_change: impl Fn() + 'static) -> Subscription {
        self.socket.subscribe(
            || AnyRunChangedSubscription::build(()),
            move |_: Event<AnyRunChangedSubscription>| on_change(),
        )
    }

    /// What a run wrote after a line, and what it writes until it ends. `last_seen` tells, for each
    /// start, where to go on; `on_end`, that all of it was told.
    pub fn watch_output(
        self,
        id: &cynic::Id,
        last_seen: impl Fn() -> i32 + 'static,
        mut on_event: impl FnMut(Event<Vec<OutputLine>>) + 'static,
        on_end: impl Fn() + 'static,
    ) -> Subscription {
        let id = id.clone();
        self.socket.subscribe_to_its_end(
            move || {
                let (id, after) = (id.clone(), last_seen());
                RunOutputSubscription::build(RunOutputVariables { id, after })
            },
            move |event| on_event(event.map(|data: RunOutputSubscription| data.run_output)),
            on_end,
        )
    }

    /// Runs a task now. Answers with the run's id. Needs the role OPERATOR.
    pub async fn run_task(self, name: String) -> Result<cynic::Id, Error> {
        let operation = RunTaskMutation::build(RunTaskVariables { name });
        Ok(self.query(operation).await?.run_task.run.id)
    }

    /// Calls a run off. Needs the role OPERATOR.
    pub async fn cancel_run(self, id: cynic::Id) -> Result<(), Error> {
        self.change(&CancelRunMutation::build(RunVariables { id }))
            .await
    }
}
