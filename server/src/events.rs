//! Wake-ups: who is told, after a commit, that something is worth reading again.
//!
//! Rule of the house: an event carries ids and a revision, never data. Whoever wakes reads the database. A lost,
//! doubled or late event therefore costs nothing but a moment, and a subscriber joins *before* it reads history.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use entity::{RunId, ScheduleId};
use tokio::sync::{Notify, broadcast, watch};

/// How many wake-ups a slow listener of all schedules, or of all runs, may be behind before it is told to look at everything.
const BACKLOG: usize = 4_096;

/// What a listener to one schedule last heard of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It has, or had at some moment, this revision.
    Revision(i32),
    /// It was deleted.
    Deleted,
}

/// The bus inside of this process.
#[derive(Debug)]
pub struct Events {
    topics: Mutex<HashMap<ScheduleId, watch::Sender<Heard>>>,
    all: broadcast::Sender<ScheduleId>,
    log: watch::Sender<()>,
    runs: broadcast::Sender<RunId>,
    output: broadcast::Sender<RunId>,
    scheduler: Notify,
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
            scheduler: Notify::new(),
        }
    }

    /// Says that a schedule now has a revision.
    pub fn changed(&self, schedule: ScheduleId, revision: i32) {
        self.tell(schedule, Heard::Revision(revision));
    }

    /// Says that a schedule is gone.
    pub fn deleted(&self, schedule: ScheduleId) {
        self.tell(schedule, Heard::Deleted);
    }

    /// Listens to one schedule. Only what is said from now on counts as news.
    pub fn listen(&self, schedule: ScheduleId) -> watch::Receiver<Heard> {
        self.topics()
            .entry(schedule)
            .or_insert_with(|| watch::Sender::new(Heard::Revision(0)))
            .subscribe()
    }

    /// Listens to all schedules.
    pub fn listen_to_all(&self) -> broadcast::Receiver<ScheduleId> {
        self.all.subscribe()
    }

    /// The schedules that somebody listens to. Forgets those that nobody listens to any more.
    pub fn listened_to(&self) -> Vec<ScheduleId> {
        let mut topics = self.topics();
        topics.retain(|_, topic| topic.receiver_count() > 0);
        topics.keys().copied().collect()
    }

    /// What was last heard of a schedule that somebody listens to.
    pub fn last_heard(&self, schedule: ScheduleId) -> Option<Heard> {
        self.topics().get(&schedule).map(|topic| *topic.borrow())
    }

    /// Says that the log has a new entry.
    pub fn logged(&self) {
        self.log.send_replace(());
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
        // Nobody listening is not an error.
        let _ = self.runs.send(run);
    }

    /// Listens to all runs.
    pub fn listen_to_runs(&self) -> broadcast::Receiver<RunId> {
        self.runs.subscribe()
    }

    /// Says that a run has written something.
    pub fn run_wrote(&self, run: RunId) {
        // Nobody listening is not an error.
        let _ = self.output.send(run);
    }

    /// Listens to what all runs write.
    pub fn listen_to_output(&self) -> broadcast::Receiver<RunId> {
        self.output.subscribe()
    }

    /// Says that there may be something for the scheduler to do: a task is new or has changed, a run waits or has ended.
    pub fn wake_scheduler(&self) {
        self.scheduler.notify_one();
    }

    /// Waits for that. It is for the scheduler alone, and told at once where it was said before.
    pub async fn scheduler_woken(&self) {
        self.scheduler.notified().await;
    }

    fn tell(&self, schedule: ScheduleId, heard: Heard) {
        if let Some(topic) = self.topics().get(&schedule) {
            topic.send_replace(heard);
        }
        // Nobody listening is not an error.
        let _ = self.all.send(schedule);
    }

    fn topics(&self) -> std::sync::MutexGuard<'_, HashMap<ScheduleId, watch::Sender<Heard>>> {
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
}
