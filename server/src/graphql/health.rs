//! How the server's database is, in GraphQL.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async, whether they wait or not"
)]

use async_graphql::{Context, Enum, Object, Subscription};
use futures_util::{Stream, StreamExt};

use super::{
    Asked,
    error::{ApiError, Result},
    scalar::Instant,
};
use crate::domain::health;

/// What the database does for the server that answers.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "health::DatabaseStatus")]
enum DatabaseStatus {
    /// It answers, and takes what is written.
    Available,
    /// It can be read, and takes nothing: its node is read-only, its disk is full, or a lock is held for long.
    ReadOnly,
    /// It can't be reached.
    Unavailable,
}

/// How the server that answers is.
struct Health(health::Health);

/// How the server that answers is.
#[Object]
impl Health {
    /// What its database does, as it was seen within the last seconds.
    async fn database(&self) -> DatabaseStatus {
        self.0.database.into()
    }

    /// Since when it is so.
    async fn since(&self) -> Instant {
        self.0.since.into()
    }
}

#[derive(Default)]
pub(super) struct HealthQuery;

#[Object]
impl HealthQuery {
    /// How the server that answers is. The database is not asked for it.
    async fn health(&self, ctx: &Context<'_>) -> Result<Health> {
        Ok(Health(health::health(ctx.state(), ctx.actor())?))
    }
}

#[derive(Default)]
pub(super) struct HealthSubscription;

#[Subscription]
impl HealthSubscription {
    /// How the server is that the socket leads to, at once and then whenever that has changed.
    async fn health_changed(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<Health>> + use<>> {
        let changes = health::changes(ctx.state(), ctx.actor())?;
        Ok(changes.map(|seen| seen.map(Health).map_err(ApiError)))
    }
}
