//! Statistics in GraphQL. A figure is counted when it is asked for, and not before.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async, whether they wait or not"
)]

use async_graphql::{Context, Object, SimpleObject};
use tokio::sync::OnceCell;

use super::{Asked, error::Result, scalar::Instant};
use crate::domain::{
    actor::Viewer,
    statistics::{self, Activity, Day, Outcomes, Period},
};

/// What was done over a period.
struct Statistics {
    viewer: Viewer,
    period: Period,
    /// Counted once for all fields that tell of it.
    backups: OnceCell<Outcomes>,
}

impl Statistics {
    async fn backups(&self, ctx: &Context<'_>) -> Result<&Outcomes> {
        let counted = || statistics::backups(ctx.state(), &self.viewer, self.period);
        Ok(self.backups.get_or_try_init(counted).await?)
    }
}

/// What was done over a period: from `from` on, and before `to`.
#[Object]
impl Statistics {
    /// When the period begins; null for the beginning of all.
    async fn from(&self) -> Option<Instant> {
        self.period.from().map(Instant)
    }

    /// When the period has ended; null for no end.
    async fn to(&self) -> Option<Instant> {
        self.period.to().map(Instant)
    }

    /// How often a backup was tried.
    #[graphql(complexity = 2_000)]
    async fn number_of_backups(&self, ctx: &Context<'_>) -> Result<i32> {
        let backups = self.backups(ctx).await?;
        Ok(int(backups.success + backups.error))
    }

    /// How many backups succeeded.
    #[graphql(complexity = 2_000)]
    async fn successful_backups(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(int(self.backups(ctx).await?.success))
    }

    /// How many backups failed.
    #[graphql(complexity = 2_000)]
    async fn failed_backups(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(int(self.backups(ctx).await?.error))
    }

    /// How often each action on the log was done, in alphabetical order.
    #[graphql(complexity = "2_000 + child_complexity")]
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<ActionCount>> {
        let actions = statistics::actions(ctx.state(), &self.viewer, self.period).await?;
        Ok(actions.into_iter().map(Into::into).collect())
    }

    /// How many actions on the log succeeded, and how many did not, by the day on which they were done, the earliest
    /// first. Days on which nothing was done are left out.
    #[graphql(complexity = "2_000 + child_complexity")]
    async fn activity(&self, ctx: &Context<'_>) -> Result<Vec<DayActivity>> {
        let days = statistics::activity(ctx.state(), &self.viewer, self.period).await?;
        Ok(days.into_iter().map(Into::into).collect())
    }

    /// The results of closed and running schedules by the day on which these were opened, the earliest first. Days
    /// without such a schedule are left out.
    #[graphql(complexity = "2_000 + child_complexity")]
    async fn days(&self, ctx: &Context<'_>) -> Result<Vec<DayCount>> {
        let days = statistics::days(ctx.state(), &self.viewer, self.period).await?;
        Ok(days.into_iter().map(Into::into).collect())
    }
}

/// What was done on one day.
#[derive(SimpleObject)]
struct DayActivity {
    /// The day in UTC, as `YYYY-MM-DD`.
    date: String,
    /// How many actions succeeded.
    success: i32,
    /// How many were refused or failed.
    error: i32,
}

impl From<Activity> for DayActivity {
    fn from(day: Activity) -> Self {
        Self {
            date: day.date.to_string(),
            success: int(day.outcomes.success),
            error: int(day.outcomes.error),
        }
    }
}

/// How often an action was done.
#[derive(SimpleObject)]
struct ActionCount {
    /// The action, as the log has it.
    action: String,
    /// How often it succeeded.
    success: i32,
    /// How often it was refused or failed.
    error: i32,
}

impl From<(String, Outcomes)> for ActionCount {
    fn from((action, outcomes): (String, Outcomes)) -> Self {
        Self {
            action,
            success: int(outcomes.success),
            error: int(outcomes.error),
        }
    }
}

/// The closed and running schedules that were opened on one day, and how the latest attempts of their scripts ended.
#[derive(SimpleObject)]
struct DayCount {
    /// The day in UTC, as `YYYY-MM-DD`.
    date: String,
    /// How many schedules.
    schedules: i32,
    /// Scripts that passed.
    pass: i32,
    /// Scripts that failed.
    fail: i32,
    /// Scripts that were blocked.
    block: i32,
    /// Scripts that broke down.
    error: i32,
    /// Scripts that were left out.
    skip: i32,
}

impl From<Day> for DayCount {
    fn from(day: Day) -> Self {
        Self {
            date: day.date.to_string(),
            schedules: int(day.schedules),
            pass: int(day.pass),
            fail: int(day.fail),
            block: int(day.block),
            error: int(day.error),
            skip: int(day.skip),
        }
    }
}

/// A count as GraphQL has it: it ends at 2,147,483,647.
fn int(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[derive(Default)]
pub(super) struct StatisticsQuery;

#[Object]
impl StatisticsQuery {
    /// What was done over a period, counted.
    async fn statistics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From this moment on; from the beginning where left out.")] from: Option<
            Instant,
        >,
        #[graphql(
            desc = "Before this moment; without end where left out. Not before `from`."
        )]
        to: Option<Instant>,
    ) -> Result<Statistics> {
        Ok(Statistics {
            viewer: ctx.actor().viewer()?,
            period: Period::new(from.map(|time| time.0), to.map(|time| time.0))?,
            backups: OnceCell::new(),
        })
    }
}
