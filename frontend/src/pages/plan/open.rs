//! Opening a schedule that follows the plan.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    api::{Api, plans::PlanInput, scalars::Uuid, session::Role},
    attempt::Attempt,
    browser,
    components::{
        dialog::DialogForm,
        icon::{Glyph, Icon},
        text_field::TextField,
    },
    erased::{dynamic, handler, memo},
    format,
};

/// The button, for those who may, and what it asks.
#[component]
pub(super) fn OpenAsSchedule(
    /// What the plan was made from.
    input: PlanInput,
) -> impl IntoView {
    let api = Api::expect();
    let asking = RwSignal::new(false);
    let may = memo(move || api.session().with(|session| session.may(Role::Reporter)));
    let on_close = Callback::new(move |()| asking.set(false));
    let button = move || {
        may.get().then(|| {
            view! {
                <button
                    type="button"
                    class="button button--small"
                    data-testid="open-as-schedule"
                    on:click=handler(move |_| asking.set(true))
                >
                    <Icon glyph=Glyph::Plus/>
                    "Open as schedule"
                </button>
            }
        })
    };
    let question = move || {
        asking.get().then(|| {
            let input = input.clone();
            view! { <Ask input on_close/> }
        })
    };
    view! {
        {dynamic(button)}
        {dynamic(question)}
    }
}

/// What the schedule is to be called. Whoever opens one is led to it.
#[component]
fn Ask(
    /// What the plan is made from.
    input: PlanInput,
    /// Closes the dialog.
    on_close: Callback<()>,
) -> impl IntoView {
    let (api, attempt) = (Api::expect(), Attempt::new());
    let navigate = use_navigate();
    let title = RwSignal::new(input.policy.clone());
    // Of this dialog, so that whoever tries again opens no second one.
    let name = Uuid(browser::new_guid());
    let submit = Callback::new(move |()| {
        let title = title.get_untracked().trim().to_owned();
        let title = (!title.is_empty()).then_some(title);
        let navigate = navigate.clone();
        let opening = api.open_from_plan(name.clone(), title, input.clone());
        attempt.run(opening, move |name| {
            navigate(
                &format!("/schedules/{}", name.0),
                NavigateOptions::default(),
            );
        });
    });
    let error = attempt.error();
    let at_title =
        memo(move || error.with(|error| error.as_ref()?.about("title").map(format::sentence)));
    let problem = attempt.problem();
    let elsewhere =
        Signal::derive(move || problem.get().filter(|_| at_title.with(Option::is_none)));
    view! {
        <DialogForm
            title="Open as schedule"
            test_id="ask-open"
            action="Open"
            busy=attempt.busy()
            problem=elsewhere
            on_submit=submit
            on_close
        >
            <p>
                "The schedule expects the plan's steps and keeps the plan. The server makes it once more from the same window "
                "and configuration: where chance has a part in it, it comes out differently."
            </p>
            <TextField label="Title" value=title test_id="open-title" first=true problem=at_title/>
        </DialogForm>
    }
}
