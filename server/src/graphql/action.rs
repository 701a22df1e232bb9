//! Actions in GraphQL: what a task does when it falls due, and what a run did.

use async_graphql::{InputObject, OneofObject, SimpleObject, Union};
use entity::action::Action;
use serde_json::Value;

/// What a task does when it falls due, and what a run did.
#[derive(Union)]
pub(super) enum TaskAction {
    /// Nothing.
    Reminder(Reminder),
    /// A command.
    CommandAction(CommandAction),
    /// A backup.
    BackupAction(BackupAction),
    /// A schedule that follows a plan.
    ScheduleAction(ScheduleAction),
}

/// Runs nothing: its run is the record that it fell due.
#[derive(SimpleObject)]
pub(super) struct Reminder {
    /// What to remember.
    note: Option<String>,
}

/// Runs a command that the server's operator configured, without a shell.
#[derive(SimpleObject)]
pub(super) struct CommandAction {
    /// The command's name in the server's settings.
    command: String,
    /// What it is given after the arguments that the settings have.
    arguments: Vec<String>,
}

/// Makes an archive of a folder.
#[derive(SimpleObject)]
pub(super) struct BackupAction {
    /// The folder, as it was asked for.
    source: String,
}

/// Opens a schedule from a plan of the time that begins with the slot.
#[derive(SimpleObject)]
pub(super) struct ScheduleAction {
    /// The policy that makes the plan.
    policy: String,
    /// What differs from the policy's default configuration; null for nothing.
    config: Option<Value>,
    /// How long the time is that is planned, in seconds.
    window_seconds: i32,
    /// The schedule's title; null where it has the task's name.
    title: Option<String>,
}

impl From<Action> for TaskAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Reminder { note } => Self::Reminder(Reminder { note }),
            Action::Command { command, arguments } => {
                Self::CommandAction(CommandAction { command, arguments })
            }
            Action::Backup { source } => Self::BackupAction(BackupAction { source }),
            Action::Schedule {
                policy,
                config,
                window_seconds,
                title,
            } => Self::ScheduleAction(ScheduleAction {
                policy,
                config,
                window_seconds,
                title,
            }),
        }
    }
}

/// What a task is to do when it falls due: exactly one of these.
#[derive(OneofObject)]
pub(super) enum TaskActionInput {
    /// Nothing: its run is the record that it fell due.
    Reminder(ReminderInput),
    /// Run a command.
    Command(CommandActionInput),
    /// Make an archive of a folder.
    Backup(BackupActionInput),
    /// Open a schedule that follows a plan.
    Schedule(ScheduleActionInput),
}

/// A reminder.
#[derive(InputObject)]
pub(super) struct ReminderInput {
    /// What to remember; at most 64 KiB.
    note: Option<String>,
}

/// A command to be run.
#[derive(InputObject)]
pub(super) struct CommandActionInput {
    /// Its name, one of `commands`.
    command: String,
    /// What it is given, as it is: no shell reads it. At most 100 of 4 KiB, and none where the command takes none from tasks.
    arguments: Option<Vec<String>>,
}

/// A folder to be backed up.
#[derive(InputObject)]
pub(super) struct BackupActionInput {
    /// The folder: a path on the server's machine, inside of the folders that its operator lets be backed up. It is looked
    /// at now, and again each time. At most 4 KiB.
    source: String,
}

/// A schedule to be opened, from a plan of the time that begins with the slot. It is opened in the name of the client that
/// makes the task, or that changed it last. A slot whose time is over before it can be planned is MISSED.
#[derive(InputObject)]
pub(super) struct ScheduleActionInput {
    /// The name of the policy that makes the plan, one of `policies`.
    policy: String,
    /// What differs from the policy's default configuration, merged with that key by key. It is looked at now, and again
    /// each time. At most 64 KiB.
    config: Option<Value>,
    /// How long the time is that is planned, in seconds: 1 to 34,560,000, which is 400 days.
    window_seconds: i32,
    /// The schedule's title, 1..255 characters; the task's name where left out.
    title: Option<String>,
}

impl From<TaskActionInput> for Action {
    fn from(action: TaskActionInput) -> Self {
        match action {
            TaskActionInput::Reminder(ReminderInput { note }) => Self::Reminder { note },
            TaskActionInput::Command(CommandActionInput { command, arguments }) => Self::Command {
                command,
                arguments: arguments.unwrap_or_default(),
            },
            TaskActionInput::Backup(BackupActionInput { source }) => Self::Backup { source },
            TaskActionInput::Schedule(ScheduleActionInput {
                policy,
                config,
                window_seconds,
                title,
            }) => Self::Schedule {
                policy,
                config,
                window_seconds,
                title,
            },
        }
    }
}
