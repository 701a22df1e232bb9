//! Listeners of one schedule that were told something and have not come back for more: what is sent to them does not get
//! through. They need not be considered by those that listen.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use uuid::Uuid;

/// Who takes longer than that does not read.
const LONG: Duration = Duration::from_secs(1);

/// When each of them left.
#[derive(Debug, Default)]
pub struct Absences(Mutex<BTreeSet<(Instant, Uuid)>>);

impl Absences {
    /// Notes that a listener has left, until what is returned is dropped.
    pub fn leave(self: &Arc<Self>) -> Absence {
        let absence = Absence {
            since: (Instant::now(), Uuid::new_v4()),
            absences: Arc::clone(self),
        };
        self.since().insert(absence.since);
        absence
    }

    /// How many have been away for long.
    pub fn long(&self) -> usize {
        let since = self.since();
        since
            .iter()
            .take_while(|(since, _)| since.elapsed() > LONG)
            .count()
    }

    /// Nobody who panics leaves it in the middle of something.
    fn since(&self) -> MutexGuard<'_, BTreeSet<(Instant, Uuid)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who has left.
#[derive(Debug)]
pub struct Absence {
    since: (Instant, Uuid),
    absences: Arc<Absences>,
}

impl Drop for Absence {
    fn drop(&mut self) {
        self.absences.since().remove(&self.since);
    }
}
