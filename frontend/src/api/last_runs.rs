//! The last closed schedule of each title, and what changed against the one before it.

use cynic::QueryBuilder;

use super::{
    Api,
    error::Error,
    scalars::{DateTime, Uuid},
    schedules::{Progress, ScheduleName},
    schema,
};

/// What changed against the schedule before.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Comparison")]
pub struct Change {
    /// The one before.
    pub base: ScheduleName,
    /// Scripts that fail and did not.
    pub newly_failing: Vec<String>,
    /// Scripts that failed and do not any more.
    pub fixed: Vec<String>,
    /// Scripts that failed and still do.
    pub still_failing: Vec<String>,
}

/// The last closed schedule of a title.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Schedule")]
pub struct LastRun {
    /// Its GUID.
    pub name: Uuid,
    /// What people call it.
    pub title: Option<String>,
    /// When it was opened.
    pub created_time: DateTime,
    /// When it was closed.
    pub closed_time: Option<DateTime>,
    /// Its counts.
    pub progress: Progress,
    /// What changed; `None` for the first of its title.
    pub since_previous: Option<Change>,
}

#[derive(cynic::QueryVariables)]
struct LastRunsVariables {
    since: DateTime,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "LastRunsVariables")]
struct LastRunsQuery {
    #[arguments(since: $since)]
    latest_closed_schedules: Vec<LastRun>,
}

impl Api {
    /// The last closed schedule of each title, of those that were opened since then; newest first.
    pub async fn last_runs(self, since: DateTime) -> Result<Vec<LastRun>, Error> {
        let operation = LastRunsQuery::build(LastRunsVariables { since });
        Ok(self.query(operation).await?.latest_closed_schedules)
    }
}
