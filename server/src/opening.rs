//! Opening the database when the server starts. One that can't be reached yet is waited for, and that is said: who starts
//! everything at once need not care what is there first.

use std::{os::fd::AsFd, time::Duration};

use anyhow::Context;
use sea_orm::DbErr;
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    db::{Db, Trouble, is_file},
    http::waiting,
};

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// How often the operator is told.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Opens the database that `url` names, and brings its tables up to date. Meanwhile, those who ask on `listener` are told
/// that the server is not ready. Returns nothing where it is told to stop before.
pub(crate) async fn open(
    url: &str,
    listener: &TcpListener,
    stopping: &CancellationToken,
) -> anyhow::Result<Option<Db>> {
    let _answering = answer_meanwhile(listener)?;
    tokio::select! {
        // In a box: what a connection is made of is too deep for the compiler otherwise.
        opened = Box::pin(open_patiently(url)) => opened.map(Some),
        () = stopping.cancelled() => Ok(None),
    }
}

async fn open_patiently(url: &str) -> anyhow::Result<Db> {
    let mut told: Option<Instant> = None;
    loop {
        let error = match try_to_open(url).await {
            Err(error) if is_worth_waiting(url, &error) => error,
            outcome => return outcome,
        };
        if told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            told = Some(Instant::now());
            tracing::warn!("waiting for the database: {error:#}");
        }
        sleep(PAUSE).await;
    }
}

async fn try_to_open(url: &str) -> anyhow::Result<Db> {
    let db = Db::connect(url).await?;
    let migrated = db.migrate().await;
    migrated.context("the database can't be brought up to date")?;
    Ok(db)
}

/// Whether somebody else may yet start what can't be reached. A file is there or not, and a wrong password stays wrong.
fn is_worth_waiting(url: &str, error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<DbErr>();
    !is_file(url) && error.is_some_and(|error| Trouble::of(error) == Trouble::Outage)
}

/// Answers those who ask on a listener, until what is returned is dropped.
fn answer_meanwhile(listener: &TcpListener) -> anyhow::Result<DropGuard> {
    let listener = std::net::TcpListener::from(listener.as_fd().try_clone_to_owned()?);
    let listener = TcpListener::from_std(listener)?;
    let opened = CancellationToken::new();
    let serving = axum::serve(listener, waiting::router())
        .with_graceful_shutdown(opened.clone().cancelled_owned());
    tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::warn!(%error, "nobody could be told that the server is not ready");
        }
    });
    Ok(opened.drop_guard())
}
