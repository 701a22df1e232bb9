//! The change feed of one schedule.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use entity::{Guid, ScheduleId, Timestamp, schedule};
use futures_util::{Stream, stream};
use moka::future::Cache;
use sea_orm::EntityTrait;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout_at},
};

use super::parts::Parts;
use crate::{
    db,
    domain::{
        actor::{Actor, Viewer},
        result::{Row, changed_after},
        schedule::by_name,
    },
    error::{Error, Result},
    events::{Absence, Absences, Heard},
    state::State,
};

/// The most results of a message.
const RESULTS: usize = 500;

/// The most bytes of the messages and outputs in one message, unless a single result has more. A subscriber that does not
/// read costs as much.
const CONTENT_BYTES: i64 = 256 * 1024;

/// How long a reader that sees less than it heard of looks again: another node of a cluster has not caught up.
const LOOK_AGAIN: [Duration; 3] = [
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(80),
];

/// How long a subscriber may be at a revision that the schedule does not have.
const BEYOND: Duration = Duration::from_secs(5);

/// How much longer news are gathered for each subscriber of a schedule that takes what it is sent: as long as it takes to tell
/// it. So many are told of several changes at once, and few at once of each.
const GATHERED_FOR_EACH: Duration = Duration::from_micros(40);

/// The longest that news are gathered.
const GATHERED: Duration = Duration::from_millis(80);

/// What is shorter is not worth a timer.
const NOT_GATHERED: Duration = Duration::from_millis(2);

/// How long a read is shared, and how many bytes all shared reads may have, without the parts that are written of them.
const SHARED: Duration = Duration::from_secs(1);
const SHARED_BYTES: u64 = 64 * 1024 * 1024;

/// What changed in a schedule.
#[derive(Debug)]
pub struct Change {
    /// Where to go on from. Lower than the schedule's revision where there is more to come at once.
    pub revision: i32,
    /// The schedule at the moment of reading.
    pub schedule: schedule::Model,
    /// The results that changed since the subscriber's revision, in the order of their changes.
    pub results: Vec<Row>,
    /// What was made of it to be sent.
    pub(crate) parts: Parts,
}

/// What the subscribers of one schedule read together: those that wake at the same revision share one read.
#[derive(Debug)]
pub struct SharedReads {
    reads: Cache<(ScheduleId, i32, i32), Option<Arc<Change>>>,
}

impl SharedReads {
    /// Nothing was read yet.
    pub fn new() -> Self {
        Self {
            reads: Cache::builder()
                .time_to_live(SHARED)
                .max_capacity(SHARED_BYTES)
                .weigher(|_, change: &Option<Arc<Change>>| {
                    change.as_ref().map_or(0, |change| weight(change))
                })
                .build(),
        }
    }
}

impl Default for SharedReads {
    fn default() -> Self {
        Self::new()
    }
}

/// Everything that changed in a schedule after a revision, then every further change, in revision order.
///
/// After revision 0 the first message comes at once, even where nothing was reported yet.
///
/// Ends with `NOT_FOUND` when the schedule is deleted, and with `CONFLICT` when it does not reach the revision within
/// five seconds: its database was restored, and the subscriber must start again from 0.
pub async fn changes(
    state: &State,
    actor: &Actor,
    name: Guid,
    after: i32,
) -> Result<impl Stream<Item = Result<Arc<Change>>> + use<>> {
    let viewer = actor.viewer()?;
    if after < 0 {
        return Err(Error::validation("after", "must not be negative"));
    }
    let schedule = by_name(state, &viewer, name)
        .await?
        .ok_or_else(|| Error::not_found("schedule", &name))?;
    let follower = Follower {
        // Joined before history is read, so that there is no gap in between.
        news: state.events.listen(schedule.schedule_id),
        absences: state.events.absences(schedule.schedule_id),
        absence: None,
        state: state.clone(),
        viewer,
        name,
        id: schedule.schedule_id,
        at: after,
        heard: None,
        behind: true,
        telling: None,
        knows_nothing: after == 0,
    };
    Ok(stream::try_unfold(follower, |mut follower| async {
        Ok(Some((follower.next().await?, follower)))
    }))
}

/// One subscriber.
struct Follower {
    news: watch::Receiver<Heard>,
    /// Where it notes that it was sent something and has not come back.
    absences: Arc<Absences>,
    absence: Option<Absence>,
    state: State,
    viewer: Viewer,
    name: Guid,
    id: ScheduleId,
    /// Everything up to this revision was sent.
    at: i32,
    /// The revision that was last heard of, where one was.
    heard: Option<i32>,
    /// Whether there may be more than what was sent, without any news.
    behind: bool,
    /// The change that the subscriber was last told while it kept up: how old it was then, and when that was.
    telling: Option<(Duration, Instant)>,
    /// Whether it has never heard of the schedule: that it was opened is news then, though it takes no revision.
    knows_nothing: bool,
}

impl Follower {
    /// What is next to be sent. The subscriber is away until it comes back for more.
    async fn next(&mut self) -> Result<Arc<Change>> {
        // Whoever asks for the next one has been told of the last.
        if let Some((age, since)) = self.telling.take() {
            self.state.metrics.told(age + since.elapsed());
        }
        self.absence = None;
        let change = self.next_change().await?;
        self.absence = Some(self.absences.leave());
        Ok(change)
    }

    async fn next_change(&mut self) -> Result<Arc<Change>> {
        loop {
            if !self.behind {
                self.wait_for_news().await;
            }
            let change = self.read().await?;
            if change.schedule.revision < self.at {
                self.wait_until_reached().await?;
                continue;
            }
            let is_news = change.revision > self.at || self.knows_nothing;
            self.knows_nothing = false;
            self.behind = change.revision < change.schedule.revision;
            self.at = change.revision;
            if is_news {
                // What comes before any news is history, and may be of any age.
                if self.heard.is_some() {
                    let age = Timestamp::now().since(change.schedule.last_modify_time);
                    self.telling = Some((age.to_std().unwrap_or_default(), Instant::now()));
                }
                return Ok(change);
            }
        }
    }

    async fn wait_for_news(&mut self) {
        // The topic lives as long as somebody listens to it.
        let _ = self.news.changed().await;
        self.gather_news().await;
        self.heard = match *self.news.borrow_and_update() {
            Heard::Revision(revision) => Some(revision),
            // Whether it is so, the database says, and not what anybody read before.
            Heard::Deleted => None,
        };
    }

    /// Lets more news come where many are to be told. They all go on at the same moment, so that they share one read.
    async fn gather_news(&self) {
        static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
        let subscribers = self.state.events.listeners(self.id);
        let gathered = (GATHERED_FOR_EACH * subscribers).min(GATHERED);
        if gathered < NOT_GATHERED {
            return;
        }
        let since_last = BEGINNING.elapsed().as_micros() % gathered.as_micros();
        let since_last = u64::try_from(since_last).expect("it is less than what is gathered");
        sleep(gathered.saturating_sub(Duration::from_micros(since_last))).await;
    }

    /// Reads what is new. What was read after the same news is shared, for it can't be older than them; before any news
    /// there is nothing to tell how old a read is, so nobody else's is taken.
    async fn read(&self) -> Result<Arc<Change>> {
        let change = match self.heard {
            None => read(&self.state, &self.viewer, self.id, self.at).await?,
            Some(heard) => self
                .state
                .reads
                .reads
                .try_get_with(
                    (self.id, self.at, heard),
                    read_at_least(&self.state, &self.viewer, self.id, self.at, heard),
                )
                .await
                .map_err(Arc::unwrap_or_clone)?,
        };
        change.ok_or_else(|| self.gone())
    }

    /// The subscriber is ahead of what can be read. Either that is about to come, or it never will.
    async fn wait_until_reached(&mut self) -> Result<()> {
        let give_up = Instant::now() + BEYOND;
        let mut pauses = LOOK_AGAIN.into_iter();
        loop {
            let change = read(&self.state, &self.viewer, self.id, self.at).await?;
            let change = change.ok_or_else(|| self.gone())?;
            if change.schedule.revision >= self.at {
                return Ok(());
            }
            if Instant::now() >= give_up {
                return Err(Error::Conflict(format!(
                    "schedule {} is at revision {}, before {}: start again from 0",
                    self.name, change.schedule.revision, self.at
                )));
            }
            match pauses.next() {
                Some(pause) => sleep(pause).await,
                None => {
                    // Woken by news, or by the deadline: either way it is time to look.
                    let _ = timeout_at(give_up, self.news.changed()).await;
                }
            }
        }
    }

    fn gone(&self) -> Error {
        Error::not_found("schedule", &self.name)
    }
}

async fn read_at_least(
    state: &State,
    viewer: &Viewer,
    id: ScheduleId,
    after: i32,
    heard: i32,
) -> Result<Option<Arc<Change>>> {
    let mut pauses = LOOK_AGAIN.into_iter();
    loop {
        let change = read(state, viewer, id, after).await?;
        let is_behind = change
            .as_ref()
            .is_some_and(|change| change.schedule.revision < heard);
        match pauses.next() {
            Some(pause) if is_behind => sleep(pause).await,
            _ => return Ok(change),
        }
    }
}

/// Reads a schedule and its next changed results, both of one moment. It reads to the end even if the subscriber leaves:
/// a transaction that is broken off halfway spoils its connection for the next one. While the database is in trouble it waits.
async fn read(
    state: &State,
    viewer: &Viewer,
    id: ScheduleId,
    after: i32,
) -> Result<Option<Arc<Change>>> {
    let (state, viewer) = (state.clone(), viewer.clone());
    tokio::spawn(
        async move { db::retrying(async || read_once(&state, &viewer, id, after).await).await },
    )
    .await
    .expect("reading does not panic, and nobody aborts it")
}

async fn read_once(
    state: &State,
    viewer: &Viewer,
    id: ScheduleId,
    after: i32,
) -> Result<Option<Arc<Change>>> {
    let snapshot = state.db.snapshot().await?;
    let Some(schedule) = schedule::Entity::find_by_id(id).one(&snapshot).await? else {
        return Ok(None);
    };
    let rows = changed_after(&snapshot, viewer, id, after, RESULTS as u64).await?;
    snapshot.commit().await?;
    Ok(Some(Arc::new(cut(schedule, rows))))
}

/// Makes a message of what was read: as much of it as fits, and where to go on.
fn cut(schedule: schedule::Model, mut results: Vec<Row>) -> Change {
    let is_all = results.len() < RESULTS;
    let mut bytes = 0;
    let fitting = results
        .iter()
        .take_while(|row| {
            bytes += i64::from(row.content_bytes);
            bytes <= CONTENT_BYTES
        })
        .count()
        .max(1);
    let is_cut = fitting < results.len();
    results.truncate(fitting);
    let revision = match results.last() {
        Some(last) if is_cut || !is_all => last.revision,
        _ => schedule.revision,
    };
    Change {
        revision,
        schedule,
        results,
        parts: Parts::default(),
    }
}

fn weight(change: &Change) -> u32 {
    let rows: usize = change
        .results
        .iter()
        .map(|row| {
            size_of::<Row>() + row.script.len() + row.message.as_ref().map_or(0, String::len)
        })
        .sum();
    u32::try_from(size_of::<Change>() + rows).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use entity::{ClientId, result::ResultStatus, schedule::OriginalStatus};

    use super::*;

    fn schedule(revision: i32) -> schedule::Model {
        let now = Timestamp::now();
        schedule::Model {
            schedule_id: ScheduleId(1),
            schedule_name: Guid(uuid::Uuid::new_v4()),
            schedule_status: OriginalStatus::Open,
            created_time: now,
            last_modify_time: now,
            state: schedule::State::Running,
            client_id: ClientId(1),
            title: None,
            closed_time: None,
            revision,
            lease_seconds: 0,
            lease_expires: None,
            expected: None,
            expected_final: 0,
            running: 0,
            pass: 0,
            fail: 0,
            block: 0,
            error: 0,
            skip: 0,
        }
    }

    fn row(revision: i32, content_bytes: i32) -> Row {
        Row {
            schedule_id: ScheduleId(1),
            number: revision,
            script: format!("script {revision}"),
            attempt: 1,
            latest: true,
            status: ResultStatus::Pass,
            message: None,
            content_bytes,
            duration_ms: None,
            started_time: None,
            submitted_time: Timestamp::now(),
            revision,
        }
    }

    #[test]
    fn a_message_that_holds_all_goes_up_to_the_schedule() {
        // Revision 4 was a change of the schedule alone.
        let change = cut(
            schedule(4),
            (1..=3).map(|revision| row(revision, 10)).collect(),
        );
        assert_eq!((change.revision, change.results.len()), (4, 3));
    }

    #[test]
    fn a_full_message_goes_up_to_its_last_result() {
        let change = cut(
            schedule(900),
            (1..=500).map(|revision| row(revision, 10)).collect(),
        );
        assert_eq!((change.revision, change.results.len()), (500, 500));
    }

    #[test]
    fn long_outputs_make_short_messages() {
        let rows = (1..=9).map(|revision| row(revision, 64 * 1024)).collect();
        let change = cut(schedule(9), rows);
        assert_eq!((change.revision, change.results.len()), (4, 4));
        let change = cut(schedule(9), vec![row(1, 5 * 1024 * 1024), row(2, 1)]);
        assert_eq!((change.revision, change.results.len()), (1, 1));
    }

    #[test]
    fn a_change_of_the_schedule_alone_has_no_results() {
        let change = cut(schedule(5), Vec::new());
        assert_eq!((change.revision, change.results.len()), (5, 0));
    }
}
