//! The first page, attention first: open schedules that need somebody, what goes on now and falls
//! due next, what broke in the last run of each title, and how the last 30 days went.

mod ahead;
mod attention;
mod days;
mod last_runs;

use std::collections::BTreeSet;

use leptos::prelude::*;

use self::{ahead::Ahead, attention::reason, days::Days, last_runs::LastRuns};
use super::live_list::{LiveList, Row};
use crate::{
    api::{Api, schedules::ListFilter},
    browser,
    clock::Clock,
    components::{
        no_schedules::NoSchedules,
        notice::{Failure, Loading},
        rows::Rows,
        schedule_row::ScheduleRow,
    },
    erased::{computed, dynamic, memo},
    told::Told,
};

/// The page.
#[component]
pub fn OverviewPage() -> impl IntoView {
    browser::set_title("Overview");
    let open = LiveList::start(ListFilter::open());
    let api = Api::expect();
    let changed = Told::new().by(|told| api.watch_closed_schedules(move || told.tell()));
    let days = days::fetch(changed);
    let ahead = ahead::fetch();
    // A new server has nothing to show but how to begin.
    let fresh = memo(move || {
        let idle = matches!(days.get(), Some(Ok(days)) if days.is_empty());
        let none_ahead = ahead
            .get()
            .is_none_or(|ahead| ahead.is_ok_and(|ahead| ahead.is_empty()));
        idle && none_ahead && open.is_settled() && open.is_empty()
    });
    view! {
        <h1 class="visually-hidden">"Overview"</h1>
        {dynamic(move || {
            if fresh.get() {
                view! { <NoSchedules/> }.into_any()
            } else {
                view! {
                    <OpenSchedules open/>
                    <Ahead ahead/>
                    <LastRuns changed/>
                    <Days days/>
                }
                    .into_any()
            }
        })}
    }
}

/// The open schedules: first those that need somebody, then those that just run.
#[component]
fn OpenSchedules(
    /// Their list.
    open: LiveList,
) -> impl IntoView {
    let now = Clock::expect().live();
    let reason_of = move |row: &Row| {
        row.schedule
            .with(|schedule| reason(schedule, schedule.last_modify_time.millis(), now.get()))
    };
    // By name, so that a row is drawn anew only when it comes to need somebody, or no longer does.
    let needing = memo(move || {
        let rows = open.rows().into_iter();
        let needing = rows.filter(|row| reason_of(row).is_some());
        needing.map(|row| row.name).collect::<BTreeSet<_>>()
    });
    let rows = move |attention: bool| {
        let needing = needing.get();
        let rows = open.rows().into_iter();
        rows.filter(|row| needing.contains(&row.name) == attention)
            .collect::<Vec<_>>()
    };
    let none_need = move || needing.with(BTreeSet::is_empty);
    let none_run = move || rows(false).is_empty();
    let row = move |row: Row, attention: bool| {
        let schedule = row.schedule.clone();
        let remark = Signal::derive(move || reason_of(&row).filter(|_| attention));
        view! { <ScheduleRow schedule remark/> }
    };
    view! {
        <section class="part" aria-labelledby="attention" hidden=computed(none_need) data-testid="attention">
            <div class="part__head">
                <h2 id="attention">"Needs attention"</h2>
            </div>
            <ul class="schedules schedules--urgent">
                <Rows each=move || rows(true) key=|row| row.name.clone() let:item>
                    {row(item, true)}
                </Rows>
            </ul>
        </section>
        <section class="part" aria-labelledby="running" data-testid="running">
            <div class="part__head">
                <h2 id="running">"Running"</h2>
                <a href="/schedules">"All schedules"</a>
            </div>
            <ul class="schedules" hidden=computed(none_run)>
                <Rows each=move || rows(false) key=|row| row.name.clone() let:item>
                    {row(item, false)}
                </Rows>
            </ul>
            <p
                class="muted"
                data-testid="nothing-runs"
                hidden=computed(move || !(none_run() && open.is_settled()))
            >
                "Nothing is running. A schedule appears here as soon as a script opens one."
            </p>
            <ListState open/>
        </section>
    }
}

/// That the list is being loaded, why it could not be, or that it goes on elsewhere.
#[component]
fn ListState(
    /// The list.
    open: LiveList,
) -> impl IntoView {
    let first_load = move || {
        (open.is_loading() && open.is_empty()).then(|| view! { <Loading what="open schedules"/> })
    };
    let failure = move || {
        let reason = open.problem()?.to_string();
        let on_retry = Callback::new(move |()| open.retry());
        Some(view! { <Failure title="The open schedules could not be loaded" reason on_retry/> })
    };
    let more = move || {
        open.has_more().then(|| {
            view! {
                <a href="/schedules?status=CREATED,RUNNING,ABANDONED">
                    "Only the newest are shown here; see all open schedules"
                </a>
            }
        })
    };
    view! {
        {dynamic(first_load)}
        {dynamic(failure)}
        {dynamic(more)}
    }
}
