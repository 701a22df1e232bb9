//! Keeping what a command writes: line by line, in batches, and no more than a run may have.
//!
//! What is over the bound is read and thrown away, so that the command goes on; a last line says so. Memory stays flat:
//! where the database is slow the command waits.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entity::{
    RunId, Timestamp, run,
    run_output::{ActiveModel, Column, Entity, OutputStream},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};

use super::lines::Lines;
use crate::{
    db::{self, insert::ROWS_PER_STATEMENT},
    error::Result,
    state::State,
};

/// The most lines that are kept of a run.
pub(crate) const LINES: usize = 10_000;

/// The most bytes that are kept of a run.
pub(crate) const BYTES: usize = 4 * 1024 * 1024;

/// How many lines are written at once.
const BATCH: usize = 1_024;

/// How much time lies between two writes at least: a talkative command must not crowd out the reports of results.
const PACE: Duration = Duration::from_millis(100);

/// How long a program that has left its group may keep the output open.
const HELD_OPEN: Duration = Duration::from_secs(1);

/// How much is read at once.
const PIECE: usize = 16 * 1024;

/// A line on its way into the database.
#[derive(Debug)]
struct Line {
    stream: OutputStream,
    text: String,
    time: Timestamp,
}

/// How much a run may still keep.
#[derive(Debug, Default)]
struct Kept(Mutex<(usize, usize)>);

/// What to do with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admission {
    Keep,
    /// It is the first one that is not kept.
    SayThatItIsCut,
    Drop,
}

impl Kept {
    fn admit(&self, text: &str) -> Admission {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (lines, bytes) = *kept;
        if lines > LINES {
            return Admission::Drop;
        }
        if lines == LINES || bytes + text.len() > BYTES {
            kept.0 = LINES + 1;
            return Admission::SayThatItIsCut;
        }
        *kept = (lines + 1, bytes + text.len());
        Admission::Keep
    }
}

/// Reads what a command writes, and keeps it.
#[derive(Debug)]
pub(super) struct Recorder {
    readers: Vec<JoinHandle<()>>,
    writer: JoinHandle<()>,
}

impl Recorder {
    /// Begins to read and to keep.
    pub(super) fn start(
        state: &State,
        run: RunId,
        stdout: impl AsyncRead + Send + Unpin + 'static,
        stderr: impl AsyncRead + Send + Unpin + 'static,
    ) -> Self {
        let kept = Arc::new(Kept::default());
        let (lines, received) = mpsc::channel(BATCH);
        let reader = |stream| Reader {
            state: state.clone(),
            stream,
            kept: Arc::clone(&kept),
            lines: lines.clone(),
        };
        let readers = vec![
            tokio::spawn(reader(OutputStream::Stdout).read(stdout)),
            tokio::spawn(reader(OutputStream::Stderr).read(stderr)),
        ];
        Self {
            readers,
            writer: tokio::spawn(write(state.clone(), run, received)),
        }
    }

    /// Waits until nobody of the command's group has its output open any more.
    pub(super) async fn closed(&mut self) {
        for reader in &mut self.readers {
            if !reader.is_finished() {
                // A reader does not panic; if it did, there would be nothing more to read.
                let _ = reader.await;
            }
        }
    }

    /// Waits until all is written. What has left the group and still holds the output open is not waited for.
    pub(super) async fn finish(mut self) {
        if timeout(HELD_OPEN, self.closed()).await.is_err() {
            for reader in &self.readers {
                reader.abort();
            }
        }
        if let Err(error) = self.writer.await {
            tracing::error!(%error, "the output of a run was not written to its end");
        }
    }
}

/// Reads one of a command's two outputs.
struct Reader {
    state: State,
    stream: OutputStream,
    kept: Arc<Kept>,
    lines: mpsc::Sender<Line>,
}

impl Reader {
    async fn read(self, mut source: impl AsyncRead + Unpin) {
        let mut lines = Lines::default();
        let mut piece = vec![0; PIECE];
        loop {
            match source.read(&mut piece).await {
                Ok(0) => break,
                Ok(length) => {
                    for text in lines.take(&piece[..length]) {
                        self.keep(text).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the output of a command can't be read");
                    break;
                }
            }
        }
        if let Some(text) = lines.finish() {
            self.keep(text).await;
        }
    }

    async fn keep(&self, text: String) {
        let (stream, text) = match self.kept.admit(&text) {
            Admission::Keep => (self.stream, text),
            Admission::SayThatItIsCut => (
                OutputStream::Stderr,
                format!("[what follows is not kept: a run keeps {LINES} lines and {BYTES} bytes]"),
            ),
            Admission::Drop => return,
        };
        let time = self.state.clock.now();
        // The writer ends before its readers only where the run was lost.
        let _ = self.lines.send(Line { stream, text, time }).await;
    }
}

/// Writes lines until there are no more, or the run is no longer this process's.
async fn write(state: State, run: RunId, mut lines: mpsc::Receiver<Line>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut written = 0;
    let mut next = Instant::now();
    while lines.recv_many(&mut batch, BATCH).await > 0 {
        sleep_until(next).await;
        next = Instant::now() + PACE;
        while let Ok(line) = lines.try_recv() {
            batch.push(line);
            if batch.len() >= 2 * BATCH {
                break;
            }
        }
        loop {
            match db::retrying(async || insert(&state, run, written, &batch).await).await {
                Ok(true) => break,
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(run = run.0, %error, "output can't be written");
                    if state.stopping.is_cancelled() {
                        return;
                    }
                    tokio::time::sleep(super::PAUSE).await;
                }
            }
        }
        state.events.run_wrote(run);
        written += batch.len();
        batch.clear();
    }
}

/// Writes some lines after those that are written already, unless the run is no longer this process's. Lines that an
/// earlier try has written stay as they are.
async fn insert(state: &State, run: RunId, written: usize, lines: &[Line]) -> Result<bool> {
    let transaction = state.db.begin().await?;
    let mine: Option<RunId> = run::Entity::find_by_id(run)
        .select_only()
        .column(run::Column::RunId)
        .filter(run::Column::LeaseHolder.eq(state.process))
        .filter(run::Column::Status.eq(run::RunStatus::Running))
        .lock_exclusive()
        .into_tuple()
        .one(&transaction)
        .await?;
    if mine.is_none() {
        return Ok(false);
    }
    for (chunk, some) in lines.chunks(ROWS_PER_STATEMENT).enumerate() {
        let first = written + chunk * ROWS_PER_STATEMENT + 1;
        let rows = some.iter().enumerate().map(|(index, line)| ActiveModel {
            run_id: Set(run),
            seq: Set(i32::try_from(first + index).expect("at most 10,001 are kept")),
            stream: Set(line.stream),
            text: Set(line.text.clone()),
            line_time: Set(line.time),
        });
        let as_it_is = OnConflict::columns([Column::RunId, Column::Seq])
            .do_nothing_on([Column::RunId, Column::Seq])
            .to_owned();
        Entity::insert_many(rows)
            .on_conflict(as_it_is)
            .exec_without_returning(&transaction)
            .await?;
    }
    db::commit(transaction).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_too_many_says_so() {
        let kept = Kept::default();
        for _ in 0..LINES {
            assert_eq!(kept.admit("line"), Admission::Keep);
        }
        assert_eq!(kept.admit("line"), Admission::SayThatItIsCut);
        assert_eq!(kept.admit("line"), Admission::Drop);
    }

    #[test]
    fn bytes_are_bounded_too() {
        let kept = Kept::default();
        let half = "x".repeat(BYTES / 2);
        assert_eq!(kept.admit(&half), Admission::Keep);
        assert_eq!(kept.admit(&half), Admission::Keep);
        assert_eq!(kept.admit("x"), Admission::SayThatItIsCut);
        assert_eq!(kept.admit(""), Admission::Drop);
    }
}
