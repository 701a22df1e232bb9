//! Statistics: what became of each day's results, and what else was done.

use cynic::QueryBuilder;

use super::{Api, error::Error, results::ResultStatus, scalars::DateTime, schema};

/// The results of the schedules that were opened on one day.
#[derive(cynic::QueryFragment, Clone, Debug, Default, PartialEq)]
#[cynic(graphql_type = "DayCount")]
pub struct Day {
    /// The day in UTC, as `YYYY-MM-DD`.
    pub date: String,
    /// How many schedules were opened.
    pub schedules: i32,
    /// Scripts that passed.
    pub pass: i32,
    /// Scripts that failed.
    pub fail: i32,
    /// Scripts that could not run for a reason outside of them.
    pub block: i32,
    /// Scripts that broke.
    pub error: i32,
    /// Scripts that were left out.
    pub skip: i32,
}

impl Day {
    /// How many scripts ended so.
    pub fn count(&self, status: ResultStatus) -> i32 {
        match status {
            ResultStatus::Pass => self.pass,
            ResultStatus::Fail => self.fail,
            ResultStatus::Error => self.error,
            ResultStatus::Block => self.block,
            ResultStatus::Skip => self.skip,
            ResultStatus::Running => 0,
        }
    }
}

/// What was done on one day.
#[derive(cynic::QueryFragment, Clone, Debug, Default, PartialEq)]
#[cynic(graphql_type = "DayActivity")]
pub struct Activity {
    /// The day in UTC, as `YYYY-MM-DD`.
    pub date: String,
    /// How many actions succeeded.
    pub success: i32,
    /// How many were refused, or failed.
    pub error: i32,
}

/// How often an action was done.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "ActionCount")]
pub struct ActionCount {
    /// The action, as the log has it.
    pub action: String,
    /// How often it succeeded.
    pub success: i32,
    /// How often it was refused, or failed.
    pub error: i32,
}

/// What was done over a while.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Statistics")]
pub struct Counts {
    /// How often a backup succeeded.
    pub successful_backups: i32,
    /// How often one failed.
    pub failed_backups: i32,
    /// How often each action was done.
    pub actions: Vec<ActionCount>,
    /// What was done, day by day.
    pub activity: Vec<Activity>,
    /// What became of results, day by day.
    pub days: Vec<Day>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "DaysVariables")]
struct CountsQuery {
    #[arguments(from: $from)]
    statistics: Counts,
}

#[derive(cynic::QueryVariables)]
struct DaysVariables {
    from: DateTime,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "DaysVariables")]
struct DaysQuery {
    #[arguments(from: $from)]
    statistics: Statistics,
}

#[derive(cynic::QueryFragment)]
struct Statistics {
    days: Vec<Day>,
}

impl Api {
    /// All that is counted from a moment on.
    pub async fn counts_since(self, from: DateTime) -> Result<Counts, Error> {
        let operation = CountsQuery::build(DaysVariables { from });
        Ok(self.query(operation).await?.statistics)
    }

    /// The days from a moment on, in order; days without a schedule are left out.
    pub async fn days_since(self, from: DateTime) -> Result<Vec<Day>, Error> {
        let operation = DaysQuery::build(DaysVariables { from });
        Ok(self.query(operation).await?.statistics.days)
    }
}
