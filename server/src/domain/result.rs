//! Results: read in pages and by change, and amended afterwards. How they are written stands in `report`.

use std::{cmp::Reverse, collections::HashMap, convert::Infallible};

use entity::{
    Guid, ScheduleId, Timestamp, correction,
    result::{Column, Entity, ResultStatus},
    schedule,
};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait,
    DerivePartialModel, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Value, sea_query::Expr,
};

use crate::{
    db::{
        self,
        fetch::{FromColumns, Select, from_columns, in_list},
    },
    domain::{
        actor::{Actor, Admin, Viewer},
        input,
        log::Deed,
        page::{Page, Slice},
        schedule::{counter, expected_scripts, lock, save, touch},
    },
    error::{Error, Result},
    state::State,
};

/// A result without its output, which is long and seldom asked for.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub struct Row {
    /// The schedule it belongs to.
    pub schedule_id: ScheduleId,
    /// The schedule's revision at the first report of this attempt; unique in the schedule.
    pub number: i32,
    /// The script's name.
    pub script: String,
    /// 1, 2, … for the same script in the same schedule.
    pub attempt: i32,
    /// Whether no later attempt exists.
    pub latest: bool,
    /// How it stands or ended.
    pub status: ResultStatus,
    /// What its client said about it.
    pub message: Option<String>,
    /// The bytes of message and output together.
    pub content_bytes: i32,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i32>,
    /// When it began.
    pub started_time: Option<Timestamp>,
    /// When the last report of this attempt arrived, here or where it was brought over from.
    pub submitted_time: Timestamp,
    /// The schedule's revision at this result's last change.
    pub revision: i32,
}

from_columns!(Row {
    schedule_id,
    number,
    script,
    attempt,
    latest,
    status,
    message,
    content_bytes,
    duration_ms,
    started_time,
    submitted_time,
    revision,
});

/// What a result is found by.
pub type Key = (ScheduleId, i32);

impl Row {
    /// What this result is found by.
    pub fn key(&self) -> Key {
        (self.schedule_id, self.number)
    }
}

/// Which results of a schedule are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Any of these.
    pub status: Option<Vec<ResultStatus>>,
    /// Exactly this.
    pub script: Option<String>,
    /// Only the latest attempt of each script.
    pub latest_only: bool,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            status: None,
            script: None,
            latest_only: true,
        }
    }
}

/// A part of the results that is read as one page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    /// Of one schedule, in the order of their first report, unmoved by changes. The key is the result's number.
    OfSchedule(ScheduleId, Filter, Slice<i32>),
    /// The latest attempt of one script in each schedule, the newest schedule first. The key is the schedule.
    OfScript(String, Slice<ScheduleId>),
}

impl Range {
    fn select(&self) -> Select {
        let (mut text, mut values) = (String::from("SELECT "), Vec::new());
        text.push_str(Row::COLUMNS);
        match self {
            Self::OfSchedule(schedule, filter, slice) => {
                text.push_str(" FROM result WHERE schedule_id = ?");
                values.push((*schedule).into());
                filter.apply(&mut text, &mut values);
                if let Some(after) = slice.after {
                    text.push_str(" AND number > ?");
                    values.push(after.into());
                }
                if let Some(before) = slice.before {
                    text.push_str(" AND number < ?");
                    values.push(before.into());
                }
                text.push_str(if slice.from_end {
                    " ORDER BY number DESC LIMIT ?"
                } else {
                    " ORDER BY number LIMIT ?"
                });
                values.push(slice.rows().into());
            }
            Self::OfScript(script, slice) => {
                text.push_str(" FROM result WHERE script = ? AND latest = TRUE");
                values.push(script.clone().into());
                if let Some(after) = slice.after {
                    text.push_str(" AND schedule_id < ?");
                    values.push(after.into());
                }
                text.push_str(" ORDER BY schedule_id DESC LIMIT ?");
                values.push(slice.rows().into());
            }
        }
        Select::new(text, values)
    }

    /// Makes a page of the rows that were found. Where they come out of a union, that promises no order.
    fn page(&self, mut rows: Vec<Row>) -> Page<Row> {
        match self {
            Self::OfSchedule(_, _, slice) => {
                rows.sort_by_key(|row| {
                    if slice.from_end {
                        -row.number
                    } else {
                        row.number
                    }
                });
                slice.page(rows)
            }
            Self::OfScript(_, slice) => {
                rows.sort_by_key(|row| Reverse(row.schedule_id));
                slice.page(rows)
            }
        }
    }
}

impl Filter {
    /// Adds its conditions to a statement.
    fn apply(&self, text: &mut String, values: &mut Vec<Value>) {
        if let Some(statuses) = &self.status {
            let (list, statuses) = in_list(statuses.iter().map(ActiveEnum::to_value));
            text.push_str(" AND status");
            text.push_str(&list);
            values.extend(statuses);
        }
        if let Some(script) = &self.script {
            text.push_str(" AND script = ?");
            values.push(script.trim().into());
        }
        if self.latest_only {
            text.push_str(" AND latest = TRUE");
        }
    }
}

/// Reads several pages, many with one statement.
pub async fn pages(
    state: &State,
    _: &Viewer,
    ranges: &[Range],
) -> Result<HashMap<Range, Page<Row>>> {
    let selects = ranges.iter().map(Range::select).collect();
    let rows = state.db.fetch_each(selects).await?;
    Ok(ranges
        .iter()
        .zip(rows)
        .map(|(range, rows)| (range.clone(), range.page(rows)))
        .collect())
}

/// The first results that changed after a revision, in the order of their changes.
pub async fn changed_after(
    connection: &impl ConnectionTrait,
    _: &Viewer,
    schedule: ScheduleId,
    revision: i32,
    limit: u64,
) -> Result<Vec<Row>> {
    let rows = Entity::find()
        .filter(Column::ScheduleId.eq(schedule))
        .filter(Column::Revision.gt(revision))
        .order_by_asc(Column::Revision)
        .limit(limit)
        .into_partial_model::<Row>()
        .all(connection)
        .await?;
    Ok(rows)
}

/// One result of a schedule, if there is one.
pub async fn by_number(
    state: &State,
    _: &Viewer,
    schedule: Guid,
    number: i32,
) -> Result<Option<Row>> {
    let schedules = schedule::Entity::find()
        .select_only()
        .column(schedule::Column::ScheduleId)
        .filter(schedule::Column::ScheduleName.eq(schedule));
    let row = Entity::find()
        .filter(Column::ScheduleId.in_subquery(schedules.into_query()))
        .filter(Column::Number.eq(number))
        .into_partial_model::<Row>()
        .one(state.db.read())
        .await?;
    Ok(row)
}

/// The outputs of several results, where they have one.
pub async fn outputs(state: &State, _: &Viewer, keys: &[Key]) -> Result<HashMap<Key, String>> {
    let rows: Vec<(ScheduleId, i32, Option<String>)> = Entity::find()
        .select_only()
        .column(Column::ScheduleId)
        .column(Column::Number)
        .column(Column::Output)
        .filter(any_of((Column::ScheduleId, Column::Number), keys))
        .into_tuple()
        .all(state.db.read())
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(schedule, number, output)| Some(((schedule, number), output?)))
        .collect())
}

/// The corrections of several results, the oldest first.
pub async fn corrections(
    state: &State,
    _: &Viewer,
    keys: &[Key],
) -> Result<HashMap<Key, Vec<correction::Model>>> {
    use correction::Column;
    let rows = correction::Entity::find()
        .filter(any_of((Column::ScheduleId, Column::Number), keys))
        .order_by_asc(Column::CorrectionId)
        .all(state.db.read())
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let key = (row.schedule_id, row.number);
        found.entry(key).or_default().push(row);
    }
    Ok(found)
}

/// `(schedule_id, number)` is one of `keys`.
pub(crate) fn any_of<C: ColumnTrait>(columns: (C, C), keys: &[Key]) -> Expr {
    let columns = [columns.0, columns.1].map(|column| Expr::col(column.as_column_ref()));
    Expr::tuple(columns).in_tuples(keys.iter().map(|(schedule, number)| (*schedule, *number)))
}

/// Corrects a result's status, also in a closed schedule, and keeps what was there before.
///
/// Amending to the status that it has is refused: a retry must not leave two corrections. So is amending to RUNNING.
pub async fn amend(
    state: &State,
    actor: &Actor,
    schedule: Guid,
    number: i32,
    status: ResultStatus,
    reason: &str,
) -> Result<Row> {
    let deed = Deed::new(
        actor,
        "RESULT_AMEND",
        &format!("{schedule} result {number} to {status:?}: {reason}"),
    );
    let outcome = async {
        let admin = actor.admin()?;
        let reason = input::reason("reason", reason)?;
        if status == ResultStatus::Running {
            return Err(Error::validation("status", "must be a final one"));
        }
        let amendment = Amendment {
            schedule,
            number,
            status,
            reason,
        };
        db::retrying(async || amend_once(state, &admin, &deed, &amendment).await).await
    };
    let row = deed.noting_failure(state, outcome.await).await?;
    state.events.changed(row.schedule_id, row.revision);
    Ok(row)
}

/// Refuses to correct the result of an id that names none, and notes that like any other refusal.
pub async fn amend_unknown(state: &State, actor: &Actor, id: &str) -> Error {
    let deed = Deed::new(actor, "RESULT_AMEND", id);
    let refused = match actor.admin() {
        Ok(_) => Error::not_found("result", id),
        Err(error) => error,
    };
    let Err::<Infallible, _>(refused) = deed.noting_failure(state, Err(refused)).await;
    refused
}

struct Amendment {
    schedule: Guid,
    number: i32,
    status: ResultStatus,
    reason: String,
}

async fn amend_once(
    state: &State,
    admin: &Admin,
    deed: &Deed,
    amendment: &Amendment,
) -> Result<Row> {
    let transaction = state.db.begin().await?;
    let mut schedule = lock(&transaction, amendment.schedule).await?;
    let mut row = Entity::find_by_id((schedule.schedule_id, amendment.number))
        .into_partial_model::<Row>()
        .one(&transaction)
        .await?
        .ok_or_else(|| Error::not_found("result", &amendment.number))?;
    if row.status == amendment.status {
        let message = format!("the result is {:?} already", row.status);
        return Err(Error::Conflict(message.to_lowercase()));
    }
    let now = Timestamp::now();
    touch(&mut schedule, now);
    if row.latest {
        recount(&transaction, &mut schedule, &row, amendment.status).await?;
    }
    insert_correction(&transaction, admin, &row, amendment, now).await?;
    row.status = amendment.status;
    row.revision = schedule.revision;
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(row.status))
        .col_expr(Column::Revision, Expr::value(row.revision))
        .filter(Column::ScheduleId.eq(row.schedule_id))
        .filter(Column::Number.eq(row.number))
        .exec(&transaction)
        .await?;
    save(&transaction, &schedule).await?;
    deed.done(&transaction).await?;
    db::commit(transaction).await?;
    Ok(row)
}

/// Moves a script from one counter of its locked schedule to another.
async fn recount(
    transaction: &impl ConnectionTrait,
    schedule: &mut schedule::Model,
    row: &Row,
    status: ResultStatus,
) -> Result<()> {
    *counter(schedule, row.status) -= 1;
    *counter(schedule, status) += 1;
    if !row.status.is_final() && schedule.expected.is_some() {
        let script = std::slice::from_ref(&row.script);
        let expected = expected_scripts(transaction, row.schedule_id, script).await?;
        schedule.expected_final += i32::from(!expected.is_empty());
    }
    Ok(())
}

async fn insert_correction(
    transaction: &impl ConnectionTrait,
    admin: &Admin,
    row: &Row,
    amendment: &Amendment,
    now: Timestamp,
) -> Result<()> {
    correction::ActiveModel {
        schedule_id: Set(row.schedule_id),
        number: Set(row.number),
        from_status: Set(row.status),
        to_status: Set(amendment.status),
        reason: Set(amendment.reason.clone()),
        client_id: Set(admin.client_id()),
        corrected_time: Set(now),
        ..Default::default()
    }
    .insert(transaction)
    .await?;
    Ok(())
}
