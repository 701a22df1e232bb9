//! Statistics over a period: how often which action was done, and how the schedules of each day ended.
//!
//! Every figure is counted by the database, in an index; rows are never loaded.

mod log;

pub use log::{Activity, actions, activity, backups};

use chrono::NaiveDate;
use entity::{
    Timestamp,
    log::LogStatus,
    schedule::{self, State as ScheduleState},
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, Func},
};

use crate::{
    domain::actor::Viewer,
    error::{Error, Result},
    state::State,
};

/// A span of time: from a moment on, and before another; without end where one is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Period {
    /// Checks that it does not end before it begins.
    pub fn new(from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Self> {
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            return Err(Error::validation("to", "must not lie before from"));
        }
        Ok(Self { from, to })
    }

    /// When it begins.
    pub fn from(self) -> Option<Timestamp> {
        self.from
    }

    /// When it has ended.
    pub fn to(self) -> Option<Timestamp> {
        self.to
    }

    fn apply<E: EntityTrait>(self, query: Select<E>, time: E::Column) -> Select<E> {
        query
            .apply_if(self.from, |query, from| query.filter(time.gte(from)))
            .apply_if(self.to, |query, to| query.filter(time.lt(to)))
    }
}

/// How often something was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// How often it succeeded.
    pub success: i64,
    /// How often it was refused or failed.
    pub error: i64,
}

impl Outcomes {
    fn add(&mut self, status: LogStatus, count: i64) {
        match status {
            LogStatus::Success => self.success += count,
            LogStatus::Error => self.error += count,
        }
    }
}

/// How the schedules that were opened on one day ended, or stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day, in UTC.
    pub date: NaiveDate,
    /// How many schedules were opened that are closed or running.
    pub schedules: i64,
    /// Their scripts that passed.
    pub pass: i64,
    /// Their scripts that failed.
    pub fail: i64,
    /// Their scripts that were blocked.
    pub block: i64,
    /// Their scripts that broke down.
    pub error: i64,
    /// Their scripts that were left out.
    pub skip: i64,
}

/// How the closed and running schedules ended, or stand, by the day on which they were opened, the earliest first. Days
/// without one are left out.
pub async fn days(state: &State, _: &Viewer, period: Period) -> Result<Vec<Day>> {
    use schedule::Column;
    let date = || Expr::from(Func::cust("DATE").arg(Expr::col(Column::CreatedTime)));
    // A sum is a DECIMAL on MySQL. This name of the integers is known to both databases.
    let sum = |counter: Column| Expr::col(counter).sum().cast_as("SIGNED INTEGER");
    let query = schedule::Entity::find()
        .select_only()
        .expr(date())
        .expr(Column::ScheduleId.count())
        .expr(sum(Column::Pass))
        .expr(sum(Column::Fail))
        .expr(sum(Column::Block))
        .expr(sum(Column::Error))
        .expr(sum(Column::Skip))
        .filter(Column::State.is_in([ScheduleState::Closed, ScheduleState::Running]))
        .group_by(date())
        .order_by_asc(date());
    let rows: Vec<(NaiveDate, i64, i64, i64, i64, i64, i64)> = period
        .apply(query, Column::CreatedTime)
        .into_tuple()
        .all(state.db.read())
        .await?;
    let day = |(date, schedules, pass, fail, block, error, skip)| Day {
        date,
        schedules,
        pass,
        fail,
        block,
        error,
        skip,
    };
    Ok(rows.into_iter().map(day).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_does_not_end_before_it_begins() {
        let now = Timestamp::now();
        let before = now.plus_seconds(-1);
        let error = Period::new(Some(now), Some(before)).unwrap_err();
        assert_eq!((error.code(), error.field()), ("VALIDATION", Some("to")));
        assert!(Period::new(Some(now), Some(now)).is_ok());
        assert!(Period::new(None, Some(before)).is_ok());
    }
}
