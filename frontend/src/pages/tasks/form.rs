//! The form of a task, new or changed: while one fills it in, it says in plain English when the task falls due, and shows
//! the next times.

mod draft;
mod fields;
mod planned;
mod preview;

use leptos::prelude::*;

pub(super) use self::draft::Draft;
use self::{
    draft::Kind,
    fields::{Choice, Field},
    planned::PlannedFields,
    preview::Preview,
};
use super::deeds::Deeds;
use crate::{
    api::{
        Api,
        error::Error,
        tasks::{CatchUpPolicy, MonthEndPolicy, OverlapPolicy, Recurrence, Task},
    },
    attempt::Attempt,
    browser,
    components::{dialog::DialogForm, text_field::TextField},
    erased::{computed, dynamic, memo},
    fetched::Fetched,
};

/// The dialog.
#[component]
pub(super) fn TaskDialog(
    /// What is done to tasks.
    deeds: Deeds,
    /// What becomes of the form when it is sent.
    attempt: Attempt,
    /// The task to be changed; none for a new one.
    #[prop(optional)]
    task: Option<Task>,
    /// Closes the dialog.
    on_close: Callback<()>,
) -> impl IntoView {
    let draft = Draft::of(task.as_ref());
    let name = task.map(|task| task.name);
    let (title, action) = match &name {
        Some(name) => (format!("Change {name}"), "Save"),
        None => ("New task".to_owned(), "Create"),
    };
    let preview = Preview::of(draft);
    let refused = attempt.error();
    let errors = memo(move || {
        let both = [refused.get(), preview.error()];
        both.into_iter().flatten().collect::<Vec<_>>()
    });
    let problem = attempt.problem();
    let elsewhere = Signal::derive(move || {
        let claimed = refused.with(|error| error.as_ref().is_some_and(fields::is_claimed));
        problem.get().filter(|_| !claimed)
    });
    let submit = Callback::new(move |()| match (draft.problem(), draft.times()) {
        // It is said where it stands.
        (Some(_), _) => {}
        (None, Ok(times)) => deeds.save(name.clone(), draft, times),
        (None, Err(reason)) => attempt.refuse(reason),
    });
    view! {
        <DialogForm
            title
            test_id="task-dialog"
            action
            busy=attempt.busy()
            problem=elsewhere
            on_submit=submit
            on_close
        >
            <TextField
                label="Name"
                value=draft.name
                test_id="task-name"
                first=true
                problem=fields::problem(Field::Name, errors)
            />
            <What draft errors/>
            <When draft errors/>
            <preview::View preview draft/>
            <details class="more" open=computed(move || errors.with(|errors| fields::are_about_limits(errors)))>
                <summary>"Limits, retries and what happens after a stop"</summary>
                <Rest draft errors/>
            </details>
        </DialogForm>
    }
}

/// What is done.
#[component]
fn What(
    /// The form.
    draft: Draft,
    /// Why it was refused, or would be.
    errors: Memo<Vec<Error>>,
) -> impl IntoView {
    let api = Api::expect();
    let commands = Fetched::start(move || api.commands());
    let command_names = move || {
        let names = commands.get().and_then(Result::ok).unwrap_or_default();
        let option = |name: String| view! { <option value=name></option> };
        names.into_iter().map(option).collect_view()
    };
    let none = move || matches!(commands.get(), Some(Ok(names)) if names.is_empty());
    let details = move || {
        match draft.kind.get() {
        Kind::Reminder => view! {
            <TextField
                label="Note"
                value=draft.note
                test_id="task-note"
                problem=fields::problem(Field::Action, errors)
            />
        }
        .into_any(),
        Kind::Backup => view! {
            <TextField
                label="Folder on the server"
                value=draft.source
                test_id="task-source"
                problem=fields::problem(Field::Action, errors)
            />
        }
        .into_any(),
        Kind::Schedule => view! { <PlannedFields planned=draft.planned errors/> }.into_any(),
        Kind::Command => view! {
            <datalist id="task-commands">{dynamic(command_names)}</datalist>
            <TextField
                label="Command"
                value=draft.command
                test_id="task-command"
                list="task-commands"
                problem=fields::problem(Field::Action, errors)
            />
            <p class="muted" hidden=computed(move || !none())>
                "No command is configured on this server. Whoever operates it adds them to its settings."
            </p>
            <label class="field">
                <span class="field__label">"Arguments, one a line"</span>
                <textarea
                    class="input input--mono input--lines"
                    rows="2"
                    spellcheck="false"
                    data-testid="task-arguments"
                    prop:value=draft.arguments
                    on:input:target=move |event| draft.arguments.set(event.target().value())
                ></textarea>
            </label>
        }
        .into_any(),
    }
    };
    view! {
        <Choice label="What it does" value=draft.kind choices=Kind::CHOICES.to_vec() test_id="task-kind"/>
        {dynamic(details)}
    }
}

/// When it falls due.
#[component]
fn When(
    /// The form.
    draft: Draft,
    /// Why it was refused, or would be.
    errors: Memo<Vec<Error>>,
) -> impl IntoView {
    let zone = |name: String| view! { <option value=name></option> };
    let zones = browser::time_zones().into_iter().map(zone).collect_view();
    let recurrences = Recurrence::ALL.map(|recurrence| (recurrence, recurrence_words(recurrence)));
    // Where all months have such a day, there is nothing to choose.
    let lacks_day = memo(move || draft.lacks_day());
    let month_end = move || {
        lacks_day.get().then(|| {
            view! {
                <Choice
                    label="In shorter months"
                    value=draft.month_end
                    choices=vec![
                        (MonthEndPolicy::Clamp, "the last day"),
                        (MonthEndPolicy::Skip, "not at all"),
                    ]
                    test_id="task-month-end"
                />
            }
        })
    };
    view! {
        <datalist id="time-zones">{zones}</datalist>
        <div class="field-pair">
            <TextField
                label="First time"
                kind="datetime-local"
                value=draft.local_time
                test_id="task-time"
                problem=fields::problem(Field::Time, errors)
            />
            <TextField
                label="Time zone"
                value=draft.time_zone
                test_id="task-zone"
                list="time-zones"
                problem=fields::problem(Field::Zone, errors)
            />
        </div>
        <Choice
            label="Repeats"
            value=draft.recurrence
            choices=recurrences.to_vec()
            test_id="task-recurrence"
        />
        {dynamic(month_end)}
    }
}

fn recurrence_words(recurrence: Recurrence) -> &'static str {
    match recurrence {
        Recurrence::Once => "never",
        Recurrence::Daily => "daily",
        Recurrence::Weekly => "weekly",
        Recurrence::Biweekly => "every 2 weeks",
        Recurrence::Monthly => "monthly",
        Recurrence::Quarterly => "quarterly",
        Recurrence::Yearly => "yearly",
    }
}

/// What most tasks leave as it is.
#[component]
fn Rest(
    /// The form.
    draft: Draft,
    /// Why it was refused, or would be.
    errors: Memo<Vec<Error>>,
) -> impl IntoView {
    view! {
        <div class="field-pair">
            <TextField
                label="Time limit, in seconds"
                kind="number"
                value=draft.timeout
                test_id="task-timeout"
                problem=fields::problem(Field::Timeout, errors)
            />
            <TextField
                label="Attempts"
                kind="number"
                value=draft.attempts
                test_id="task-attempts"
                problem=fields::problem(Field::Attempts, errors)
            />
        </div>
        <Choice
            label="While the last run has not ended"
            value=draft.overlap
            choices=vec![
                (OverlapPolicy::Skip, "skip it"),
                (OverlapPolicy::Queue, "wait for its end"),
                (OverlapPolicy::Allow, "run beside it"),
            ]
            test_id="task-overlap"
        />
        <Choice
            label="Times that pass while no server is there"
            value=draft.catch_up
            choices=vec![
                (CatchUpPolicy::None, "are missed"),
                (CatchUpPolicy::Latest, "the latest is run late"),
                (CatchUpPolicy::All, "all are run late"),
            ]
            test_id="task-catch-up"
        />
    }
}
