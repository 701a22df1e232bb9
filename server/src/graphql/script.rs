//! Scripts in GraphQL.

use async_graphql::{Context, Object};

use super::{
    Asked,
    connection::{Connection, Listed, PageOf},
    error::Result,
    page,
    plain::Plain,
    result::TestResult,
};
use crate::domain::{
    page::Page,
    result::{Range, Row},
    script,
};

/// One script across schedules.
pub(super) struct Script(script::Script);

impl Plain for Script {}

impl Listed for Script {}

/// One script across schedules. What is said of it is over the last 50 closed or running schedules that hold it, by its
/// latest attempt in each.
#[Object]
impl Script {
    /// The name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The latest attempt in each schedule, the newest schedule first.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1..100; 50 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
    ) -> Result<PageOf<TestResult>> {
        let range = Range::OfScript(self.0.name.clone(), page::forward(first, after)?);
        let rows: Page<Row> = ctx.loader().load_one(range).await?.unwrap_or_default();
        let ids = rows.items.iter().map(|row| row.schedule_id);
        let schedules = ctx.loader().load_many(ids).await?;
        let named = rows.filter_map(|row| {
            // A schedule that was deleted between the two reads takes its results along.
            let name = schedules.get(&row.schedule_id)?.schedule_name;
            Some((row, name))
        });
        Ok(Connection::of(
            named,
            |(row, _)| row.schedule_id,
            |(row, name)| TestResult::new(row, name),
        ))
    }

    /// In how many of those schedules it is.
    async fn runs(&self) -> i32 {
        count(self.0.stability.runs)
    }

    /// The share of passes among its passes, failures, errors and blocks, 0..1; 0 where there are none.
    async fn pass_rate(&self) -> f64 {
        self.0.stability.pass_rate
    }

    /// How often it changed between PASS and FAIL or ERROR.
    async fn flips(&self) -> i32 {
        count(self.0.stability.flips)
    }

    /// Whether, of its last 20 outcomes, there are at least 2 flips, or it passed after failing within a schedule; not
    /// when the last 5 all failed.
    async fn flaky(&self) -> bool {
        self.0.stability.flaky
    }

    /// How long it takes, in milliseconds: the median; null where no duration was reported.
    async fn median_duration_ms(&self) -> Option<i32> {
        self.0.stability.median_duration_ms
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).expect("it is at most the 50 schedules that are looked at")
}

#[derive(Default)]
pub(super) struct ScriptQuery;

#[Object]
impl ScriptQuery {
    /// One script; null where nothing was ever reported under the name.
    async fn script(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The script's name.")] name: String,
    ) -> Result<Option<Script>> {
        let viewer = ctx.actor().viewer()?;
        let script = script::by_name(ctx.state(), &viewer, &name).await?;
        Ok(script.map(Script))
    }

    /// Scripts by name.
    #[graphql(complexity = "page::cost(first, None, 2 + child_complexity)")]
    async fn scripts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1..100; 50 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "Only flaky ones.", default_with = "Some(false)")] flaky_only: Option<
            bool,
        >,
        #[graphql(desc = "Only those whose name contains this, in upper or lower case.")]
        contains: Option<String>,
    ) -> Result<PageOf<Script>> {
        let viewer = ctx.actor().viewer()?;
        let filter = script::Filter {
            contains,
            flaky_only: flaky_only.unwrap_or(false),
        };
        let slice = page::forward(first, after)?;
        let scripts = script::list(ctx.state(), &viewer, &filter, &slice).await?;
        Ok(Connection::of(
            scripts,
            |script| script.name.clone(),
            Script,
        ))
    }
}
