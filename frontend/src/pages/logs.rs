//! The log: who did what, and whether it succeeded; the newest on top, growing while one looks.

mod filter;
mod tail;

use leptos::prelude::*;

use self::{filter::AddressFilter, tail::Tail};
use crate::{
    api::log::{LogEntry, LogFilter, LogStatus},
    browser,
    components::{
        filter_field::{DayField, FilterField},
        icon::{Glyph, Icon},
        list_end::ListEnd,
        notice::{Loading, Notice},
        rows::Rows,
        status::{Look, StatusBadge},
        time::RelativeTime,
    },
    erased::{computed, dynamic, handler, memo},
    format,
};

/// The page.
#[component]
pub fn LogsPage() -> impl IntoView {
    browser::set_title("Log");
    let address = AddressFilter::tied();
    let filter = memo(move || address.get());
    view! {
        <div class="page__head">
            <h1>"Log"</h1>
            <span class="muted">"who did what; all but the reports of results"</span>
        </div>
        <FilterBar address/>
        {dynamic(move || view! { <Entries filter=filter.get() on_clear=move |()| address.clear()/> })}
    }
}

/// The filters, as the address has them.
#[component]
fn FilterBar(
    /// The address.
    address: AddressFilter,
) -> impl IntoView {
    let chosen = memo(move || address.status());
    let chip = move |status: Option<LogStatus>| {
        let look = status.map(Look::from);
        let word = look.map_or("All", |look| look.word);
        let glyph = look.map(|look| view! { <Icon glyph=look.glyph/> });
        view! {
            <button
                type="button"
                class="chip"
                aria-pressed=computed(move || (chosen.get() == status).to_string())
                on:click=handler(move |_| address.choose(status))
            >
                {glyph}
                {word}
            </button>
        }
    };
    view! {
        <div class="filters">
            <div class="chips" role="group" aria-label="Filter by status">
                {chip(None)}
                {LogStatus::ALL.map(|status| chip(Some(status)))}
            </div>
            <button
                type="button"
                class="button button--small"
                hidden=computed(move || address.is_empty())
                on:click=handler(move |_| address.clear())
            >
                "Clear all filters"
            </button>
        </div>
        <div class="fields">
            <label class="search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Actions, with commas between"</span>
                <FilterField
                    part=address.action
                    kind="search"
                    placeholder="Actions, as BACKUP,TASK_CREATE"
                    test_id="filter-action"
                    main=true
                />
            </label>
            <label class="fields__field">
                <span>"Client"</span>
                <FilterField
                    part=address.client
                    kind="text"
                    placeholder="Exact name"
                    test_id="filter-client"
                />
            </label>
            <DayField part=address.from label="From" test_id="filter-from"/>
            <DayField part=address.to label="To" test_id="filter-to"/>
        </div>
    }
}

/// The entries that match one filter.
#[component]
fn Entries(
    /// The filter.
    filter: LogFilter,
    /// Takes the filter away.
    #[prop(into)]
    on_clear: Callback<()>,
) -> impl IntoView {
    let restricted = filter != LogFilter::default();
    let tail = Tail::start(filter);
    let held_back = memo(move || tail.held_back());
    let waiting = move || {
        match held_back.get() {
            // How many, nobody knows.
            _ if tail.is_behind() => "Show new entries".to_owned(),
            count => format!(
                "Show {}",
                format::counted(count, "new entry", "new entries")
            ),
        }
    };
    let nothing = move || {
        if tail.is_loading_first() {
            Some(view! { <Loading what="the log"/> }.into_any())
        } else if !tail.is_empty() {
            None
        } else if restricted {
            Some(view! { <NoMatch on_clear/> }.into_any())
        } else {
            Some(view! { <p class="muted">"Nothing has been done yet."</p> }.into_any())
        }
    };
    view! {
        <div class="log__bar">
            <button
                type="button"
                class="chip"
                data-testid="follow-log"
                aria-pressed=computed(move || tail.follows().to_string())
                title="New entries are shown as they come"
                on:click=handler(move |_| tail.follow(!tail.follows()))
            >
                "Follow"
            </button>
            <button
                type="button"
                class="button button--small"
                data-testid="show-new"
                hidden=computed(move || held_back.get() == 0 && !tail.is_behind())
                on:click=handler(move |_| tail.show())
            >
                <Icon glyph=Glyph::Up/>
                {dynamic(waiting)}
            </button>
        </div>
        <div class="log" role="table" aria-label="The log, newest first" hidden=move || tail.has_none()>
            <div class="log-row log-row--head" role="row">
                <span role="columnheader">"When"</span>
                <span role="columnheader">"Status"</span>
                <span role="columnheader">"Action"</span>
                <span role="columnheader">"What"</span>
                <span role="columnheader">"Client"</span>
            </div>
            <Rows each=move || tail.entries() key=|entry| entry.number.to_string() let:entry>
                <EntryRow entry/>
            </Rows>
        </div>
        {dynamic(nothing)}
        <ListEnd
            label="Older entries"
            test_id="older-entries"
            failed="The log could not be loaded"
            problem=tail.problem()
            more=tail.more()
            loading=tail.loading()
            on_read=Callback::new(move |()| tail.read_on())
            on_retry=Callback::new(move |()| tail.retry())
        />
    }
}

/// One entry.
#[component]
fn EntryRow(
    /// The entry.
    entry: LogEntry,
) -> impl IntoView {
    let LogEntry {
        number,
        date,
        action,
        parameter,
        status,
        client,
        message,
    } = entry;
    let client = match client {
        Some(client) => client.name.into_any(),
        None => view! { <span class="muted">"the server"</span> }.into_any(),
    };
    let kind = action.clone();
    let class = match status {
        LogStatus::Error => "log-row__message log-row__message--error",
        LogStatus::Success => "log-row__message",
    };
    let message = message.map(|message| view! { <span class=class>{message}</span> });
    view! {
        <div class="log-row" role="row" data-testid="log-row" data-number=number data-action=kind>
            <span role="cell">
                <RelativeTime time=date/>
            </span>
            <span role="cell">
                <StatusBadge look=Signal::stored(Look::from(status))/>
            </span>
            <span role="cell" class="log-row__action mono">
                {action}
            </span>
            <span role="cell" class="log-row__what">
                <span class="log-row__parameter">{parameter}</span>
                {message}
            </span>
            <span role="cell" class="log-row__client">
                {client}
            </span>
        </div>
    }
}

/// What stands in place of entries that the filters hide.
#[component]
fn NoMatch(
    /// Takes the filter away.
    on_clear: Callback<()>,
) -> impl IntoView {
    view! {
        <Notice title="No entry matches" test_id="no-entries">
            <p>"There is none that all of these filters let through."</p>
            <button type="button" class="button" on:click=handler(move |_| on_clear.run(()))>
                "Show the whole log"
            </button>
        </Notice>
    }
}
