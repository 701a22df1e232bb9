//! Making a backup for as long as it may take, and showing how far it is.
//!
//! The archive is made on a thread of its own. What is left out goes the way of a command's output, so that what is kept of
//! it is bounded, and a slow database slows the backup down and fills no memory.

use std::{
    convert::Infallible,
    io::{self, PipeWriter, Write},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};

use entity::{RunId, run::Model};
use tokio::{io::empty, net::unix::pipe, sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{recorder::Recorder, stop::StopSignal};
use crate::{
    domain::{
        backup::{self, Archive, Backups, Error, News},
        run::{self, Claimed, Ending, Product},
    },
    state::State,
};

/// How long to wait for a backup that was told to stop: a disk that is gone may never answer.
const GRACE: Duration = Duration::from_secs(5);

/// How much time lies between two looks at how far a backup is.
const PACE: Duration = Duration::from_secs(1);

/// Makes an archive. Tells nothing where the run was lost meanwhile.
pub(super) async fn run(
    state: &State,
    claimed: &Claimed,
    source: &str,
    mut stop: StopSignal,
) -> Option<Ending> {
    let id = claimed.run.run_id;
    let (mut said, heard) = match output() {
        Ok(ends) => ends,
        Err(error) => return Some(Ending::failed(format!("there is no pipe left: {error}"))),
    };
    let mut recorder = Recorder::start(state, id, empty(), heard);
    let (percent, shown) = watch::channel(0.0);
    let tell = move |news: News<'_>| match news {
        News::Percent(now) => {
            percent.send_replace(now);
        }
        News::LeftOut(place, flaw) => {
            // Nobody listens any more where the run was lost.
            let _ = writeln!(said, "{}: {flaw}", one_line(place));
        }
    };
    let backups = Backups::new(&state.config);
    let given_up = CancellationToken::new();
    let mut making = Box::pin(make(backups, source.into(), tell, given_up.clone()));
    let (made, cut) = tokio::select! {
        made = &mut making => (made, None),
        cut = stop.cut(claimed.timeout) => {
            given_up.cancel();
            let Ok(made) = timeout(GRACE, &mut making).await else {
                // A disk that hangs lets it find out when it answers again; if it was done by then, that is too late.
                let state = state.clone();
                tokio::spawn(async move { discard(&state, making.await.ok().as_ref()).await });
                recorder.finish().await;
                return cut.ending();
            };
            (made, Some(cut))
        }
        never = show(state, id, shown) => match never {},
    };
    recorder.closed().await;
    recorder.finish().await;
    match (made, cut) {
        // It was complete before anybody could stop it.
        (Ok(archive), _) => Some(Ending::made(Product::Archive(archive))),
        (Err(Error::Cancelled), Some(cut)) => cut.ending(),
        (Err(error), _) => Some(Ending::failed(error.to_string())),
    }
}

/// Makes an archive, once what killed processes left of others is gone.
async fn make(
    backups: Backups,
    source: PathBuf,
    tell: impl FnMut(News<'_>) + Send + 'static,
    given_up: CancellationToken,
) -> Result<Archive, Error> {
    if let Err(error) = backups.prepare().await {
        tracing::warn!(%error, "what killed processes left of backups can't be removed");
    }
    backups.create(source, tell, &given_up).await
}

/// Both ends of where a backup says what it leaves out.
fn output() -> io::Result<(PipeWriter, pipe::Receiver)> {
    let (heard, said) = io::pipe()?;
    let heard = pipe::Receiver::from_owned_fd(OwnedFd::from(heard))?;
    Ok((said, heard))
}

/// A path on one line, whatever is in it.
fn one_line(path: &Path) -> String {
    let shown = |character: char| match character {
        _ if character.is_control() => char::REPLACEMENT_CHARACTER,
        _ => character,
    };
    path.to_string_lossy().chars().map(shown).collect()
}

/// Shows how far a run is, for as long as somebody lets it.
async fn show(state: &State, run: RunId, mut percent: watch::Receiver<f64>) -> Infallible {
    while percent.changed().await.is_ok() {
        let now = *percent.borrow_and_update();
        if let Err(error) = run::show(state, run, now).await {
            tracing::warn!(run = run.0, %error, "how far a run is can't be shown");
        }
        tokio::time::sleep(PACE).await;
    }
    // There is no news any more, but it is for others to say that the backup has ended.
    std::future::pending().await
}

/// Says whether an archive is its run's, though this process could not end that; asks until it is known. Either the commit
/// came through when nobody could say so; or the run was lost, and the archive is removed, for it will be made again.
pub(super) async fn is_kept(state: &State, run: &Model, archive: &Archive) -> bool {
    loop {
        match backup::is_recorded(state, run.run_id, archive).await {
            Ok(true) => return true,
            Ok(false) => {
                discard(state, Some(archive)).await;
                return false;
            }
            Err(error) => {
                tracing::warn!(file = archive.file, %error, "whether this backup is on record is not known yet");
                tokio::time::sleep(super::PAUSE).await;
            }
        }
    }
}

/// Removes an archive that will not be on record.
pub(super) async fn discard(state: &State, archive: Option<&Archive>) {
    let Some(archive) = archive else { return };
    if let Err(error) = Backups::new(&state.config).discard(archive).await {
        tracing::error!(file = archive.file, %error, "this backup is on no record, and can't be removed");
    }
}
