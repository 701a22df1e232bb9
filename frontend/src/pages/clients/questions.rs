//! What is asked before something is done to a client.

use leptos::prelude::*;

use super::roster::Roster;
use crate::{
    api::{
        clients::Client,
        error::{Code, Error},
        session::Role,
    },
    components::{dialog::DialogForm, text_field::TextField},
    erased::{computed, dynamic, memo},
    format,
};

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// Whom to make.
    Create,
    /// Whether this client is to have a new token.
    Rotate(Client),
    /// Whether this client's token is to end.
    Revoke(Client),
}

/// The dialog of what is asked, if anything is.
#[component]
pub(super) fn Questions(
    /// The clients.
    roster: Roster,
) -> impl IntoView {
    let on_close = Callback::new(move |()| roster.question.set(None));
    dynamic(move || {
        Some(match roster.question.get()? {
            Question::Create => view! { <Create roster on_close/> }.into_any(),
            Question::Rotate(client) => view! { <Rotate roster client on_close/> }.into_any(),
            Question::Revoke(client) => view! { <Revoke roster client on_close/> }.into_any(),
        })
    })
}

/// What went wrong with the name: that it can't be one, or that it is taken.
fn about_name(error: &Error) -> Option<String> {
    let taken = error.is(Code::Conflict).then(|| error.to_string());
    let words = taken.or_else(|| error.about("name").map(str::to_owned))?;
    Some(format::sentence(&words))
}

/// What a role adds to the one before.
fn adds(role: Role) -> &'static str {
    match role {
        Role::Viewer => "reads everything but this page",
        Role::Reporter => "also opens schedules, and reports to its own",
        Role::Operator => "also does so for anyone's, and reopens them",
        Role::Admin => "also manages clients, amends results and deletes schedules",
    }
}

/// Asks for name and role of a new client.
#[component]
fn Create(
    /// The clients.
    roster: Roster,
    /// Closes the dialog.
    on_close: Callback<()>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Reporter);
    let submit = Callback::new(move |()| {
        roster.create(name.get_untracked(), role.get_untracked());
    });
    let error = roster.attempt.error();
    let at_name = memo(move || error.with(|error| about_name(error.as_ref()?)));
    let problem = roster.attempt.problem();
    let elsewhere = Signal::derive(move || problem.get().filter(|_| at_name.with(Option::is_none)));
    let choice = move |choice: Role| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="role"
                    value=choice.keyword()
                    prop:checked=computed(move || role.get() == choice)
                    on:change=move |_| role.set(choice)
                />
                <span class="choice__name">{choice.keyword()}</span>
                <span class="muted">{adds(choice)}</span>
            </label>
        }
    };
    view! {
        <DialogForm
            title="New client"
            test_id="create-client"
            action="Create"
            busy=roster.attempt.busy()
            problem=elsewhere
            on_submit=submit
            on_close
        >
            <TextField label="Name" value=name test_id="client-name" first=true problem=at_name/>
            <fieldset class="choices">
                <legend class="field__label">"Role"</legend>
                {Role::ALL.map(choice)}
            </fieldset>
        </DialogForm>
    }
}

/// Asks whether a client is to have a new token.
#[component]
fn Rotate(
    /// The clients.
    roster: Roster,
    /// The client.
    client: Client,
    /// Closes the dialog.
    on_close: Callback<()>,
) -> impl IntoView {
    let Client {
        name, revoked_time, ..
    } = client;
    let (title, action, consequence) = if revoked_time.is_some() {
        (
            format!("Readmit {name}?"),
            "Readmit",
            "It gets a new token, and may do again what its role allows.",
        )
    } else {
        (
            format!("A new token for {name}?"),
            "Make a new token",
            "The old token ends at once, with the sessions and live connections that were opened with it. \
             What uses it fails until it has the new one.",
        )
    };
    let own = roster.is_own(&name).then(|| {
        view! { <p>"You are signed in as this client. This page goes on with the new token."</p> }
    });
    let problem = roster.attempt.problem();
    let submit = Callback::new(move |()| roster.rotate(name.clone()));
    view! {
        <DialogForm
            title
            test_id="rotate-client"
            action
            busy=roster.attempt.busy()
            problem
            on_submit=submit
            on_close
        >
            <p>{consequence}</p>
            {own}
        </DialogForm>
    }
}

/// Asks whether a client's token is to end.
#[component]
fn Revoke(
    /// The clients.
    roster: Roster,
    /// The client.
    client: Client,
    /// Closes the dialog.
    on_close: Callback<()>,
) -> impl IntoView {
    let name = client.name;
    let own = roster.is_own(&name).then(|| {
        view! {
            <p>
                <strong>"You are signed in as this client, and will be signed out."</strong>
            </p>
        }
    });
    let title = format!("Revoke {name}?");
    let problem = roster.attempt.problem();
    let submit = Callback::new(move |()| roster.revoke(name.clone()));
    view! {
        <DialogForm
            title
            test_id="revoke-client"
            action="Revoke"
            dangerous=true
            busy=roster.attempt.busy()
            problem
            on_submit=submit
            on_close
        >
            <p>
                "Its token ends at once, with its sessions and, within 5 s, its live connections. "
                "What it has reported stays. It can be readmitted, with another token."
            </p>
            {own}
        </DialogForm>
    }
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
    fn what_is_wrong_with_the_name_is_said_beside_it() {
        let taken = refused(Code::Conflict, "there is a client ci already", None);
        assert_eq!(
            about_name(&taken).as_deref(),
            Some("There is a client ci already")
        );
        let empty = refused(Code::Validation, "name: must not be empty", Some("name"));
        assert_eq!(about_name(&empty).as_deref(), Some("Must not be empty"));
        assert_eq!(about_name(&Error::Unreachable), None);
    }
}
