//! The list of schedules: newest first, moving by itself, filtered by what stands in the address.

mod filter;

use leptos::prelude::*;

use self::filter::{AddressFilter, Statuses, is_label};
use super::live_list::LiveList;
use crate::{
    api::schedules::{ListFilter, ScheduleStatus},
    browser,
    components::{
        filter_field::{DayField, FilterField},
        icon::{Glyph, Icon},
        no_schedules::NoSchedules,
        notice::{Failure, Loading, Notice},
        read_on::ReadOn,
        rows::Rows,
        schedule_row::ScheduleRow,
        status::Look,
    },
    erased::{computed, dynamic, handler, memo},
};

/// The page.
#[component]
pub fn SchedulesPage() -> impl IntoView {
    browser::set_title("Schedules");
    let address = AddressFilter::tied();
    let filter = memo(move || address.get());
    view! {
        <div class="page__head">
            <h1>"Schedules"</h1>
        </div>
        <FilterBar address/>
        {dynamic(move || view! { <Schedules filter=filter.get() on_clear=move |()| address.clear()/> })}
    }
}

/// The filters, as the address has them.
#[component]
fn FilterBar(
    /// The address.
    address: AddressFilter,
) -> impl IntoView {
    let restricted = move || !address.get().is_empty();
    view! {
        <div class="filters">
            <StatusChips address/>
            <button
                type="button"
                class="button button--small"
                hidden=computed(move || !restricted())
                on:click=handler(move |_| address.clear())
            >
                "Clear all filters"
            </button>
        </div>
        <div class="fields">
            <label class="search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Exact title"</span>
                <FilterField
                    part=address.title
                    kind="search"
                    placeholder="Exact title"
                    test_id="filter-title"
                    main=true
                />
            </label>
            <label class="fields__field">
                <span>"Label"</span>
                <FilterField
                    part=address.label
                    kind="text"
                    placeholder="key=value"
                    is_readable=is_label
                    test_id="filter-label"
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

/// One chip a status; those that are pressed are shown.
#[component]
fn StatusChips(
    /// The address.
    address: AddressFilter,
) -> impl IntoView {
    let chosen = memo(move || address.statuses().0);
    let choose = move |statuses: &Statuses| {
        let text = statuses.to_string();
        address.status.1.set((!text.is_empty()).then_some(text));
    };
    let chip = move |status: ScheduleStatus| {
        let Look { word, glyph, .. } = Look::from(status);
        let pressed = move || chosen.with(|chosen| chosen.contains(&status)).to_string();
        let toggle = move |_| choose(&Statuses(chosen.get_untracked()).toggled(status));
        view! {
            <button type="button" class="chip" aria-pressed=computed(pressed) on:click=handler(toggle)>
                <Icon glyph/>
                {word}
            </button>
        }
    };
    view! {
        <div class="chips" role="group" aria-label="Filter by status">
            <button
                type="button"
                class="chip"
                aria-pressed=computed(move || chosen.with(Vec::is_empty).to_string())
                on:click=handler(move |_| choose(&Statuses::default()))
            >
                "All"
            </button>
            {ScheduleStatus::ALL.map(chip)}
        </div>
    }
}

/// The schedules that match one filter, kept up to date.
#[component]
fn Schedules(
    /// The filter.
    filter: ListFilter,
    /// Takes the filter away.
    #[prop(into)]
    on_clear: Callback<()>,
) -> impl IntoView {
    let restricted = !filter.is_empty();
    let list = LiveList::start(filter);
    let empty = memo(move || list.is_empty());
    view! {
        <ul class="schedules" aria-label="Schedules, newest first" hidden=empty>
            <Rows each=move || list.rows() key=|row| row.name.clone() let:row>
                <ScheduleRow schedule=row.schedule/>
            </Rows>
        </ul>
        {dynamic(move || {
            if !empty.get() || !list.is_settled() {
                ().into_any()
            } else if restricted {
                view! { <NoMatch on_clear/> }.into_any()
            } else {
                view! { <NoSchedules/> }.into_any()
            }
        })}
        <ListEnd list/>
    }
}

/// What stands below the rows: the way to older ones, that they are loading, or why they are not
/// there.
#[component]
fn ListEnd(
    /// The list's data.
    list: LiveList,
) -> impl IntoView {
    let failure = move || {
        let reason = list.problem()?.to_string();
        let on_retry = Callback::new(move |()| list.retry());
        Some(view! { <Failure title="The schedules could not be loaded" reason on_retry/> })
    };
    let first_load = move || {
        (list.is_loading() && list.is_empty()).then(|| view! { <Loading what="schedules"/> })
    };
    view! {
        {dynamic(failure)}
        {dynamic(first_load)}
        <ReadOn
            label="Load older"
            test_id="load-older"
            more=Signal::derive(move || list.has_more())
            loading=Signal::derive(move || list.is_loading())
            on_read=Callback::new(move |()| list.read_on())
        />
    }
}

/// What stands in place of rows that the filters hide.
#[component]
fn NoMatch(
    /// Takes the filter away.
    on_clear: Callback<()>,
) -> impl IntoView {
    view! {
        <Notice title="No schedule matches" test_id="no-match">
            <p>"There is none that all of these filters let through."</p>
            <button type="button" class="button" on:click=handler(move |_| on_clear.run(()))>
                "Show all schedules"
            </button>
        </Notice>
    }
}
