//! What an action may be: its texts are bounded, and a command is one that the operator configured.

use entity::action::Action;

use crate::{
    domain::{actor::Viewer, input},
    error::{Error, Result},
    state::State,
};

/// The most arguments that a task may give to its command.
pub const ARGUMENTS: usize = 100;

/// The most bytes of each.
pub const ARGUMENT_BYTES: usize = 4_096;

/// The names of the commands that actions may run.
pub fn commands(state: &State, _: &Viewer) -> Vec<String> {
    state.config.commands.keys().cloned().collect()
}

/// Refuses an action that could not be done.
pub(crate) fn check(state: &State, action: Action) -> Result<Action> {
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
    }
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
