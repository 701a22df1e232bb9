//! Tasks: what falls due at a time, once or again and again.

mod change;

use cynic::QueryBuilder;

pub use self::change::{
    BackupActionInput, CommandActionInput, ReminderInput, ScheduleActionInput, TaskActionInput,
    TaskForm,
};
use super::{
    Api,
    error::Error,
    keywords::keywords,
    page::PageInfo,
    runs::Run,
    scalars::{DateTime, Json},
    schema,
};
use crate::format;

/// How many tasks one page of the list holds.
const PAGE_SIZE: i32 = 100;

/// How often a task falls due.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, PartialEq)]
pub enum Recurrence {
    /// At its first slot only.
    Once,
    /// Every day.
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

keywords!(Recurrence {
    Once = "ONCE",
    Daily = "DAILY",
    Weekly = "WEEKLY",
    Biweekly = "BIWEEKLY",
    Monthly = "MONTHLY",
    Quarterly = "QUARTERLY",
    Yearly = "YEARLY",
});

/// What becomes of a slot while the last run has not ended.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, PartialEq)]
pub enum OverlapPolicy {
    /// It is skipped.
    Skip,
    /// It waits.
    Queue,
    /// It runs beside it.
    Allow,
}

keywords!(OverlapPolicy {
    Skip = "SKIP",
    Queue = "QUEUE",
    Allow = "ALLOW",
});

/// Which slots are run late, at whose time no server was there.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, PartialEq)]
pub enum CatchUpPolicy {
    /// None of them.
    None,
    /// The latest.
    Latest,
    /// All of them.
    All,
}

keywords!(CatchUpPolicy {
    None = "NONE",
    Latest = "LATEST",
    All = "ALL",
});

/// What becomes of the 31st in a month of 30 days.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, PartialEq)]
pub enum MonthEndPolicy {
    /// It is the last day of that month.
    Clamp,
    /// That month has no slot.
    Skip,
}

keywords!(MonthEndPolicy {
    Clamp = "CLAMP",
    Skip = "SKIP",
});

/// Runs nothing.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Reminder {
    /// What to remember.
    pub note: Option<String>,
}

/// Runs a command of the server's configuration.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct CommandAction {
    /// Its name.
    pub command: String,
    /// What it is given.
    pub arguments: Vec<String>,
}

/// Makes an archive of a folder.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct BackupAction {
    /// The folder.
    pub source: String,
}

/// Opens a schedule from a plan of the time that begins with the slot.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct ScheduleAction {
    /// The policy that makes the plan.
    pub policy: String,
    /// What differs from the policy's default configuration.
    pub config: Option<Json>,
    /// How long the time is that is planned.
    pub window_seconds: i32,
    /// The schedule's title; `None` where it has the task's name.
    pub title: Option<String>,
}

/// What a task does when it falls due.
#[derive(cynic::InlineFragments, Clone, Debug, PartialEq)]
pub enum TaskAction {
    /// Nothing.
    Reminder(Reminder),
    /// A command.
    CommandAction(CommandAction),
    /// A backup.
    BackupAction(BackupAction),
    /// A schedule that follows a plan.
    ScheduleAction(ScheduleAction),
    /// What only a newer server knows.
    #[cynic(fallback)]
    Other,
}

impl TaskAction {
    /// The action in a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Reminder(Reminder { note }) => match note.as_deref().map(str::trim) {
                None | Some("") => "Reminder".to_owned(),
                Some(note) => note.to_owned(),
            },
            Self::CommandAction(CommandAction { command, arguments }) => {
                let words = std::iter::once(command).chain(arguments);
                words.cloned().collect::<Vec<_>>().join(" ")
            }
            Self::BackupAction(BackupAction { source }) => format!("Backup of {source}"),
            Self::ScheduleAction(ScheduleAction {
                policy,
                window_seconds,
                ..
            }) => {
                let window = format::duration(f64::from(*window_seconds) * 1_000.0);
                format!("Schedule of the plan {policy}, {window} each")
            }
            Self::Other => "An action that this page does not know".to_owned(),
        }
    }
}

/// What is special about a slot.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, PartialEq)]
pub enum SlotRemark {
    /// The clocks skip its time.
    Gap,
    /// The clocks show its time twice.
    Fold,
    /// Its month is too short.
    MonthEnd,
}

/// A due time.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Slot {
    /// When it is.
    pub time: DateTime,
    /// What the clocks of the task's zone show then, as `YYYY-MM-DDTHH:MM:SS`.
    pub local_time: String,
    /// What is special about it.
    pub remarks: Vec<SlotRemark>,
}

/// A task.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Task {
    /// Its unique name.
    pub name: String,
    /// Its anchor.
    pub scheduled_time: DateTime,
    /// What the clocks of its zone show at its anchor.
    pub local_time: String,
    /// How often it falls due.
    pub recurrence: Option<Recurrence>,
    /// Whose wall clock it keeps to.
    pub time_zone: String,
    /// Whether it falls due at all.
    pub enabled: bool,
    /// What it does.
    pub action: TaskAction,
    /// What becomes of a slot while the last run has not ended.
    pub overlap_policy: OverlapPolicy,
    /// Which missed slots are run late.
    pub catch_up_policy: CatchUpPolicy,
    /// What becomes of the 31st in a month of 30 days.
    pub month_end_policy: MonthEndPolicy,
    /// How long a run may take, in seconds.
    pub timeout_seconds: i32,
    /// How often a slot is tried.
    pub max_attempts: i32,
    /// The next slot.
    pub next_time: Option<DateTime>,
    /// Its newest run.
    pub last_run: Option<Run>,
}

impl Task {
    /// How often it falls due.
    pub fn recurs(&self) -> Recurrence {
        self.recurrence.unwrap_or(Recurrence::Once)
    }
}

/// A task and what lies ahead of it.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Task")]
pub struct TaskAhead {
    /// The task.
    #[cynic(spread)]
    pub task: Task,
    /// Its next slots.
    #[arguments(first: 5)]
    pub slots: Vec<Slot>,
}

/// When a task would fall due.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct TaskPreview {
    /// Its anchor, which may have passed.
    pub scheduled_time: DateTime,
    /// The slots that lie ahead.
    pub slots: Vec<Slot>,
}

/// The times of a task that nobody has made yet.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "PreviewTaskInput")]
pub struct Times {
    /// What the clocks of the zone show at the anchor.
    pub local_time: String,
    /// The zone.
    pub time_zone: String,
    /// How often it is to fall due.
    pub recurrence: Recurrence,
    /// What becomes of the 31st in a month of 30 days.
    pub month_end_policy: MonthEndPolicy,
}

#[derive(cynic::QueryVariables)]
struct TasksVariables {
    first: i32,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "TasksVariables")]
struct TasksQuery {
    #[arguments(first: $first, after: $after)]
    tasks: TaskConnection,
}

#[derive(cynic::QueryFragment)]
struct TaskConnection {
    nodes: Vec<Task>,
    page_info: PageInfo,
}

#[derive(cynic::QueryVariables)]
struct TaskVariables {
    name: String,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "TaskVariables")]
struct TaskQuery {
    #[arguments(name: $name)]
    task: Option<TaskAhead>,
}

#[derive(cynic::QueryVariables)]
struct PreviewVariables {
    input: Times,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "PreviewVariables")]
struct PreviewQuery {
    #[arguments(input: $input, first: 5)]
    preview_task: TaskPreview,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct CommandsQuery {
    commands: Vec<String>,
}

impl Api {
    /// All tasks, in the order in which they were made, however many pages that are: there are as many as somebody made by
    /// hand.
    pub async fn tasks(self) -> Result<Vec<Task>, Error> {
        let (mut tasks, mut after) = (Vec::new(), None);
        loop {
            let first = PAGE_SIZE;
            let operation = TasksQuery::build(TasksVariables { first, after });
            let page = self.query(operation).await?.tasks;
            tasks.extend(page.nodes);
            after = page.page_info.next();
            if after.is_none() {
                return Ok(tasks);
            }
        }
    }

    /// The task of this name; `None` where there is none.
    pub async fn task(self, name: String) -> Result<Option<TaskAhead>, Error> {
        let operation = TaskQuery::build(TaskVariables { name });
        Ok(self.query(operation).await?.task)
    }

    /// When a task would fall due.
    pub async fn preview_task(self, input: Times) -> Result<TaskPreview, Error> {
        let operation = PreviewQuery::build(PreviewVariables { input });
        Ok(self.query(operation).await?.preview_task)
    }

    /// The names of the commands that tasks may run.
    pub async fn commands(self) -> Result<Vec<String>, Error> {
        Ok(self.query(CommandsQuery::build(())).await?.commands)
    }
}
