//! Times: relative to now, back or ahead, with the exact one in the viewer's own zone on hover.

use leptos::prelude::*;

use crate::{
    erased::{computed, memo},
    {api::scalars::DateTime, clock::Clock, format},
};

/// An instant as "3 min ago".
#[component]
pub fn RelativeTime(
    /// The instant.
    #[prop(into)]
    time: Signal<DateTime>,
) -> impl IntoView {
    let now = Clock::expect().now();
    let text = memo(move || format::ago(now.get() - time.with(DateTime::millis)));
    view! {
        <time
            class="time"
            datetime=computed(move || time.get().0)
            title=computed(move || format::exact(time.with(DateTime::millis)))
        >
            {text}
        </time>
    }
}

/// How long it still is to an instant: "in 3 h 12 min". It stands still while the page does not know how things are.
#[component]
pub fn Countdown(
    /// The instant.
    #[prop(into)]
    time: Signal<DateTime>,
) -> impl IntoView {
    let now = Clock::expect().live();
    let text = memo(move || format::until(time.with(DateTime::millis) - now.get()));
    view! {
        <time
            class="time"
            datetime=computed(move || time.get().0)
            title=computed(move || format::exact(time.with(DateTime::millis)))
        >
            {text}
        </time>
    }
}
