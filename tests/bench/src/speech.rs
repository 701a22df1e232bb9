//! What contenders are asked, in both of their languages: GraphQL, with the same documents for all who speak it, and plain
//! JSON for those that don't; and what they answer, read whole and checked.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hyper::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

/// How many results a page has.
pub(crate) const PAGE: usize = 50;

/// How many schedules a nested page has, and how many results each of them.
pub(crate) const SCHEDULES: usize = 20;
pub(crate) const RESULTS_OF_EACH: usize = 10;

const CREATE: &str = "mutation Create($input: CreateScheduleInput!) { createSchedule(input: $input) { schedule { name revision } } }";
const REPORT: &str = "mutation Report($input: ReportResultInput!) { reportResult(input: $input) { result { script attempt status } schedule { revision } } }";
const BATCH: &str = "mutation Batch($input: ReportResultsInput!) { reportResults(input: $input) { accepted duplicates schedule { revision } } }";
const PAGE_OF_RESULTS: &str = "query Page($name: UUID!, $after: String) { schedule(name: $name) { results(first: 50, after: $after) { nodes { script attempt status durationMs submittedTime } pageInfo { hasNextPage endCursor } } } }";
const NESTED_PAGE: &str = "query Nested($first: Int, $after: String) { schedules(first: $first, after: $after) { nodes { name title status revision createdTime progress { reported running pass fail block error skip } labels { key value } results(first: 10) { nodes { script attempt status durationMs submittedTime } } } pageInfo { hasNextPage endCursor } } }";

/// A language that a contender understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speech {
    /// `POST /graphql`.
    GraphQl,
    /// Routes with JSON bodies.
    Rest,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Bytes,
}

/// A report of one result.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) script: String,
    pub(crate) status: &'static str,
    pub(crate) duration_ms: u32,
    pub(crate) key: Uuid,
}

impl Report {
    /// A report of the `number`th script of a nightly run. Most pass.
    pub(crate) fn of(number: usize) -> Self {
        const STATUSES: [&str; 8] = [
            "PASS", "PASS", "FAIL", "PASS", "PASS", "SKIP", "PASS", "PASS",
        ];
        Self {
            script: script(number),
            status: STATUSES[number % STATUSES.len()],
            duration_ms: u32::try_from(number % 10_000).expect("it is less than 10,000"),
            key: Uuid::new_v4(),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "script": self.script,
            "status": self.status,
            "durationMs": self.duration_ms,
            "key": self.key,
        })
    }
}

/// The name of the `number`th script.
pub(crate) fn script(number: usize) -> String {
    format!("suite/{:03}/case-{number:07}", number % 100)
}

/// The answer to a report.
#[derive(Deserialize)]
pub(crate) struct Reported {
    pub(crate) result: Stored,
    pub(crate) schedule: Revised,
}

/// What is asked of a result that was just reported.
#[derive(Deserialize)]
pub(crate) struct Stored {
    pub(crate) script: String,
    pub(crate) attempt: i32,
    pub(crate) status: String,
}

/// What is asked of a schedule that has just changed.
#[derive(Deserialize)]
pub(crate) struct Revised {
    pub(crate) revision: i32,
}

/// The answer to a batch.
#[derive(Deserialize)]
pub(crate) struct Taken {
    pub(crate) accepted: usize,
    pub(crate) duplicates: usize,
    pub(crate) schedule: Revised,
}

/// A page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    pub(crate) nodes: Vec<T>,
    pub(crate) page_info: PageInfo,
}

/// How a list goes on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    pub(crate) has_next_page: bool,
    pub(crate) end_cursor: Option<String>,
}

/// A result in a page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultRow {
    pub(crate) script: String,
    pub(crate) attempt: i32,
    pub(crate) status: String,
    pub(crate) duration_ms: Option<u32>,
    pub(crate) submitted_time: String,
}

/// A schedule in a nested page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduleRow {
    pub(crate) name: Uuid,
    pub(crate) title: Option<String>,
    pub(crate) status: String,
    pub(crate) revision: i32,
    pub(crate) created_time: String,
    pub(crate) progress: Progress,
    pub(crate) labels: Vec<Label>,
    results: Nodes,
}

impl ScheduleRow {
    pub(crate) fn results(&self) -> &[ResultRow] {
        match &self.results {
            Nodes::Connection { nodes } | Nodes::List(nodes) => nodes,
        }
    }
}

/// The results of a schedule, as a connection or as a plain list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Nodes {
    Connection { nodes: Vec<ResultRow> },
    List(Vec<ResultRow>),
}

/// The counters of a schedule.
#[derive(Deserialize)]
pub(crate) struct Progress {
    pub(crate) reported: i32,
    pub(crate) running: i32,
    pub(crate) pass: i32,
    pub(crate) fail: i32,
    pub(crate) block: i32,
    pub(crate) error: i32,
    pub(crate) skip: i32,
}

/// A label of a schedule.
#[derive(Deserialize)]
pub(crate) struct Label {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Speech {
    /// Opens a schedule, with three labels.
    pub(crate) fn create(self, name: Uuid, title: &str) -> Call {
        let labels = [("branch", "main"), ("host", "builder-1"), ("product", "x")];
        let labels = labels.map(|(key, value)| json!({"key": key, "value": value}));
        let input = json!({"name": name, "title": title, "labels": labels});
        self.change(CREATE, "/schedules", &input)
    }

    /// Reports one result.
    pub(crate) fn report(self, schedule: Uuid, report: &Report) -> Call {
        let mut input = report.to_json();
        input["schedule"] = json!(schedule);
        self.change(REPORT, "/results", &input)
    }

    /// Reports many.
    pub(crate) fn batch(self, schedule: Uuid, reports: &[Report]) -> Call {
        let results: Vec<_> = reports.iter().map(Report::to_json).collect();
        let input = json!({"schedule": schedule, "results": results});
        self.change(BATCH, "/results/batch", &input)
    }

    /// Asks for a page of a schedule's results.
    pub(crate) fn page(self, schedule: Uuid, after: Option<&str>) -> Call {
        match self {
            Self::GraphQl => graphql(PAGE_OF_RESULTS, &json!({"name": schedule, "after": after})),
            Self::Rest => {
                let after = after
                    .map(|after| format!("&after={after}"))
                    .unwrap_or_default();
                get(format!("/schedules/{schedule}/results?first={PAGE}{after}"))
            }
        }
    }

    /// Asks for a page of schedules, with what goes with each.
    pub(crate) fn nested(self, after: Option<&str>) -> Call {
        match self {
            Self::GraphQl => graphql(NESTED_PAGE, &json!({"first": SCHEDULES, "after": after})),
            Self::Rest => {
                let after = after
                    .map(|after| format!("&after={after}"))
                    .unwrap_or_default();
                get(format!("/schedules?first={SCHEDULES}{after}"))
            }
        }
    }

    fn change(self, document: &str, path: &str, input: &Value) -> Call {
        match self {
            Self::GraphQl => graphql(document, &json!({"input": input})),
            Self::Rest => Call {
                method: Method::POST,
                path: path.to_owned(),
                body: input.to_string().into(),
            },
        }
    }

    /// Checks that a schedule was opened under this name.
    pub(crate) fn check_created(self, body: &[u8], name: Uuid) -> Result<()> {
        /// The schedule around its name, in GraphQL.
        #[derive(Deserialize)]
        struct Payload {
            schedule: Created,
        }
        #[derive(Deserialize)]
        struct Created {
            name: Uuid,
            revision: i32,
        }
        let created: Created = match self {
            Self::GraphQl => self.read::<Payload>(body)?.schedule,
            Self::Rest => self.read(body)?,
        };
        ensure!(
            created.name == name && created.revision == 0,
            "{name} was opened as {} at revision {}",
            created.name,
            created.revision
        );
        Ok(())
    }

    /// Reads the answer to a report.
    pub(crate) fn read_reported(self, body: &[u8]) -> Result<Reported> {
        self.read(body)
    }

    /// Reads the answer to a batch.
    pub(crate) fn read_accepted(self, body: &[u8]) -> Result<Taken> {
        self.read(body)
    }

    /// Reads a page of results.
    pub(crate) fn read_page(self, body: &[u8]) -> Result<Page<ResultRow>> {
        /// The schedule around a page, in GraphQL.
        #[derive(Deserialize)]
        struct Schedule {
            results: Page<ResultRow>,
        }
        match self {
            Self::GraphQl => Ok(self.read::<Schedule>(body)?.results),
            Self::Rest => self.read(body),
        }
    }

    /// Reads a page of schedules.
    pub(crate) fn read_nested(self, body: &[u8]) -> Result<Page<ScheduleRow>> {
        self.read(body)
    }

    fn read<T: DeserializeOwned>(self, body: &[u8]) -> Result<T> {
        /// An answer in GraphQL. One with errors has no such data.
        #[derive(Deserialize)]
        struct Answer<T> {
            data: Data<T>,
        }
        /// The one field that was asked for.
        #[derive(Deserialize)]
        struct Data<T> {
            #[serde(
                alias = "createSchedule",
                alias = "reportResult",
                alias = "reportResults",
                alias = "schedule",
                alias = "schedules"
            )]
            field: T,
        }
        let read = match self {
            Self::GraphQl => {
                serde_json::from_slice::<Answer<T>>(body).map(|answer| answer.data.field)
            }
            Self::Rest => serde_json::from_slice(body),
        };
        read.with_context(|| format!("an unexpected answer: {}", beginning(body)))
    }
}

/// A request in GraphQL.
pub(crate) fn graphql(document: &str, variables: &Value) -> Call {
    Call {
        method: Method::POST,
        path: "/graphql".to_owned(),
        body: json!({"query": document, "variables": variables})
            .to_string()
            .into(),
    }
}

/// A request without a body.
pub(crate) fn get(path: String) -> Call {
    Call {
        method: Method::GET,
        path,
        body: Bytes::new(),
    }
}

impl Page<ResultRow> {
    /// Holds a page against what it must be: full, in order, every row whole.
    pub(crate) fn check(&self, first: usize) -> Result<()> {
        ensure!(self.nodes.len() == PAGE, "a page of {}", self.nodes.len());
        for (row, number) in self.nodes.iter().zip(first..) {
            row.check(number)?;
        }
        ensure!(self.page_info.end_cursor.is_some(), "a page without an end");
        Ok(())
    }
}

impl ResultRow {
    fn check(&self, number: usize) -> Result<()> {
        let sent = Report::of(number);
        ensure!(
            self.attempt == 1
                && self.status == sent.status
                && self.duration_ms == Some(sent.duration_ms)
                && self.script == sent.script
                && self.submitted_time.ends_with('Z'),
            "{} is not what was reported of {}",
            self.script,
            sent.script
        );
        Ok(())
    }
}

impl Page<ScheduleRow> {
    /// Holds a page against what it must be, where each schedule has `results` results.
    pub(crate) fn check(&self, results: i32) -> Result<()> {
        ensure!(
            self.nodes.len() == SCHEDULES,
            "a page of {}",
            self.nodes.len()
        );
        for schedule in &self.nodes {
            let progress = &schedule.progress;
            let finals =
                progress.pass + progress.fail + progress.block + progress.error + progress.skip;
            ensure!(
                progress.reported == results && finals + progress.running == results,
                "{} counts {} of {results}",
                schedule.name,
                progress.reported
            );
            ensure!(
                schedule.title.is_some()
                    && schedule.status == "RUNNING"
                    && schedule.revision == results
                    && schedule.created_time.ends_with('Z'),
                "{} is not whole",
                schedule.name
            );
            let labels: Vec<_> = schedule
                .labels
                .iter()
                .map(|label| (label.key.as_str(), label.value.as_str()))
                .collect();
            ensure!(
                labels.len() == 3 && labels.contains(&("branch", "main")),
                "{} has the labels {labels:?}",
                schedule.name
            );
            let rows = schedule.results();
            ensure!(rows.len() == RESULTS_OF_EACH, "{} results", rows.len());
            for (number, row) in rows.iter().enumerate() {
                row.check(number)?;
            }
        }
        Ok(())
    }
}

/// As much of an answer as fits into a message.
pub(crate) fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(500).collect()
}
