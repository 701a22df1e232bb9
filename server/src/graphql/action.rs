//! Actions in GraphQL: what a task does when it falls due, and what a run did.

use async_graphql::{InputObject, OneofObject, SimpleObject, Union};
use entity::action::Action;

/// What a task does when it falls due, and what a run did.
#[derive(Union)]
pub(super) enum TaskAction {
    /// Nothing.
    Reminder(Reminder),
    /// A command.
    CommandAction(CommandAction),
    /// A backup.
    BackupAction(BackupAction),
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

impl From<Action> for TaskAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Reminder { note } => Self::Reminder(Reminder { note }),
            Action::Command { command, arguments } => {
                Self::CommandAction(CommandAction { command, arguments })
            }
            Action::Backup { source } => Self::BackupAction(BackupAction { source }),
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

impl From<TaskActionInput> for Action {
    fn from(action: TaskActionInput) -> Self {
        match action {
            TaskActionInput::Reminder(ReminderInput { note }) => Self::Reminder { note },
            TaskActionInput::Command(CommandActionInput { command, arguments }) => Self::Command {
                command,
                arguments: arguments.unwrap_or_default(),
            },
            TaskActionInput::Backup(BackupActionInput { source }) => Self::Backup { source },
        }
    }
}
