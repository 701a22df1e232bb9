//! What clients send and see, as far as the stories look at it. Each type that is read names its GraphQL fields in a
//! fragment beside it.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A client's role.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the schema describes the roles")]
pub enum Role {
    Viewer,
    Reporter,
    Operator,
    Admin,
}

/// The status of one attempt of a script.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the schema describes the statuses")]
pub enum ResultStatus {
    Running,
    Pass,
    Fail,
    Block,
    Error,
    Skip,
}

/// The status of a schedule.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the schema describes the statuses")]
pub enum ScheduleStatus {
    Created,
    Running,
    Closed,
    Abandoned,
}

/// One result as a script reports it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    script: String,
    status: ResultStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_time: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_time: Option<DateTime<Utc>>,
}

impl Report {
    /// The script's status and nothing more.
    pub fn new(script: impl fmt::Display, status: ResultStatus) -> Self {
        Self {
            script: script.to_string(),
            status,
            message: None,
            output: None,
            duration_ms: None,
            started_time: None,
            key: None,
            submitted_time: None,
        }
    }

    /// The script passed.
    pub fn pass(script: impl fmt::Display) -> Self {
        Self::new(script, ResultStatus::Pass)
    }

    /// The script failed.
    pub fn fail(script: impl fmt::Display) -> Self {
        Self::new(script, ResultStatus::Fail)
    }

    /// The script has started.
    pub fn running(script: impl fmt::Display) -> Self {
        Self::new(script, ResultStatus::Running)
    }

    /// Under this idempotency key.
    #[must_use]
    pub fn key(self, key: Uuid) -> Self {
        Self {
            key: Some(key),
            ..self
        }
    }

    /// With a message.
    #[must_use]
    pub fn message(self, message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            ..self
        }
    }

    /// With the script's output.
    #[must_use]
    pub fn output(self, output: impl Into<String>) -> Self {
        Self {
            output: Some(output.into()),
            ..self
        }
    }

    /// Having taken this many milliseconds.
    #[must_use]
    pub fn duration_ms(self, milliseconds: i32) -> Self {
        Self {
            duration_ms: Some(milliseconds),
            ..self
        }
    }

    /// Having started then.
    #[must_use]
    pub fn started(self, time: DateTime<Utc>) -> Self {
        Self {
            started_time: Some(time),
            ..self
        }
    }

    /// First reported then, elsewhere.
    #[must_use]
    pub fn submitted(self, time: DateTime<Utc>) -> Self {
        Self {
            submitted_time: Some(time),
            ..self
        }
    }
}

/// A schedule as its readers see it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the schema describes the fields")]
pub struct ScheduleFacts {
    pub id: String,
    pub name: Uuid,
    pub title: Option<String>,
    pub status: ScheduleStatus,
    pub revision: i64,
    pub created_time: DateTime<Utc>,
    pub last_modify_time: DateTime<Utc>,
    pub closed_time: Option<DateTime<Utc>>,
    pub progress: Progress,
    pub missing: Vec<String>,
}

impl ScheduleFacts {
    pub(super) const FRAGMENT: &str = "fragment Facts on Schedule {
        id name title status revision createdTime lastModifyTime closedTime missing
        progress { expected reported running pass fail block error skip }
    }";
}

/// The counters of a schedule.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[expect(missing_docs, reason = "the schema describes the counters")]
pub struct Progress {
    pub expected: Option<i64>,
    pub reported: i64,
    pub running: i64,
    pub pass: i64,
    pub fail: i64,
    pub block: i64,
    pub error: i64,
    pub skip: i64,
}

impl Progress {
    /// What the counters must be for these results, of which there is one for each script: its latest attempt.
    pub fn recount(expected: Option<i64>, latest: &[ResultRow]) -> Self {
        let count = |status| {
            let matching = latest.iter().filter(|row| row.status == status).count();
            i64::try_from(matching).expect("a small number")
        };
        let running = count(ResultStatus::Running);
        Self {
            expected,
            reported: i64::try_from(latest.len()).expect("a small number") - running,
            running,
            pass: count(ResultStatus::Pass),
            fail: count(ResultStatus::Fail),
            block: count(ResultStatus::Block),
            error: count(ResultStatus::Error),
            skip: count(ResultStatus::Skip),
        }
    }
}

/// A result as its readers see it, but for its output, which is long: see `Api::output`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the schema describes the fields")]
pub struct ResultRow {
    pub id: String,
    pub script: String,
    pub status: ResultStatus,
    pub attempt: i64,
    pub revision: i64,
    pub message: Option<String>,
    pub duration_ms: Option<i64>,
    pub started_time: Option<DateTime<Utc>>,
    pub submitted_time: DateTime<Utc>,
}

impl ResultRow {
    pub(super) const FRAGMENT: &str = "fragment Row on Result {
        id script status attempt revision message durationMs startedTime submittedTime
    }";
}

/// A run as its readers see it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the schema describes the fields")]
pub struct RunFacts {
    pub id: String,
    pub task_name: Option<String>,
    pub slot_time: DateTime<Utc>,
    pub trigger: String,
    pub status: String,
    pub reason: Option<String>,
    pub attempt: i64,
    pub exit_code: Option<i64>,
    pub percent: Option<f64>,
    pub started_time: Option<DateTime<Utc>>,
    pub finished_time: Option<DateTime<Utc>>,
}

impl RunFacts {
    pub(super) const FRAGMENT: &str = "fragment RunFacts on Run {
        id taskName slotTime trigger status reason attempt exitCode percent startedTime finishedTime
    }";

    /// Its slot, what it came from, and what became of it.
    pub fn outcome(&self) -> (DateTime<Utc>, &str, &str) {
        (self.slot_time, &self.trigger, &self.status)
    }

    /// Whether nothing more will happen to it.
    pub fn has_ended(&self) -> bool {
        !["QUEUED", "RUNNING"].contains(&self.status.as_str())
    }
}
