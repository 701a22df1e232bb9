//! What a run writes, as it writes it.

use std::time::Duration;

use entity::{Guid, RunId, run_output::Model};
use futures_util::{Stream, stream};
use tokio::{
    sync::{
        broadcast::{Receiver, error::RecvError},
        watch,
    },
    time::{Instant, sleep_until},
};

use crate::{
    domain::{
        actor::{Actor, Viewer},
        run::{self, LinesOf},
    },
    error::{Error, Result},
    state::State,
};

/// The most lines of a message.
const LINES: i32 = 500;

/// How often to look by itself: another process may be at the run.
const LOOK: Duration = Duration::from_secs(2);

/// The lines of a run after one of them, then each as it comes. Ends when the run has ended and all was sent.
pub async fn output(
    state: &State,
    actor: &Actor,
    id: Guid,
    after: i32,
) -> Result<impl Stream<Item = Result<Vec<Model>>> + use<>> {
    let viewer = actor.viewer()?;
    // Joined before the first read, so that there is no gap in between.
    let written = state.events.listen_to_output();
    let changed = state.events.listen_to_runs();
    let looks = state.events.listen_to_looks();
    let run = run::by_guid(state, &viewer, id).await?;
    let run = run.ok_or_else(|| Error::not_found("run", &id))?;
    LinesOf::new(run.run_id, after, LINES)?;
    let reader = Reader {
        state: state.clone(),
        viewer,
        id,
        run: run.run_id,
        at: after,
        written,
        changed,
        looks,
    };
    Ok(stream::try_unfold(reader, |mut reader| async {
        let lines = reader.next().await?;
        Ok(lines.map(|lines| (lines, reader)))
    }))
}

/// One subscriber.
struct Reader {
    state: State,
    viewer: Viewer,
    id: Guid,
    run: RunId,
    /// Every line up to this one was sent.
    at: i32,
    written: Receiver<RunId>,
    changed: Receiver<RunId>,
    looks: watch::Receiver<()>,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<Vec<Model>>> {
        loop {
            // Before the lines: a run that has ended writes no more.
            let run = run::by_guid(&self.state, &self.viewer, self.id).await?;
            let run = run.ok_or_else(|| Error::not_found("run", &self.id))?;
            let part = LinesOf::new(self.run, self.at, LINES)?;
            let lines = run::lines_after(self.state.db.read(), &self.viewer, part).await?;
            if let Some(last) = lines.last() {
                self.at = last.seq;
                return Ok(Some(lines));
            }
            if run.status.is_final() {
                return Ok(None);
            }
            self.wait().await?;
        }
    }

    /// Waits for news of the run, or until it is time to look without.
    async fn wait(&mut self) -> Result<()> {
        let look = Instant::now() + LOOK;
        loop {
            let heard = tokio::select! {
                () = sleep_until(look) => return Ok(()),
                Ok(()) = self.looks.changed() => return Ok(()),
                heard = self.written.recv() => heard,
                heard = self.changed.recv() => heard,
            };
            match heard {
                Ok(id) if id != self.run => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return Ok(()),
                // The bus ends with the server.
                Err(RecvError::Closed) => return Err(Error::Unavailable),
            }
        }
    }
}
