//! Wake-ups: who is told, after a commit, that something is worth reading again.
//!
//! Rule of the house: an event carries ids and a revision, never data. Whoever wakes reads the database. A lost,
//! doubled or late event therefore costs nothing but a moment, and a subscriber joins *before* it reads history.
//!
//! The bus is inside of this process. Where the operator has a NATS server, [`nats`] tells the other processes what is
//! said here, and says here what they tell. Without it, and while it is away, what they did is found by looking.

mod absences;
mod address;
mod letter;
pub(crate) mod nats;

pub use absences::{Absence, Absences};
pub use address::BusAddress;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use entity::{RunId, ScheduleId};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, broadcast, mpsc, watch};

/// How many wake-ups a slow listener of all schedules, or of all runs, may be behind before it is told to look at everything.
const BACKLOG: usize = 4_096;

/// What somebody is woken for.
///
/// Processes tell each other so in these words, of whatever version they are: a word keeps its meaning for ever, and one
/// that a process does not know it passes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wakeup {
    /// A schedule has, or had at some moment, this revision.
    Schedule {
        /// Which one.
        id: ScheduleId,
        /// Its revision.
        revision: i32,
    },
    /// A schedule was deleted.
    Deleted(ScheduleId),
    /// A run is new or has changed.
    Run(RunId),
    /// A run has written something.
    Output(RunId),
    /// The log has a new entry.
    Log,
    /// There may be something for schedulers to do.
    Scheduler,
    /// Something may have gone unheard, and it is time to look for it.
    Look,
}

/// What a listener to one schedule last heard of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It has, or had at some moment, this revision.
    Revision(i32),
    /// It was deleted.
    Deleted,
}

/// How what other processes do is heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusState {
    /// By looking: there is no NATS server in the settings.
    Local,
    /// By looking, for the NATS server is away.
    Away,
    /// By looking, until what is sent to the NATS server is known to come back from it.
    Joining,
    /// Over NATS, at once.
    Joined,
}

impl BusState {
    /// Whether NATS is at work.
    pub fn is_joined(self) -> bool {
        self == Self::Joined
    }

    /// What operators are told: which of the two, NATS or looking, is at work.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Away | Self::Joining => "nats-disconnected",
            Self::Joined => "nats",
        }
    }
}

/// What is said of one schedule.
#[derive(Debug)]
struct Topic {
    heard: watch::Sender<Heard>,
    absences: Arc<Absences>,
}

impl Topic {
    fn new() -> Self {
        Self {
            heard: watch::Sender::new(Heard::Revision(0)),
            absences: Arc::default(),
        }
    }
}

/// The bus inside of this process.
#[derive(Debug)]
pub struct Events {
    topics: Mutex<HashMap<ScheduleId, Topic>>,
    all: broadcast::Sender<ScheduleId>,
    log: watch::Sender<()>,
    runs: broadcast::Sender<RunId>,
    output: broadcast::Sender<RunId>,
    looks: watch::Sender<()>,
    scheduler: Notify,
    /// What waits to be told to the other processes, where they are told.
    outbox: OnceLock<mpsc::Sender<Wakeup>>,
    untold: AtomicU64,
    bus: watch::Sender<BusState>,
}

impl Events {
    /// A bus without listeners.
    pub fn new() -> Self {
        Self {
            topics: Mutex::default(),
            all: broadcast::Sender::new(BACKLOG),
            log: watch::Sender::new(()),
            runs: broadcast::Sender::new(BACKLOG),
            output: broadcast::Sender::new(BACKLOG),
            looks: watch::Sender::new(()),
            scheduler: Notify::new(),
            outbox: OnceLock::new(),
            untold: AtomicU64::new(0),
            bus: watch::Sender::new(BusState::Local),
        }
    }

    /// Says that a schedule now has a revision.
    pub fn changed(&self, schedule: ScheduleId, revision: i32) {
        self.say(Wakeup::Schedule {
            id: schedule,
            revision,
        });
    }

    /// Says that a schedule is gone.
    pub fn deleted(&self, schedule: ScheduleId) {
        self.say(Wakeup::Deleted(schedule));
    }

    /// Listens to one schedule. Only what is said from now on counts as news.
    pub fn listen(&self, schedule: ScheduleId) -> watch::Receiver<Heard> {
        let mut topics = self.topics();
        let topic = topics.entry(schedule).or_insert_with(Topic::new);
        topic.heard.subscribe()
    }

    /// Where one who listens to a schedule notes that it is away.
    pub fn absences(&self, schedule: ScheduleId) -> Arc<Absences> {
        let mut topics = self.topics();
        let topic = topics.entry(schedule).or_insert_with(Topic::new);
        Arc::clone(&topic.absences)
    }

    /// How many listen to one schedule, but for those who have been away for long.
    pub fn listeners(&self, schedule: ScheduleId) -> u32 {
        let topics = self.topics();
        let listeners = topics.get(&schedule).map_or(0, |topic| {
            let all = topic.heard.receiver_count();
            all.saturating_sub(topic.absences.long())
        });
        u32::try_from(listeners).unwrap_or(u32::MAX)
    }

    /// Listens to all schedules.
    pub fn listen_to_all(&self) -> broadcast::Receiver<ScheduleId> {
        self.all.subscribe()
    }

    /// The schedules that somebody listens to. Forgets those that nobody listens to any more.
    pub fn listened_to(&self) -> Vec<ScheduleId> {
        let mut topics = self.topics();
        topics.retain(|_, topic| topic.heard.receiver_count() > 0);
        topics.keys().copied().collect()
    }

    /// What was last heard of a schedule that somebody listens to.
    pub fn last_heard(&self, schedule: ScheduleId) -> Option<Heard> {
        let topics = self.topics();
        topics.get(&schedule).map(|topic| *topic.heard.borrow())
    }

    /// Says that the log has a new entry.
    pub fn logged(&self) {
        self.say(Wakeup::Log);
    }

    /// Listens to the log. Only what is said from now on counts as news.
    pub fn listen_to_log(&self) -> watch::Receiver<()> {
        self.log.subscribe()
    }

    /// Whether somebody listens to the log.
    pub fn log_is_listened_to(&self) -> bool {
        self.log.receiver_count() > 0
    }

    /// Says that a run is new or has changed.
    pub fn run_changed(&self, run: RunId) {
        self.say(Wakeup::Run(run));
    }

    /// Listens to all runs.
    pub fn listen_to_runs(&self) -> broadcast::Receiver<RunId> {
        self.runs.subscribe()
    }

    /// Says that a run has written something.
    pub fn run_wrote(&self, run: RunId) {
        self.say(Wakeup::Output(run));
    }

    /// Listens to what all runs write.
    pub fn listen_to_output(&self) -> broadcast::Receiver<RunId> {
        self.output.subscribe()
    }

    /// Says that there may be something for the scheduler to do: a task is new or has changed, a run waits or has ended.
    pub fn wake_scheduler(&self) {
        self.say(Wakeup::Scheduler);
    }

    /// Waits for that. It is for the scheduler alone, and told at once where it was said before.
    pub async fn scheduler_woken(&self) {
        self.scheduler.notified().await;
    }

    /// Listens to when it is time to look, for something may have gone unheard.
    pub fn listen_to_looks(&self) -> watch::Receiver<()> {
        self.looks.subscribe()
    }

    /// Wakes for what was found by looking. The other processes look by themselves, and are not told.
    pub fn found(&self, wakeup: Wakeup) {
        // Nobody listening is not an error.
        match wakeup {
            Wakeup::Schedule { id, revision } => self.tell(id, Heard::Revision(revision)),
            Wakeup::Deleted(id) => self.tell(id, Heard::Deleted),
            Wakeup::Run(id) => drop(self.runs.send(id)),
            Wakeup::Output(id) => drop(self.output.send(id)),
            Wakeup::Log => self.log.send_replace(()),
            Wakeup::Scheduler => self.scheduler.notify_one(),
            Wakeup::Look => {
                self.looks.send_replace(());
                self.scheduler.notify_one();
            }
        }
    }

    /// How what other processes do is heard of at this moment.
    pub fn bus_state(&self) -> BusState {
        *self.bus.borrow()
    }

    /// How many wake-ups the other processes were not told of, since NATS was away or too slow. They found by looking what
    /// it was.
    pub fn untold(&self) -> u64 {
        self.untold.load(Ordering::Relaxed)
    }

    /// Says something in this process and to the others. It never waits: what there is no room for they find by looking.
    fn say(&self, wakeup: Wakeup) {
        self.found(wakeup);
        if let Some(outbox) = self.outbox.get()
            && outbox.try_send(wakeup).is_err()
        {
            self.leave_untold(1);
        }
    }

    /// Wakes for what another process said. It may come after news that are younger.
    fn hear(&self, wakeup: Wakeup) {
        let is_old = match wakeup {
            Wakeup::Schedule { id, revision } => matches!(
                self.last_heard(id),
                Some(Heard::Revision(known)) if known > revision
            ),
            _ => false,
        };
        if !is_old {
            self.found(wakeup);
        }
    }

    fn leave_untold(&self, wakeups: usize) {
        let wakeups = u64::try_from(wakeups).expect("a number of wake-ups in memory");
        self.untold.fetch_add(wakeups, Ordering::Relaxed);
    }

    fn tell(&self, schedule: ScheduleId, heard: Heard) {
        if let Some(topic) = self.topics().get(&schedule) {
            topic.heard.send_replace(heard);
        }
        // Nobody listening is not an error.
        let _ = self.all.send(schedule);
    }

    fn topics(&self) -> std::sync::MutexGuard<'_, HashMap<ScheduleId, Topic>> {
        // A wake-up is never half-done, so a panic elsewhere leaves nothing to repair.
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_hears_of_its_own_schedule_only() {
        let events = Events::new();
        let mut one = events.listen(ScheduleId(1));
        events.changed(ScheduleId(2), 9);
        assert!(!one.has_changed().expect("the topic lives"));
        events.changed(ScheduleId(1), 3);
        assert_eq!(*one.borrow_and_update(), Heard::Revision(3));
    }

    #[test]
    fn a_topic_without_listeners_is_forgotten() {
        let events = Events::new();
        let listener = events.listen(ScheduleId(1));
        assert_eq!(events.listened_to(), [ScheduleId(1)]);
        drop(listener);
        assert!(events.listened_to().is_empty());
    }

    #[test]
    fn who_is_away_for_a_moment_counts() {
        let events = Events::new();
        let _listener = events.listen(ScheduleId(1));
        let away = events.absences(ScheduleId(1)).leave();
        assert_eq!(events.listeners(ScheduleId(1)), 1);
        drop(away);
        assert_eq!(events.absences(ScheduleId(1)).long(), 0);
    }

    #[test]
    fn what_is_heard_late_does_not_hide_what_is_younger() {
        let events = Events::new();
        let mut one = events.listen(ScheduleId(1));
        events.changed(ScheduleId(1), 5);
        one.mark_unchanged();
        let revision = |revision| Wakeup::Schedule {
            id: ScheduleId(1),
            revision,
        };
        events.hear(revision(4));
        assert!(!one.has_changed().expect("the topic lives"));
        events.hear(revision(6));
        assert_eq!(*one.borrow_and_update(), Heard::Revision(6));
        // Found by looking: the database was restored.
        events.found(revision(2));
        assert_eq!(*one.borrow_and_update(), Heard::Revision(2));
    }

    #[test]
    fn saying_never_waits_and_only_what_was_said_here_is_told() {
        let events = Events::new();
        let (outbox, mut told) = mpsc::channel(2);
        events.outbox.set(outbox).expect("a new bus");
        events.found(Wakeup::Run(RunId(1)));
        events.hear(Wakeup::Run(RunId(2)));
        for run in 3..8 {
            events.run_changed(RunId(run));
        }
        assert_eq!(events.untold(), 3);
        assert_eq!(told.try_recv(), Ok(Wakeup::Run(RunId(3))));
        assert_eq!(told.try_recv(), Ok(Wakeup::Run(RunId(4))));
        assert!(told.try_recv().is_err());
    }
}
