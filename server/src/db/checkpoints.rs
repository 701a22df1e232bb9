//! Moving what was written from the log of a SQLite file into the file. Left to itself SQLite does so in the middle of a commit,
//! and everybody whose result is in it waits for twice as much of the disk.

use std::{
    io,
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use rusqlite::Connection;
use sea_orm::DbErr;

use super::{
    file::{self, of_sqlite},
    trouble::tell_of_outage,
};

/// From how many pages on they are moved. Those of an index are written again and again, and moved once.
const MANY: i32 = 4_096;

/// From how many pages on a commit moves them after all. Beside somebody who writes all the time there is always one more, and
/// only when there is none the log begins anew.
pub(super) const TOO_MANY: i32 = 16_384;

/// A thread that moves pages when it is told that there are many.
#[derive(Debug)]
pub(super) struct Checkpoints {
    calls: Option<SyncSender<()>>,
    mover: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Has nothing to do yet. It ends when this is dropped.
    pub(super) fn start(file: &Path) -> Result<Self, DbErr> {
        let connection = file::open_to_write(file).map_err(of_sqlite)?;
        // A call that comes while pages are moved is about others.
        let (calls, called) = sync_channel(1);
        let mover = thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || move_when_called(&connection, &called))
            .map_err(|error: io::Error| DbErr::Custom(error.to_string()))?;
        Ok(Self {
            calls: Some(calls),
            mover: Some(mover),
        })
    }

    /// Looks, after a commit over this connection, whether there is much to be moved.
    pub(super) fn look(&self, connection: &Connection) {
        match left(connection) {
            Ok(pages) if pages < MANY => {}
            Ok(_) => {
                // Where it was called already, that will do.
                let _ = self.calls.as_ref().map(|calls| calls.try_send(()));
            }
            Err(error) => tell_of_outage(&of_sqlite(error)),
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.calls = None;
        if self.mover.take().is_some_and(|mover| mover.join().is_err()) {
            tracing::error!("the thread that moves pages panicked");
        }
    }
}

fn move_when_called(connection: &Connection, called: &Receiver<()>) {
    while called.recv().is_ok() {
        // Nobody waits for it, and it waits for nobody: what is read, or just written, stays for the next time.
        if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tell_of_outage(&of_sqlite(error));
        }
    }
}

/// How many pages are in the log that were not moved yet.
fn left(connection: &Connection) -> rusqlite::Result<i32> {
    let mut look = connection.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?;
    look.query_row([], |row| Ok(row.get::<_, i32>(1)? - row.get::<_, i32>(2)?))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn many_pages_are_moved_beside_those_who_write() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("file");
        let maker = Connection::open(&file).expect("a file");
        maker
            .pragma_update(None, "journal_mode", "WAL")
            .expect("a log");
        let writer = file::open_to_write(&file).expect("the file is there");
        let checkpoints = Checkpoints::start(&file).expect("the file is there");
        writer
            .execute_batch("CREATE TABLE page (content BLOB)")
            .expect("a table");
        let write = |pages: i32| {
            let text = format!(
                "WITH RECURSIVE page (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM page WHERE number < {pages})
                 INSERT INTO page SELECT zeroblob(4000) FROM page"
            );
            writer.execute_batch(&text).expect("there is room");
            checkpoints.look(&writer);
        };

        write(100);
        let few = left(&writer).expect("the file is there");
        write(MANY);

        assert!((100..MANY).contains(&few), "{few}");
        let begun = Instant::now();
        while left(&writer).expect("the file is there") > 0 {
            assert!(begun.elapsed() < Duration::from_secs(10), "they are moved");
            thread::yield_now();
        }
    }
}
