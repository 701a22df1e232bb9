//! One schedule: how far it is, and what became of each script, moving while one looks.

mod feed;
#[expect(
    unreachable_pub,
    reason = "the component macro widens the visibility it is given"
)]
mod panel;
#[expect(
    unreachable_pub,
    reason = "the component macro widens the visibility it is given"
)]
mod results;
mod selection;
#[expect(
    unreachable_pub,
    reason = "the component macro widens the visibility it is given"
)]
mod summary;
mod table;

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_params_map};

use self::{
    feed::{Feed, Phase},
    panel::Panel,
    results::Results,
    selection::Selection,
    summary::Summary,
};
use crate::{
    api::schedules::Schedule,
    browser,
    components::notice::{Failure, Loading, Notice},
};

/// The page. Another name in the address is another page, with a feed of its own.
#[component]
pub fn SchedulePage() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|params| params.get("name").unwrap_or_default()));
    move || view! { <OneSchedule name=name.get()/> }
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
    move || match feed.phase() {
        Phase::Loading => view! { <Loading what="the schedule"/> }.into_any(),
        Phase::Open(schedule) => view! { <Content feed schedule/> }.into_any(),
        Phase::NotFound => view! {
            <Notice title="There is no such schedule" test_id="schedule-not-found" alone=true>
                <p>"It may have been deleted, or its name is mistyped."</p>
                <A href="/schedules" attr:class="button">"All schedules"</A>
            </Notice>
        }
        .into_any(),
        Phase::Deleted => view! {
            <Notice title="This schedule was deleted" test_id="schedule-deleted" alone=true>
                <p>"An administrator deleted it while this page was open."</p>
                <A href="/schedules" attr:class="button">"All schedules"</A>
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
    }
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
    Effect::new(move |_| schedule.with(|schedule| browser::set_title(schedule.display_name())));
    view! {
        <Summary schedule/>
        <Results feed schedule selection/>
        <Panel feed schedule selection/>
    }
}
