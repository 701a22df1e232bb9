//! What the page holds of the log: the pages that were read, and what has come on top since.

use futures::FutureExt;
use leptos::prelude::*;

use crate::{
    api::{
        Api,
        error::Error,
        log::{LogEntry, LogFilter},
        scalars::DateTime,
        socket::{Event, Subscription},
    },
    erased::{effect, memo},
    paged::Paged,
    task::when_back,
};

/// How many entries may come on top before the list is begun again, so that a page that is left open does not grow.
const MOST_RECENT: usize = 500;

/// The entries that match one filter; free to copy, and gone with the component that started it.
#[derive(Clone, Copy)]
pub(super) struct Tail {
    api: Api,
    filter: StoredValue<LogFilter>,
    pages: Paged<LogEntry>,
    /// What has come since, the newest first; some of it is in the pages, too.
    recent: RwSignal<Vec<LogEntry>>,
    /// Both in one, each entry once.
    entries: Memo<Vec<LogEntry>>,
    follows: RwSignal<bool>,
    /// What has come while nobody wanted to see it, the newest first.
    held_back: RwSignal<Vec<LogEntry>>,
    /// Whether there may be more to see than was held back.
    is_behind: RwSignal<bool>,
    refused: RwSignal<Option<Error>>,
    subscription: StoredValue<Option<Subscription>, LocalStorage>,
}

impl Tail {
    /// Reads the newest page, and follows what comes.
    pub(super) fn start(filter: LogFilter) -> Self {
        let api = Api::expect();
        let wanted = filter.clone();
        let pages = Paged::start(move |after| api.logs(wanted.clone(), after).boxed_local());
        let recent = RwSignal::new(Vec::new());
        let tail = Self {
            api,
            filter: StoredValue::new(filter),
            pages,
            recent,
            entries: memo(move || {
                let mut entries = pages.items().get();
                for entry in recent.get() {
                    insert(&mut entries, entry);
                }
                entries
            }),
            follows: RwSignal::new(true),
            held_back: RwSignal::new(Vec::new()),
            is_behind: RwSignal::new(false),
            refused: RwSignal::new(None),
            subscription: StoredValue::new_local(None),
        };
        tail.watch();
        effect(move || tail.forget_what_can_be_read());
        when_back(move || {
            if tail.follows.get_untracked() {
                tail.begin_again();
            } else {
                tail.is_behind.set(true);
            }
        });
        tail
    }

    /// What has come and is older than what was read is to be read on: something may lie between.
    fn forget_what_can_be_read(self) {
        if self.pages.more().get()
            && let Some(oldest) = self.pages.items().with(|items| items.last().map(order))
        {
            self.recent
                .update(|recent| recent.retain(|entry| order(entry) >= oldest));
        }
    }

    /// The entries, the newest first.
    pub(super) fn entries(self) -> Vec<LogEntry> {
        self.entries.get()
    }

    /// Whether there are none in sight.
    pub(super) fn has_none(self) -> bool {
        self.entries.with(Vec::is_empty)
    }

    /// Whether it is known that there are none.
    pub(super) fn is_empty(self) -> bool {
        self.has_none() && self.pages.is_empty()
    }

    /// Whether the first page is on its way.
    pub(super) fn is_loading_first(self) -> bool {
        self.pages.loading().get() && self.has_none()
    }

    /// Whether new entries are shown as they come.
    pub(super) fn follows(self) -> bool {
        self.follows.get()
    }

    /// Shows new entries as they come, or holds them back.
    pub(super) fn follow(self, follows: bool) {
        self.follows.set(follows);
        if follows {
            self.show();
        }
    }

    /// How many entries are held back.
    pub(super) fn held_back(self) -> i32 {
        let count = self.held_back.with(Vec::len);
        i32::try_from(count).unwrap_or(i32::MAX)
    }

    /// Whether there may be more to see than what is held back.
    pub(super) fn is_behind(self) -> bool {
        self.is_behind.get()
    }

    /// Shows what was held back.
    pub(super) fn show(self) {
        if self.is_behind.get_untracked() {
            self.is_behind.set(false);
            self.pages.restart();
        }
        let mut held_back = Vec::new();
        self.held_back
            .update(|entries| std::mem::swap(entries, &mut held_back));
        self.recent.update(|recent| {
            for entry in held_back {
                insert(recent, entry);
            }
        });
    }

    /// Why there are no more.
    pub(super) fn problem(self) -> Signal<Option<Error>> {
        let problem = self.pages.problem();
        Signal::derive(move || problem.get().or_else(|| self.refused.get()))
    }

    /// Whether there are older ones.
    pub(super) fn more(self) -> Signal<bool> {
        self.pages.more()
    }

    /// Whether some are on their way.
    pub(super) fn loading(self) -> Signal<bool> {
        self.pages.loading()
    }

    /// Reads older ones.
    pub(super) fn read_on(self) {
        self.pages.read_on();
    }

    /// Asks again for what failed.
    pub(super) fn retry(self) {
        if self.refused.get_untracked().is_some() {
            self.watch();
        }
        self.pages.retry();
    }

    fn watch(self) {
        self.refused.set(None);
        let filter = self.filter.get_value();
        let receive = move |event| match event {
            Event::Next(entry) => self.take(entry),
            Event::Rejected(error) => self.refused.set(Some(error)),
        };
        let subscription = self.api.watch_log(&filter, receive);
        self.subscription.set_value(Some(subscription));
    }

    fn take(self, entry: LogEntry) {
        if self.follows.get_untracked() {
            self.recent.maybe_update(|recent| insert(recent, entry));
            let is_long = self.recent.with_untracked(Vec::len) > MOST_RECENT;
            if is_long && !self.pages.loading().get_untracked() {
                self.begin_again();
            }
        } else if !self.knows(&entry) {
            self.held_back
                .maybe_update(|entries| insert(entries, entry));
            if self.held_back.with_untracked(Vec::len) > MOST_RECENT {
                self.held_back.set(Vec::new());
                self.is_behind.set(true);
            }
        }
    }

    /// Begins the list again; but somebody who has read on stays there, and is told that there is more.
    fn begin_again(self) {
        if self.pages.has_read_on() {
            self.follows.set(false);
            self.is_behind.set(true);
        } else {
            self.pages.restart();
        }
    }

    /// Whether an entry is in sight: of the last minute, some come a second time.
    fn knows(self, entry: &LogEntry) -> bool {
        let is_it = |known: &LogEntry| known.number == entry.number;
        self.entries
            .with_untracked(|entries| entries.iter().any(is_it))
    }
}

/// What the log is in the order of, from the greatest on.
fn order(entry: &LogEntry) -> (DateTime, i32) {
    (entry.date.clone(), entry.number)
}

/// Puts an entry where it belongs; false where it is there already.
fn insert(entries: &mut Vec<LogEntry>, entry: LogEntry) -> bool {
    let place = entries.partition_point(|known| order(known) > order(&entry));
    let is_there = entries
        .get(place)
        .is_some_and(|known| known.number == entry.number);
    if !is_there {
        entries.insert(place, entry);
    }
    !is_there
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::log::LogStatus;

    fn entry(number: i32, second: u32) -> LogEntry {
        LogEntry {
            number,
            date: DateTime(format!("2026-11-25T06:00:{second:02}.000Z")),
            action: "TASK_CREATE".into(),
            parameter: None,
            status: LogStatus::Success,
            client: None,
            message: None,
        }
    }

    #[test]
    fn an_entry_comes_where_it_belongs_and_once() {
        let mut entries = Vec::new();
        for (number, second, is_new) in
            [(3, 30, true), (1, 10, true), (2, 20, true), (2, 20, false)]
        {
            assert_eq!(
                insert(&mut entries, entry(number, second)),
                is_new,
                "{number}"
            );
        }
        let numbers: Vec<_> = entries.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, [3, 2, 1]);
    }
}
