//! Schedules in GraphQL: found, opened, changed, closed.

use async_graphql::{
    Context, ContextSelectionSet, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject,
    parser::types::Field,
};
use entity::{Guid, label, schedule as row};
use uuid::Uuid;

use super::{
    Asked,
    client::Client,
    comparison::Comparison,
    connection::{Connection, Listed, PageOf},
    error::Result,
    id::GlobalId,
    json::Json,
    loaders::{ComparisonOf, LabelsOf, MissingOf, PlanOf, PreviousOf, RemainingOf},
    page,
    plain::{Plain, Written, write_object},
    plan::{Plan, PlanInput},
    result::{ResultFilter, TestResult},
    scalar::Instant,
};
use crate::{
    domain::{
        result::Range,
        schedule::{self, Changes, Closing, Filter, LabelFilter, NewSchedule},
    },
    error::Error,
};

/// Where a schedule stands. It is open unless it is CLOSED.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "row::State")]
pub(super) enum ScheduleStatus {
    /// Opened, and nothing reported yet.
    Created,
    /// Reported to.
    Running,
    /// Closed by its client; takes no new report.
    Closed,
    /// Silent for longer than its lease. A late report makes it RUNNING again.
    Abandoned,
}

/// A key and a value to find schedules by.
#[derive(SimpleObject)]
struct Label {
    /// What it is about; unique in a schedule.
    key: String,
    /// What it says.
    value: String,
}

impl From<label::Model> for Label {
    fn from(label: label::Model) -> Self {
        Self {
            key: label.name,
            value: label.value,
        }
    }
}

impl Plain for Label {
    fn write(&self, field: &Field, _: &ContextSelectionSet<'_>, json: &mut Json) -> bool {
        match field.name.node.as_str() {
            "key" => json.value(&self.key),
            "value" => json.value(&self.value),
            _ => return false,
        }
        true
    }
}

/// How far a schedule is. Counts the latest attempt of each script.
struct Progress<'a>(&'a row::Model);

/// How far a schedule is. Counts the latest attempt of each script.
#[Object]
impl Progress<'_> {
    /// How many scripts are expected; null where no list of them was given.
    async fn expected(&self) -> Option<i32> {
        self.0.expected
    }

    /// Scripts with a final status.
    async fn reported(&self) -> i32 {
        schedule::reported(self.0)
    }

    /// Scripts that are under way.
    async fn running(&self) -> i32 {
        self.0.running
    }

    /// Scripts that passed.
    async fn pass(&self) -> i32 {
        self.0.pass
    }

    /// Scripts that failed.
    async fn fail(&self) -> i32 {
        self.0.fail
    }

    /// Scripts that were blocked.
    async fn block(&self) -> i32 {
        self.0.block
    }

    /// Scripts that broke down.
    async fn error(&self) -> i32 {
        self.0.error
    }

    /// Scripts that were left out.
    async fn skip(&self) -> i32 {
        self.0.skip
    }

    /// The share of the expected scripts that are final, 0..100; null where `expected` is.
    async fn percent(&self) -> Option<f64> {
        schedule::percent(self.0)
    }

    /// An estimate of how long a RUNNING schedule will still take, in seconds, from how long the same scripts took in
    /// the last closed schedule of the same title; null where there is nothing to go by.
    #[graphql(complexity = 20)]
    async fn remaining_seconds(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(ctx
            .loader()
            .load_one(RemainingOf(self.0.schedule_id))
            .await?)
    }
}

impl Plain for Progress<'_> {
    fn write(&self, field: &Field, _: &ContextSelectionSet<'_>, json: &mut Json) -> bool {
        let row = &self.0;
        match field.name.node.as_str() {
            "expected" => json.value(row.expected),
            "reported" => json.value(schedule::reported(row)),
            "running" => json.value(row.running),
            "pass" => json.value(row.pass),
            "fail" => json.value(row.fail),
            "block" => json.value(row.block),
            "error" => json.value(row.error),
            "skip" => json.value(row.skip),
            "percent" => json.value(schedule::percent(row)),
            _ => return false,
        }
        true
    }
}

/// One run of many scripts, opened and closed by a client.
pub(super) struct Schedule(pub(super) row::Model);

/// One run of many scripts, opened and closed by a client.
#[Object]
impl Schedule {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Schedule(self.0.schedule_name).encode()
    }

    /// The GUID that clients use.
    async fn name(&self) -> Uuid {
        self.0.schedule_name.0
    }

    /// What it is called, 1..255 characters. Schedules of one title are runs of the same thing.
    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }

    /// Where it stands.
    async fn status(&self) -> ScheduleStatus {
        self.0.state.into()
    }

    /// Who opened it, and may report to it.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client> {
        let client = ctx.loader().load_one(self.0.client_id).await?;
        let gone = || Error::not_found("client", "of this schedule");
        Ok(client.map(Client).ok_or_else(gone)?)
    }

    /// Its labels, by key; at most 50.
    #[graphql(complexity = "5 + child_complexity")]
    async fn labels(&self, ctx: &Context<'_>) -> Result<Vec<Written<Label>>> {
        let labels = ctx.loader().load_one(LabelsOf(self.0.schedule_id)).await?;
        Ok(labels
            .unwrap_or_default()
            .into_iter()
            .map(|label| Written(label.into()))
            .collect())
    }

    /// When it was opened.
    async fn created_time(&self) -> Instant {
        self.0.created_time.into()
    }

    /// When it or one of its results last changed here.
    async fn last_modify_time(&self) -> Instant {
        self.0.last_modify_time.into()
    }

    /// When it was closed; null while it is open.
    async fn closed_time(&self) -> Option<Instant> {
        self.0.closed_time.map(Instant)
    }

    /// 0 when new; grows by one with each change to the schedule or its results, without gaps.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    /// With no report for this long, in seconds, it becomes ABANDONED while it is open; 0 for never.
    async fn lease_seconds(&self) -> i32 {
        self.0.lease_seconds
    }

    /// How far it is.
    async fn progress(&self) -> Written<Progress<'_>> {
        Written(Progress(&self.0))
    }

    /// The expected scripts whose latest attempt is not final, in the order in which they were named.
    #[graphql(complexity = 50)]
    async fn missing(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let missing = ctx.loader().load_one(MissingOf(self.0.schedule_id)).await?;
        Ok(missing.unwrap_or_default())
    }

    /// The plan that it was opened from, as it was made then; null where there was none.
    #[graphql(complexity = "5_000 + child_complexity")]
    async fn plan(&self, ctx: &Context<'_>) -> Result<Option<Plan>> {
        let plan = ctx.loader().load_one(PlanOf(self.0.schedule_id)).await?;
        Ok(plan.map(Plan))
    }

    /// Its results, in the order of their first report, unmoved by changes; the latest attempt of each script, unless
    /// the filter says otherwise.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn results(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1..100; 50 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1..100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which results.")] filter: Option<ResultFilter>,
    ) -> Result<PageOf<TestResult>> {
        let slice = page::slice(first, after, last, before)?;
        let range = Range::OfSchedule(self.0.schedule_id, filter.into(), slice);
        let results = ctx.loader().load_one(range).await?.unwrap_or_default();
        let name = self.0.schedule_name;
        Ok(Connection::of(
            results,
            |row| row.number,
            |row| TestResult::new(row, name),
        ))
    }

    /// This schedule against an earlier one.
    #[graphql(complexity = "100 + child_complexity")]
    async fn comparison(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name of the schedule to compare with.")] with: Uuid,
    ) -> Result<Comparison> {
        let base = ctx.loader().load_one(Guid(with)).await?;
        let base = base.ok_or_else(|| Error::not_found("schedule", &with))?;
        let pair = ComparisonOf(self.0.schedule_id, base.schedule_id);
        let comparison = ctx.loader().load_one(pair).await?.unwrap_or_default();
        Ok(Comparison::new(comparison, base))
    }

    /// The last closed schedule of the same title before this one.
    async fn previous(&self, ctx: &Context<'_>) -> Result<Option<Schedule>> {
        let previous = ctx
            .loader()
            .load_one(PreviousOf(self.0.schedule_id))
            .await?;
        Ok(previous.map(Schedule))
    }

    /// This schedule against `previous`; null where there is none.
    #[graphql(complexity = "100 + child_complexity")]
    async fn since_previous(&self, ctx: &Context<'_>) -> Result<Option<Comparison>> {
        let this = self.0.schedule_id;
        let Some(previous) = ctx.loader().load_one(PreviousOf(this)).await? else {
            return Ok(None);
        };
        let pair = ComparisonOf(this, previous.schedule_id);
        let comparison = ctx.loader().load_one(pair).await?.unwrap_or_default();
        Ok(Some(Comparison::new(comparison, previous)))
    }
}

impl Plain for Schedule {
    fn write(&self, field: &Field, ctx: &ContextSelectionSet<'_>, json: &mut Json) -> bool {
        let row = &self.0;
        match field.name.node.as_str() {
            "id" => json.value(GlobalId::Schedule(row.schedule_name).encode().as_str()),
            "name" => json.uuid(row.schedule_name.0),
            "title" => json.value(&row.title),
            "status" => json.name_of(ScheduleStatus::from(row.state)),
            "createdTime" => json.time(Some(row.created_time)),
            "lastModifyTime" => json.time(Some(row.last_modify_time)),
            "closedTime" => json.time(row.closed_time),
            "revision" => json.value(row.revision),
            "leaseSeconds" => json.value(row.lease_seconds),
            "progress" => return write_object(&Progress(row), field, ctx, json),
            _ => return false,
        }
        true
    }
}

impl Listed for Schedule {}

/// A key and a value to find schedules by.
#[derive(InputObject)]
struct LabelInput {
    /// What it is about: 1..255 characters.
    key: String,
    /// What it says: 1..255 characters.
    value: String,
}

impl From<LabelInput> for (String, String) {
    fn from(label: LabelInput) -> Self {
        (label.key, label.value)
    }
}

/// Which schedules are asked for. What is left out does not matter.
#[derive(InputObject)]
pub(super) struct ScheduleFilter {
    /// Any of these.
    status: Option<Vec<ScheduleStatus>>,
    /// Exactly this.
    title: Option<String>,
    /// The name of the client that opened it.
    client: Option<String>,
    /// All of these.
    labels: Option<Vec<LabelInput>>,
    /// Opened at this moment or later.
    created_after: Option<Instant>,
    /// Opened before this moment.
    created_before: Option<Instant>,
}

impl From<Option<ScheduleFilter>> for Filter {
    fn from(filter: Option<ScheduleFilter>) -> Self {
        let Some(filter) = filter else {
            return Self::default();
        };
        let label = |LabelInput { key, value }| LabelFilter { key, value };
        Self {
            status: filter
                .status
                .map(|statuses| statuses.into_iter().map(Into::into).collect()),
            title: filter.title,
            client: filter.client,
            labels: filter
                .labels
                .unwrap_or_default()
                .into_iter()
                .map(label)
                .collect(),
            created_after: filter.created_after.map(|time| time.0),
            created_before: filter.created_before.map(|time| time.0),
        }
    }
}

/// A schedule to be opened.
#[derive(InputObject)]
struct CreateScheduleInput {
    /// What it is called: 1..255 characters.
    title: Option<String>,
    /// Keys and values to find it by; at most 50.
    labels: Option<Vec<LabelInput>>,
    /// The names of the scripts that will report; at most 100,000.
    expected: Option<Vec<String>>,
    /// A plan to be made for it, and kept with it. Its steps become expected scripts, before those of `expected`; steps of
    /// one name are one script.
    plan: Option<PlanInput>,
    /// With no report for this long an open schedule becomes ABANDONED, in seconds; 3600 where left out, and as much more as a plan is silent by itself; 0 for never.
    lease_seconds: Option<i32>,
    /// The client's own GUID: sent again, the same schedule comes back.
    name: Option<Uuid>,
    /// When it was really opened, for history that is brought over from elsewhere; not in the future. The lease counts
    /// from now all the same, and lists stay in the order in which schedules came here: import the oldest first. Needs
    /// ADMIN.
    created_time: Option<Instant>,
}

impl From<CreateScheduleInput> for NewSchedule {
    fn from(input: CreateScheduleInput) -> Self {
        Self {
            title: input.title,
            labels: input
                .labels
                .unwrap_or_default()
                .into_iter()
                .map(Into::into)
                .collect(),
            expected: input.expected,
            plan: input.plan.map(Into::into),
            lease_seconds: input.lease_seconds,
            name: input.name.map(Guid),
            created: input.created_time.map(|time| time.0),
        }
    }
}

/// A schedule to be closed.
#[derive(InputObject)]
struct CloseScheduleInput {
    /// The schedule's name.
    name: Uuid,
    /// How many scripts the client reported. Where fewer have a final status, closing is refused as `INCOMPLETE`, with
    /// both numbers.
    expected_results: Option<i32>,
    /// When it was really closed, for history that is brought over from elsewhere; not in the future, and not before it
    /// was opened or its last result was submitted. Needs ADMIN.
    closed_time: Option<Instant>,
}

impl From<CloseScheduleInput> for (Guid, Closing) {
    fn from(input: CloseScheduleInput) -> Self {
        let closing = Closing {
            expected_results: input.expected_results,
            closed: input.closed_time.map(|time| time.0),
        };
        (Guid(input.name), closing)
    }
}

/// What is to change in an open schedule. What is left out stays.
#[derive(InputObject)]
struct UpdateScheduleInput {
    /// The schedule's name.
    name: Uuid,
    /// A new title; null for none.
    title: MaybeUndefined<String>,
    /// Labels that replace all that are there.
    labels: Option<Vec<LabelInput>>,
    /// Scripts that are expected too.
    add_expected: Option<Vec<String>>,
}

impl From<UpdateScheduleInput> for (Guid, Changes) {
    fn from(input: UpdateScheduleInput) -> Self {
        let changes = Changes {
            title: input.title.into(),
            labels: input
                .labels
                .map(|labels| labels.into_iter().map(Into::into).collect()),
            add_expected: input.add_expected.unwrap_or_default(),
        };
        (Guid(input.name), changes)
    }
}

/// A schedule to be opened again.
#[derive(InputObject)]
struct ReopenScheduleInput {
    /// The schedule's name.
    name: Uuid,
    /// Why, for the log: 1..1000 characters.
    reason: String,
}

/// A schedule that was opened.
#[derive(SimpleObject)]
struct CreateSchedulePayload {
    /// The schedule.
    schedule: Schedule,
}

/// A schedule that was closed.
#[derive(SimpleObject)]
struct CloseSchedulePayload {
    /// The schedule.
    schedule: Schedule,
}

/// Schedules that were closed.
#[derive(SimpleObject)]
struct CloseMySchedulesPayload {
    /// The schedules, in the order in which they were opened.
    schedules: Vec<Schedule>,
}

/// A schedule that was changed.
#[derive(SimpleObject)]
struct UpdateSchedulePayload {
    /// The schedule.
    schedule: Schedule,
}

/// A schedule that was opened again.
#[derive(SimpleObject)]
struct ReopenSchedulePayload {
    /// The schedule.
    schedule: Schedule,
}

/// A schedule that was deleted.
#[derive(SimpleObject)]
struct DeleteSchedulePayload {
    /// The name it had.
    name: Uuid,
}

#[derive(Default)]
pub(super) struct ScheduleQuery;

#[Object]
impl ScheduleQuery {
    /// One schedule by its name; null where there is none.
    async fn schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The schedule's name.")] name: Uuid,
    ) -> Result<Option<Written<Schedule>>> {
        let schedule = ctx.loader().load_one(Guid(name)).await?;
        Ok(schedule.map(|schedule| Written(Schedule(schedule))))
    }

    /// Schedules, the newest first: by the order in which they came here.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn schedules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1..100; 50 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1..100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which schedules.")] filter: Option<ScheduleFilter>,
    ) -> Result<PageOf<Schedule>> {
        let viewer = ctx.actor().viewer()?;
        let slice = page::slice(first, after, last, before)?;
        let schedules = schedule::list(ctx.state(), &viewer, &filter.into(), &slice).await?;
        Ok(Connection::of(
            schedules,
            |schedule| schedule.schedule_id,
            Schedule,
        ))
    }

    /// The last closed schedule of each title among those opened at a moment or later, the newest first; at most 100.
    /// Where things stand: with `sincePrevious`, what is newly broken.
    #[graphql(complexity = "schedule::TITLES * child_complexity + 1")]
    async fn latest_closed_schedules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Opened at this moment or later.")] since: Instant,
    ) -> Result<Vec<Schedule>> {
        let viewer = ctx.actor().viewer()?;
        let schedules = schedule::latest_closed(ctx.state(), &viewer, since.0).await?;
        Ok(schedules.into_iter().map(Schedule).collect())
    }
}

#[derive(Default)]
pub(super) struct ScheduleMutation;

#[Object]
impl ScheduleMutation {
    /// Opens a schedule. Needs REPORTER.
    async fn create_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The schedule to be opened.")] input: CreateScheduleInput,
    ) -> Result<CreateSchedulePayload> {
        let schedule = schedule::create(ctx.state(), ctx.actor(), input.into()).await?;
        Ok(CreateSchedulePayload {
            schedule: Schedule(schedule),
        })
    }

    /// Closes a schedule of one's own (an OPERATOR: anyone's). Closing again changes nothing. Needs REPORTER.
    async fn close_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The schedule to be closed.")] input: CloseScheduleInput,
    ) -> Result<CloseSchedulePayload> {
        let (name, closing) = input.into();
        let schedule = schedule::close(ctx.state(), ctx.actor(), name, closing).await?;
        Ok(CloseSchedulePayload {
            schedule: Schedule(schedule),
        })
    }

    /// Closes all open schedules of the calling client. Needs REPORTER.
    async fn close_my_schedules(&self, ctx: &Context<'_>) -> Result<CloseMySchedulesPayload> {
        let schedules = schedule::close_mine(ctx.state(), ctx.actor()).await?;
        Ok(CloseMySchedulesPayload {
            schedules: schedules.into_iter().map(Schedule).collect(),
        })
    }

    /// Changes an open schedule of one's own (an OPERATOR: anyone's). Needs REPORTER.
    async fn update_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to change.")] input: UpdateScheduleInput,
    ) -> Result<UpdateSchedulePayload> {
        let (name, changes) = input.into();
        let schedule = schedule::update(ctx.state(), ctx.actor(), name, changes).await?;
        Ok(UpdateSchedulePayload {
            schedule: Schedule(schedule),
        })
    }

    /// Makes a CLOSED schedule RUNNING again. Needs OPERATOR.
    async fn reopen_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The schedule to be opened again, and why.")] input: ReopenScheduleInput,
    ) -> Result<ReopenSchedulePayload> {
        let (state, actor, name) = (ctx.state(), ctx.actor(), Guid(input.name));
        let schedule = schedule::reopen(state, actor, name, &input.reason).await?;
        Ok(ReopenSchedulePayload {
            schedule: Schedule(schedule),
        })
    }

    /// Deletes a schedule with all of its results. Needs ADMIN.
    async fn delete_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The schedule's name.")] name: Uuid,
    ) -> Result<DeleteSchedulePayload> {
        schedule::delete(ctx.state(), ctx.actor(), Guid(name)).await?;
        Ok(DeleteSchedulePayload { name })
    }
}
