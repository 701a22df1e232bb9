//! The log: who did what, read in pages and as it grows.

use cynic::{QueryBuilder, SubscriptionBuilder};

use super::{
    Api,
    error::Error,
    keywords::keywords,
    page::{Page, PageInfo},
    scalars::DateTime,
    schedules::ClientName,
    schema,
    socket::{Event, Subscription},
};

/// How many entries one page holds.
const PAGE_SIZE: i32 = 50;

/// How an action ended.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogStatus {
    /// It was done.
    Success,
    /// It was refused, or failed.
    Error,
}

keywords!(LogStatus {
    Success = "SUCCESS",
    Error = "ERROR",
});

/// An entry.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// Later entries have higher ones.
    pub number: i32,
    /// When it was done.
    pub date: DateTime,
    /// What was done, in upper case.
    pub action: String,
    /// What it was done to.
    pub parameter: Option<String>,
    /// Whether it succeeded.
    pub status: LogStatus,
    /// Who did it; `None` for the server itself.
    pub client: Option<ClientName>,
    /// Why it was refused, or failed.
    pub message: Option<String>,
}

/// Which entries are wanted. What is left out restricts nothing.
#[derive(cynic::InputObject, Clone, Debug, Default, PartialEq)]
pub struct LogFilter {
    /// Any of these actions.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub action: Option<Vec<String>>,
    /// Any of these.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub status: Option<Vec<LogStatus>>,
    /// The name of the client.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// At this moment or later.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime>,
    /// Before this moment.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime>,
}

#[derive(cynic::QueryVariables)]
struct LogsVariables {
    first: i32,
    after: Option<String>,
    filter: LogFilter,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "LogsVariables")]
struct LogsQuery {
    #[arguments(first: $first, after: $after, filter: $filter)]
    logs: LogConnection,
}

#[derive(cynic::QueryFragment)]
struct LogConnection {
    nodes: Vec<LogEntry>,
    page_info: PageInfo,
}

#[derive(cynic::QueryVariables)]
struct LogAppendedVariables {
    filter: LogFilter,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "LogAppendedVariables")]
struct LogAppendedSubscription {
    #[arguments(filter: $filter)]
    log_appended: LogEntry,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "LogEntry")]
struct EntryNumber {
    #[expect(dead_code, reason = "that there is one is all that matters")]
    number: i32,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "LogAppendedVariables")]
struct LogTouchedSubscription {
    #[arguments(filter: $filter)]
    #[expect(dead_code, reason = "that there is one is all that matters")]
    log_appended: EntryNumber,
}

impl Api {
    /// The page of the log after a cursor, or the newest one.
    pub async fn logs(
        self,
        filter: LogFilter,
        after: Option<String>,
    ) -> Result<Page<LogEntry>, Error> {
        self.page_of_log(filter, PAGE_SIZE, after).await
    }

    /// The newest entries that match.
    pub(super) async fn newest_entries(
        self,
        filter: LogFilter,
        first: i32,
    ) -> Result<Page<LogEntry>, Error> {
        self.page_of_log(filter, first, None).await
    }

    async fn page_of_log(
        self,
        filter: LogFilter,
        first: i32,
        after: Option<String>,
    ) -> Result<Page<LogEntry>, Error> {
        let variables = LogsVariables {
            first,
            after,
            filter,
        };
        let logs = self.query(LogsQuery::build(variables)).await?.logs;
        Ok(Page {
            items: logs.nodes,
            next: logs.page_info.next(),
        })
    }

    /// The entries of the last minute that match, then each further one.
    pub fn watch_log(
        self,
        filter: &LogFilter,
        mut on_event: impl FnMut(Event<LogEntry>) + 'static,
    ) -> Subscription {
        let filter = filter.clone();
        self.socket.subscribe(
            move || {
                let filter = filter.clone();
                LogAppendedSubscription::build(LogAppendedVariables { filter })
            },
            move |event| on_event(event.map(|data: LogAppendedSubscription| data.log_appended)),
        )
    }

    /// Tells that somebody tried one of these actions.
    pub fn watch_actions(self, actions: &[&str], on_done: impl Fn() + 'static) -> Subscription {
        let filter = LogFilter {
            action: Some(actions.iter().map(|action| (*action).to_owned()).collect()),
            ..LogFilter::default()
        };
        self.socket.subscribe(
            move || {
                let filter = filter.clone();
                LogTouchedSubscription::build(LogAppendedVariables { filter })
            },
            move |_: Event<LogTouchedSubscription>| on_done(),
        )
    }
}
