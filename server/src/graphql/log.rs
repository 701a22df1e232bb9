//! The log in GraphQL: read, and followed.

use std::borrow::Cow;

use async_graphql::{Context, Enum, ID, InputObject, Object, Subscription};
use entity::log as row;
use futures_util::{Stream, StreamExt};

use super::{
    Asked,
    client::Client,
    connection::{Connection, Listed, PageOf},
    error::{ApiError, Result},
    id::GlobalId,
    page,
    plain::Plain,
    scalar::Instant,
};
use crate::domain::{
    feed,
    log::{self, Filter, Position},
};

/// How an action ended.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "row::LogStatus")]
pub(super) enum LogStatus {
    /// It was done.
    Success,
    /// It was refused or failed; the message says why.
    Error,
}

/// An entry of the log.
pub(super) struct LogEntry(pub(super) row::Model);

/// An entry of the log: who did which action with which parameter, and whether it succeeded. Every mutation but the
/// reports of results leaves one.
#[Object]
impl LogEntry {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::LogEntry(self.0.id).encode()
    }

    /// The entry's number. Later entries have higher ones, with gaps.
    async fn number(&self) -> i64 {
        self.0.id.0
    }

    /// When it was done.
    async fn date(&self) -> Instant {
        self.0.date.into()
    }

    /// What was done, in upper case: `SCHEDULE_CREATE`, `RESULT_AMEND`, …
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// What it was done to; at most 1,000 characters.
    async fn parameter(&self) -> Option<&str> {
        self.0.parameter.as_deref()
    }

    /// Whether it succeeded.
    async fn status(&self) -> LogStatus {
        self.0.status.into()
    }

    /// Who did it; null for what the server did by itself, or on its own machine's command line.
    async fn client(&self, ctx: &Context<'_>) -> Result<Option<Client>> {
        let Some(id) = self.0.client_id else {
            return Ok(None);
        };
        Ok(ctx.loader().load_one(id).await?.map(Client))
    }

    /// Why it was refused or failed, or what there is to say of it though it succeeded; at most 4,000 characters.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }
}

impl Plain for LogEntry {}

impl Listed for LogEntry {
    fn stem() -> Cow<'static, str> {
        "Log".into()
    }
}

/// Which entries are asked for. What is left out does not matter.
#[derive(InputObject)]
struct LogFilter {
    /// Any of these actions, exactly as written; at most 100.
    action: Option<Vec<String>>,
    /// Any of these.
    status: Option<Vec<LogStatus>>,
    /// The name of the client that did it.
    client: Option<String>,
    /// At this moment or later.
    from: Option<Instant>,
    /// Before this moment.
    to: Option<Instant>,
}

impl From<Option<LogFilter>> for Filter {
    fn from(filter: Option<LogFilter>) -> Self {
        let Some(filter) = filter else {
            return Self::default();
        };
        Self {
            action: filter.action,
            status: filter
                .status
                .map(|statuses| statuses.into_iter().map(Into::into).collect()),
            client: filter.client,
            from: filter.from.map(|time| time.0),
            to: filter.to.map(|time| time.0),
        }
    }
}

#[derive(Default)]
pub(super) struct LogQuery;

#[Object]
impl LogQuery {
    /// The log, the newest entry first.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn logs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1..100; 50 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1..100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which entries.")] filter: Option<LogFilter>,
    ) -> Result<PageOf<LogEntry>> {
        let viewer = ctx.actor().viewer()?;
        let slice = page::slice(first, after, last, before)?;
        let entries = log::list(ctx.state(), &viewer, &filter.into(), &slice).await?;
        Ok(Connection::of(entries, Position::of, LogEntry))
    }
}

#[derive(Default)]
pub(super) struct LogSubscription;

#[Subscription]
impl LogSubscription {
    /// The entries of the last minute that match, oldest first, then each further one: who connects again within a
    /// minute misses none, and tells by `number` what it has seen already.
    async fn log_appended(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries.")] filter: Option<LogFilter>,
    ) -> Result<impl Stream<Item = Result<LogEntry>> + use<>> {
        let entries = feed::entries(ctx.state(), ctx.actor(), filter.into()).await?;
        Ok(entries.map(|entry| entry.map(LogEntry).map_err(ApiError)))
    }
}
