//! The fields of the form, and what is wrong with them, said right below each.

use leptos::{ev, prelude::*};

use crate::{
    api::error::{Code, Error},
    erased::{computed, handler, memo},
    format,
};

/// A field, as far as errors know it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Field {
    Name,
    Action,
    Policy,
    Window,
    Title,
    Config,
    Time,
    Zone,
    Timeout,
    Attempts,
}

impl Field {
    const ALL: [Self; 10] = [
        Self::Name,
        Self::Action,
        Self::Policy,
        Self::Window,
        Self::Title,
        Self::Config,
        Self::Time,
        Self::Zone,
        Self::Timeout,
        Self::Attempts,
    ];

    /// What the server calls it.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Name => &["name", "newName"],
            Self::Action => &[
                "action.reminder.note",
                "action.command.command",
                "action.command.arguments",
                "action.backup.source",
            ],
            Self::Policy => &["action.schedule.policy"],
            Self::Window => &["action.schedule.windowSeconds"],
            Self::Title => &["action.schedule.title"],
            Self::Config => &["action.schedule.config"],
            Self::Time => &["scheduledTime", "localTime"],
            Self::Zone => &["timeZone"],
            Self::Timeout => &["timeoutSeconds"],
            Self::Attempts => &["maxAttempts"],
        }
    }

    /// What an error says of it.
    fn problem(self, error: &Error) -> Option<String> {
        let taken = (self == Self::Name && error.is(Code::Conflict)).then(|| error.to_string());
        let words = taken.or_else(|| {
            let mut names = self.names().iter();
            names.find_map(|name| error.about_inside(name))
        })?;
        Some(format::sentence(&words))
    }
}

impl Field {
    /// What the first of several errors says of it that says something.
    fn problem_of(self, errors: &[Error]) -> Option<String> {
        errors.iter().find_map(|error| self.problem(error))
    }
}

/// Whether one of several errors is about what most forms leave closed.
pub(super) fn are_about_limits(errors: &[Error]) -> bool {
    let limits = [Field::Timeout, Field::Attempts];
    limits
        .iter()
        .any(|field| field.problem_of(errors).is_some())
}

/// Whether an error is said at a field.
pub(super) fn is_claimed(error: &Error) -> bool {
    Field::ALL
        .iter()
        .any(|field| field.problem(error).is_some())
}

/// What is wrong with a field, if anything is.
pub(super) fn problem(field: Field, errors: Memo<Vec<Error>>) -> Signal<Option<String>> {
    memo(move || errors.with(|errors| field.problem_of(errors))).into()
}

/// One of a few things, all of which can be seen.
#[component]
pub(super) fn Choice<T>(
    /// What is chosen.
    label: &'static str,
    /// What it is now.
    value: RwSignal<T>,
    /// What it can be, and what that is called.
    choices: Vec<(T, &'static str)>,
    /// The name that browser tests find it by.
    test_id: &'static str,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let chip = move |(choice, words): (T, &'static str)| {
        let pressed = move || (value.get() == choice).to_string();
        chip(
            words,
            Box::new(pressed),
            Box::new(move || value.set(choice)),
        )
    };
    let chips = choices.into_iter().map(chip).collect::<Vec<_>>();
    view! {
        <fieldset class="choices" data-testid=test_id>
            <legend class="field__label">{label}</legend>
            <div class="chips">{chips}</div>
        </fieldset>
    }
}

fn chip(
    words: &'static str,
    pressed: Box<dyn FnMut() -> String + Send>,
    mut press: Box<dyn FnMut()>,
) -> AnyView {
    view! {
        <button
            type="button"
            class="chip"
            aria-pressed=computed(pressed)
            on:click=handler(move |_: ev::MouseEvent| press())
        >
            {words}
        </button>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: Code, message: &str, field: Option<&str>) -> Error {
        Error::Refused {
            code,
            message: message.into(),
            field: field.map(Into::into),
        }
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        let past = "scheduledTime: must be in the future";
        let past = refused(Code::Validation, past, Some("scheduledTime"));
        assert_eq!(
            Field::Time.problem(&past).as_deref(),
            Some("Must be in the future")
        );
        assert_eq!(Field::Name.problem(&past), None);
        let taken = refused(Code::Conflict, "there is a task report already", None);
        assert_eq!(
            Field::Name.problem(&taken).as_deref(),
            Some("There is a task report already")
        );
        assert!(is_claimed(&taken) && is_claimed(&past));
        assert!(!is_claimed(&Error::Unreachable));
    }
}
