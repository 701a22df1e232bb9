//! The table of results with its filters.

use leptos::prelude::*;

use super::{
    feed::Feed,
    selection::Selection,
    table::{Attempt, Row},
};
use crate::{
    api::{
        results::ResultStatus,
        scalars::Uuid,
        schedules::{Schedule, ScheduleStatus},
    },
    components::{
        curl::Curl,
        icon::{Glyph, Icon},
        notice::{Loading, Notice},
        status::{Look, NEVER_FINISHED, StatusBadge},
        time::RelativeTime,
        virtual_list::VirtualList,
    },
    format,
    pages::part,
};

/// Filters and table.
#[component]
pub(super) fn Results(
    /// The data.
    feed: Feed,
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
    /// What is shown of it.
    selection: Selection,
) -> impl IntoView {
    let empty = Memo::new(move |_| feed.is_empty());
    move || {
        if empty.get() {
            view! { <NoResults feed schedule/> }.into_any()
        } else {
            view! {
                <FilterBar feed schedule selection/>
                <ResultTable feed schedule selection/>
            }
            .into_any()
        }
    }
}

/// The counters, each of which filters by its status, and the search by text.
#[component]
fn FilterBar(
    /// The data.
    feed: Feed,
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
    /// What is shown of it.
    selection: Selection,
) -> impl IntoView {
    let total = part(schedule, |schedule| schedule.progress.seen());
    let counters = ResultStatus::ALL.map(|status| {
        let count = Memo::new(move |_| schedule.with(|schedule| schedule.progress.count(status)));
        view! { <Counter status count selection/> }
    });
    view! {
        <div class="filters">
            <div class="chips" role="group" aria-label="Filter by status">
                <button
                    type="button"
                    class="chip"
                    aria-pressed=move || selection.status().is_none().to_string()
                    on:click=move |_| selection.filter_by_status(None)
                >
                    "All "
                    <span class="chip__count" data-testid="count-all">
                        {move || format::count(total.get())}
                    </span>
                </button>
                {counters}
            </div>
            <CatchingUp feed schedule/>
            <label class="search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Filter by script"</span>
                <input
                    class="input"
                    type="search"
                    placeholder="Filter scripts"
                    data-testid="filter-text"
                    prop:value=move || selection.text()
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
            class:chip--zero=move || count.get() == 0
            aria-pressed=move || chosen().to_string()
            on:click=choose
        >
            <Icon glyph=glyph/>
            {word}
            <span class="chip__count" data-testid=format!("count-{keyword}")>
                {move || format::count(count.get())}
            </span>
        </button>
    }
}

/// Says how far the rows are behind the counters while history is coming in.
#[component]
fn CatchingUp(
    /// The data.
    feed: Feed,
    /// The schedule.
    schedule: Signal<Schedule>,
) -> impl IntoView {
    let seen = feed.revision();
    let there_are = part(schedule, |schedule| schedule.revision);
    let share = move || {
        let (seen, there_are) = (f64::from(seen.get()), f64::from(there_are.get()));
        (seen < there_are).then(|| format::percent(100.0 * seen / there_are))
    };
    move || {
        share().map(|share| {
            view! {
                <p class="loading" role="status">
                    <Icon glyph=Glyph::Arc/>
                    "Catching up: "
                    {share}
                </p>
            }
        })
    }
}

/// The rows that the filters leave.
#[component]
fn ResultTable(
    /// The data.
    feed: Feed,
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
    /// What is shown.
    selection: Selection,
) -> impl IntoView {
    let closed = part(schedule, |schedule| {
        schedule.status == ScheduleStatus::Closed
    });
    let keys = Memo::new(move |_| feed.arrange(&selection.filter()));
    let row = move |key: usize, position: Signal<usize>| {
        let row = feed.row(key);
        row.map(|row| view! { <ResultRow row position closed selection/> })
    };
    let rows_and_head = move || (keys.with(Vec::len) + 1).to_string();
    view! {
        <div class="results" role="table" aria-label="Results" aria-rowcount=rows_and_head>
            <div class="results__head" role="rowgroup">
                <div class="result-row result-row--head" role="row" aria-rowindex="1">
                    <span role="columnheader">"Status"</span>
                    <span role="columnheader">"Script"</span>
                    <span role="columnheader">"Message"</span>
                    <span role="columnheader" class="result-row__number">
                        "Duration"
                    </span>
                    <span role="columnheader" class="result-row__number">
                        "Reported"
                    </span>
                </div>
            </div>
            <VirtualList keys=keys.into() row/>
        </div>
        {move || keys.with(Vec::is_empty).then(|| view! { <NoMatch selection/> })}
    }
}

/// One script: its latest attempt.
#[component]
fn ResultRow(
    /// The script and its attempts.
    row: ArcRwSignal<Row>,
    /// Its place in the table, from 0.
    position: Signal<usize>,
    /// Whether the schedule is closed.
    closed: Memo<bool>,
    /// What is shown.
    selection: Selection,
) -> impl IntoView {
    let script = row.with_untracked(|row| row.script.clone());
    let row: Signal<Row> = row.into();
    let status = part(row, |row| row.latest().status);
    let look = Signal::derive(move || look_of(status.get(), closed.get()));
    let retries = move || {
        let attempt = row.with(|row| row.latest().number);
        (attempt > 1).then(|| format!("#{attempt}"))
    };
    let chosen = {
        let script = script.clone();
        move || {
            selection
                .script()
                .with(|chosen| chosen.as_ref() == Some(&script))
        }
    };
    let open = {
        let script = script.clone();
        move |_| selection.look_at(Some(script.clone()))
    };
    view! {
        <div
            class="result-row"
            role="row"
            aria-rowindex=move || (position.get() + 2).to_string()
            data-testid="result-row"
            data-script=script.clone()
            data-status=move || status.get().keyword()
        >
            <span role="cell">
                <StatusBadge look/>
            </span>
            <span role="cell" class="result-row__script">
                <button
                    type="button"
                    class="result-row__open"
                    title=script.clone()
                    aria-expanded=move || chosen().to_string()
                    on:click=open
                >
                    <bdi>{script.clone()}</bdi>
                </button>
                <span class="result-row__attempt" title="Attempts so far">
                    {retries}
                </span>
            </span>
            {move || row.with(|row| details(row.latest()))}
        </div>
    }
}

/// The cells of an attempt that nobody presses. They are drawn anew together: one effect a row
/// instead of one a cell.
fn details(attempt: &Attempt) -> impl IntoView + use<> {
    view! {
        <span role="cell" class="result-row__message">
            {attempt.message.clone()}
        </span>
        <span role="cell" class="result-row__number">
            {duration_of(attempt)}
        </span>
        <span role="cell" class="result-row__number">
            <RelativeTime time=attempt.submitted.clone()/>
        </span>
    }
}

/// How a result looks; what still runs in a closed schedule will never finish.
pub(super) fn look_of(status: ResultStatus, closed: bool) -> Look {
    if closed && status == ResultStatus::Running {
        NEVER_FINISHED
    } else {
        status.into()
    }
}

/// How long an attempt took, where its script said so.
pub(super) fn duration_of(attempt: &Attempt) -> Option<String> {
    let millis = attempt.duration_ms?;
    Some(format::duration(f64::from(millis)))
}

/// What stands in place of rows that the filters hide.
#[component]
fn NoMatch(
    /// What is shown.
    selection: Selection,
) -> impl IntoView {
    let clear = move |_| {
        selection.filter_by_status(None);
        selection.filter_by_text(String::new());
    };
    view! {
        <Notice title="No result matches" test_id="no-match">
            <button type="button" class="button" on:click=clear>
                "Show all results"
            </button>
        </Notice>
    }
}

/// What stands in place of a table without rows.
#[component]
fn NoResults(
    /// The data.
    feed: Feed,
    /// The schedule.
    schedule: Signal<Schedule>,
) -> impl IntoView {
    let seen = feed.revision();
    let state = part(schedule, |schedule| (schedule.status, schedule.revision));
    move || {
        let (status, revision) = state.get();
        if seen.get() < revision {
            view! { <Loading what="results"/> }.into_any()
        } else if status == ScheduleStatus::Closed {
            view! {
                <Notice title="Nothing was reported" test_id="empty-state">
                    <p>"This schedule was closed before any script reported to it."</p>
                </Notice>
            }
            .into_any()
        } else {
            let operation = schedule.with_untracked(|schedule| report_to(&schedule.name));
            view! {
                <Notice title="No results yet" test_id="empty-state">
                    <p>"This reports the first one:"</p>
                    <Curl operation label="Command that reports a result"/>
                </Notice>
            }
            .into_any()
        }
    }
}

/// The operation that reports a result to a schedule.
fn report_to(Uuid(schedule): &Uuid) -> String {
    format!(
        "mutation {{ reportResult(input: \
         {{schedule: \"{schedule}\", script: \"hello.sh\", status: PASS}}) \
         {{ result {{ revision }} }} }}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_in_a_closed_schedule_never_finished() {
        assert_eq!(look_of(ResultStatus::Running, true), NEVER_FINISHED);
        assert_eq!(look_of(ResultStatus::Running, false).word, "Running");
        assert_eq!(look_of(ResultStatus::Pass, true).word, "Pass");
    }
}
