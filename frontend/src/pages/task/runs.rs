//! The runs of a task, the newest first, read page by page and moving while one looks.

mod listing;

use futures::FutureExt;
use leptos::prelude::*;

use self::listing::{Listing, Row};
use crate::{
    address,
    api::{
        Api,
        runs::{Run, RunTrigger},
        socket::Event,
    },
    clock::Clock,
    components::{
        list_end::ListEnd, notice::Loading, rows::Rows, status::StatusBadge, time::RelativeTime,
    },
    erased::dynamic,
    format,
    paged::Paged,
    part::part,
    task::when_back,
};

/// The runs.
#[component]
pub(super) fn Runs(
    /// The task's name.
    name: String,
) -> impl IntoView {
    let api = Api::expect();
    let listing = RwSignal::new(Listing::default());
    let wanted = name.clone();
    let pages = Paged::start(move |after| {
        let (name, is_first) = (wanted.clone(), after.is_none());
        async move {
            let page = api.runs_of_task(name, after).await?;
            listing.update(|listing| listing.append(&page, is_first));
            Ok(page)
        }
        .boxed_local()
    });
    let subscription = api.watch_runs_of_task(name, move |event| {
        if let Event::Next(run) = event {
            listing.maybe_update(|listing| listing.update(run));
        }
    });
    StoredValue::new_local(subscription);
    // What happened while the connection was lost for long, nobody tells.
    when_back(move || pages.restart());
    let rows = move || listing.with(Listing::rows);
    let state = move || {
        if pages.loading().get() && rows().is_empty() {
            Some(view! { <Loading what="the runs"/> }.into_any())
        } else if pages.is_empty() && rows().is_empty() {
            Some(view! { <p class="muted">"It has not run yet."</p> }.into_any())
        } else {
            None
        }
    };
    view! {
        <section class="part" aria-labelledby="runs">
            <div class="part__head">
                <h2 id="runs">"Runs"</h2>
                <span class="muted">"one for each time it fell due, run or not"</span>
            </div>
            <ul class="runs" hidden=move || rows().is_empty()>
                <Rows each=rows key=Row::key let:row>
                    <RunRow run=row.run.into()/>
                </Rows>
            </ul>
            {dynamic(state)}
            <ListEnd
                label="Older runs"
                test_id="older-runs"
                failed="The runs could not be loaded"
                problem=pages.problem()
                more=pages.more()
                loading=pages.loading()
                on_read=Callback::new(move |()| pages.read_on())
                on_retry=Callback::new(move |()| pages.retry())
            />
        </section>
    }
}

/// One run.
#[component]
fn RunRow(
    /// The run, as it changes.
    run: Signal<Run>,
) -> impl IntoView {
    let id = run.with_untracked(|run| run.id.clone());
    let slot = run.with_untracked(|run| run.slot_time.clone());
    let due = format::moment(slot.millis());
    let status = part(run, |run| run.status.into());
    let now = Clock::expect().live();
    let took = move || run.with(|run| run.took(now.get())).map(format::duration);
    let comes_from = part(run, comes_from);
    let reason = part(run, |run| run.reason.clone());
    view! {
        <li class="run-row" data-testid="run-row" data-status=move || run.with(|run| run.status.keyword())>
            <StatusBadge look=status/>
            <a href=address::run(&id) class="run-row__due" data-row="">
                {due}
            </a>
            <span class="run-row__from">{comes_from}</span>
            <span class="run-row__reason">{reason}</span>
            <span class="run-row__took tabular">{dynamic(took)}</span>
            <RelativeTime time=slot/>
        </li>
    }
}

/// What it comes from, with its attempt where that is not the first.
fn comes_from(run: &Run) -> String {
    let words = run.trigger.words();
    if run.attempt > 1 || run.trigger == RunTrigger::Retry {
        format!("{words}, attempt {}", run.attempt)
    } else {
        words.to_owned()
    }
}
