//! The one that writes results, for all who report them: group commit.
//!
//! Reports that arrive while a commit is under way wait, and go into the next transaction together. When nothing is
//! under way, nobody waits. Each report gets its own answer, and one that fails never fails its neighbours: the group
//! is split and tried again.

use std::{sync::Arc, time::Duration};

use sea_orm::DatabaseConnection;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::task::TaskTracker;

use super::{
    Receipt, Submission,
    group::{self, Committed, Tried},
};
use crate::{
    db::{self, Db},
    error::{Error, Result},
    events::Events,
};

/// The most rows of a group, unless a single submission has more.
const GROUP_ROWS: usize = 64;

/// The most bytes of a group, unless a single submission has more.
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// The most submissions that wait; beyond it they are refused, so that memory stays bounded.
const QUEUE: usize = 4_096;

/// How long a group is tried again while the database is in trouble.
const PATIENCE: Duration = Duration::from_secs(15);

/// The way to the one that writes.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
}

#[derive(Debug)]
struct Job {
    submission: Submission,
    answer: oneshot::Sender<Result<Receipt>>,
}

impl Writer {
    /// Starts writing in the background, until every handle is gone.
    pub fn start(db: Db, events: Arc<Events>, background: &TaskTracker) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let desk = Desk {
            jobs,
            held: None,
            db,
            events,
            connection: None,
        };
        background.spawn(desk.work());
        Self { queue }
    }

    /// Has a submission written, and returns when it is on disk. What was begun goes on if the caller leaves.
    pub(crate) async fn submit(&self, submission: Submission) -> Result<Receipt> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send(Job { submission, answer })
            .map_err(|_| Error::Unavailable)?;
        answered.await.unwrap_or(Err(Error::Unavailable))
    }
}

/// Where the reports are written.
struct Desk {
    jobs: mpsc::Receiver<Job>,
    /// The first job of the next group: it did not fit into the last one.
    held: Option<Job>,
    db: Db,
    events: Arc<Events>,
    connection: Option<DatabaseConnection>,
}

impl Desk {
    async fn work(mut self) {
        while let Some(group) = self.next_group().await {
            self.settle(group).await;
        }
    }

    /// Waits for a job, and takes with it all that wait already and fit.
    async fn next_group(&mut self) -> Option<Vec<Job>> {
        let first = match self.held.take() {
            Some(job) => job,
            None => self.jobs.recv().await?,
        };
        let (mut rows, mut bytes) = first.size();
        let mut group = vec![first];
        while let Ok(job) = self.jobs.try_recv() {
            let (more_rows, more_bytes) = job.size();
            rows += more_rows;
            bytes += more_bytes;
            if rows > GROUP_ROWS || bytes > GROUP_BYTES {
                self.held = Some(job);
                break;
            }
            group.push(job);
        }
        Some(group)
    }

    /// Writes a group and answers each of its jobs. A group that can't be written is split until the one is found that
    /// spoils it.
    async fn settle(&mut self, mut group: Vec<Job>) {
        let mut rest = Vec::new();
        loop {
            match self.write(&group).await {
                Ok(receipts) => answer(group, receipts),
                Err(error @ (Error::Interrupted | Error::Unavailable)) => refuse(group, &error),
                Err(error) if group.len() == 1 => refuse(group, &error),
                Err(_) => {
                    rest.push(group.split_off(group.len() / 2));
                    continue;
                }
            }
            match rest.pop() {
                Some(half) => group = half,
                None => return,
            }
        }
    }

    /// Writes a group, again and again while the database is in trouble. Keys make that safe: what an earlier try may
    /// have committed is found by them.
    async fn write(&mut self, group: &[Job]) -> Result<Vec<Result<Receipt>>> {
        let submissions: Vec<_> = group.iter().map(|job| &job.submission).collect();
        let give_up = Instant::now() + PATIENCE;
        let mut tried = Tried::new();
        for attempt in 1.. {
            match self.try_to_write(&submissions, &mut tried).await {
                Ok(committed) => {
                    for (schedule, revision) in committed.changed {
                        self.events.changed(schedule, revision);
                    }
                    return Ok(committed.receipts);
                }
                Err(error @ (Error::Interrupted | Error::Unavailable)) => {
                    tracing::warn!(attempt, "results could not be written, trying again");
                    self.drop_connection_after(&error);
                }
                Err(error) => return Err(error),
            }
            if Instant::now() > give_up {
                break;
            }
            tokio::time::sleep(db::back_off(attempt)).await;
        }
        Err(Error::Unavailable)
    }

    async fn try_to_write(
        &mut self,
        submissions: &[&Submission],
        tried: &mut Tried,
    ) -> Result<Committed> {
        let connection = match &self.connection {
            Some(connection) => connection,
            None => self.connection.insert(self.db.dedicated_writer().await?),
        };
        group::write(connection, submissions, tried).await
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

/// Answers each job of a group. That a caller has left is no error.
fn answer(group: Vec<Job>, receipts: Vec<Result<Receipt>>) {
    for (job, receipt) in group.into_iter().zip(receipts) {
        let _ = job.answer.send(receipt);
    }
}

fn refuse(group: Vec<Job>, error: &Error) {
    for job in group {
        let _ = job.answer.send(Err(error.clone()));
    }
}
