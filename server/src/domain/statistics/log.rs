//! What the log says was done, counted: of each action, and of each day.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use entity::{
    Timestamp,
    action::Action,
    log::{Column, Entity, LogStatus},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, Iterable, Order, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{Asterisk, Expr, UnionType},
};

use super::{Outcomes, Period};
use crate::{domain::actor::Viewer, error::Result, state::State};

/// How many things are counted with one statement.
const COUNTS_PER_STATEMENT: usize = 50;

/// What was done on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The day, in UTC.
    pub date: NaiveDate,
    /// How the actions ended.
    pub outcomes: Outcomes,
}

/// How often a backup was tried.
pub async fn backups(state: &State, _: &Viewer, period: Period) -> Result<Outcomes> {
    let counted = count(state, period, [of_action(Action::BACKUP)].into_iter()).await?;
    Ok(counted.into_iter().next().unwrap_or_default())
}

/// How often each action was done that is on the log, by name.
pub async fn actions(
    state: &State,
    _: &Viewer,
    period: Period,
) -> Result<BTreeMap<String, Outcomes>> {
    let mut counted = BTreeMap::new();
    for some in names(state).await?.chunks(COUNTS_PER_STATEMENT) {
        let wanted = some.iter().map(|action| of_action(action));
        let outcomes = count(state, period, wanted).await?;
        counted.extend(some.iter().cloned().zip(outcomes));
    }
    counted.retain(|_, outcomes| *outcomes != Outcomes::default());
    Ok(counted)
}

/// How the actions on the log ended, by the day on which they did, the earliest first. Days on which nothing was done are
/// left out.
pub async fn activity(state: &State, _: &Viewer, period: Period) -> Result<Vec<Activity>> {
    let Some((first, last)) = extent(state, period).await? else {
        return Ok(Vec::new());
    };
    let days: Vec<_> = first.iter_days().take_while(|day| *day <= last).collect();
    let mut counted = Vec::new();
    for some in days.chunks(COUNTS_PER_STATEMENT) {
        let outcomes = count(state, period, some.iter().copied().map(of_day)).await?;
        let activity = |(date, outcomes)| Activity { date, outcomes };
        counted.extend(some.iter().copied().zip(outcomes).map(activity));
    }
    counted.retain(|day| day.outcomes != Outcomes::default());
    Ok(counted)
}

/// What has ever been done that is on the log. There are few actions and many entries, so the index is asked for one after
/// the other, each time past all entries of the last one: not every database does so for a list of distinct ones.
async fn names(state: &State) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let next = Entity::find()
            .select_only()
            .column(Column::Action)
            .apply_if(names.last(), |query, last| {
                query.filter(Column::Action.gt(last.as_str()))
            })
            .order_by_asc(Column::Action)
            .limit(1)
            .into_tuple()
            .one(state.db.read())
            .await?;
        let Some(next) = next else { return Ok(names) };
        names.push(next);
    }
}

/// The first and the last day of a period on which something was done.
async fn extent(state: &State, period: Period) -> Result<Option<(NaiveDate, NaiveDate)>> {
    let date = async |order| -> Result<Option<NaiveDate>> {
        let entries = Entity::find().select_only().column(Column::Date);
        let date: Option<Timestamp> = period
            .apply(entries, Column::Date)
            .order_by(Column::Date, order)
            .limit(1)
            .into_tuple()
            .one(state.db.read())
            .await?;
        Ok(date.map(|date| DateTime::<Utc>::from(date).date_naive()))
    };
    Ok(date(Order::Asc).await?.zip(date(Order::Desc).await?))
}

fn of_action(action: &str) -> Select<Entity> {
    Entity::find().filter(Column::Action.eq(action))
}

fn of_day(day: NaiveDate) -> Select<Entity> {
    let start = |day: NaiveDate| Timestamp::from(day.and_time(NaiveTime::MIN).and_utc());
    Entity::find()
        .filter(Column::Date.gte(start(day)))
        .filter(Column::Date.lt(start(day + Days::new(1))))
}

/// How several kinds of entries ended, one after the other. A kind and a status are one range of an index, which is as
/// quick as counting is; grouping all of the period would sort it first.
async fn count(
    state: &State,
    period: Period,
    kinds: impl Iterator<Item = Select<Entity>>,
) -> Result<Vec<Outcomes>> {
    const PLACE: &str = "place";
    const STATUS: &str = "status";
    const COUNT: &str = "count";
    let mut outcomes = Vec::new();
    let mut ranges = Vec::new();
    for (place, kind) in (0_i32..).zip(kinds) {
        outcomes.push(Outcomes::default());
        ranges.extend(LogStatus::iter().map(|status| {
            let range = kind
                .clone()
                .select_only()
                .expr_as(Expr::val(place), PLACE)
                .expr_as(Expr::val(status), STATUS)
                .expr_as(Expr::col(Asterisk).count(), COUNT)
                .filter(Column::Status.eq(status));
            period.apply(range, Column::Date).into_query()
        }));
    }
    let all = ranges
        .into_iter()
        .reduce(|mut all, range| all.union(UnionType::All, range).take());
    let Some(all) = all else {
        return Ok(outcomes);
    };
    for row in state.db.read().query_all(&all).await? {
        let place: i32 = row.try_get("", PLACE)?;
        let place = usize::try_from(place).expect("it was counted from 0");
        outcomes[place].add(row.try_get("", STATUS)?, row.try_get("", COUNT)?);
    }
    Ok(outcomes)
}
