//! One schedule: how far it is, and what became of each script, moving while one looks.

mod actions;
mod amend;
mod feed;
mod filters;
mod missing;
mod panel;
mod results;
mod running;
mod selection;
mod summary;
mod table;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::{
    feed::{Feed, Phase},
    missing::Missing,
    panel::Panel,
    results::Results,
    running::RunningNow,
    selection::Selection,
    summary::Summary,
};
use crate::{
    api::schedules::Schedule,
    browser,
    components::notice::{Failure, Loading, Notice},
    erased::{dynamic, effect, memo},
};

/// The page. Another name in the address is another page, with a feed of its own.
#[component]
pub fn SchedulePage() -> impl IntoView {
    let params = use_params_map();
    let name = memo(move || params.with(|params| params.get("name").unwrap_or_default()));
    dynamic(move || view! { <OneSchedule name=name.get()/> })
}

/// The page of the schedule of this name.
#[component]
fn OneSchedule(
    /// Its GUID.
    name: String,
) -> impl IntoView {
    browser::set_title("Schedule");
    let feed = Feed::start(name);
    let retry = Callback::new(move |()| feed.restart());
    dynamic(move || match feed.phase() {
        Phase::Loading => view! { <Loading what="the schedule"/> }.into_any(),
        Phase::Open(schedule) => view! { <Content feed schedule/> }.into_any(),
        Phase::NotFound => view! {
            <Notice title="There is no such schedule" test_id="schedule-not-found" alone=true>
                <p>"It may have been deleted, or its name is mistyped."</p>
                <a href="/schedules" class="button">"All schedules"</a>
            </Notice>
        }
        .into_any(),
        Phase::Deleted => view! {
            <Notice title="This schedule was deleted" test_id="schedule-deleted" alone=true>
                <p>"An administrator deleted it, with all its results."</p>
                <a href="/schedules" class="button">"All schedules"</a>
            </Notice>
        }
        .into_any(),
        Phase::Failed(error) => view! {
            <Failure
                title="The schedule could not be loaded"
                reason=error.to_string()
                alone=true
                on_retry=retry
            />
        }
        .into_any(),
    })
}

/// A schedule that is there.
#[component]
fn Content(
    /// Its data.
    feed: Feed,
    /// The schedule, as it changes.
    #[prop(into)]
    schedule: Signal<Schedule>,
) -> impl IntoView {
    let selection = Selection::from_address();
    effect(move || schedule.with(|schedule| browser::set_title(schedule.display_name())));
    view! {
        <Summary schedule/>
        <RunningNow feed schedule selection/>
        <Missing schedule/>
        <Results feed schedule selection/>
        <Panel feed schedule selection/>
    }
}
