//! Runs as they change.

use std::collections::{BTreeMap, VecDeque};

use entity::{Guid, RunId, TaskId, run::Model};
use futures_util::{Stream, stream};

use super::batches::{Batch, Batches};
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
    let news = Batches::new(state.events.listen_to_runs());
    let mut watcher = Watcher {
        only_run: None,
        only_task: None,
        state: state.clone(),
        viewer,
        news,
        sent: BTreeMap::new(),
        ready: VecDeque::new(),
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
    Ok(stream::try_unfold(watcher, |mut watcher| async {
        Ok(Some((watcher.next().await?, watcher)))
    }))
}

/// One subscriber.
struct Watcher {
    only_run: Option<RunId>,
    only_task: Option<TaskId>,
    state: State,
    viewer: Viewer,
    news: Batches<RunId>,
    /// The revision at which each run was last looked at.
    sent: BTreeMap<RunId, i32>,
    ready: VecDeque<Model>,
}

impl Watcher {
    async fn next(&mut self) -> Result<Model> {
        loop {
            if let Some(run) = self.ready.pop_front() {
                return Ok(run);
            }
            let Batch {
                mut changed,
                missed_some,
            } = self.news.next().await?;
            if missed_some {
                self.look_back().await?;
            }
            if let Some(only) = self.only_run {
                changed.retain(|id| *id == only);
            }
            self.look_at(&Vec::from_iter(changed)).await?;
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
