//! Choosing another schedule for one side of a comparison: the newest ones, searched by what one
//! types.

use futures::FutureExt;
use leptos::{ev::KeyboardEvent, prelude::*};
use wasm_bindgen::JsCast;

use super::{
    feed::{Pair, Side},
    heads::address_of,
};
use crate::{
    api::{
        Api,
        schedules::{ListFilter, Schedule},
    },
    components::{
        dialog::Dialog,
        icon::{Glyph, Icon},
        labels::Labels,
        notice::{Failure, Loading},
        progress::ProgressBar,
        status::{Look, StatusBadge},
        time::RelativeTime,
    },
    erased::{dynamic, handler},
    format,
    paged::Paged,
};

/// The dialog.
#[component]
pub(super) fn Picker(
    /// The schedules that are compared now.
    pair: Pair,
    /// The side that is chosen for.
    side: Side,
    /// Closes the dialog.
    on_close: Callback<()>,
) -> impl IntoView {
    let title = match side {
        Side::Base => "Compare with",
        Side::Other => "Compare another schedule",
    };
    let schedules = read();
    let text = RwSignal::new(String::new());
    let rows = move || {
        let text = format::lower_case(text.get().trim());
        schedules.items().with(|schedules| {
            let found = schedules.iter().filter(|schedule| matches(schedule, &text));
            let choices = found.map(|schedule| choice(schedule, &pair, side));
            choices.collect_view()
        })
    };
    view! {
        <Dialog title test_id="picker" on_close>
            <div class="picker" on:keydown=move |event| walk(&event)>
                <label class="search">
                    <Icon glyph=Glyph::Search/>
                    <span class="visually-hidden">"Search schedules"</span>
                    <input
                        class="input"
                        type="search"
                        placeholder="Title, client, label or GUID"
                        autofocus
                        data-testid="picker-search"
                        data-choice=""
                        on:input=move |event| text.set(event_target_value(&event))
                    />
                </label>
                <ul class="picker__choices" aria-label="Schedules, the newest first">
                    {dynamic(rows)}
                </ul>
                <End schedules/>
            </div>
        </Dialog>
    }
}

/// Reads the schedules, back from the newest.
fn read() -> Paged<Schedule> {
    let api = Api::expect();
    Paged::start(move |after| {
        async move { api.schedules(&ListFilter::default(), after).await }.boxed_local()
    })
}

/// What stands below the choices: that they are loading, the way to older ones, or why there are
/// none.
#[component]
fn End(
    /// The schedules.
    schedules: Paged<Schedule>,
) -> impl IntoView {
    dynamic(move || {
        if let Some(error) = schedules.problem().get() {
            let on_retry = Callback::new(move |()| schedules.retry());
            let reason = error.to_string();
            return view! { <Failure title="The schedules could not be loaded" reason on_retry/> }
                .into_any();
        }
        if schedules.loading().get() {
            return view! { <Loading what="schedules"/> }.into_any();
        }
        if !schedules.more().get() {
            return view! { <p class="muted picker__end">"There are no older ones."</p> }
                .into_any();
        }
        view! {
            <button
                type="button"
                class="button page__more"
                data-choice=""
                on:click=handler(move |_| schedules.read_on())
            >
                "Search older ones too"
            </button>
        }
        .into_any()
    })
}

/// One schedule to choose: a link to the comparison with it.
fn choice(schedule: &Schedule, pair: &Pair, side: Side) -> AnyView {
    let name = schedule.name.0.clone();
    let chosen = (pair.name(side) == name).then_some("true");
    let progress = schedule.progress.clone();
    let look: Look = schedule.status.into();
    view! {
        <li>
            <a
                class="choice-row"
                href=address_of(&pair.with(side, name.clone()))
                title=name
                aria-current=chosen
                data-testid="picker-choice"
                data-choice=""
            >
                <StatusBadge look/>
                <span class="choice-row__title">{schedule.display_name().to_owned()}</span>
                <span class="choice-row__labels">
                    <Labels labels=schedule.labels.clone()/>
                </span>
                <ProgressBar progress=progress/>
                <RelativeTime time=schedule.created_time.clone()/>
            </a>
        </li>
    }
    .into_any()
}

/// Whether a schedule has this text, in lower case, in what one knows it by.
fn matches(schedule: &Schedule, text: &str) -> bool {
    let holds = |part: &str| format::lower_case(part).contains(text);
    let title = schedule.title.as_deref();
    title.is_some_and(holds)
        || holds(&schedule.client.name)
        || schedule.name.0.starts_with(text)
        || schedule
            .labels
            .iter()
            .any(|label| holds(&format!("{} {}", label.key, label.value)))
}

/// The arrow keys go up and down through field and choices.
fn walk(event: &KeyboardEvent) {
    let step: i32 = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    if move_focus(event, step).is_some() {
        event.prevent_default();
    }
}

fn move_focus(event: &KeyboardEvent, step: i32) -> Option<()> {
    let list = event
        .current_target()?
        .dyn_into::<web_sys::Element>()
        .ok()?;
    let stops = list.query_selector_all("[data-choice]").ok()?;
    let focused = document().active_element()?;
    let is_focused = |place: &u32| stops.get(*place).is_some_and(|stop| *stop == **focused);
    let place = (0..stops.length()).find(is_focused)?;
    let next = stops.get(place.checked_add_signed(step)?)?;
    next.dyn_into::<web_sys::HtmlElement>().ok()?.focus().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::schedules::{Label, tests::schedule};

    #[test]
    fn a_schedule_is_found_by_what_one_knows_it_by() {
        let schedule = Schedule {
            labels: vec![Label {
                key: "branch".into(),
                value: "Main".into(),
            }],
            ..schedule("01890a5d", 0)
        };
        for text in ["", "night", "ci", "0189", "main", "branch m"] {
            assert!(matches(&schedule, text), "{text:?}");
        }
        for text in ["weekly", "890a", "develop"] {
            assert!(!matches(&schedule, text), "{text:?}");
        }
    }
}
