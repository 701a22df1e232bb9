//! What runs now: the scripts that have started and not finished, each with the time since.

use leptos::prelude::*;

use super::{feed::Feed, selection::Selection, table::Row};
use crate::{
    api::{results::ResultStatus, schedules::Schedule},
    clock::Clock,
    components::{
        icon::{Glyph, Icon},
        rows::Rows,
    },
    erased::{computed, dynamic, handler, memo},
    format,
    part::part,
};

/// How many scripts are named; the others are counted.
const NAMED: usize = 8;

/// The scripts, while the schedule is open.
#[component]
pub(super) fn RunningNow(
    /// The data.
    feed: Feed,
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
    /// What is shown.
    selection: Selection,
) -> impl IntoView {
    let open = part(schedule, |schedule| schedule.status.is_open());
    let running = memo(move || feed.running());
    let named =
        move || running.with(|running| running.iter().take(NAMED).copied().collect::<Vec<_>>());
    let script = move |index| {
        let row = feed.row(index);
        row.map(|row| view! { <RunningScript row selection/> })
    };
    let others = move || running.with(Vec::len).saturating_sub(NAMED);
    let all = move |_| selection.filter_by_status(Some(ResultStatus::Running));
    let words = move || {
        if running.with(Vec::is_empty) {
            "Nothing is running right now."
        } else {
            "Running now"
        }
    };
    view! {
        <section class="running" hidden=computed(move || !open.get()) data-testid="running-now">
            <h2 class="running__title">
                <Icon glyph=Glyph::Arc still=true/>
                {dynamic(words)}
            </h2>
            <ul class="running__scripts">
                <Rows each=named key=|index| index.to_string() let:index>
                    {script(index)}
                </Rows>
                <li hidden=computed(move || others() == 0)>
                    <button type="button" class="running__more" on:click=handler(all)>
                        {dynamic(move || format!("and {} more", others()))}
                    </button>
                </li>
            </ul>
        </section>
    }
}

/// One script that runs.
#[component]
fn RunningScript(
    /// The script and its attempts.
    row: ArcRwSignal<Row>,
    /// What is shown.
    selection: Selection,
) -> impl IntoView {
    let clock = Clock::expect().live();
    let script = row.with_untracked(|row| row.script.clone());
    let row: Signal<Row> = row.into();
    let began = part(row, |row| row.latest().began.millis());
    let elapsed = memo(move || format::elapsed(clock.get() - began.get()));
    let look = {
        let script = script.clone();
        move |_| selection.look_at(Some(script.clone()))
    };
    view! {
        <li>
            <button type="button" class="running__script" on:click=handler(look)>
                <span class="mono">{script}</span>
                <span class="tabular muted">{elapsed}</span>
            </button>
        </li>
    }
}
