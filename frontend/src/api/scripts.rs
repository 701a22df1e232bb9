//! Scripts across schedules: the list with what can be said of each, and the history of one.

use cynic::QueryBuilder;

use super::{
    Api,
    error::Error,
    page::{Page, PageInfo},
    results::ResultStatus,
    scalars::{DateTime, Uuid},
    schedules::ScheduleStatus,
    schema,
};

/// How many scripts one page of the list holds.
const PAGE_SIZE: i32 = 50;

/// Which scripts a list shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScriptFilter {
    /// Only those whose name holds this text, in any case; empty for all.
    pub contains: String,
    /// Only flaky ones.
    pub flaky_only: bool,
}

impl ScriptFilter {
    /// Whether it leaves anything out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One script in the list. What is said of it is over its last 50 schedules.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Script")]
pub struct ScriptSummary {
    /// Its name.
    pub name: String,
    /// In how many of those schedules it is.
    pub runs: i32,
    /// The share of passes among its passes, failures, errors and blocks, 0 to 1.
    pub pass_rate: f64,
    /// Whether it passes and fails without a visible reason.
    pub flaky: bool,
    /// How long it takes, in milliseconds.
    pub median_duration_ms: Option<i32>,
    /// How its last 20 schedules ended for it.
    #[arguments(first: 20)]
    pub history: RecentHistory,
}

/// The last outcomes of a script.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "ResultConnection")]
pub struct RecentHistory {
    /// The newest first.
    pub nodes: Vec<RecentOutcome>,
}

/// The latest attempt of a script in a schedule, as a list shows it.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Result")]
pub struct RecentOutcome {
    /// What became of it.
    pub status: ResultStatus,
}

#[derive(cynic::QueryVariables)]
struct ScriptsVariables {
    first: i32,
    after: Option<String>,
    contains: Option<String>,
    flaky_only: bool,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ScriptsVariables")]
struct ScriptsQuery {
    #[arguments(first: $first, after: $after, contains: $contains, flakyOnly: $flaky_only)]
    scripts: ScriptConnection,
}

#[derive(cynic::QueryFragment)]
struct ScriptConnection {
    nodes: Vec<ScriptSummary>,
    page_info: PageInfo,
}

/// What is said of one script, over its last 50 schedules.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptFacts {
    /// In how many of those schedules it is.
    pub runs: i32,
    /// The share of passes among its passes, failures, errors and blocks, 0 to 1.
    pub pass_rate: f64,
    /// How often it changed between passing and failing.
    pub flips: i32,
    /// Whether it passes and fails without a visible reason.
    pub flaky: bool,
    /// How long it takes, in milliseconds.
    pub median_duration_ms: Option<i32>,
}

/// One attempt of a script.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Result")]
pub struct ScriptAttempt {
    /// 1, 2, … in its schedule.
    pub attempt: i32,
    /// What became of it.
    pub status: ResultStatus,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i32>,
    /// What the script had to say.
    pub message: Option<String>,
    /// When it was last reported.
    pub submitted_time: DateTime,
}

/// A schedule that holds a script, with the script's attempts in it.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Schedule", variables = "ScriptVariables")]
pub struct ScriptSchedule {
    /// The schedule's GUID.
    pub name: Uuid,
    /// What people call it.
    pub title: Option<String>,
    /// Where it stands.
    pub status: ScheduleStatus,
    /// When it was opened.
    pub created_time: DateTime,
    /// The last ten attempts.
    #[arguments(last: 10, filter: { script: $name, latestOnly: false })]
    pub results: Attempts,
}

/// The attempts of a script in a schedule.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "ResultConnection")]
pub struct Attempts {
    /// The oldest first.
    pub nodes: Vec<ScriptAttempt>,
}

/// By what one script is asked for.
#[derive(cynic::QueryVariables)]
pub struct ScriptVariables {
    name: String,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ScriptVariables")]
struct ScriptQuery {
    #[arguments(name: $name)]
    script: Option<Script>,
}

#[derive(cynic::QueryFragment)]
#[cynic(variables = "ScriptVariables")]
struct Script {
    runs: i32,
    pass_rate: f64,
    flips: i32,
    flaky: bool,
    median_duration_ms: Option<i32>,
    #[arguments(first: 50, after: $after)]
    history: History,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "ResultConnection", variables = "ScriptVariables")]
struct History {
    nodes: Vec<HistoryResult>,
    page_info: PageInfo,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Result", variables = "ScriptVariables")]
struct HistoryResult {
    schedule: ScriptSchedule,
}

/// A stretch of a script's history.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptHistory {
    /// What is said of the script as a whole.
    pub facts: ScriptFacts,
    /// The schedules that hold it, the newest first.
    pub schedules: Vec<ScriptSchedule>,
    /// Where the older ones begin; `None` where there are none.
    pub next: Option<String>,
}

impl From<Script> for ScriptHistory {
    fn from(script: Script) -> Self {
        let schedules = script.history.nodes.into_iter();
        Self {
            facts: ScriptFacts {
                runs: script.runs,
                pass_rate: script.pass_rate,
                flips: script.flips,
                flaky: script.flaky,
                median_duration_ms: script.median_duration_ms,
            },
            schedules: schedules.map(|result| result.schedule).collect(),
            next: script.history.page_info.next(),
        }
    }
}

impl Api {
    /// The page of the list after a cursor, or the first one.
    pub async fn scripts(
        self,
        filter: &ScriptFilter,
        after: Option<String>,
    ) -> Result<Page<ScriptSummary>, Error> {
        let variables = ScriptsVariables {
            first: PAGE_SIZE,
            after,
            contains: (!filter.contains.is_empty()).then(|| filter.contains.clone()),
            flaky_only: filter.flaky_only,
        };
        let connection = self.query(ScriptsQuery::build(variables)).await?.scripts;
        Ok(Page {
            items: connection.nodes,
            next: connection.page_info.next(),
        })
    }

    /// One script with the 50 schedules after a cursor, or the newest ones; `None` where nothing was
    /// ever reported under the name.
    pub async fn script(
        self,
        name: &str,
        after: Option<String>,
    ) -> Result<Option<ScriptHistory>, Error> {
        let name = name.to_owned();
        let operation = ScriptQuery::build(ScriptVariables { name, after });
        Ok(self.query(operation).await?.script.map(Into::into))
    }
}
