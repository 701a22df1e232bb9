//! A list of schedules that match one filter, read page by page and kept up to date. The list's own
//! page and the overview both hold one.

mod listing;

use leptos::prelude::*;

pub use self::listing::{Listing, Row};
use crate::{
    api::{
        Api,
        error::Error,
        schedules::ListFilter,
        socket::{Event, Subscription},
    },
    erased::effect,
    task::{retry_when_live, spawn_while_shown},
};

/// The data of a list for one filter; free to copy, and gone with the component that started it.
#[derive(Clone, Copy)]
pub struct LiveList {
    api: Api,
    filter: StoredValue<ListFilter>,
    listing: RwSignal<Listing>,
    /// Where to read on. Set once more, the same page is asked for again.
    cursor: RwSignal<Option<String>>,
    loading: RwSignal<bool>,
    problem: RwSignal<Option<Error>>,
    subscription: StoredValue<Option<Subscription>, LocalStorage>,
}

impl LiveList {
    /// Reads the newest page, and keeps it and all further ones up to date.
    pub fn start(filter: ListFilter) -> Self {
        let list = Self {
            api: Api::expect(),
            filter: StoredValue::new(filter),
            listing: RwSignal::new(Listing::default()),
            cursor: RwSignal::new(None),
            loading: RwSignal::new(true),
            problem: RwSignal::new(None),
            subscription: StoredValue::new_local(None),
        };
        list.watch();
        list.read_pages();
        retry_when_live(list.problem.into(), move || list.retry());
        list
    }

    /// The rows, newest first. Notified when rows come or go; what changes within a row, the row
    /// tells.
    pub fn rows(self) -> Vec<Row> {
        self.listing.with(Listing::rows)
    }

    /// Whether there are no rows.
    pub fn is_empty(self) -> bool {
        self.listing.with(Listing::is_empty)
    }

    /// Whether an answer is being waited for.
    pub fn is_loading(self) -> bool {
        self.loading.get() && self.problem.with(Option::is_none)
    }

    /// What went wrong last, until it is tried again.
    pub fn problem(self) -> Option<Error> {
        self.problem.get()
    }

    /// Whether nothing waits for an answer, and nothing went wrong.
    pub fn is_settled(self) -> bool {
        !self.loading.get() && self.problem.with(Option::is_none)
    }

    /// Whether there are further pages, as far as is known.
    pub fn has_more(self) -> bool {
        self.listing.with(|listing| listing.next().is_some()) && self.problem.with(Option::is_none)
    }

    /// Reads the next page.
    pub fn read_on(self) {
        if let Some(next) = self.listing.with_untracked(Listing::next) {
            self.cursor.set(Some(next));
        }
    }

    /// Asks again for the page that failed, and for changes, which may be what was refused.
    pub fn retry(self) {
        self.watch();
        self.cursor.update(|_| ());
    }

    /// Reads a page whenever the cursor is set.
    fn read_pages(self) {
        effect(move || {
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
}
