//! Those that write results, for all who report them: group commit.
//!
//! Reports that arrive while a commit is under way wait, and go into the next transaction together. When nothing is
//! under way, nobody waits. Each report gets its own answer, and one that fails never fails its neighbours: the group
//! is split and tried again.
//!
//! On a server several desks write, each the results of its own schedules.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    iter,
    num::NonZeroUsize,
    sync::Arc,
    thread,
    time::Duration,
};

use entity::Guid;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::task::TaskTracker;

use super::{
    Receipt, Submission,
    group::{self, Committed, Known, Patience, Tried},
};
use crate::{
    db::{self, Db, dedicated::Dedicated},
    error::{Error, Result},
    events::Events,
    metrics::{Metrics, Refusal},
};

/// The most rows of a group, unless a single submission has more.
const GROUP_ROWS: usize = 64;

/// The most bytes of a group, unless a single submission has more.
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// How much longer a caller waits, who may have come when a try that hangs had just begun.
const HANGING: Duration = Duration::from_secs(10);

/// How long a group is tried again while the database is in trouble.
const PATIENCE: Duration = Duration::from_secs(15);

/// How many desks write to a server: what one commits reaches the disk while the other executes its statements. With more of them
/// the groups are smaller, and there are more statements. In a file only one can write at a time.
const DESKS: usize = 2;

/// The way to those that write.
#[derive(Clone, Debug)]
pub struct Writer {
    /// The queue of each desk.
    queues: Vec<mpsc::UnboundedSender<Waiting>>,
    /// For how many more there is room, in all of them together.
    room: Arc<Semaphore>,
    most: usize,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
struct Job {
    submission: Submission,
    answer: oneshot::Sender<Result<Receipt>>,
}

/// A job in a queue. It takes up room until it is taken from there.
#[derive(Debug)]
struct Waiting {
    job: Job,
    _room: OwnedSemaphorePermit,
}

impl Writer {
    /// Starts writing in the background, until every handle is gone. So many submissions may wait; beyond it they are
    /// refused, so that memory stays bounded.
    pub fn start(tools: &Tools, most: NonZeroUsize, background: &TaskTracker) -> Self {
        let desks = if tools.db.is_file() { 1 } else { DESKS };
        let queue = || {
            let (queue, jobs) = mpsc::unbounded_channel();
            start(Desk::new(jobs, tools.clone()), background);
            queue
        };
        Self {
            queues: iter::repeat_with(queue).take(desks).collect(),
            room: Arc::new(Semaphore::new(most.get())),
            most: most.get(),
            metrics: Arc::clone(&tools.metrics),
        }
    }

    /// How many submissions wait.
    pub(crate) fn waiting(&self) -> usize {
        self.most - self.room.available_permits()
    }

    /// Has a submission written, and returns when it is on disk. What was begun goes on if the caller leaves.
    #[tracing::instrument(name = "have written", level = "debug", skip_all)]
    pub(crate) async fn submit(&self, submission: Submission) -> Result<Receipt> {
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| {
            self.metrics.refused(Refusal::WriteQueue);
            Error::Unavailable
        })?;
        let queue = self.queue_of(submission.schedule);
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            job: Job { submission, answer },
            _room: room,
        };
        queue.send(waiting).map_err(|_| Error::Unavailable)?;
        // It may still be written, and is found by its key then.
        match timeout(PATIENCE + HANGING, answered).await {
            Ok(Ok(answer)) => answer,
            _ => Err(Error::Unavailable),
        }
    }

    /// What belongs to one schedule is written by one desk, or two would wait for each other's lock.
    fn queue_of(&self, schedule: Guid) -> &mpsc::UnboundedSender<Waiting> {
        let mut hasher = DefaultHasher::new();
        schedule.hash(&mut hasher);
        let of_desks = self.queues.len() as u64;
        let desk = usize::try_from(hasher.finish() % of_desks).expect("there are few desks");
        &self.queues[desk]
    }
}

/// Has a desk at work until all is done. Where it calls the database directly, it has a thread of its own.
fn start(desk: Desk, background: &TaskTracker) {
    let is_blocking = desk.tools.db.is_file();
    let work = background.track_future(desk.work());
    if is_blocking {
        let runtime = Handle::current();
        thread::Builder::new()
            .name("results".to_owned())
            .spawn(move || runtime.block_on(work))
            .expect("a process may have one more thread");
    } else {
        tokio::spawn(work);
    }
}

/// Some jobs that are written together.
struct Group {
    jobs: Vec<Job>,
    /// The keys that earlier tries may have recorded.
    tried: Tried,
    attempts: u32,
    /// When to try again, and when to give up.
    due: Instant,
    give_up: Instant,
}

impl Group {
    fn new(jobs: Vec<Job>) -> Self {
        let now = Instant::now();
        Self {
            jobs,
            tried: Tried::new(),
            attempts: 0,
            due: now,
            give_up: now + PATIENCE,
        }
    }

    /// The same jobs in two groups.
    fn halves(mut self) -> [Self; 2] {
        let half = self.jobs.len() / 2;
        let rest = self.jobs.split_off(half);
        [self.with(rest), self]
    }

    /// The same jobs, each schedule's in a group of its own.
    fn by_schedule(mut self) -> Vec<Self> {
        let mut schedules: BTreeMap<Guid, Vec<Job>> = BTreeMap::new();
        for job in std::mem::take(&mut self.jobs) {
            schedules
                .entry(job.submission.schedule)
                .or_default()
                .push(job);
        }
        schedules
            .into_values()
            .map(|jobs| self.with(jobs))
            .collect()
    }

    /// Other jobs with the same history.
    fn with(&self, jobs: Vec<Job>) -> Self {
        Self {
            jobs,
            tried: self.tried.clone(),
            attempts: self.attempts,
            due: self.due,
            give_up: self.give_up,
        }
    }

    /// Answers each job. That a caller has left is no error.
    fn answer(self, receipts: Vec<Result<Receipt>>) {
        for (job, receipt) in self.jobs.into_iter().zip(receipts) {
            let _ = job.answer.send(receipt);
        }
    }

    fn refuse(self, error: &Error) {
        for job in self.jobs {
            let _ = job.answer.send(Err(error.clone()));
        }
    }
}

/// What it takes to write: where to, who is told, and what is counted.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The database.
    pub db: Db,
    /// Who is told of changes.
    pub events: Arc<Events>,
    /// What operators see in numbers.
    pub metrics: Arc<Metrics>,
}

/// Where the reports are written.
struct Desk {
    jobs: mpsc::UnboundedReceiver<Waiting>,
    /// The first job of the next group: it did not fit into the last one.
    held: Option<Job>,
    /// What the database broke off, to be tried again when it is due.
    again: Vec<Group>,
    tools: Tools,
    connection: Option<Dedicated>,
    known: Known,
}

impl Desk {
    fn new(jobs: mpsc::UnboundedReceiver<Waiting>, tools: Tools) -> Self {
        Self {
            jobs,
            held: None,
            again: Vec::new(),
            tools,
            connection: None,
            known: Known::default(),
        }
    }

    async fn work(mut self) {
        while let Some(group) = self.next_group().await {
            self.settle(group).await;
        }
    }

    /// Waits for what is to be written next: something that is to be tried again, as soon as it is due, or new jobs.
    async fn next_group(&mut self) -> Option<Group> {
        let due = self.again.iter().map(|group| group.due).min();
        let first = if self.held.is_some() {
            self.held.take()
        } else {
            tokio::select! {
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => None,
                waiting = self.jobs.recv(), if due.is_none() || !self.jobs.is_closed() => {
                    waiting.map(|waiting| waiting.job)
                }
            }
        };
        match first {
            Some(first) => Some(Group::new(self.gather(first))),
            None => self.take_due(),
        }
    }

    /// What has waited longest for being tried again, if anything has.
    fn take_due(&mut self) -> Option<Group> {
        let (position, _) = self
            .again
            .iter()
            .enumerate()
            .min_by_key(|(_, group)| group.due)?;
        Some(self.again.swap_remove(position))
    }

    /// Takes, with a job, all that wait already and fit.
    fn gather(&mut self, first: Job) -> Vec<Job> {
        let (mut rows, mut bytes) = first.size();
        let mut group = vec![first];
        while let Ok(Waiting { job, .. }) = self.jobs.try_recv() {
            let (more_rows, more_bytes) = job.size();
            rows += more_rows;
            bytes += more_bytes;
            if rows > GROUP_ROWS || bytes > GROUP_BYTES {
                self.held = Some(job);
                break;
            }
            group.push(job);
        }
        group
    }

    /// Writes a group and answers its jobs. What can't be written now is left for later, each schedule for itself, so
    /// that one that is locked holds up no other; what spoils its group is found by halving.
    async fn settle(&mut self, group: Group) {
        let mut groups = vec![group];
        while let Some(mut group) = groups.pop() {
            match self.try_to_write(&mut group).await {
                Ok(committed) => {
                    for (schedule, revision) in committed.changed {
                        self.tools.events.changed(schedule, revision);
                    }
                    group.answer(committed.receipts);
                }
                Err(error @ (Error::Interrupted | Error::Unavailable)) => {
                    self.drop_connection_after(&error);
                    self.leave_for_later(group);
                }
                Err(error) if group.jobs.len() == 1 => group.refuse(&error),
                Err(_) => groups.extend(group.halves()),
            }
        }
    }

    fn leave_for_later(&mut self, mut group: Group) {
        if Instant::now() > group.give_up {
            return group.refuse(&Error::Unavailable);
        }
        tracing::warn!(
            attempt = group.attempts,
            "results could not be written, trying again"
        );
        group.due = Instant::now() + db::back_off(group.attempts);
        self.again.extend(group.by_schedule());
    }

    /// One try. Keys make it safe to try again: what an earlier one may have committed is found by them.
    #[tracing::instrument(name = "write results", level = "debug", skip_all, fields(submissions = group.jobs.len()))]
    async fn try_to_write(&mut self, group: &mut Group) -> Result<Committed> {
        group.attempts += 1;
        let connection = match &self.connection {
            Some(connection) => connection,
            None => self
                .connection
                .insert(self.tools.db.dedicated_writer().await?),
        };
        let submissions: Vec<_> = group.jobs.iter().map(|job| &job.submission).collect();
        let patience = if group.attempts == 1 {
            Patience::WaitForLocks
        } else {
            Patience::None
        };
        let begun = Instant::now();
        let committed = group::write(
            connection,
            &submissions,
            &mut self.known,
            &mut group.tried,
            patience,
        )
        .await?;
        let metrics = &self.tools.metrics;
        metrics.committed(committed.results, begun.elapsed());
        Ok(committed)
    }

    /// A connection that hangs, or that was lost while committing, is of no use any more.
    fn drop_connection_after(&mut self, error: &Error) {
        if matches!(error, Error::Unavailable) {
            self.connection = None;
        }
    }
}

impl Job {
    /// Its rows and bytes.
    fn size(&self) -> (usize, usize) {
        let entries = &self.submission.entries;
        (entries.len(), entries.iter().map(super::Entry::bytes).sum())
    }
}
