//! What the demonstration asks the server for: one function an operation of the GraphQL API, with what it sends and reads.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::client::{Client, Error, Result};

/// How an attempt stands or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Running,
    Pass,
    Fail,
    Block,
    Error,
    Skip,
}

/// A schedule to be opened.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Opening<'a> {
    pub(super) name: Uuid,
    pub(super) title: &'a str,
    pub(super) labels: Vec<Label<'a>>,
    pub(super) expected: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lease_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created_time: Option<DateTime<Utc>>,
}

/// A label of a schedule.
#[derive(Serialize)]
pub(super) struct Label<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a str,
}

/// A report of one attempt.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report<'a> {
    pub(super) key: Uuid,
    pub(super) script: &'a str,
    pub(super) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration_ms: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) started_time: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) submitted_time: Option<DateTime<Utc>>,
}

/// How far a schedule is.
#[derive(Deserialize)]
pub(super) struct Standing {
    pub(super) status: String,
    pub(super) revision: i32,
}

impl Standing {
    /// Whether its client has closed it.
    pub(super) fn is_closed(&self) -> bool {
        self.status == "CLOSED"
    }
}

/// A result to be corrected.
#[derive(Deserialize)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) status: Status,
}

impl Client {
    /// Refuses to go on where the token is not an admin's.
    pub(super) async fn is_admin(&self) -> Result<()> {
        #[derive(Deserialize)]
        struct Data {
            viewer: Option<Viewer>,
        }
        #[derive(Deserialize)]
        struct Viewer {
            name: String,
            role: String,
        }
        let data: Data = self.ask("{ viewer { name role } }", json!({})).await?;
        match data.viewer {
            Some(viewer) if viewer.role != "ADMIN" => Err(Error::NoAdmin {
                name: viewer.name,
                role: viewer.role,
            }),
            _ => Ok(()),
        }
    }

    /// How far a schedule is, if there is one of that name.
    pub(super) async fn standing(&self, schedule: Uuid) -> Result<Option<Standing>> {
        #[derive(Deserialize)]
        struct Data {
            schedule: Option<Standing>,
        }
        let document = "query ($name: UUID!) { schedule(name: $name) { status revision } }";
        let data: Data = self.ask(document, json!({ "name": schedule })).await?;
        Ok(data.schedule)
    }

    /// Opens a schedule; the same one where it is there already.
    pub(super) async fn open(&self, opening: &Opening<'_>) -> Result<()> {
        let document = "mutation ($input: CreateScheduleInput!) {
            createSchedule(input: $input) { schedule { name } }
        }";
        self.tell(document, json!({ "input": opening })).await
    }

    /// Reports one result.
    pub(super) async fn report(&self, schedule: Uuid, report: &Report<'_>) -> Result<()> {
        #[derive(Serialize)]
        struct Input<'a> {
            schedule: Uuid,
            #[serde(flatten)]
            report: &'a Report<'a>,
        }
        let document = "mutation ($input: ReportResultInput!) {
            reportResult(input: $input) { schedule { revision } }
        }";
        let input = Input { schedule, report };
        self.tell(document, json!({ "input": input })).await
    }

    /// Reports many results, all or none of them.
    pub(super) async fn report_all(&self, schedule: Uuid, reports: &[Report<'_>]) -> Result<()> {
        let document = "mutation ($input: ReportResultsInput!) {
            reportResults(input: $input) { schedule { revision } }
        }";
        let input = json!({ "schedule": schedule, "results": reports });
        self.tell(document, json!({ "input": input })).await
    }

    /// The latest attempt of a script in a schedule.
    pub(super) async fn latest(&self, schedule: Uuid, script: &str) -> Result<Option<Found>> {
        #[derive(Deserialize)]
        struct Data {
            schedule: Option<Schedule>,
        }
        #[derive(Deserialize)]
        struct Schedule {
            results: Results,
        }
        #[derive(Deserialize)]
        struct Results {
            nodes: Vec<Found>,
        }
        let document = "query ($name: UUID!, $script: String!) {
            schedule(name: $name) { results(filter: { script: $script }) { nodes { id status } } }
        }";
        let variables = json!({ "name": schedule, "script": script });
        let data: Data = self.ask(document, variables).await?;
        Ok(data
            .schedule
            .and_then(|schedule| schedule.results.nodes.into_iter().next()))
    }

    /// Corrects a result.
    pub(super) async fn amend(&self, result: &str, to: Status, reason: &str) -> Result<()> {
        let document = "mutation ($input: AmendResultInput!) {
            amendResult(input: $input) { result { id } }
        }";
        let input = json!({ "id": result, "status": to, "reason": reason });
        self.tell(document, json!({ "input": input })).await
    }

    /// Closes a schedule in which so many scripts are final; now, unless it was another time.
    pub(super) async fn close(
        &self,
        schedule: Uuid,
        results: usize,
        closed: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let document = "mutation ($input: CloseScheduleInput!) {
            closeSchedule(input: $input) { schedule { status } }
        }";
        let mut input = json!({ "name": schedule, "expectedResults": results });
        if let Some(closed) = closed {
            input["closedTime"] = json!(closed);
        }
        self.tell(document, json!({ "input": input })).await
    }

    /// A REPORTER of this name with a token of its own. Where there is one already, it gets a new token.
    pub(super) async fn reporter(&self, name: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Created {
            #[serde(rename = "createClient", alias = "rotateClientToken")]
            payload: WithToken,
        }
        #[derive(Deserialize)]
        struct WithToken {
            token: String,
        }
        let create =
            "mutation ($input: CreateClientInput!) { createClient(input: $input) { token } }";
        let rotate = "mutation ($name: String!) { rotateClientToken(name: $name) { token } }";
        let input = json!({ "name": name, "role": "REPORTER" });
        let created = match self.ask::<Created>(create, json!({ "input": input })).await {
            Err(error) if error.is_refusal("CONFLICT") => {
                self.ask::<Created>(rotate, json!({ "name": name })).await?
            }
            created => created?,
        };
        self.with_token(&created.payload.token)
    }

    /// Executes an operation of which nothing is wanted but its success.
    async fn tell(&self, document: &str, variables: serde_json::Value) -> Result<()> {
        self.ask::<serde_json::Value>(document, variables)
            .await
            .map(drop)
    }
}
