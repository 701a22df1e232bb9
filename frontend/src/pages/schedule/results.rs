//! The table of results, and what stands in its place where there are none.

use leptos::{html, prelude::*};

use super::{
    feed::Feed,
    filters::FilterBar,
    selection::Selection,
    table::{Attempt, Row, RowFilter},
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
    erased::{computed, dynamic, handler, memo},
    format,
    part::part,
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
    let empty = memo(move || feed.is_empty());
    dynamic(move || {
        if empty.get() {
            view! { <NoResults feed schedule/> }.into_any()
        } else {
            view! {
                <FilterBar feed schedule selection/>
                <ResultTable feed schedule selection/>
            }
            .into_any()
        }
    })
}

/// The rows of a table, as they were arranged for a filter.
#[derive(Clone, Default, PartialEq)]
struct Arrangement {
    filter: RowFilter,
    keys: Vec<usize>,
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
    let filter = memo(move || selection.filter());
    let away = RwSignal::new(false);
    let follows_from_afar = move || selection.follows() && away.get();
    let arrangement = Memo::new(move |before: Option<&Arrangement>| {
        let filter = filter.get();
        match before {
            // Rows that come in on top would push away what somebody reads further down.
            Some(before) if before.filter == filter && follows_from_afar() => before.clone(),
            _ => Arrangement {
                keys: feed.arrange(&filter),
                filter,
            },
        }
    });
    let keys = part(arrangement, |arrangement| arrangement.keys.clone());
    let row = move |key: usize, position: Signal<usize>| {
        let row = feed.row(key);
        row.map(|row| view! { <ResultRow row position closed selection/> })
    };
    // While history comes in, rows have no place yet that could be scrolled to.
    let reveal = Signal::derive(move || {
        let script = selection.script().get().filter(|_| feed.behind() <= 0)?;
        feed.index(&script)
    });
    let rows_and_head = move || (keys.with(Vec::len) + 1).to_string();
    let table = NodeRef::<html::Div>::new();
    let to_the_top = move |_| {
        if let Some(table) = table.get_untracked() {
            table.scroll_into_view();
        }
    };
    view! {
        <button
            type="button"
            class="button button--primary newer"
            data-testid="newer"
            hidden=computed(move || !follows_from_afar())
            on:click=handler(to_the_top)
        >
            <Icon glyph=Glyph::Up/>
            "Back to what changes"
        </button>
        <div
            class="results"
            role="table"
            aria-label="Results"
            aria-rowcount=computed(rows_and_head)
            node_ref=table
        >
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
            <VirtualList keys=keys.into() row reveal away/>
        </div>
        {dynamic(move || keys.with(Vec::is_empty).then(|| view! { <NoMatch selection/> }))}
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
            aria-rowindex=computed(move || (position.get() + 2).to_string())
            data-testid="result-row"
            data-script=script.clone()
            data-status=computed(move || status.get().keyword())
        >
            <span role="cell">
                <StatusBadge look/>
            </span>
            <span role="cell" class="result-row__script">
                <button
                    type="button"
                    class="result-row__open"
                    data-row=""
                    title=script.clone()
                    aria-expanded=computed(move || chosen().to_string())
                    on:click=handler(open)
                >
                    <bdi>{script.clone()}</bdi>
                </button>
                <span class="result-row__attempt" title="Attempts so far">
                    {dynamic(retries)}
                </span>
            </span>
            {dynamic(move || row.with(|row| details(row.latest())))}
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
            <button type="button" class="button" on:click=handler(clear)>
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
    let coming_in = memo(move || feed.behind() > 0);
    let closed = part(schedule, |schedule| {
        schedule.status == ScheduleStatus::Closed
    });
    dynamic(move || {
        if coming_in.get() {
            view! { <Loading what="results"/> }.into_any()
        } else if closed.get() {
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
    })
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
