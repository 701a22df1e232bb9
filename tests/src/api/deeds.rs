//! What people do through the API, one function a deed.
//!
//! A deed that a story may want to see refused returns the [`Answer`]; one that is only ever a preparation returns what
//! it made, and panics when it was refused.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Api, Credential, Report, ResultRow, ResultStatus, Role, RunFacts, ScheduleFacts};
use crate::http::Answer;
use crate::wait::{PATIENCE, eventually};

/// How long a careful client keeps trying.
const OUTAGE: Duration = Duration::from_mins(2);

impl Api {
    /// Creates a client and speaks as it from then on.
    pub async fn create_client(&self, name: &str, role: Role) -> Self {
        let answer = self
            .query(
                CREATE_CLIENT,
                json!({ "input": { "name": name, "role": role } }),
            )
            .await;
        self.with(Credential::Token(answer.parse("/createClient/token")))
    }

    /// Revokes a client's token.
    pub async fn revoke_client(&self, name: &str) -> Answer {
        self.query(REVOKE_CLIENT, json!({ "name": name })).await
    }

    /// Gives a client a new token in place of its old one.
    pub async fn rotate_client_token(&self, name: &str) -> Answer {
        self.query(ROTATE_CLIENT_TOKEN, json!({ "name": name }))
            .await
    }

    /// Opens a schedule and returns its name.
    pub async fn open_schedule(&self, title: &str) -> Uuid {
        self.open_schedule_with(json!({ "title": title }))
            .await
            .parse("/createSchedule/schedule/name")
    }

    /// Opens a schedule with this `CreateScheduleInput`.
    pub async fn open_schedule_with(&self, input: Value) -> Answer {
        self.query(
            &[CREATE_SCHEDULE, ScheduleFacts::FRAGMENT].concat(),
            json!({ "input": input }),
        )
        .await
    }

    /// Reports a result.
    pub async fn report(&self, schedule: Uuid, report: Report) -> Answer {
        self.try_report(schedule, &report).await.expect("an answer")
    }

    /// Reports a result; an error means that no answer arrived.
    pub async fn try_report(&self, schedule: Uuid, report: &Report) -> reqwest::Result<Answer> {
        let mut input = json!(report);
        input["schedule"] = json!(schedule);
        self.try_query(
            &[REPORT_RESULT, ResultRow::FRAGMENT].concat(),
            json!({ "input": input }),
        )
        .await
    }

    /// Reports a result that is accepted, and returns it.
    pub async fn reported(&self, schedule: Uuid, report: Report) -> ResultRow {
        self.report(schedule, report)
            .await
            .parse("/reportResult/result")
    }

    /// Reports a result as a careful client does: under a key, and again until it is acknowledged, whatever happens to
    /// the connection, the server or its database meanwhile. No other refusal than `UNAVAILABLE` is put up with.
    pub async fn report_persistently(&self, schedule: Uuid, report: Report) -> ResultRow {
        let report = report.key(Uuid::new_v4());
        eventually("the report is acknowledged", OUTAGE, || async {
            let answer = self.try_report(schedule, &report).await.ok()?;
            let unavailable = answer.refusal().is_some_and(|code| code == "UNAVAILABLE");
            (!unavailable).then(|| answer.parse("/reportResult/result"))
        })
        .await
    }

    /// Reports many results at once.
    pub async fn report_batch(&self, schedule: Uuid, reports: &[Report]) -> Answer {
        self.query(
            REPORT_RESULTS,
            json!({ "input": { "schedule": schedule, "results": reports } }),
        )
        .await
    }

    /// Imports a JUnit file through the mutation.
    pub async fn import_junit(&self, schedule: Uuid, xml: &str) -> Answer {
        self.query(
            IMPORT_JUNIT,
            json!({ "input": { "schedule": schedule, "xml": xml } }),
        )
        .await
    }

    /// Closes a schedule.
    pub async fn close(&self, schedule: Uuid) -> Answer {
        self.close_with(json!({ "name": schedule })).await
    }

    /// Closes a schedule with this `CloseScheduleInput`.
    pub async fn close_with(&self, input: Value) -> Answer {
        self.query(
            &[CLOSE_SCHEDULE, ScheduleFacts::FRAGMENT].concat(),
            json!({ "input": input }),
        )
        .await
    }

    /// Reopens a closed schedule.
    pub async fn reopen(&self, schedule: Uuid, reason: &str) -> Answer {
        self.query(
            REOPEN_SCHEDULE,
            json!({ "input": { "name": schedule, "reason": reason } }),
        )
        .await
    }

    /// Amends a result.
    pub async fn amend(&self, result: &str, status: ResultStatus, reason: &str) -> Answer {
        self.query(
            AMEND_RESULT,
            json!({ "input": { "id": result, "status": status, "reason": reason } }),
        )
        .await
    }

    /// Changes a schedule with this `UpdateScheduleInput`.
    pub async fn update(&self, input: Value) -> Answer {
        self.query(UPDATE_SCHEDULE, json!({ "input": input })).await
    }

    /// Deletes a schedule.
    pub async fn delete(&self, schedule: Uuid) -> Answer {
        self.query(DELETE_SCHEDULE, json!({ "name": schedule }))
            .await
    }

    /// Looks at a schedule that exists.
    pub async fn schedule(&self, name: Uuid) -> ScheduleFacts {
        let document = [SCHEDULE, ScheduleFacts::FRAGMENT].concat();
        self.query(&document, json!({ "name": name }))
            .await
            .parse("/schedule")
    }

    /// Reads the output of a result.
    pub async fn output(&self, result: &str) -> Option<String> {
        let document = "query ($id: ID!) { node(id: $id) { ... on Result { output } } }";
        self.query(document, json!({ "id": result }))
            .await
            .parse("/node/output")
    }

    /// Reads every attempt of every script of a schedule, page by page, in the order of the first reports.
    pub async fn all_results(&self, schedule: Uuid) -> Vec<ResultRow> {
        self.results(schedule, json!({ "latestOnly": false })).await
    }

    /// Reads all results of a schedule that match a `ResultFilter`, page by page.
    pub async fn results(&self, schedule: Uuid, filter: Value) -> Vec<ResultRow> {
        let document = [RESULTS, ResultRow::FRAGMENT].concat();
        let mut rows: Vec<ResultRow> = Vec::new();
        let mut after = Value::Null;
        loop {
            let variables = json!({ "name": schedule, "after": after, "filter": filter });
            let page = self.query(&document, variables).await;
            rows.extend(page.parse::<Vec<ResultRow>>("/schedule/results/nodes"));
            if !page.parse::<bool>("/schedule/results/pageInfo/hasNextPage") {
                return rows;
            }
            after = page.data("/schedule/results/pageInfo/endCursor");
        }
    }

    /// Makes a task with this `CreateTaskInput`.
    pub async fn create_task(&self, input: Value) -> Answer {
        self.query(CREATE_TASK, json!({ "input": input })).await
    }

    /// Changes a task with this `UpdateTaskInput`.
    pub async fn update_task(&self, input: Value) -> Answer {
        self.query(UPDATE_TASK, json!({ "input": input })).await
    }

    /// Deletes a task.
    pub async fn delete_task(&self, name: &str) -> Answer {
        self.query(DELETE_TASK, json!({ "name": name })).await
    }

    /// Runs a task now.
    pub async fn run_task(&self, name: &str) -> Answer {
        let document = [RUN_TASK, RunFacts::FRAGMENT].concat();
        self.query(&document, json!({ "name": name })).await
    }

    /// Asks for a backup of a folder.
    pub async fn run_backup(&self, source: impl AsRef<Path>) -> Answer {
        let document = [RUN_BACKUP, RunFacts::FRAGMENT].concat();
        self.query(&document, json!({ "source": source.as_ref() }))
            .await
    }

    /// Makes a backup of a folder to its end.
    pub async fn backed_up(&self, source: impl AsRef<Path>) -> RunFacts {
        let id: String = self.run_backup(source).await.parse("/runBackup/run/id");
        self.ended(&id).await
    }

    /// Calls a run off.
    pub async fn cancel_run(&self, id: &str) -> Answer {
        let document = [CANCEL_RUN, RunFacts::FRAGMENT].concat();
        self.query(&document, json!({ "id": id })).await
    }

    /// One run.
    pub async fn run(&self, id: &str) -> RunFacts {
        let document = [RUN, RunFacts::FRAGMENT].concat();
        self.query(&document, json!({ "id": id }))
            .await
            .parse("/run")
    }

    /// The last hundred runs of a task, the first at the front.
    pub async fn runs_of(&self, task: &str) -> Vec<RunFacts> {
        let document = [RUNS_OF, RunFacts::FRAGMENT].concat();
        let answer = self.query(&document, json!({ "name": task })).await;
        let mut runs: Vec<RunFacts> = answer.parse("/task/runs/nodes");
        runs.reverse();
        runs
    }

    /// Waits until a task's runs are these and no others: slot, trigger and status of each.
    pub async fn has_outcomes(&self, task: &str, expected: &[(DateTime<Utc>, &str, &str)]) {
        let what = format!("the runs of {task} are {expected:?}");
        eventually(&what, PATIENCE, || async {
            let runs = self.runs_of(task).await;
            runs.iter()
                .map(RunFacts::outcome)
                .eq(expected.iter().copied())
                .then_some(())
        })
        .await;
    }

    /// Waits until a run has ended, and returns it.
    pub async fn ended(&self, id: &str) -> RunFacts {
        eventually("the run has ended", OUTAGE, || async {
            Some(self.run(id).await).filter(RunFacts::has_ended)
        })
        .await
    }

    /// The text of the first lines that a run wrote.
    pub async fn lines_of(&self, id: &str) -> Vec<String> {
        let lines = self
            .query(OUTPUT, json!({ "id": id }))
            .await
            .data("/run/output");
        let lines = lines.as_array().expect("a list");
        let text = |line: &Value| line["text"].as_str().expect("a text").to_owned();
        lines.iter().map(text).collect()
    }
}

const CREATE_CLIENT: &str = "mutation ($input: CreateClientInput!) {
    createClient(input: $input) { token client { id name role tokenPrefix } }
}";
const REVOKE_CLIENT: &str = "mutation ($name: String!) {
    revokeClient(name: $name) { client { name revokedTime } }
}";
const ROTATE_CLIENT_TOKEN: &str = "mutation ($name: String!) {
    rotateClientToken(name: $name) { token client { name tokenPrefix } }
}";
const CREATE_SCHEDULE: &str = "mutation ($input: CreateScheduleInput!) {
    createSchedule(input: $input) { schedule { ...Facts } }
} ";
const REPORT_RESULT: &str = "mutation ($input: ReportResultInput!) {
    reportResult(input: $input) { result { ...Row } schedule { revision status } }
} ";
const CLOSE_SCHEDULE: &str = "mutation ($input: CloseScheduleInput!) {
    closeSchedule(input: $input) { schedule { ...Facts } }
} ";
const SCHEDULE: &str = "query ($name: UUID!) { schedule(name: $name) { ...Facts } } ";
const RESULTS: &str = "query ($name: UUID!, $after: String, $filter: ResultFilter) {
    schedule(name: $name) {
        results(first: 100, after: $after, filter: $filter) {
            nodes { ...Row } pageInfo { hasNextPage endCursor }
        }
    }
} ";
const REPORT_RESULTS: &str = "mutation ($input: ReportResultsInput!) {
    reportResults(input: $input) { accepted duplicates schedule { revision status } }
}";
const IMPORT_JUNIT: &str = "mutation ($input: ImportJunitInput!) {
    importJunit(input: $input) { accepted duplicates schedule { revision status } }
}";
const REOPEN_SCHEDULE: &str = "mutation ($input: ReopenScheduleInput!) {
    reopenSchedule(input: $input) { schedule { status revision closedTime } }
}";
const AMEND_RESULT: &str = "mutation ($input: AmendResultInput!) {
    amendResult(input: $input) {
        result { script status attempt revision corrections { from to reason time by { name } } }
    }
}";
const UPDATE_SCHEDULE: &str = "mutation ($input: UpdateScheduleInput!) {
    updateSchedule(input: $input) { schedule { title revision missing labels { key value } progress { expected } } }
}";
const DELETE_SCHEDULE: &str = "mutation ($name: UUID!) { deleteSchedule(name: $name) { name } }";
const CREATE_TASK: &str = "mutation ($input: CreateTaskInput!) {
    createTask(input: $input) { task { id number name scheduledTime recurrence timeZone enabled nextTime
        overlapPolicy catchUpPolicy monthEndPolicy timeoutSeconds maxAttempts
        action { __typename ... on Reminder { note } ... on CommandAction { command arguments } ... on BackupAction { source } } } }
}";
const UPDATE_TASK: &str = "mutation ($input: UpdateTaskInput!) {
    updateTask(input: $input) { task { id number name scheduledTime recurrence timeZone enabled nextTime
        overlapPolicy catchUpPolicy monthEndPolicy timeoutSeconds maxAttempts
        action { __typename ... on Reminder { note } ... on CommandAction { command arguments } ... on BackupAction { source } } } }
}";
const DELETE_TASK: &str = "mutation ($name: String!) { deleteTask(name: $name) { name } }";
const RUN_TASK: &str =
    "mutation ($name: String!) { runTask(name: $name) { run { ...RunFacts } } } ";
const RUN_BACKUP: &str = "mutation ($source: String!) { runBackup(input: { source: $source }) { run { ...RunFacts } } } ";
const CANCEL_RUN: &str = "mutation ($id: ID!) { cancelRun(id: $id) { run { ...RunFacts } } } ";
const RUN: &str = "query ($id: ID!) { run(id: $id) { ...RunFacts } } ";
const RUNS_OF: &str =
    "query ($name: String!) { task(name: $name) { runs(first: 100) { nodes { ...RunFacts } } } } ";
const OUTPUT: &str =
    "query ($id: ID!) { run(id: $id) { output(first: 1000) { seq stream text time } } }";
