//! What an action may be: its texts are bounded, a command is one that the operator configured, a folder that is backed up
//! lies in the roots, and a policy takes the configuration it is given.

use chrono::TimeDelta;
use entity::action::Action;
use serde_json::Value;

use crate::{
    domain::{
        actor::Viewer,
        backup::{self, Backups},
        input,
        policy::{self, LONGEST_WINDOW},
    },
    error::{Error, Result},
    state::State,
};

/// The most arguments that a task may give to its command.
pub const ARGUMENTS: usize = 100;

/// The most bytes of each.
pub const ARGUMENT_BYTES: usize = 4_096;

/// The most bytes of the path of a folder to be backed up: no system takes longer ones.
pub const SOURCE_BYTES: usize = 4_096;

/// The most bytes of the configuration of a plan that is made again and again: every run keeps a copy.
pub const CONFIG_BYTES: usize = 64 * 1024;

/// Where an action's fields of a schedule are.
const SCHEDULE: &str = "action.schedule";

/// The names of the commands that actions may run.
pub fn commands(state: &State, _: &Viewer) -> Vec<String> {
    state.config.commands.keys().cloned().collect()
}

/// Refuses an action that could not be done.
pub(crate) async fn check(state: &State, action: Action) -> Result<Action> {
    match action {
        Action::Reminder { note } => Ok(Action::Reminder {
            note: input::text("action.reminder.note", note, input::MESSAGE_BYTES)?,
        }),
        Action::Command { command, arguments } => {
            let command = command.trim().to_owned();
            let Some(settings) = state.config.commands.get(&command) else {
                let message = "is no command that this server's operator configured";
                return Err(Error::validation("action.command.command", message));
            };
            if !settings.allow_arguments && !arguments.is_empty() {
                let message = "this command takes no arguments from tasks";
                return Err(Error::validation("action.command.arguments", message));
            }
            check_arguments("action.command.arguments", &arguments)?;
            Ok(Action::Command { command, arguments })
        }
        Action::Backup { source } => {
            check_source(state, "action.backup.source", &source).await?;
            Ok(Action::Backup { source })
        }
        Action::Schedule {
            policy,
            config,
            window_seconds,
            title,
        } => {
            check_window(window_seconds)?;
            check_config(config.as_ref())?;
            let title = title
                .map(|title| input::name("action.schedule.title", &title))
                .transpose()?;
            let length = TimeDelta::seconds(window_seconds.into());
            policy::check(state, &policy, config.clone(), length)
                .await
                .map_err(|error| match error.field() {
                    Some("policy" | "config") => error.inside(SCHEDULE),
                    _ => error.inside("action.schedule.config"),
                })?;
            Ok(Action::Schedule {
                policy,
                config,
                window_seconds,
                title,
            })
        }
    }
}

/// Refuses a folder that can't be backed up. It is looked at again when it is: what is allowed now need not be then.
pub(crate) async fn check_source(state: &State, field: &str, source: &str) -> Result<()> {
    if source.is_empty() {
        return Err(Error::validation(field, "must not be empty"));
    }
    if source.contains('\0') {
        return Err(Error::validation(field, "must not contain a NUL character"));
    }
    if source.len() > SOURCE_BYTES {
        return Err(Error::TooLarge {
            field: field.into(),
            limit: SOURCE_BYTES,
        });
    }
    let checked = Backups::new(&state.config).check(source.into()).await;
    match checked {
        // That is the server's own trouble, and no fault of this folder: the run will say so.
        Ok(()) | Err(backup::Error::Unwritable { .. } | backup::Error::DiskFull(_)) => Ok(()),
        Err(refused) => Err(Error::NoBackup {
            field: field.into(),
            cause: refused.into(),
        }),
    }
}

fn check_window(seconds: i32) -> Result<()> {
    let most = LONGEST_WINDOW.num_seconds();
    if !(1..=most).contains(&seconds.into()) {
        let message = format!("must be between 1 and {most} seconds, and is {seconds}");
        return Err(Error::validation("windowSeconds", message).inside(SCHEDULE));
    }
    Ok(())
}

fn check_config(config: Option<&Value>) -> Result<()> {
    if config.is_some_and(|config| config.to_string().len() > CONFIG_BYTES) {
        let too_large = Error::TooLarge {
            field: "config".into(),
            limit: CONFIG_BYTES,
        };
        return Err(too_large.inside(SCHEDULE));
    }
    Ok(())
}

fn check_arguments(field: &str, arguments: &[String]) -> Result<()> {
    if arguments.len() > ARGUMENTS {
        let message = format!(
            "has {} arguments, at most {ARGUMENTS} are allowed",
            arguments.len()
        );
        return Err(Error::validation(field, message));
    }
    if arguments.iter().any(|argument| argument.contains('\0')) {
        return Err(Error::validation(field, "must not contain a NUL character"));
    }
    if arguments
        .iter()
        .any(|argument| argument.len() > ARGUMENT_BYTES)
    {
        return Err(Error::TooLarge {
            field: field.into(),
            limit: ARGUMENT_BYTES,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_bounded() {
        assert!(check_arguments("a", &["é".repeat(2_048), "\n".into()]).is_ok());
        assert!(check_arguments("a", &["é".repeat(2_049)]).is_err());
        assert!(check_arguments("a", &["a\0b".into()]).is_err());
        assert!(check_arguments("a", &vec![String::new(); 101]).is_err());
    }
}
