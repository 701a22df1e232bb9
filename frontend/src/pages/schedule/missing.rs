//! The expected scripts that have no final result: those to come while the schedule is open, those
//! that never came once it is closed. Their names are asked for when somebody wants to see them.

use std::time::Duration;

use gloo_timers::future::sleep;
use leptos::{ev, html::Details, prelude::*};

use crate::{
    api::{Api, error::Error, schedules::Schedule},
    components::notice::{Failure, Loading},
    erased::{computed, dynamic, effect},
    format,
    part::part,
    task::spawn_while_shown,
};

/// How long to wait before looking whether the names are others by now.
const PACE: Duration = Duration::from_secs(3);

/// How many there are, and their names when opened.
#[component]
pub(super) fn Missing(
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
) -> impl IntoView {
    let count = part(schedule, |schedule| schedule.progress.missing());
    let open = part(schedule, |schedule| schedule.status.is_open());
    let summary = move || {
        let scripts = format::counted(count.get(), "expected script", "expected scripts");
        if open.get() {
            format!("{scripts} without a result yet")
        } else {
            format!("{scripts} without a result")
        }
    };
    let details = NodeRef::<Details>::new();
    let shown = RwSignal::new(false);
    let toggle = move |_: ev::Event| {
        shown.set(
            details
                .get_untracked()
                .is_some_and(|details| details.open()),
        );
    };
    view! {
        <details
            class="missing"
            class:missing--lost=computed(move || !open.get())
            hidden=computed(move || count.get() == 0)
            data-testid="missing"
            node_ref=details
            on:toggle=toggle
        >
            <summary>{dynamic(summary)}</summary>
            {dynamic(move || shown.get().then(|| view! { <Names schedule/> }))}
        </details>
    }
}

/// The names, kept up to date at a walking pace.
#[component]
fn Names(
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
) -> impl IntoView {
    let api = Api::expect();
    let answer = RwSignal::new(None::<Result<Vec<String>, Error>>);
    let tries = Trigger::new();
    let name = schedule.with_untracked(|schedule| schedule.name.clone());
    let revision = move || schedule.with_untracked(|schedule| schedule.revision);
    effect(move || {
        tries.track();
        let name = name.clone();
        spawn_while_shown(async move {
            loop {
                let asked_at = revision();
                answer.set(Some(api.missing_scripts(&name).await));
                while revision() == asked_at {
                    sleep(PACE).await;
                }
            }
        });
    });
    let on_retry = Callback::new(move |()| tries.notify());
    dynamic(move || match answer.get() {
        None => view! { <Loading what="the names"/> }.into_any(),
        Some(Ok(scripts)) => {
            let script = |script| view! { <li class="mono">{script}</li> };
            view! { <ul class="missing__scripts">{scripts.into_iter().map(script).collect_view()}</ul> }
                .into_any()
        }
        Some(Err(error)) => view! {
            <Failure title="The names could not be loaded" reason=error.to_string() on_retry/>
        }
        .into_any(),
    })
}
