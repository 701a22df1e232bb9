//! The demonstration: a client that fills a server with three weeks of nightly runs of two products, and then keeps one
//! run going.
//!
//! It is a client like any other: it knows the server by its GraphQL API over HTTP, and nothing of what is inside.

mod api;
mod catalog;
mod client;
mod history;
mod live;
mod seed;
mod story;
mod telling;

use std::{fmt, time::Duration};

use chrono::Utc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

pub use self::client::{Error, Refusal, Result};
use self::{
    api::Status,
    catalog::{PRODUCTS, Product},
    client::Client,
    seed::Seed,
    story::Story,
};
use crate::config::Secret;

/// How long the end of a live run can be looked at before the next one begins.
const PAUSE: Duration = Duration::from_secs(20);

/// What a demonstration needs to know.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The server
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: Url,
    /// The token of an ADMIN: only they fill in the past
    #[arg(long, env = "DAYBOOK_TOKEN", hide_env_values = true)]
    pub token: Secret,
    /// How many nights of the past there should be
    #[arg(long, default_value_t = 21, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// End after one live run
    #[arg(long)]
    pub once: bool,
    /// How many times as fast as in life a live run goes
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub speed: u32,
    /// What all chance comes from: the same seed makes the same story
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// For how many seconds a server that does not answer is tried again
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub patience: u64,
}

/// Gives the demonstration, until it is over or told to stop.
pub async fn run(options: &Options, stopping: CancellationToken) -> Result<()> {
    tokio::select! {
        outcome = give(options) => outcome,
        () = stopping.cancelled() => {
            say("stopped; what is still open is ABANDONED when its lease ends");
            Ok(())
        }
    }
}

async fn give(options: &Options) -> Result<()> {
    let patience = Duration::from_secs(options.patience);
    let admin = Client::new(&options.url, options.token.reveal(), patience)?;
    admin.wait_until_ready().await?;
    admin.is_admin().await?;
    let story = Story::new(Seed(options.seed), Utc::now());
    history::fill(&admin, &story, options.days).await?;
    for product in PRODUCTS.iter().cycle() {
        go_live(&admin, product, options).await?;
        if options.once {
            break;
        }
        sleep(PAUSE / options.speed).await;
    }
    Ok(())
}

/// Lets a product have one run now, reported by a client that may do just that.
async fn go_live(admin: &Client, product: &'static Product, options: &Options) -> Result<()> {
    let reporter = admin.reporter(product.client).await?;
    let now = Utc::now();
    let run = Story::new(Seed(options.seed), now).improvise(product, now);
    let scripts = run.expected.len();
    let minutes = run.closes.unwrap_or_default().as_secs().div_ceil(60);
    let page = admin.page(&format!("/schedules/{}", run.name));
    say(format_args!(
        "live: {product}, {scripts} scripts in {minutes} min, {page}"
    ));
    live::play(&reporter, &run, options.speed)
        .await
        .map_err(|error| match error {
            error if error.is_refusal("UNAUTHENTICATED") => Error::Superseded(product.client),
            error => error,
        })?;
    let passed = run.count(Status::Pass);
    say(format_args!(
        "closed: {product}, {passed} of {scripts} passed"
    ));
    Ok(())
}

/// Tells whoever watches what happens.
fn say(what: impl fmt::Display) {
    eprintln!("demo: {what}");
}
