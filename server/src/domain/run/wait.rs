//! Waiting for the end of a run, whichever process is at it.

use std::pin::pin;

use entity::{Guid, run::Model};
use futures_util::TryStreamExt;

use crate::{
    domain::{actor::Actor, feed},
    error::{Error, Result},
    patience,
    state::State,
};

/// A run when it has ended. Where whoever waits has left, or this server stops, the waiting ends, and the run need not.
pub async fn ended(state: &State, actor: &Actor, guid: Guid) -> Result<Model> {
    let ended = async {
        let mut changes = pin!(feed::runs(state, actor, Some(guid), None).await?);
        while let Some(run) = changes.try_next().await? {
            if run.status.is_final() {
                return Ok(run);
            }
        }
        Err(Error::Stopping)
    };
    let left = patience::client_left();
    tokio::select! {
        ended = ended => ended,
        () = left.cancelled() => Err(Error::Stopping),
        () = state.stopping.cancelled() => Err(Error::Stopping),
    }
}
