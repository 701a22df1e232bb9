//! The data of one schedule's page. History and live changes come through one subscription that
//! starts at revision 0 and goes on, after each lost connection, from the last revision that was
//! seen. Rows and counters come in one message and are set together, so they never disagree. Only
//! for a schedule to which nothing has happened yet, and for the moment until the first message,
//! the schedule itself is also asked for.

use leptos::prelude::*;

use super::table::{Row, RowFilter, Table};
use crate::{
    api::{
        Api,
        error::{Code, Error},
        results::ScheduleChange,
        schedules::Schedule,
        socket::{Connection, Event, Subscription},
    },
    erased::{effect, memo},
    lag::Lag,
    task::spawn_while_shown,
};

/// What there is to show.
#[derive(Clone, PartialEq)]
pub(super) enum Phase {
    /// Nothing has come yet.
    Loading,
    /// The schedule, as it changes; its results are in the feed.
    Open(ArcRwSignal<Schedule>),
    /// There is no schedule of this name.
    NotFound,
    /// There was one a moment ago.
    Deleted,
    /// The server refused.
    Failed(Error),
}

/// The data and the subscription that brings it; free to copy, and gone with the page that
/// started it.
#[derive(Clone, Copy)]
pub(super) struct Feed {
    api: Api,
    name: StoredValue<String>,
    phase: RwSignal<Phase>,
    /// The revision up to which the rows are complete; 0 until the first message.
    revision: RwSignal<i32>,
    /// Notified when everything begins again.
    begun: Trigger,
    table: StoredValue<Table>,
    /// Notified when the order or the choice of rows may be another; at most once a frame.
    shape: Trigger,
    reshaping: StoredValue<bool>,
    subscription: StoredValue<Option<Subscription>, LocalStorage>,
}

impl Feed {
    /// Subscribes to the schedule of this name.
    pub(super) fn start(name: String) -> Self {
        let feed = Self {
            api: Api::expect(),
            name: StoredValue::new(name),
            phase: RwSignal::new(Phase::Loading),
            revision: RwSignal::new(0),
            begun: Trigger::new(),
            table: StoredValue::new(Table::default()),
            shape: Trigger::new(),
            reshaping: StoredValue::new(false),
            subscription: StoredValue::new_local(None),
        };
        feed.subscribe();
        feed.ask_for_schedule();
        Lag::expect().follow(move || feed.behind());
        feed
    }

    /// Forgets all rows and begins again from revision 0.
    pub(super) fn restart(self) {
        self.table.set_value(Table::default());
        self.revision.set(0);
        self.shape.notify();
        if !matches!(self.phase.get_untracked(), Phase::Open(_)) {
            self.phase.set(Phase::Loading);
        }
        self.subscribe();
        self.begun.notify();
    }

    /// What there is to show now.
    pub(super) fn phase(self) -> Phase {
        self.phase.get()
    }

    /// How many changes the rows are behind the schedule: those of its history that are still coming
    /// in.
    pub(super) fn behind(self) -> i32 {
        match self.phase.get() {
            Phase::Open(schedule) => {
                schedule.with(|schedule| schedule.revision) - self.revision.get()
            }
            _ => 0,
        }
    }

    /// The share of the history that has come in, in percent.
    pub(super) fn percent(self) -> f64 {
        let seen = f64::from(self.revision.get());
        let behind = f64::from(self.behind().max(0));
        if seen + behind == 0.0 {
            100.0
        } else {
            100.0 * seen / (seen + behind)
        }
    }

    /// Whether nothing was reported yet.
    pub(super) fn is_empty(self) -> bool {
        self.shape.track();
        self.table.with_value(Table::is_empty)
    }

    /// The rows to show, by index.
    pub(super) fn arrange(self, filter: &RowFilter) -> Vec<usize> {
        self.shape.track();
        self.table.with_value(|table| table.arrange(filter))
    }

    /// One row.
    pub(super) fn row(self, index: usize) -> Option<ArcRwSignal<Row>> {
        self.table.with_value(|table| table.row(index))
    }

    /// The index of a script's row, as soon as there is one.
    pub(super) fn index(self, script: &str) -> Option<usize> {
        self.shape.track();
        self.table.with_value(|table| table.index(script))
    }

    /// The rows of the scripts that run, by index.
    pub(super) fn running(self) -> Vec<usize> {
        self.shape.track();
        self.table.with_value(Table::running)
    }

    fn subscribe(self) {
        let name = self.name.get_value();
        let last_seen = move || self.revision.get_untracked();
        let subscription = self
            .api
            .watch_schedule(&name, last_seen, move |event| self.receive(event));
        self.subscription.set_value(Some(subscription));
    }

    /// Asks whenever there is a connection that may have nothing to say.
    fn ask_for_schedule(self) {
        let connection = self.api.socket().connection();
        let live = memo(move || connection.get() == Connection::Live);
        effect(move || {
            self.begun.track();
            if !live.get() || self.revision.get_untracked() > 0 {
                return;
            }
            let name = self.name.get_value();
            spawn_while_shown(async move {
                let answer = self.api.schedule(&name).await;
                self.take_answer(answer);
            });
        });
    }

    /// The answer counts only for as long as the subscription has said nothing.
    fn take_answer(self, answer: Result<Option<Schedule>, Error>) {
        if self.revision.get_untracked() > 0 {
            return;
        }
        let open = matches!(self.phase.get_untracked(), Phase::Open(_));
        match answer {
            Ok(Some(schedule)) => self.open(schedule),
            // Of what becomes of an open one, the subscription tells.
            Ok(None) | Err(_) if open => {}
            Ok(None) => self.phase.set(Phase::NotFound),
            Err(error) => self.phase.set(self.phase_after(error)),
        }
    }

    fn receive(self, event: Event<ScheduleChange>) {
        match event {
            Event::Next(change) => self.apply(change),
            // The database was restored to an earlier day: what is shown here is of a future that
            // never came.
            Event::Rejected(error) if error.is(Code::Conflict) => self.restart(),
            Event::Rejected(error) => self.phase.set(self.phase_after(error)),
        }
    }

    fn apply(self, change: ScheduleChange) {
        let ScheduleChange {
            revision,
            schedule,
            results,
        } = change;
        let moved = self.table.try_update_value(|table| table.apply(results));
        self.open(schedule);
        self.revision.set(revision);
        if moved.unwrap_or_default() {
            self.reshape_soon();
        }
    }

    fn open(self, schedule: Schedule) {
        match self.phase.get_untracked() {
            Phase::Open(known) => known.set(schedule),
            _ => self.phase.set(Phase::Open(ArcRwSignal::new(schedule))),
        }
    }

    fn phase_after(self, error: Error) -> Phase {
        let known = matches!(self.phase.get_untracked(), Phase::Open(_));
        match error {
            Error::Refused {
                code: Code::NotFound,
                ..
            } if known => Phase::Deleted,
            // A name that is no GUID is no schedule's name.
            Error::Refused {
                code: Code::NotFound | Code::Validation,
                ..
            } => Phase::NotFound,
            error => Phase::Failed(error),
        }
    }

    /// Has the rows arranged before the next frame is painted, however many messages come until
    /// then.
    fn reshape_soon(self) {
        if self.reshaping.get_value() {
            return;
        }
        self.reshaping.set_value(true);
        request_animation_frame(move || {
            // The page may be gone by now.
            if self
                .reshaping
                .try_update_value(|reshaping| *reshaping = false)
                .is_some()
            {
                self.shape.notify();
            }
        });
    }
}
