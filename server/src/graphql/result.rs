//! Results in GraphQL: read, reported, imported, amended.

use async_graphql::{
    Context, ContextSelectionSet, Enum, ID, InputObject, Object, SimpleObject, parser::types::Field,
};
use entity::{Guid, Timestamp, correction, result as row};
use uuid::Uuid;

use super::{
    Asked,
    client::Client,
    connection::Listed,
    error::Result,
    id::GlobalId,
    json::Json,
    loaders::{CorrectionsOf, OutputOf},
    plain::{Plain, Written},
    scalar::Instant,
    schedule::Schedule,
};
use crate::{
    domain::{
        report::{self, JunitFile, Receipt, Report},
        result::{self, Filter, Row},
    },
    error::Error,
};

/// How an attempt stands or ended.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "row::ResultStatus")]
pub(super) enum ResultStatus {
    /// Under way. Every other status is final.
    Running,
    /// Did what it should.
    Pass,
    /// Found something wrong in what it tested.
    Fail,
    /// Could not run because of something outside of it.
    Block,
    /// Broke down itself.
    Error,
    /// Was left out on purpose.
    Skip,
}

/// Which results are asked for. What is left out does not matter, but for `latestOnly`.
#[derive(InputObject)]
pub(super) struct ResultFilter {
    /// Any of these.
    status: Option<Vec<ResultStatus>>,
    /// Exactly this script.
    script: Option<String>,
    /// Only the latest attempt of each script.
    #[graphql(default_with = "Some(true)")]
    latest_only: Option<bool>,
}

impl From<Option<ResultFilter>> for Filter {
    fn from(filter: Option<ResultFilter>) -> Self {
        let Some(filter) = filter else {
            return Self::default();
        };
        Self {
            status: filter
                .status
                .map(|statuses| statuses.into_iter().map(Into::into).collect()),
            script: filter.script,
            latest_only: filter.latest_only.unwrap_or(true),
        }
    }
}

/// One attempt of one script in a schedule.
pub(super) struct TestResult {
    row: Row,
    schedule: Guid,
}

impl TestResult {
    /// A result, with the name of the schedule it belongs to.
    pub(super) fn new(row: Row, schedule: Guid) -> Self {
        Self { row, schedule }
    }

    /// The result that an id stands for, if there is one.
    pub(super) async fn by_id(ctx: &Context<'_>, id: &ID) -> Result<Option<Self>> {
        let viewer = ctx.actor().viewer()?;
        let Some(GlobalId::Result(schedule, number)) = GlobalId::decode(id) else {
            return Ok(None);
        };
        let row = result::by_number(ctx.state(), &viewer, schedule, number).await?;
        Ok(row.map(|row| Self::new(row, schedule)))
    }
}

/// One attempt of one script in a schedule.
#[Object(name = "Result")]
impl TestResult {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Result(self.schedule, self.row.number).encode()
    }

    /// The schedule it belongs to.
    async fn schedule(&self, ctx: &Context<'_>) -> Result<Schedule> {
        let schedule = ctx.loader().load_one(self.row.schedule_id).await?;
        let gone = || Error::not_found("schedule", &self.schedule);
        Ok(schedule.map(Schedule).ok_or_else(gone)?)
    }

    /// The script's name.
    async fn script(&self) -> &str {
        &self.row.script
    }

    /// How the attempt stands or ended.
    async fn status(&self) -> ResultStatus {
        self.row.status.into()
    }

    /// 1, 2, … for the same script in the same schedule.
    async fn attempt(&self) -> i32 {
        self.row.attempt
    }

    /// What its client said about it, at most 64 KiB.
    async fn message(&self) -> Option<&str> {
        self.row.message.as_deref()
    }

    /// What the script printed, at most 1 MiB.
    #[graphql(complexity = 5)]
    async fn output(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(ctx.loader().load_one(OutputOf(self.row.key())).await?)
    }

    /// How long it took, in milliseconds: as it was reported, or measured from RUNNING to the end.
    async fn duration_ms(&self) -> Option<i32> {
        self.row.duration_ms
    }

    /// When it began: as it was reported, or when RUNNING arrived.
    async fn started_time(&self) -> Option<Instant> {
        self.row.started_time.map(Instant)
    }

    /// When the last report of this attempt arrived; where history was brought over from elsewhere, when it did there.
    async fn submitted_time(&self) -> Instant {
        self.row.submitted_time.into()
    }

    /// The schedule's revision at this result's last change.
    async fn revision(&self) -> i32 {
        self.row.revision
    }

    /// What was corrected in it afterwards, the oldest first.
    #[graphql(complexity = "5 + child_complexity")]
    async fn corrections(&self, ctx: &Context<'_>) -> Result<Vec<Correction>> {
        let corrections = ctx.loader().load_one(CorrectionsOf(self.row.key())).await?;
        Ok(corrections
            .unwrap_or_default()
            .into_iter()
            .map(Correction)
            .collect())
    }
}

impl Plain for TestResult {
    fn write(&self, field: &Field, _: &ContextSelectionSet<'_>, json: &mut Json) -> bool {
        let row = &self.row;
        match field.name.node.as_str() {
            "id" => json.value(
                GlobalId::Result(self.schedule, row.number)
                    .encode()
                    .as_str(),
            ),
            "script" => json.value(&row.script),
            "status" => json.name_of(ResultStatus::from(row.status)),
            "attempt" => json.value(row.attempt),
            "message" => json.value(&row.message),
            "durationMs" => json.value(row.duration_ms),
            "startedTime" => json.time(row.started_time),
            "submittedTime" => json.time(Some(row.submitted_time)),
            "revision" => json.value(row.revision),
            _ => return false,
        }
        true
    }
}

impl Listed for TestResult {}

/// What an ADMIN corrected in a result.
struct Correction(correction::Model);

/// What an ADMIN corrected in a result.
#[Object]
impl Correction {
    /// The status before.
    async fn from(&self) -> ResultStatus {
        self.0.from_status.into()
    }

    /// The status from then on.
    async fn to(&self) -> ResultStatus {
        self.0.to_status.into()
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Who corrected it.
    async fn by(&self, ctx: &Context<'_>) -> Result<Client> {
        let client = ctx.loader().load_one(self.0.client_id).await?;
        let gone = || Error::not_found("client", "of this correction");
        Ok(client.map(Client).ok_or_else(gone)?)
    }

    /// When.
    async fn time(&self) -> Instant {
        self.0.corrected_time.into()
    }
}

/// A report of one attempt of one script.
#[derive(InputObject)]
struct ReportResultInput {
    /// The schedule's name.
    schedule: Uuid,
    /// The script's name: 1..255 characters, none of them a control character; trimmed.
    script: String,
    /// How the attempt stands or ended. A final status after RUNNING ends that attempt, RUNNING after RUNNING refreshes
    /// it, and anything after a final status is a new attempt.
    status: ResultStatus,
    /// A short text about it, at most 64 KiB.
    message: Option<String>,
    /// What the script printed, at most 1 MiB.
    output: Option<String>,
    /// How long it took, in milliseconds; measured from RUNNING to the end where it is left out.
    duration_ms: Option<i32>,
    /// When it began.
    started_time: Option<Instant>,
    /// Sent again with the same content, nothing is added and the first result comes back, also after closing. Other
    /// content under the same key is a `CONFLICT`.
    key: Option<Uuid>,
    /// When it was first reported, for history that is brought over from elsewhere; not in the future, and not before
    /// the schedule was opened, the script's report before it, or `startedTime`. Needs ADMIN.
    submitted_time: Option<Instant>,
}

/// A report in a batch.
#[derive(InputObject)]
struct BatchResultInput {
    /// The script's name: 1..255 characters, none of them a control character; trimmed.
    script: String,
    /// How the attempt stands or ended.
    status: ResultStatus,
    /// A short text about it, at most 64 KiB.
    message: Option<String>,
    /// What the script printed, at most 1 MiB.
    output: Option<String>,
    /// How long it took, in milliseconds.
    duration_ms: Option<i32>,
    /// When it began.
    started_time: Option<Instant>,
    /// Makes sending it again harmless. Of two equal keys in one batch, the second is the duplicate.
    key: Option<Uuid>,
    /// When it was first reported, for history that is brought over from elsewhere. Needs ADMIN.
    submitted_time: Option<Instant>,
}

impl From<BatchResultInput> for Report {
    fn from(input: BatchResultInput) -> Self {
        Self {
            script: input.script,
            status: input.status.into(),
            message: input.message,
            output: input.output,
            duration_ms: input.duration_ms,
            started: input.started_time.map(|time| -> Timestamp { time.0 }),
            key: input.key,
            submitted: input.submitted_time.map(|time| -> Timestamp { time.0 }),
        }
    }
}

impl From<ReportResultInput> for (Guid, Report) {
    fn from(input: ReportResultInput) -> Self {
        let report = BatchResultInput {
            script: input.script,
            status: input.status,
            message: input.message,
            output: input.output,
            duration_ms: input.duration_ms,
            started_time: input.started_time,
            key: input.key,
            submitted_time: input.submitted_time,
        };
        (Guid(input.schedule), report.into())
    }
}

/// Reports that are taken together or not at all.
#[derive(InputObject)]
struct ReportResultsInput {
    /// The schedule's name.
    schedule: Uuid,
    /// 1..5000 reports, in the order in which they happened.
    results: Vec<BatchResultInput>,
}

/// A JUnit file.
#[derive(InputObject)]
struct ImportJunitInput {
    /// The schedule's name.
    schedule: Uuid,
    /// The file as text. `POST /api/v1/schedules/{GUID}/junit` takes it as it is.
    xml: String,
}

/// A correction to be made.
#[derive(InputObject)]
struct AmendResultInput {
    /// The result's global id.
    id: ID,
    /// The status from now on; a final one.
    status: ResultStatus,
    /// Why: 1..1000 characters.
    reason: String,
}

/// What became of a report.
#[derive(SimpleObject)]
struct ReportResultPayload {
    /// The result, right after the report.
    result: Written<TestResult>,
    /// Its schedule, right after the report.
    schedule: Written<Schedule>,
}

/// What became of some reports.
#[derive(SimpleObject)]
struct ReportResultsPayload {
    /// How many were added.
    accepted: i32,
    /// How many had been recorded before, by their keys.
    duplicates: i32,
    /// The schedule, right after the reports.
    schedule: Written<Schedule>,
}

impl From<Receipt> for ReportResultsPayload {
    fn from(receipt: Receipt) -> Self {
        let count = |duplicate| {
            let counted = receipt
                .accepted
                .iter()
                .filter(|each| each.duplicate == duplicate);
            i32::try_from(counted.count()).unwrap_or(i32::MAX)
        };
        Self {
            accepted: count(false),
            duplicates: count(true),
            schedule: Written(Schedule(receipt.schedule)),
        }
    }
}

/// What became of a correction.
#[derive(SimpleObject)]
struct AmendResultPayload {
    /// The result with its new status.
    result: TestResult,
}

#[derive(Default)]
pub(super) struct ResultQuery;

#[Object]
impl ResultQuery {
    /// One result by its id; null where there is none.
    async fn result(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The result's global id.")] id: ID,
    ) -> Result<Option<TestResult>> {
        TestResult::by_id(ctx, &id).await
    }
}

#[derive(Default)]
pub(super) struct ResultMutation;

#[Object]
impl ResultMutation {
    /// Reports one result to an open schedule of one's own (an OPERATOR: to anyone's). Needs REPORTER. When it is
    /// answered, it is on disk.
    async fn report_result(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The report.")] input: ReportResultInput,
    ) -> Result<ReportResultPayload> {
        let (schedule, report) = input.into();
        let (row, schedule) = report::report(ctx.state(), ctx.actor(), schedule, report).await?;
        Ok(ReportResultPayload {
            result: Written(TestResult::new(row, schedule.schedule_name)),
            schedule: Written(Schedule(schedule)),
        })
    }

    /// Reports up to 5,000 results, all or none of them. Needs REPORTER.
    async fn report_results(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reports.")] input: ReportResultsInput,
    ) -> Result<ReportResultsPayload> {
        let schedule = Guid(input.schedule);
        let reports = input.results.into_iter().map(Into::into).collect();
        let receipt = report::report_batch(ctx.state(), ctx.actor(), schedule, reports).await?;
        Ok(receipt.into())
    }

    /// Reports what a JUnit XML file holds, all or none of it; a script is called `classname::name`. The same file again
    /// adds nothing. Needs REPORTER.
    async fn import_junit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file, and where it goes.")] input: ImportJunitInput,
    ) -> Result<ReportResultsPayload> {
        let schedule = Guid(input.schedule);
        let file = JunitFile::Text(input.xml);
        let receipt = report::import_junit(ctx.state(), ctx.actor(), schedule, file).await?;
        Ok(receipt.into())
    }

    /// Corrects a result's status, also in a closed schedule. What was there before is kept. Needs ADMIN.
    async fn amend_result(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The correction.")] input: AmendResultInput,
    ) -> Result<AmendResultPayload> {
        let Some(GlobalId::Result(schedule, number)) = GlobalId::decode(&input.id) else {
            let refused = result::amend_unknown(ctx.state(), ctx.actor(), &input.id);
            return Err(refused.await.into());
        };
        let (state, actor, status) = (ctx.state(), ctx.actor(), input.status.into());
        let row = result::amend(state, actor, schedule, number, status, &input.reason).await?;
        Ok(AmendResultPayload {
            result: TestResult::new(row, schedule),
        })
    }
}
