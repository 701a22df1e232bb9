//! Statistics: what became of each day's results.

use cynic::QueryBuilder;

use super::{Api, error::Error, scalars::DateTime, schema};

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
    /// The days from a moment on, in order; days without a schedule are left out.
    pub async fn days_since(self, from: DateTime) -> Result<Vec<Day>, Error> {
        let operation = DaysQuery::build(DaysVariables { from });
        Ok(self.query(operation).await?.statistics.days)
    }
}
