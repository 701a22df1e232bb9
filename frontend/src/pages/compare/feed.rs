//! The data of a comparison. While one of the two schedules is open, its revision is watched, and the
//! two are compared again when it changes: every few seconds at the most, as that reads all results
//! of both.

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    api::{
        Api,
        comparisons::Comparison,
        error::{Code, Error},
        schedules::{Schedule, ScheduleStatus},
        socket::{Event, Subscription},
    },
    erased::{effect, memo},
    task::{retry_when_live, spawn_while_shown},
};

/// How long a comparison holds at least before there is another one.
const PAUSE: Duration = Duration::from_secs(3);

/// One of the two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    /// What is compared with: the earlier one.
    Base,
    /// What is compared.
    Other,
}

/// The names of the two schedules.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pair {
    /// What is compared with.
    pub(super) base: String,
    /// What is compared.
    pub(super) other: String,
}

impl Pair {
    /// The name on one side.
    pub(super) fn name(&self, side: Side) -> &str {
        match side {
            Side::Base => &self.base,
            Side::Other => &self.other,
        }
    }

    /// The pair with another schedule on one side.
    pub(super) fn with(&self, side: Side, name: String) -> Self {
        match side {
            Side::Base => Self {
                base: name,
                ..self.clone()
            },
            Side::Other => Self {
                other: name,
                ..self.clone()
            },
        }
    }

    /// The pair the other way round.
    pub(super) fn swapped(&self) -> Self {
        Self {
            base: self.other.clone(),
            other: self.base.clone(),
        }
    }
}

/// What there is to show.
#[derive(Clone, PartialEq)]
pub(super) enum Phase {
    /// Nothing has come yet.
    Loading,
    /// The comparison, as it changes.
    There(ArcRwSignal<Comparison>),
    /// There is no schedule on this side.
    Missing(Side),
    /// The server refused, and there is nothing to show.
    Failed(Error),
}

/// The comparison and what keeps it up to date; free to copy, and gone with the page that shows it.
#[derive(Clone, Copy)]
pub(super) struct Feed {
    api: Api,
    pair: StoredValue<Pair>,
    phase: RwSignal<Phase>,
    problem: RwSignal<Option<Error>>,
    asked: Trigger,
    /// When the two were last compared, in milliseconds since 1970.
    compared: StoredValue<f64>,
    due: StoredValue<bool>,
    subscriptions: StoredValue<Vec<Subscription>, LocalStorage>,
}

impl Feed {
    /// Compares two schedules.
    pub(super) fn start(pair: Pair) -> Self {
        let feed = Self {
            api: Api::expect(),
            pair: StoredValue::new(pair),
            phase: RwSignal::new(Phase::Loading),
            problem: RwSignal::new(None),
            asked: Trigger::new(),
            compared: StoredValue::new(0.0),
            due: StoredValue::new(false),
            subscriptions: StoredValue::new_local(Vec::new()),
        };
        feed.compare();
        feed.watch();
        retry_when_live(feed.problem.into(), move || feed.refresh());
        feed
    }

    /// What there is to show now.
    pub(super) fn phase(self) -> Phase {
        self.phase.get()
    }

    /// Compares again.
    pub(super) fn refresh(self) {
        self.asked.notify();
    }

    fn compare(self) {
        effect(move || {
            self.asked.track();
            let pair = self.pair.get_value();
            self.compared.set_value(js_sys::Date::now());
            spawn_while_shown(async move {
                let answer = self.api.comparison(&pair.base, &pair.other).await;
                self.take(answer);
            });
        });
    }

    fn take(self, answer: Result<Option<Comparison>, Error>) {
        self.problem.set(answer.as_ref().err().cloned());
        match answer {
            Ok(Some(comparison)) => match self.phase.get_untracked() {
                Phase::There(known) => known.set(comparison),
                _ => self.phase.set(Phase::There(ArcRwSignal::new(comparison))),
            },
            Ok(None) => self.phase.set(Phase::Missing(Side::Other)),
            Err(error) => self.fail(error),
        }
    }

    fn fail(self, error: Error) {
        let there = matches!(self.phase.get_untracked(), Phase::There(_));
        if let Some(side) = self.pair.with_value(|pair| missing_side(&error, pair)) {
            self.phase.set(Phase::Missing(side));
        } else if !(there && error.is_passing()) {
            self.phase.set(Phase::Failed(error));
        }
    }

    /// Watches the schedules that are open, anew when one is closed or opened again.
    fn watch(self) {
        let open = memo(move || match self.phase.get() {
            Phase::There(comparison) => comparison.with(open_sides),
            _ => [false, false],
        });
        effect(move || {
            let [base, other] = open.get();
            let sides = [(Side::Base, base), (Side::Other, other)];
            let open = sides.into_iter().filter(|(_, open)| *open);
            let subscriptions = open.map(|(side, _)| self.subscribe(side)).collect();
            self.subscriptions.set_value(subscriptions);
        });
    }

    fn subscribe(self, side: Side) -> Subscription {
        let name = self.pair.with_value(|pair| pair.name(side).to_owned());
        let last_seen = move || self.revision(side);
        // What can't be followed any more has been deleted, which comparing again will tell.
        let receive = move |event| match event {
            Event::Next(revision) if revision == self.revision(side) => {}
            Event::Next(_) | Event::Rejected(_) => self.refresh_soon(),
        };
        self.api.watch_revision(&name, last_seen, receive)
    }

    /// The revision of a schedule that was compared.
    fn revision(self, side: Side) -> i32 {
        match self.phase.get_untracked() {
            Phase::There(comparison) => {
                comparison.with_untracked(|comparison| schedule(comparison, side).revision)
            }
            _ => 0,
        }
    }

    fn refresh_soon(self) {
        if self.due.get_value() {
            return;
        }
        self.due.set_value(true);
        let since = js_sys::Date::now() - self.compared.get_value();
        let since = Duration::from_secs_f64(since.max(0.0) / 1_000.0);
        set_timeout(
            move || {
                // The page may be gone by now.
                if self.due.try_update_value(|due| *due = false).is_some() {
                    self.refresh();
                }
            },
            PAUSE.saturating_sub(since),
        );
    }
}

/// The schedule on one side of a comparison.
pub(super) fn schedule(comparison: &Comparison, side: Side) -> &Schedule {
    match side {
        Side::Base => &comparison.differences.base,
        Side::Other => &comparison.other,
    }
}

fn open_sides(comparison: &Comparison) -> [bool; 2] {
    [Side::Base, Side::Other]
        .map(|side| schedule(comparison, side).status != ScheduleStatus::Closed)
}

/// On which side there is no schedule, where the error says that there is none. A name that is no
/// GUID is no schedule's name.
fn missing_side(error: &Error, pair: &Pair) -> Option<Side> {
    if error.is(Code::NotFound) {
        Some(Side::Base)
    } else if error.is(Code::Validation) {
        Some(if is_guid(&pair.base) {
            Side::Other
        } else {
            Side::Base
        })
    } else {
        None
    }
}

/// Whether a text has the form of a schedule's name.
fn is_guid(text: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| {
            if hyphens.contains(&place) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn pair(base: &str, other: &str) -> Pair {
        Pair {
            base: base.into(),
            other: other.into(),
        }
    }

    fn refused(code: Code) -> Error {
        Error::Refused {
            code,
            message: String::new(),
            field: None,
        }
    }

    #[test]
    fn the_side_without_a_schedule_is_told() {
        let not_found = refused(Code::NotFound);
        assert_eq!(
            missing_side(&not_found, &pair(GUID, GUID)),
            Some(Side::Base)
        );
        let invalid = refused(Code::Validation);
        assert_eq!(missing_side(&invalid, &pair("x", GUID)), Some(Side::Base));
        assert_eq!(missing_side(&invalid, &pair(GUID, "x")), Some(Side::Other));
        assert_eq!(missing_side(&Error::Unreachable, &pair(GUID, GUID)), None);
    }

    #[test]
    fn a_side_can_be_replaced_and_both_can_change_places() {
        let pair = pair("a", "b");
        assert_eq!(pair.with(Side::Base, "c".into()).base, "c");
        assert_eq!(pair.with(Side::Other, "c".into()).base, "a");
        assert_eq!(pair.swapped().base, "b");
        assert_eq!(pair.swapped().swapped(), pair);
    }
}
