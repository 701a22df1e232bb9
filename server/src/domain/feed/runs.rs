//! Runs as they change.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use entity::{Guid, RunId, TaskId, run::Model};
use futures_util::{Stream, stream};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, sleep_until},
};

use crate::{
    domain::{
        actor::{Actor, Viewer},
        run,
        task::{self, Key},
    },
    error::{Error, Result},
    state::State,
};

/// How far to look back on subscribing, and after having missed wake-ups, in seconds.
const LOOK_BACK_SECONDS: i32 = 60;

/// A run that changes all the time is sent once in this while.
const PACE: Duration = Duration::from_millis(250);

/// How many sent runs are remembered. Forgetting one costs nothing but sending it once too often.
const REMEMBERED: usize = 10_000;

/// The runs that changed within the last minute, then each as it changes: those of one task, or the one of an id, which
/// comes at once however long ago it changed.
pub async fn runs(
    state: &State,
    actor: &Actor,
    id: Option<Guid>,
    task: Option<&str>,
) -> Result<impl Stream<Item = Result<Model>> + use<>> {
    let viewer = actor.viewer()?;
    // Joined before the first read, so that there is no gap in between.
    let news = state.events.listen_to_runs();
    let mut watcher = Watcher {
        only_run: None,
        only_task: None,
        state: state.clone(),
        viewer,
        news,
        sent: BTreeMap::new(),
        ready: VecDeque::new(),
        next_look: Instant::now(),
    };
    if let Some(name) = task {
        let task = task::by_key(state, &watcher.viewer, Key::Name(name)).await?;
        let task = task.ok_or_else(|| Error::not_found("task", name))?;
        watcher.only_task = Some(task.id);
    }
    if let Some(id) = id {
        let run = run::by_guid(state, &watcher.viewer, id).await?;
        let run = run.ok_or_else(|| Error::not_found("run", &id))?;
        watcher.only_run = Some(run.run_id);
        watcher.take(run);
    }
    watcher.look_back().await?;
    Ok(stream::unfold(Some(watcher), |watcher| async {
        let mut watcher = watcher?;
        match watcher.next().await {
            Ok(run) => Some((Ok(run), Some(watcher))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

/// One subscriber.
struct Watcher {
    only_run: Option<RunId>,
    only_task: Option<TaskId>,
    state: State,
    viewer: Viewer,
    news: Receiver<RunId>,
    /// The revision at which each run was last looked at.
    sent: BTreeMap<RunId, i32>,
    ready: VecDeque<Model>,
    next_look: Instant,
}

impl Watcher {
    async fn next(&mut self) -> Result<Model> {
        loop {
            if let Some(run) = self.ready.pop_front() {
                return Ok(run);
            }
            let changed = self.changed().await?;
            self.look_at(&changed).await?;
        }
    }

    /// Waits for news, and gathers what comes with them until it is time to look.
    async fn changed(&mut self) -> Result<Vec<RunId>> {
        let mut changed = BTreeSet::new();
        let first = self.news.recv().await;
        self.gather(&mut changed, first).await?;
        loop {
            tokio::select! {
                biased;
                () = sleep_until(self.next_look) => break,
                more = self.news.recv() => self.gather(&mut changed, more).await?,
            }
        }
        self.next_look = Instant::now() + PACE;
        Ok(changed.into_iter().collect())
    }

    async fn gather(
        &mut self,
        changed: &mut BTreeSet<RunId>,
        heard: Result<RunId, RecvError>,
    ) -> Result<()> {
        match heard {
            Ok(id) if self.only_run.is_none_or(|only| only == id) => {
                changed.insert(id);
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(RecvError::Lagged(_)) => self.look_back().await,
            // The bus ends with the server.
            Err(RecvError::Closed) => Err(Error::Unavailable),
        }
    }

    async fn look_back(&mut self) -> Result<()> {
        let moment = self.state.clock.now().plus_seconds(-LOOK_BACK_SECONDS);
        let recent = run::recent(&self.state, &self.viewer, moment).await?;
        let is_new = |(id, revision): &(RunId, i32)| {
            self.only_run.is_none_or(|only| only == *id) && self.sent.get(id) != Some(revision)
        };
        let new: Vec<_> = recent
            .into_iter()
            .filter(is_new)
            .map(|(id, _)| id)
            .collect();
        self.look_at(&new).await
    }

    async fn look_at(&mut self, changed: &[RunId]) -> Result<()> {
        for run in run::by_ids(&self.state, &self.viewer, changed).await? {
            self.take(run);
        }
        while self.sent.len() > REMEMBERED {
            self.sent.pop_first();
        }
        Ok(())
    }

    /// Makes a run ready to be sent, unless it was sent as it is, or is another's.
    fn take(&mut self, run: Model) {
        let is_news = self.sent.insert(run.run_id, run.revision) != Some(run.revision);
        if is_news && self.only_task.is_none_or(|only| run.task_id == Some(only)) {
            self.ready.push_back(run);
        }
    }
}
