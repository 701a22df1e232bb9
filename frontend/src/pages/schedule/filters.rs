//! What chooses among the rows: the counters, each of which filters by its status, the search by
//! text, and following.

use leptos::prelude::*;

use super::{feed::Feed, selection::Selection};
use crate::{
    api::{results::ResultStatus, schedules::Schedule},
    components::{
        icon::{Glyph, Icon},
        status::Look,
    },
    erased::{computed, dynamic, handler, memo},
    format,
    part::part,
};

/// The bar with all of them.
#[component]
pub(super) fn FilterBar(
    /// The data.
    feed: Feed,
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
    /// What is shown of it.
    selection: Selection,
) -> impl IntoView {
    let total = part(schedule, |schedule| schedule.progress.seen());
    let counters = ResultStatus::ALL.map(|status| {
        let count = memo(move || schedule.with(|schedule| schedule.progress.count(status)));
        view! { <Counter status count selection/> }
    });
    view! {
        <div class="filters">
            <div class="chips" role="group" aria-label="Filter by status">
                <button
                    type="button"
                    class="chip"
                    aria-pressed=computed(move || selection.status().is_none().to_string())
                    on:click=handler(move |_| selection.filter_by_status(None))
                >
                    "All "
                    <span class="chip__count" data-testid="count-all">
                        {dynamic(move || format::count(total.get()))}
                    </span>
                </button>
                {counters}
            </div>
            <CatchingUp feed/>
            <Follow selection/>
            <label class="search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Filter by script"</span>
                <input
                    class="input"
                    type="search"
                    placeholder="Filter scripts"
                    data-testid="filter-text"
                    data-search=""
                    prop:value=computed(move || selection.text())
                    on:input=move |event| selection.filter_by_text(event_target_value(&event))
                />
            </label>
        </div>
    }
}

/// One status with its count. Pressed, only its scripts are shown; pressed again, all are.
#[component]
fn Counter(
    /// The status.
    status: ResultStatus,
    /// How many scripts have it.
    count: Memo<i32>,
    /// What is shown.
    selection: Selection,
) -> impl IntoView {
    let Look {
        word,
        keyword,
        glyph,
    } = status.into();
    let chosen = move || selection.status() == Some(status);
    let choose = move |_| selection.filter_by_status((!chosen()).then_some(status));
    view! {
        <button
            type="button"
            class=format!("chip count--{keyword}")
            class:chip--zero=computed(move || count.get() == 0)
            aria-pressed=computed(move || chosen().to_string())
            on:click=handler(choose)
        >
            <Icon glyph=glyph/>
            {word}
            <span class="chip__count" data-testid=format!("count-{keyword}")>
                {dynamic(move || format::count(count.get()))}
            </span>
        </button>
    }
}

/// Says how much of the history has come in, until all of it has.
#[component]
fn CatchingUp(
    /// The data.
    feed: Feed,
) -> impl IntoView {
    let percent = memo(move || (feed.behind() > 0).then(|| format::percent(feed.percent())));
    dynamic(move || {
        percent.get().map(|percent| {
            view! {
                <p class="loading" role="status">
                    <Icon glyph=Glyph::Arc/>
                    "Catching up: "
                    {percent}
                </p>
            }
        })
    })
}

/// Keeps what changed last on top, or leaves the rows in their usual order.
#[component]
fn Follow(
    /// What is shown.
    selection: Selection,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="chip follow"
            data-testid="follow"
            title="Keep what changed last on top"
            aria-pressed=computed(move || selection.follows().to_string())
            on:click=handler(move |_| selection.set_following(!selection.follows()))
        >
            <Icon glyph=Glyph::Up/>
            "Follow"
        </button>
    }
}
