//! Results: one schedule's change feed, which brings its history and everything after through one
//! subscription; and what is long about one result, which is fetched when somebody looks at it.

use cynic::{QueryBuilder, SubscriptionBuilder};

use super::{
    Api,
    error::Error,
    keywords::keywords,
    scalars::{DateTime, Uuid},
    schedules::{ClientName, Schedule},
    schema,
    socket::{Event, Subscription},
};

/// What became of one attempt of a script.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ResultStatus {
    /// Started, and no outcome yet.
    Running,
    /// It passed.
    Pass,
    /// It failed.
    Fail,
    /// It could not run for a reason outside of it.
    Block,
    /// It broke.
    Error,
    /// It was left out.
    Skip,
}

// In the order in which counters and bars show them.
keywords!(ResultStatus {
    Pass = "PASS",
    Fail = "FAIL",
    Error = "ERROR",
    Block = "BLOCK",
    Skip = "SKIP",
    Running = "RUNNING",
});

/// One attempt of one script, without its long text.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Result")]
pub struct ScriptResult {
    /// Its global id.
    pub id: cynic::Id,
    /// The script.
    pub script: String,
    /// What became of it.
    pub status: ResultStatus,
    /// 1, 2, … for the same script in the same schedule.
    pub attempt: i32,
    /// What the script had to say.
    pub message: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i32>,
    /// When it began, as its script says.
    pub started_time: Option<DateTime>,
    /// When it was first reported.
    pub submitted_time: DateTime,
    /// The schedule's revision at its last change.
    pub revision: i32,
}

/// Everything of a schedule that changed up to a revision.
#[derive(cynic::QueryFragment, Clone, Debug)]
pub struct ScheduleChange {
    /// What to go on from.
    pub revision: i32,
    /// The schedule as it is, counts included.
    pub schedule: Schedule,
    /// The results that changed.
    pub results: Vec<ScriptResult>,
}

#[derive(cynic::QueryVariables)]
struct ScheduleChangesVariables {
    name: Uuid,
    after: i32,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "ScheduleChangesVariables")]
struct ScheduleChangesSubscription {
    #[arguments(name: $name, after: $after)]
    schedule_changes: ScheduleChange,
}

/// What was there before an administrator corrected a result, and why.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Correction {
    /// What it was.
    pub from: ResultStatus,
    /// What it became.
    pub to: ResultStatus,
    /// Why.
    pub reason: String,
    /// Who corrected it.
    pub by: ClientName,
    /// When.
    pub time: DateTime,
}

/// What the change feed leaves out of a result.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Result")]
pub struct ResultDetail {
    /// What the script had to say, whole.
    pub message: Option<String>,
    /// What it printed.
    pub output: Option<String>,
    /// What was corrected about it, oldest first.
    pub corrections: Vec<Correction>,
}

#[derive(cynic::QueryVariables)]
struct ResultDetailVariables {
    id: cynic::Id,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ResultDetailVariables")]
struct ResultDetailQuery {
    #[arguments(id: $id)]
    result: Option<ResultDetail>,
}

impl Api {
    /// The message, the output and the corrections of one result; `None` where it is gone.
    pub async fn result_detail(self, id: cynic::Id) -> Result<Option<ResultDetail>, Error> {
        let operation = ResultDetailQuery::build(ResultDetailVariables { id });
        Ok(self.query(operation).await?.result)
    }

    /// Every change of a schedule after a revision. `last_seen` is asked again on each
    /// reconnection, so that nothing is missed and nothing comes twice.
    pub fn watch_schedule(
        self,
        name: &str,
        last_seen: impl Fn() -> i32 + 'static,
        mut on_event: impl FnMut(Event<ScheduleChange>) + 'static,
    ) -> Subscription {
        let name = Uuid(name.to_owned());
        self.socket.subscribe(
            move || {
                ScheduleChangesSubscription::build(ScheduleChangesVariables {
                    name: name.clone(),
                    after: last_seen(),
                })
            },
            move |event| {
                on_event(event.map(|data: ScheduleChangesSubscription| data.schedule_changes));
            },
        )
    }
}
