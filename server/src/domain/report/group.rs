//! One transaction for the reports of many requests.
//!
//! First the schedules are locked, in ascending order of ids, so that two processes never wait for each other. Then
//! what is there is read, the ledger decides, and the outcome is written with few statements of few shapes: each
//! distinct number of rows is another prepared statement.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    future::Future,
};

use entity::{Guid, ScheduleId, Timestamp, result, result_key, schedule, script};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockBehavior, LockType, OnConflict},
};
use uuid::Uuid;

use super::{
    Receipt, Submission,
    ledger::{Ledger, NewKey, Recorded, Written},
};
use crate::{
    db,
    domain::{
        result::{Key, Row, any_of},
        schedule::{ROWS_PER_STATEMENT, VALUES_PER_STATEMENT, expected_scripts, save},
    },
    error::{Error, Result},
};

/// What was committed.
#[derive(Debug)]
pub(super) struct Committed {
    /// The answer to each submission, in their order.
    pub(super) receipts: Vec<Result<Receipt>>,
    /// The schedules that changed, and their new revisions.
    pub(super) changed: Vec<(ScheduleId, i32)>,
}

/// Keys that an earlier try of the same group may have recorded: it broke off when nobody could say whether it had
/// committed. Every key that is tried is added.
pub(super) type Tried = HashSet<(ScheduleId, Uuid)>;

/// What to do about a schedule that somebody else has locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Wait for it, up to the deadline of a statement.
    WaitForLocks,
    /// Break off at once: others are waiting.
    None,
}

/// Writes the reports of a group in one transaction.
pub(super) async fn write(
    connection: &DatabaseConnection,
    submissions: &[&Submission],
    tried: &mut Tried,
    patience: Patience,
) -> Result<Committed> {
    let transaction = statement(db::begin(connection)).await?;
    let ids = resolve(&transaction, submissions).await?;
    let mut ledger = lock_and_read(&transaction, submissions, &ids, tried, patience).await?;
    let receipts: Vec<_> = submissions
        .iter()
        .map(|submission| match ids.get(&submission.schedule) {
            Some(id) if ledger.schedules.contains_key(id) => ledger.take(*id, submission),
            _ => Err(Error::not_found("schedule", &submission.schedule)),
        })
        .collect();
    tried.extend(ledger.new_keys.iter().map(|key| (key.schedule_id, key.key)));
    write_ledger(&transaction, &ledger).await?;
    for (submission, receipt) in submissions.iter().zip(&receipts) {
        if let (Some(deed), Ok(_)) = (&submission.deed, receipt) {
            statement(deed.done(&transaction)).await?;
        }
    }
    deadline(db::commit(transaction)).await?;
    let revision = |id: &ScheduleId| (*id, ledger.schedules[id].revision);
    Ok(Committed {
        receipts,
        changed: ledger.changed.iter().map(revision).collect(),
    })
}

/// Finds the ids of the schedules, without locking them yet.
async fn resolve(
    transaction: &DatabaseTransaction,
    submissions: &[&Submission],
) -> Result<HashMap<Guid, ScheduleId>> {
    let names: BTreeSet<Guid> = submissions.iter().map(|each| each.schedule).collect();
    let rows: Vec<(Guid, ScheduleId)> = statement(
        schedule::Entity::find()
            .select_only()
            .column(schedule::Column::ScheduleName)
            .column(schedule::Column::ScheduleId)
            .filter(schedule::Column::ScheduleName.is_in(names))
            .into_tuple()
            .all(transaction),
    )
    .await?;
    Ok(rows.into_iter().collect())
}

async fn lock_and_read(
    transaction: &DatabaseTransaction,
    submissions: &[&Submission],
    ids: &HashMap<Guid, ScheduleId>,
    tried: &Tried,
    patience: Patience,
) -> Result<Ledger> {
    let schedules = lock(transaction, ids.values().copied().collect(), patience).await?;
    let mut wanted: HashMap<ScheduleId, Wanted<'_>> = HashMap::new();
    for submission in submissions {
        if let Some(id) = ids.get(&submission.schedule) {
            wanted.entry(*id).or_default().add(*id, submission, tried);
        }
    }
    let mut ledger = Ledger::new(Timestamp::now(), schedules);
    for (id, wanted) in &wanted {
        if ledger
            .schedules
            .get(id)
            .is_some_and(|schedule| schedule.expected.is_some())
        {
            let scripts: Vec<String> = wanted
                .scripts
                .iter()
                .map(|script| (*script).clone())
                .collect();
            let expected = deadline(expected_scripts(transaction, *id, &scripts)).await?;
            ledger
                .expected
                .extend(expected.into_iter().map(|script| (*id, script)));
        }
    }
    read_keys(transaction, &wanted, tried, &mut ledger).await?;
    read_latest(transaction, &wanted, &mut ledger).await?;
    Ok(ledger)
}

async fn lock(
    transaction: &DatabaseTransaction,
    ids: BTreeSet<ScheduleId>,
    patience: Patience,
) -> Result<HashMap<ScheduleId, schedule::Model>> {
    let query = schedule::Entity::find()
        .filter(schedule::Column::ScheduleId.is_in(ids))
        .order_by_asc(schedule::Column::ScheduleId);
    let query = match patience {
        Patience::WaitForLocks => query.lock_exclusive(),
        Patience::None => query.lock_with_behavior(LockType::Update, LockBehavior::Nowait),
    };
    let rows = statement(query.all(transaction)).await?;
    Ok(rows.into_iter().map(|row| (row.schedule_id, row)).collect())
}

/// What has to be known of a schedule.
#[derive(Default)]
struct Wanted<'a> {
    scripts: BTreeSet<&'a String>,
    keys: BTreeSet<Uuid>,
}

impl<'a> Wanted<'a> {
    /// A key that was just made here is recorded nowhere, unless it was tried before.
    fn add(&mut self, id: ScheduleId, submission: &'a Submission, tried: &Tried) {
        for entry in &submission.entries {
            self.scripts.insert(&entry.report.script);
            if entry.has_clients_key() || tried.contains(&(id, entry.key)) {
                self.keys.insert(entry.key);
            }
        }
    }
}

async fn read_keys(
    transaction: &DatabaseTransaction,
    wanted: &HashMap<ScheduleId, Wanted<'_>>,
    tried: &Tried,
    ledger: &mut Ledger,
) -> Result<()> {
    use result_key::Column;
    let pairs: Vec<_> = wanted
        .iter()
        .flat_map(|(id, wanted)| wanted.keys.iter().map(|key| (*id, *key)))
        .collect();
    let mut numbers: BTreeSet<Key> = BTreeSet::new();
    for some in pairs.chunks(VALUES_PER_STATEMENT) {
        let filter = each_schedule(some, Column::ScheduleId, Column::IdempotencyKey);
        let rows = statement(result_key::Entity::find().filter(filter).all(transaction)).await?;
        for row in rows {
            let key = (row.schedule_id, row.idempotency_key);
            numbers.insert((row.schedule_id, row.number));
            let recorded = Recorded {
                number: row.number,
                content: row.content,
                by_this_group: tried.contains(&key),
            };
            ledger.recorded.insert(key, recorded);
        }
    }
    let numbers: Vec<_> = numbers.into_iter().collect();
    let columns = (result::Column::ScheduleId, result::Column::Number);
    read_rows(
        transaction,
        &numbers,
        |some| any_of(columns, some).into(),
        ledger,
    )
    .await
}

async fn read_latest(
    transaction: &DatabaseTransaction,
    wanted: &HashMap<ScheduleId, Wanted<'_>>,
    ledger: &mut Ledger,
) -> Result<()> {
    use result::Column;
    let pairs: Vec<_> = wanted
        .iter()
        .flat_map(|(id, wanted)| wanted.scripts.iter().map(|script| (*id, (*script).clone())))
        .collect();
    let filter = |some: &[(ScheduleId, String)]| {
        each_schedule(some, Column::ScheduleId, Column::Script)
            .and(Column::Latest.eq(true))
            .into()
    };
    read_rows(transaction, &pairs, filter, ledger).await
}

async fn read_rows<K>(
    transaction: &DatabaseTransaction,
    keys: &[K],
    filter: impl Fn(&[K]) -> Condition,
    ledger: &mut Ledger,
) -> Result<()> {
    for some in keys.chunks(VALUES_PER_STATEMENT) {
        let rows = statement(
            result::Entity::find()
                .filter(filter(some))
                .into_partial_model::<Row>()
                .all(transaction),
        )
        .await?;
        for row in rows {
            ledger.know(row);
        }
    }
    Ok(())
}

/// `(schedule = ? AND value IN (…)) OR …`: one range of an index for each schedule.
fn each_schedule<C, V>(pairs: &[(ScheduleId, V)], schedule: C, value: C) -> Expr
where
    C: ColumnTrait,
    V: Clone + Into<sea_orm::Value>,
{
    let mut values: HashMap<ScheduleId, Vec<V>> = HashMap::new();
    for (id, each) in pairs {
        values.entry(*id).or_default().push(each.clone());
    }
    values
        .into_iter()
        .map(|(id, values)| schedule.eq(id).and(value.is_in(values)))
        .reduce(ExprTrait::or)
        .unwrap_or_else(|| Expr::val(false))
}

async fn write_ledger(transaction: &DatabaseTransaction, ledger: &Ledger) -> Result<()> {
    for id in &ledger.changed {
        deadline(save(transaction, &ledger.schedules[id])).await?;
    }
    supersede(transaction, &ledger.superseded).await?;
    let (new, changed): (Vec<_>, Vec<_>) = ledger.written.values().partition(|each| each.is_new);
    for some in few_shapes(&new) {
        let rows = some.iter().map(|written| row(written));
        statement(result::Entity::insert_many(rows).exec_without_returning(transaction)).await?;
    }
    for some in few_shapes(&changed) {
        let rows = some.iter().map(|written| row(written));
        let upsert = result::Entity::insert_many(rows).on_conflict(overwrite(transaction));
        statement(upsert.exec_without_returning(transaction)).await?;
    }
    for some in few_shapes(&ledger.new_keys) {
        let rows = some.iter().map(key_row);
        statement(result_key::Entity::insert_many(rows).exec_without_returning(transaction))
            .await?;
    }
    insert_names(transaction, &new).await
}

async fn supersede(transaction: &DatabaseTransaction, keys: &BTreeSet<Key>) -> Result<()> {
    use result::Column;
    let keys: Vec<_> = keys.iter().copied().collect();
    for some in keys.chunks(VALUES_PER_STATEMENT) {
        let update = result::Entity::update_many()
            .col_expr(Column::Latest, Expr::value(false))
            .filter(any_of((Column::ScheduleId, Column::Number), some));
        statement(update.exec(transaction)).await?;
    }
    Ok(())
}

/// Adds the names of scripts that were never reported before, in order, so that two processes never wait for each other.
async fn insert_names(transaction: &DatabaseTransaction, new: &[&Written]) -> Result<()> {
    let names: BTreeSet<&String> = new
        .iter()
        .filter(|written| written.row.attempt == 1)
        .map(|written| &written.row.script)
        .collect();
    let names: Vec<_> = names.into_iter().collect();
    for some in few_shapes(&names) {
        let rows = some.iter().map(|name| script::ActiveModel {
            name: Set((*name).clone()),
            folded: Set(name.to_lowercase()),
        });
        let insert = script::Entity::insert_many(rows).on_conflict(
            OnConflict::column(script::Column::Name)
                .do_nothing_on([script::Column::Name])
                .to_owned(),
        );
        statement(insert.exec_without_returning(transaction)).await?;
    }
    Ok(())
}

/// Overwrites a row that is there, but for an output that was not reported again.
fn overwrite(transaction: &DatabaseTransaction) -> OnConflict {
    use result::Column;
    let output = match transaction.get_database_backend() {
        DbBackend::MySql => "COALESCE(VALUES(output), output)",
        _ => "COALESCE(excluded.output, output)",
    };
    OnConflict::columns([Column::ScheduleId, Column::Number])
        .update_columns([
            Column::Latest,
            Column::Status,
            Column::Message,
            Column::ContentBytes,
            Column::DurationMs,
            Column::StartedTime,
            Column::SubmittedTime,
            Column::Revision,
        ])
        .value(Column::Output, Expr::cust(output))
        .to_owned()
}

fn row(written: &Written) -> result::ActiveModel {
    let row = &written.row;
    result::ActiveModel {
        schedule_id: Set(row.schedule_id),
        number: Set(row.number),
        script: Set(row.script.clone()),
        attempt: Set(row.attempt),
        latest: Set(row.latest),
        status: Set(row.status),
        message: Set(row.message.clone()),
        output: Set(written.output.clone()),
        content_bytes: Set(row.content_bytes),
        duration_ms: Set(row.duration_ms),
        started_time: Set(row.started_time),
        submitted_time: Set(row.submitted_time),
        revision: Set(row.revision),
    }
}

fn key_row(key: &NewKey) -> result_key::ActiveModel {
    result_key::ActiveModel {
        schedule_id: Set(key.schedule_id),
        idempotency_key: Set(key.key),
        number: Set(key.number),
        content: Set(key.content.clone()),
    }
}

/// Cuts rows into pieces of 64, 32, 16, …, 1: seven statements serve every number of rows.
fn few_shapes<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        if rows.is_empty() {
            return None;
        }
        let size = 1 << rows.len().min(ROWS_PER_STATEMENT).ilog2();
        let (some, rest) = rows.split_at(size);
        rows = rest;
        Some(some)
    })
}

/// Gives a statement its deadline.
async fn statement<T>(future: impl Future<Output = Result<T, DbErr>>) -> Result<T> {
    deadline(async { future.await.map_err(Error::from) }).await
}

/// Gives something that is sent to the database its deadline. Past it, nobody knows what became of it.
async fn deadline<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(db::STATEMENT_DEADLINE, future)
        .await
        .unwrap_or(Err(Error::Unavailable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_rows_is_written_in_seven_shapes() {
        for count in 0..300 {
            let rows: Vec<u32> = (0..count).collect();
            let pieces: Vec<_> = few_shapes(&rows).collect();
            assert_eq!(pieces.concat(), rows);
            assert!(
                pieces
                    .iter()
                    .all(|piece| piece.len().is_power_of_two() && piece.len() <= 64)
            );
        }
    }
}
