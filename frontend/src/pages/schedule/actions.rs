//! What can be done to a schedule from its page: comparing it, closing it, opening it again,
//! deleting it. Only what the viewer may do is offered; the server decides all the same.

use leptos::{html, prelude::*};

use crate::{
    address,
    api::{
        Api,
        scalars::Uuid,
        schedules::{Progress, Schedule, ScheduleStatus},
        session::Role,
    },
    attempt::Attempt,
    components::{
        dialog::DialogForm,
        icon::{Glyph, Icon},
    },
    erased::{dynamic, handler, memo},
    fetched::Fetched,
    format,
    part::part,
};

/// What is asked about before it is done.
#[derive(Clone, Copy, PartialEq)]
enum Question {
    Close,
    Reopen,
    Delete,
}

/// The buttons, and the dialog that one of them opens.
#[component]
pub(super) fn Actions(
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
) -> impl IntoView {
    let session = Api::expect().session();
    let asked = RwSignal::new(None);
    let closed = part(schedule, |schedule| {
        schedule.status == ScheduleStatus::Closed
    });
    let client = part(schedule, |schedule| schedule.client.name.clone());
    let offered = memo(move || {
        session.with(|session| {
            let may_close = !closed.get() && client.with(|client| session.may_report_for(client));
            let may_reopen = closed.get() && session.may(Role::Operator);
            [
                may_close.then_some(Question::Close),
                may_reopen.then_some(Question::Reopen),
                session.may(Role::Admin).then_some(Question::Delete),
            ]
        })
    });
    let button = move |question: Question| {
        let (name, test_id, glyph) = match question {
            Question::Close => ("Close", "close-schedule", Glyph::Tick),
            Question::Reopen => ("Reopen", "reopen-schedule", Glyph::Arc),
            Question::Delete => ("Delete", "delete-schedule", Glyph::Bin),
        };
        view! {
            <button
                type="button"
                class="button button--small"
                data-testid=test_id
                on:click=handler(move |_| asked.set(Some(question)))
            >
                <Icon glyph still=true/>
                {name}
            </button>
        }
    };
    let name = schedule.with_untracked(|schedule| schedule.name.clone());
    let on_close = Callback::new(move |()| asked.set(None));
    let dialog = {
        let name = StoredValue::new(name.clone());
        move || {
            asked.get().map(|question| {
                let name = name.get_value();
                match question {
                    Question::Close => view! { <Close name schedule on_close/> }.into_any(),
                    Question::Reopen => view! { <Reopen name on_close/> }.into_any(),
                    Question::Delete => view! { <Delete name schedule on_close/> }.into_any(),
                }
            })
        }
    };
    view! {
        <div class="page__actions">
            <CompareWithPrevious name/>
            {dynamic(move || offered.get().into_iter().flatten().map(button).collect_view())}
        </div>
        {dialog}
    }
}

/// Leads to the comparison with the last closed schedule of the same title, where there is one.
#[component]
fn CompareWithPrevious(
    /// The schedule.
    name: Uuid,
) -> impl IntoView {
    let api = Api::expect();
    let wanted = name.clone();
    let previous = Fetched::start(move || {
        let wanted = wanted.clone();
        async move { api.previous_schedule(&wanted).await }
    });
    dynamic(move || {
        // Without an answer there is no button, which is all that would be missing.
        previous.get()?.ok().flatten().map(|Uuid(previous)| {
            view! {
                <a
                    href=address::comparison(&previous, &name.0)
                    class="button button--small"
                    data-testid="compare-previous"
                >
                    <Icon glyph=Glyph::Swap/>
                    "Compare with the one before"
                </a>
            }
        })
    })
}

/// Asks whether to close.
#[component]
fn Close(
    /// The schedule's name.
    name: Uuid,
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
    /// Takes the dialog away.
    on_close: Callback<()>,
) -> impl IntoView {
    let api = Api::expect();
    let attempt = Attempt::new();
    let progress = part(schedule, |schedule| schedule.progress.clone());
    let on_submit = Callback::new(move |()| {
        attempt.run(api.close_schedule(name.clone()), move |()| on_close.run(()));
    });
    view! {
        <DialogForm
            title="Close this schedule?"
            test_id="close-dialog"
            action="Close it"
            busy=attempt.busy()
            problem=attempt.problem()
            on_submit
            on_close
        >
            <p>"It takes no new report afterwards."</p>
            <p>{dynamic(move || progress.with(unfinished))}</p>
        </DialogForm>
    }
}

/// What closing would leave unfinished.
fn unfinished(progress: &Progress) -> Option<String> {
    let running = (progress.running > 0).then(|| {
        let scripts = format::counted(progress.running, "script runs", "scripts run");
        format!("{scripts} and would be shown as never finished.")
    });
    let missing = progress.missing();
    let missing = (missing > 0).then(|| {
        let scripts = format::counted(missing, "expected script has", "expected scripts have");
        format!("{scripts} no final result.")
    });
    match (running, missing) {
        (None, None) => None,
        (running, missing) => {
            let parts: Vec<_> = running.into_iter().chain(missing).collect();
            Some(parts.join(" "))
        }
    }
}

/// Asks why to open again.
#[component]
fn Reopen(
    /// The schedule's name.
    name: Uuid,
    /// Takes the dialog away.
    on_close: Callback<()>,
) -> impl IntoView {
    let api = Api::expect();
    let attempt = Attempt::new();
    let reason = NodeRef::<html::Input>::new();
    let on_submit = Callback::new(move |()| {
        let reason = reason_in(reason);
        if reason.is_empty() {
            attempt.refuse("Say why: the reason goes into the log.");
            return;
        }
        attempt.run(api.reopen_schedule(name.clone(), reason), move |()| {
            on_close.run(());
        });
    });
    view! {
        <DialogForm
            title="Open this schedule again?"
            test_id="reopen-dialog"
            action="Reopen it"
            busy=attempt.busy()
            problem=attempt.problem()
            on_submit
            on_close
        >
            <p>"Scripts can report to it again."</p>
            <ReasonField field=reason/>
        </DialogForm>
    }
}

/// Asks whether to delete. That it is gone, the page hears from the server like everybody else.
#[component]
fn Delete(
    /// The schedule's name.
    name: Uuid,
    /// The schedule.
    schedule: Signal<Schedule>,
    /// Takes the dialog away.
    on_close: Callback<()>,
) -> impl IntoView {
    let api = Api::expect();
    let attempt = Attempt::new();
    let on_submit = Callback::new(move |()| {
        attempt.run(api.delete_schedule(name.clone()), move |()| {
            on_close.run(());
        });
    });
    let what = move || {
        schedule.with(|schedule| {
            let results = format::counted(schedule.progress.seen(), "script", "scripts");
            format!("{}, with the results of {results}", schedule.display_name())
        })
    };
    view! {
        <DialogForm
            title="Delete this schedule?"
            test_id="delete-dialog"
            action="Delete it"
            dangerous=true
            busy=attempt.busy()
            problem=attempt.problem()
            on_submit
            on_close
        >
            <p>
                <strong>{dynamic(what)}</strong>
                " is gone for good. Scripts that still report to it are refused."
            </p>
        </DialogForm>
    }
}

/// A field for the reason of what is done.
#[component]
pub(super) fn ReasonField(
    /// The field.
    field: NodeRef<html::Input>,
) -> impl IntoView {
    view! {
        <label class="field">
            <span class="field__label">"Reason"</span>
            <input
                class="input"
                type="text"
                maxlength="1000"
                autofocus
                data-testid="reason"
                node_ref=field
            />
        </label>
    }
}

/// What was typed as the reason.
pub(super) fn reason_in(field: NodeRef<html::Input>) -> String {
    let typed = field.get_untracked().map(|field| field.value());
    typed.unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_says_what_it_leaves_unfinished() {
        let progress = Progress {
            expected: Some(10),
            percent: Some(70.0),
            reported: 7,
            running: 1,
            ..Progress::default()
        };
        assert_eq!(
            unfinished(&progress).as_deref(),
            Some(
                "1 script runs and would be shown as never finished. \
                 3 expected scripts have no final result."
            )
        );
        assert_eq!(unfinished(&Progress::default()), None);
    }
}
