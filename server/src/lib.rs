//! Daybook keeps the day's record of what automation did.
//!
//! `http`, `graphql` and `rest` translate, `domain` decides, `db` and `entity` keep. `ARCHITECTURE.md` is the map.

pub mod clock;
pub mod config;
pub mod db;
pub mod demo;
pub mod domain;
pub mod error;
pub mod events;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod graphql;
pub mod http;
pub mod logging;
pub mod metrics;
mod opening;
mod patience;
pub mod rest;
pub mod state;
pub mod throttle;

use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    config::Config,
    domain::{background, backup::Backups, client, scheduler},
    events::nats,
    state::State,
};

/// How long requests that are under way may take to finish when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// How long the connections to the database may take to close. Whatever was acknowledged is on disk before.
const CLOSING: Duration = Duration::from_secs(5);

/// Runs a server on `listener` until `stopping` is cancelled, and then until what is under way is done.
///
/// Opens the database, waiting for it where it can't be reached yet, brings its tables up to date, and sees to it that
/// somebody can log in: where it makes a token for that, it prints the login link to standard output, this once.
pub async fn run(
    config: Config,
    listener: TcpListener,
    stopping: CancellationToken,
) -> anyhow::Result<()> {
    run_by(Clock::new(), config, listener, stopping).await
}

/// Does so by a clock of the caller's, which may set it.
pub async fn run_by(
    clock: Clock,
    config: Config,
    listener: TcpListener,
    stopping: CancellationToken,
) -> anyhow::Result<()> {
    prepare_backups(&config).await?;
    let opening = opening::open(&config.database_url, &listener, &stopping);
    let Some(db) = opening.await? else {
        return Ok(());
    };
    let state = State::new(clock, config, db.clone(), stopping.clone());
    let token = client::ensure_admin(&state).await?;
    let bus = match &state.config.event_bus {
        Some(address) => Some(nats::join(address, state.process, &state.events).await?),
        None => None,
    };
    greet(&state.config, &listener, token.as_deref())?;
    background::start(&state);
    scheduler::start(&state);

    let tasks = state.background.clone();
    let drain = Duration::from_secs(state.config.drain_seconds.into());
    let stop = later(stopping.clone(), drain);
    let serving = http::serve::serve(listener, http::router(state), stop);
    tokio::select! {
        () = serving => {}
        () = later(stopping, drain + GRACE) => tracing::warn!("some requests did not finish in time"),
    }
    tasks.close();
    if tokio::time::timeout(GRACE, tasks.wait()).await.is_err() {
        tracing::warn!("some background work did not finish in time");
    }
    if let Some(bus) = bus {
        bus.leave().await;
    }
    if let Ok(closed) = tokio::time::timeout(CLOSING, db.close()).await {
        closed?;
    } else {
        tracing::warn!("some connections to the database did not close in time");
    }
    Ok(())
}

/// Makes the folder of the backups, and clears away what a killed process left there.
async fn prepare_backups(config: &Config) -> anyhow::Result<()> {
    let removed = Backups::new(config).prepare().await;
    let removed = removed.context("the folder of the backups (BACKUP_FOLDER) can't be used")?;
    if removed > 0 {
        tracing::warn!(removed, "removed backups that were never completed");
    }
    Ok(())
}

/// Until the server was told to stop, and then so long.
async fn later(stopping: CancellationToken, wait: Duration) {
    stopping.cancelled().await;
    tokio::time::sleep(wait).await;
}

/// Tells the operator where the server is, and how to log in.
fn greet(config: &Config, listener: &TcpListener, token: Option<&str>) -> anyhow::Result<()> {
    let login = config.login_url(listener.local_addr()?);
    println!("Daybook listens on {}", listener.local_addr()?);
    match (token, &config.admin_token) {
        (Some(token), _) => {
            println!(
                "Log in with this link. It is shown only this once:\n\n  {login}#token={token}\n"
            );
        }
        (None, Some(_)) => println!("Log in at {login} with the token in DAYBOOK_ADMIN_TOKEN."),
        (None, None) => println!(
            "Log in at {login} with your token. A new one: daybook token create NAME --role admin"
        ),
    }
    Ok(())
}
