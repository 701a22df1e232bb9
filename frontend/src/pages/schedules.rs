//! The list of schedules: newest first, moving by itself, filtered by what stands in the address.

mod listing;

use leptos::{ev, prelude::*};
use leptos_router::{NavigateOptions, components::A, hooks::query_signal_with_options};

use self::listing::Listing;
use crate::{
    api::{
        Api,
        error::Error,
        schedules::{ListFilter, Schedule, ScheduleStatus},
        socket::{Connection, Event, Subscription},
    },
    browser,
    components::{
        curl::Curl,
        icon::{Glyph, Icon},
        labels::Labels,
        notice::{Failure, Loading, Notice},
        progress::{Counts, ProgressBar},
        status::{Look, StatusBadge},
        time::RelativeTime,
    },
    pages::part,
    task::spawn_while_shown,
};

/// The operation that opens a schedule, as an empty list shows it.
const OPEN_SCHEDULE: &str =
    r#"mutation { createSchedule(input: {title: "nightly"}) { schedule { name } } }"#;

/// The page.
#[component]
pub fn SchedulesPage() -> impl IntoView {
    browser::set_title("Schedules");
    // Changing a filter is no step to go back to, and leaves the page where it is.
    let in_place = NavigateOptions {
        replace: true,
        scroll: false,
        ..NavigateOptions::default()
    };
    let (status, set_status) = query_signal_with_options("status", in_place.clone());
    let (title, set_title) = query_signal_with_options("title", in_place);
    let filter = Memo::new(move |_| ListFilter {
        status: status.get(),
        title: title.get().filter(|title: &String| !title.is_empty()),
    });
    view! {
        <div class="page__head">
            <h1>"Schedules"</h1>
        </div>
        <FilterBar
            filter
            on_status=Callback::new(move |status| set_status.set(status))
            on_title=Callback::new(move |title| set_title.set(title))
        />
        {move || view! { <LiveList filter=filter.get()/> }}
    }
}

/// The filters, as the address has them.
#[component]
fn FilterBar(
    /// What is filtered by now.
    filter: Memo<ListFilter>,
    /// Filters by another status, or by none.
    on_status: Callback<Option<ScheduleStatus>>,
    /// Filters by another title, or by none.
    on_title: Callback<Option<String>>,
) -> impl IntoView {
    let chip = move |choice: Option<ScheduleStatus>| {
        let word = choice.map_or("All", |status| Look::from(status).word);
        let chosen = move || filter.with(|filter| filter.status == choice).to_string();
        view! {
            <button
                type="button"
                class="chip"
                aria-pressed=chosen
                on:click=move |_| on_status.run(choice)
            >
                {word}
            </button>
        }
    };
    let title = move || filter.get().title.unwrap_or_default();
    let change = move |event: ev::Event| {
        let title = event_target_value(&event).trim().to_owned();
        on_title.run((!title.is_empty()).then_some(title));
    };
    view! {
        <div class="filters">
            <div class="chips" role="group" aria-label="Filter by status">
                {chip(None)}
                {ScheduleStatus::ALL.map(|status| chip(Some(status)))}
            </div>
            <label class="search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Exact title"</span>
                <input
                    class="input"
                    type="search"
                    placeholder="Exact title"
                    data-testid="filter-title"
                    prop:value=title
                    on:change=change
                />
            </label>
        </div>
    }
}

/// The data of the list for one filter; free to copy, and gone with the list that shows it.
#[derive(Clone, Copy)]
struct ListState {
    api: Api,
    filter: StoredValue<ListFilter>,
    listing: RwSignal<Listing>,
    /// Where to read on. Set once more, the same page is asked for again.
    cursor: RwSignal<Option<String>>,
    loading: RwSignal<bool>,
    problem: RwSignal<Option<Error>>,
    subscription: StoredValue<Option<Subscription>, LocalStorage>,
}

impl ListState {
    /// Reads the newest page, and keeps it and all further ones up to date.
    fn start(filter: ListFilter) -> Self {
        let state = Self {
            api: Api::expect(),
            filter: StoredValue::new(filter),
            listing: RwSignal::new(Listing::default()),
            cursor: RwSignal::new(None),
            loading: RwSignal::new(true),
            problem: RwSignal::new(None),
            subscription: StoredValue::new_local(None),
        };
        state.watch();
        state.read_pages();
        state.retry_when_live();
        state
    }

    /// Reads a page whenever the cursor is set.
    fn read_pages(self) {
        Effect::new(move |_| {
            let (filter, after) = (self.filter.get_value(), self.cursor.get());
            self.loading.set(true);
            self.problem.set(None);
            spawn_while_shown(async move {
                match self.api.schedules(&filter, after).await {
                    Ok(page) => self.listing.update(|listing| listing.append(page)),
                    Err(error) => self.problem.set(Some(error)),
                }
                self.loading.set(false);
            });
        });
    }

    /// Asks again for the page that failed, and for changes, which may be what was refused.
    fn retry(self) {
        self.watch();
        self.cursor.update(|_| ());
    }

    /// What failed for the want of a connection is tried again when there is one.
    fn retry_when_live(self) {
        let connection = self.api.socket().connection();
        Effect::new(move |_| {
            let live = connection.get() == Connection::Live;
            let problem = self.problem.get_untracked();
            if live && problem.is_some_and(|problem| problem.is_passing()) {
                self.retry();
            }
        });
    }

    /// Takes in changes until the list is gone, or the server refuses.
    fn watch(self) {
        let filter = self.filter.get_value();
        let matching = filter.clone();
        let receive = move |event| match event {
            Event::Next(schedule) => {
                self.listing
                    .maybe_update(|listing| listing.update(schedule, &matching));
            }
            Event::Rejected(error) => self.problem.set(Some(error)),
        };
        let subscription = self.api.watch_schedules(&filter, receive);
        self.subscription.set_value(Some(subscription));
    }

    /// Whether there is nothing that waits for an answer, and nothing that went wrong.
    fn is_settled(self) -> bool {
        !self.loading.get() && self.problem.with(Option::is_none)
    }

    /// Where the next page begins, while it could be asked for.
    fn next(self) -> Option<String> {
        let next = self.listing.with(Listing::next);
        next.filter(|_| self.is_settled())
    }
}

/// The schedules that match one filter, kept up to date.
#[component]
fn LiveList(
    /// The filter.
    filter: ListFilter,
) -> impl IntoView {
    let restricted = !filter.is_empty();
    let state = ListState::start(filter);
    let rows = move || state.listing.with(Listing::rows);
    let empty = Memo::new(move |_| state.listing.with(Listing::is_empty));
    view! {
        <ul class="schedules" aria-label="Schedules, newest first" hidden=empty>
            <For each=rows key=|row| row.name.clone() let:row>
                <ScheduleRow schedule=row.schedule/>
            </For>
        </ul>
        {move || (empty.get() && state.is_settled()).then(|| view! { <NoSchedules restricted/> })}
        <ListEnd state/>
    }
}

/// What stands below the rows: the way to older ones, that they are loading, or why they are not
/// there.
#[component]
fn ListEnd(
    /// The list's data.
    state: ListState,
) -> impl IntoView {
    let failure = move || {
        let reason = state.problem.get()?.to_string();
        let on_retry = Callback::new(move |()| state.retry());
        Some(view! { <Failure title="The schedules could not be loaded" reason on_retry/> })
    };
    let loading = move || {
        let waiting = state.loading.get() && state.problem.with(Option::is_none);
        waiting.then(|| view! { <Loading what="schedules"/> })
    };
    let more = move || {
        let next = state.next()?;
        let read_on = move |_| state.cursor.set(Some(next.clone()));
        Some(view! {
            <button
                type="button"
                class="button page__more"
                data-testid="load-older"
                on:click=read_on
            >
                "Load older"
            </button>
        })
    };
    view! {
        {failure}
        {loading}
        {more}
    }
}

/// One schedule in the list.
#[component]
fn ScheduleRow(
    /// The schedule, as it changes.
    schedule: ArcRwSignal<Schedule>,
) -> impl IntoView {
    let name = schedule.with_untracked(|schedule| schedule.name.0.clone());
    let schedule: Signal<Schedule> = schedule.into();
    let status = part(schedule, |schedule| schedule.status.into());
    let title = part(schedule, |schedule| schedule.display_name().to_owned());
    // Where there is no title, the whole name stands in its place.
    let short_name = part(schedule, |schedule| {
        let name = schedule.title.as_ref().and(schedule.name.0.get(..8));
        name.map(str::to_owned)
    });
    let client = part(schedule, |schedule| schedule.client.name.clone());
    let labels = part(schedule, |schedule| schedule.labels.clone());
    let progress = part(schedule, |schedule| schedule.progress.clone());
    let opened = part(schedule, |schedule| schedule.created_time.clone());
    view! {
        <li class="schedule-row" data-testid="schedule-row" data-name=name.clone()>
            <StatusBadge look=status test_id="schedule-status"/>
            <div class="schedule-row__what">
                <A href=format!("/schedules/{name}") attr:class="schedule-row__title">
                    {title}
                </A>
                <span class="schedule-row__facts">
                    {move || short_name.get().map(|name| view! { <code>{name}</code> })}
                    <span>{client}</span>
                    <Labels labels/>
                </span>
            </div>
            <div class="schedule-row__progress">
                <ProgressBar progress/>
                <Counts progress/>
            </div>
            <RelativeTime time=opened/>
        </li>
    }
}

/// What stands in place of an empty list.
#[component]
fn NoSchedules(
    /// Whether a filter hides what there may be.
    restricted: bool,
) -> impl IntoView {
    if restricted {
        view! {
            <Notice title="No schedule matches" test_id="no-match">
                <p>"There is none with this status and exactly this title."</p>
                <A href="/schedules" attr:class="button">
                    "Show all schedules"
                </A>
            </Notice>
        }
        .into_any()
    } else {
        view! {
            <Notice title="No schedules yet" test_id="empty-state">
                <p>
                    "A schedule is one run of many scripts. "
                    "This opens one, and answers with its name; it appears here at once:"
                </p>
                <Curl operation=OPEN_SCHEDULE label="Command that opens a schedule"/>
            </Notice>
        }
        .into_any()
    }
}
