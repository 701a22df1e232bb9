//! A list that the server has in pages: read from its start as far as one asks for. When it is begun
//! again, what is there stays until the new first page is.

use futures::future::LocalBoxFuture;
use leptos::prelude::*;

use crate::{
    api::{error::Error, page::Page},
    erased::effect,
    task::{retry_when_live, spawn_while_shown},
};

/// What was read by now; free to copy, and gone with the component that reads.
pub struct Paged<T: 'static> {
    items: RwSignal<Vec<T>>,
    /// How often the list was begun.
    reading: RwSignal<u32>,
    /// Where to read on. Set once more, the same page is asked for again.
    cursor: RwSignal<Option<String>>,
    next: RwSignal<Option<String>>,
    loading: RwSignal<bool>,
    problem: RwSignal<Option<Error>>,
}

impl<T> Clone for Paged<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Paged<T> {}

/// An answer on its way.
type Asked<T> = LocalBoxFuture<'static, Result<Page<T>, Error>>;

impl<T: Send + Sync> Paged<T> {
    /// Reads the first page. `ask` asks for the page that begins at a cursor.
    pub fn start(ask: impl Fn(Option<String>) -> Asked<T> + 'static) -> Self {
        let list = Self {
            items: RwSignal::new(Vec::new()),
            reading: RwSignal::new(0),
            cursor: RwSignal::new(None),
            next: RwSignal::new(None),
            loading: RwSignal::new(true),
            problem: RwSignal::new(None),
        };
        effect(move || {
            let after = list.cursor.get();
            let is_first = after.is_none();
            list.loading.set(true);
            list.problem.set(None);
            let asked = ask(after);
            spawn_while_shown(async move {
                match asked.await {
                    Ok(page) => list.take(page, is_first),
                    Err(error) => list.fail(error, is_first),
                }
                list.loading.set(false);
            });
        });
        retry_when_live(list.problem.into(), move || list.retry());
        list
    }

    fn take(self, page: Page<T>, is_first: bool) {
        if is_first {
            self.reading.update(|reading| *reading += 1);
        }
        self.items.update(|items| {
            if is_first {
                items.clear();
            }
            items.extend(page.items);
        });
        self.next.set(page.next);
    }

    fn fail(self, error: Error, is_first: bool) {
        if is_first {
            // What is there may be another list by now.
            self.items.set(Vec::new());
            self.next.set(None);
        }
        self.problem.set(Some(error));
    }

    /// Begins the list again.
    pub fn restart(self) {
        self.cursor.set(None);
    }

    /// Whether more than the first page was asked for.
    pub fn has_read_on(self) -> bool {
        self.cursor.with_untracked(Option::is_some)
    }

    /// Asks again for what failed.
    pub fn retry(self) {
        self.cursor.update(|_| ());
    }

    /// Reads the next page.
    pub fn read_on(self) {
        let next = self.next.get_untracked();
        if next.is_some() && !self.loading.get_untracked() {
            self.cursor.set(next);
        }
    }

    /// What was read.
    pub fn items(self) -> RwSignal<Vec<T>> {
        self.items
    }

    /// How often the list was begun: what is read again has the same name, and is another thing.
    pub fn reading(self) -> u32 {
        self.reading.get_untracked()
    }

    /// Whether there is nothing in what was read.
    pub fn has_none(self) -> bool {
        self.items.with(Vec::is_empty)
    }

    /// Whether it is known that the list is empty.
    pub fn is_empty(self) -> bool {
        self.has_none() && !self.loading.get() && self.problem.with(Option::is_none)
    }

    /// Whether what is there is the list of before, and that of now is on its way.
    pub fn is_outdated(self) -> bool {
        self.loading.get() && self.cursor.with(Option::is_none)
    }

    /// Whether something is on its way.
    pub fn loading(self) -> Signal<bool> {
        self.loading.into()
    }

    /// Whether there is more to be read, and reading did not just fail.
    pub fn more(self) -> Signal<bool> {
        Signal::derive(move || {
            let next = self.next.with(Option::is_some);
            next && self.problem.with(Option::is_none) && !self.is_outdated()
        })
    }

    /// What went wrong.
    pub fn problem(self) -> Signal<Option<Error>> {
        self.problem.into()
    }
}
