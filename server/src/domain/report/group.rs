//! One transaction for the reports of many requests.
//!
//! First the schedules are locked, in ascending order of ids, so that two processes never wait for each other. Then
//! what is there is read, the ledger decides, and the outcome is written with few statements of few shapes: each
//! distinct number of rows is another prepared statement.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    future::Future,
    iter,
};

use entity::{Guid, ScheduleId, Timestamp, result_key, schedule};
use sea_orm::{ActiveEnum, DbBackend, DbErr, Value};
use uuid::Uuid;

use super::{
    Receipt, Submission,
    ledger::{Ledger, NewKey, Recorded, Written},
};
use crate::{
    db::{
        self,
        dedicated::{Dedicated, Transaction},
        fetch::{FromColumns, Select, from_columns, in_list},
        insert::{Conflict, insert},
        plain::Plain,
    },
    domain::{
        result::{Key, Row},
        schedule::{Extent, VALUES_PER_STATEMENT, expected_scripts, save_all},
    },
    error::{Error, Result},
};

from_columns!(result_key::Model {
    schedule_id,
    idempotency_key,
    number,
    content,
});

/// What was committed.
#[derive(Debug)]
pub(super) struct Committed {
    /// The answer to each submission, in their order.
    pub(super) receipts: Vec<Result<Receipt>>,
    /// How many results are new or changed.
    pub(super) results: usize,
    /// The schedules that changed, and their new revisions.
    pub(super) changed: Vec<(ScheduleId, i32)>,
}

/// Keys that an earlier try of the same group may have recorded: it broke off when nobody could say whether it had
/// committed. Every key that is tried is added.
pub(super) type Tried = HashSet<(ScheduleId, Uuid)>;

/// The ids of schedules that were looked up before. They are only likely: a database may be restored.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<Guid, ScheduleId>);

/// The most schedules whose ids are remembered.
const KNOWN: usize = 10_000;

impl Known {
    /// Forgets all where it is too much. This comes before anything is looked for, or what was found would be missing.
    fn make_room(&mut self) {
        if self.0.len() > KNOWN {
            self.0.clear();
        }
    }

    /// Adds what was just looked up.
    fn learn(&mut self, found: impl IntoIterator<Item = Named>) {
        let found = found.into_iter();
        self.0
            .extend(found.map(|row| (row.schedule_name, row.schedule_id)));
    }

    /// Forgets those that are not what was locked under their id. Says whether there were any.
    fn forget_wrong(&mut self, ids: &HashMap<Guid, ScheduleId>, ledger: &Ledger) -> bool {
        let is_wrong = |(name, id): (&Guid, &ScheduleId)| {
            let found = ledger.schedules.get(id);
            found.is_none_or(|found| found.schedule_name != *name)
        };
        let wrong: Vec<Guid> = ids
            .iter()
            .filter(|each| is_wrong(*each))
            .map(|(name, _)| *name)
            .collect();
        wrong
            .iter()
            .filter(|name| self.0.remove(name).is_some())
            .count()
            > 0
    }
}

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
    connection: &Dedicated,
    submissions: &[&Submission],
    known: &mut Known,
    tried: &mut Tried,
    patience: Patience,
) -> Result<Committed> {
    let transaction = statement(connection.begin()).await?;
    let ids = resolve(&transaction, submissions, known).await?;
    let mut ledger = lock_and_read(&transaction, submissions, &ids, tried, patience).await?;
    if known.forget_wrong(&ids, &ledger) {
        return Err(Error::Interrupted);
    }
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
    deadline(transaction.commit()).await?;
    let revision = |id: &ScheduleId| (*id, ledger.schedules[id].revision);
    Ok(Committed {
        receipts,
        results: ledger.written.len(),
        changed: ledger.changed.iter().map(revision).collect(),
    })
}

/// Finds the ids of the schedules, without locking them yet.
async fn resolve(
    transaction: &Transaction<'_>,
    submissions: &[&Submission],
    known: &mut Known,
) -> Result<HashMap<Guid, ScheduleId>> {
    known.make_room();
    let names: BTreeSet<Guid> = submissions.iter().map(|each| each.schedule).collect();
    let unknown: Vec<Guid> = names
        .iter()
        .filter(|name| !known.0.contains_key(name))
        .copied()
        .collect();
    if !unknown.is_empty() {
        let (list, values) = in_list(unknown);
        let text = format!(
            "SELECT {} FROM schedule WHERE schedule_name{list}",
            Named::COLUMNS
        );
        let rows: Vec<Named> = statement(transaction.fetch(Select::new(text, values))).await?;
        known.learn(rows);
    }
    let id = |name| Some((name, *known.0.get(&name)?));
    Ok(names.into_iter().filter_map(id).collect())
}

/// What a schedule is known by outside and inside.
struct Named {
    schedule_name: Guid,
    schedule_id: ScheduleId,
}

from_columns!(Named {
    schedule_name,
    schedule_id
});

async fn lock_and_read(
    transaction: &Transaction<'_>,
    submissions: &[&Submission],
    ids: &HashMap<Guid, ScheduleId>,
    tried: &Tried,
    patience: Patience,
) -> Result<Ledger> {
    let schedules = lock(transaction, ids.values().copied().collect(), patience).await?;
    let mut wanted = Wanted::default();
    for submission in submissions {
        if let Some(id) = ids.get(&submission.schedule) {
            wanted.add(*id, submission, tried);
        }
    }
    let mut ledger = Ledger::new(Timestamp::now(), schedules);
    read_expected(transaction, &wanted.scripts, &mut ledger).await?;
    read_keys(transaction, wanted.keys, tried, &mut ledger).await?;
    read_latest(transaction, wanted.scripts, &mut ledger).await?;
    Ok(ledger)
}

async fn lock(
    transaction: &Transaction<'_>,
    ids: BTreeSet<ScheduleId>,
    patience: Patience,
) -> Result<HashMap<ScheduleId, schedule::Model>> {
    let is_mysql = transaction.backend() == DbBackend::MySql;
    let how = match patience {
        // SQLite has locked the whole file already.
        _ if !is_mysql => "",
        Patience::WaitForLocks => " FOR UPDATE",
        Patience::None => " FOR UPDATE NOWAIT",
    };
    let (list, values) = in_list(ids);
    let text = format!(
        "SELECT {} FROM schedule WHERE schedule_id{list} ORDER BY schedule_id{how}",
        schedule::Model::COLUMNS
    );
    let rows: Vec<schedule::Model> =
        statement(transaction.fetch(Select::new(text, values))).await?;
    Ok(rows.into_iter().map(|row| (row.schedule_id, row)).collect())
}

/// What has to be known, of each schedule.
#[derive(Default)]
struct Wanted<'a> {
    scripts: BTreeSet<(ScheduleId, &'a str)>,
    keys: BTreeSet<(ScheduleId, Uuid)>,
}

impl<'a> Wanted<'a> {
    /// A key that was just made here is recorded nowhere, unless it was tried before.
    fn add(&mut self, id: ScheduleId, submission: &'a Submission, tried: &Tried) {
        for entry in &submission.entries {
            self.scripts.insert((id, &entry.report.script));
            let key = (id, entry.key);
            if entry.has_clients_key() || tried.contains(&key) {
                self.keys.insert(key);
            }
        }
    }
}

/// Which of the scripts their schedules expect.
async fn read_expected(
    transaction: &Transaction<'_>,
    scripts: &BTreeSet<(ScheduleId, &str)>,
    ledger: &mut Ledger,
) -> Result<()> {
    let scripts: Vec<_> = scripts.iter().copied().collect();
    for of_one in of_each(&scripts) {
        let id = of_one[0].0;
        let schedule = ledger.schedules.get(&id);
        if schedule.is_none_or(|schedule| schedule.expected.is_none()) {
            continue;
        }
        let scripts: Vec<String> = of_one.iter().map(|(_, name)| (*name).to_owned()).collect();
        let expected = deadline(expected_scripts(transaction, id, &scripts)).await?;
        let expected = expected.into_iter().map(|script| (id, script));
        ledger.expected.extend(expected);
    }
    Ok(())
}

async fn read_keys(
    transaction: &Transaction<'_>,
    keys: BTreeSet<(ScheduleId, Uuid)>,
    tried: &Tried,
    ledger: &mut Ledger,
) -> Result<()> {
    let mut numbers: BTreeSet<Key> = BTreeSet::new();
    for (condition, values) in each_schedule("idempotency_key", keys) {
        let text = format!(
            "SELECT {} FROM result_key{} WHERE {condition}",
            result_key::Model::COLUMNS,
            by_index(transaction, "PRIMARY"),
        );
        let rows: Vec<result_key::Model> =
            statement(transaction.fetch(Select::new(text, values))).await?;
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
    let conditions = each_schedule("number", numbers);
    read_rows(transaction, "PRIMARY", conditions, ledger).await
}

async fn read_latest(
    transaction: &Transaction<'_>,
    scripts: BTreeSet<(ScheduleId, &str)>,
    ledger: &mut Ledger,
) -> Result<()> {
    let conditions = each_schedule("script", scripts);
    let conditions = conditions
        .into_iter()
        .map(|(condition, values)| (format!("latest = TRUE AND ({condition})"), values));
    let index = "ix_result_script_schedule_id_attempt";
    read_rows(transaction, index, conditions.collect(), ledger).await
}

async fn read_rows(
    transaction: &Transaction<'_>,
    index: &str,
    conditions: Vec<Condition>,
    ledger: &mut Ledger,
) -> Result<()> {
    let hint = by_index(transaction, index);
    for (condition, values) in conditions {
        let columns = Row::COLUMNS;
        let text = format!("SELECT {columns} FROM result{hint} WHERE {condition}");
        let rows: Vec<Row> = statement(transaction.fetch(Select::new(text, values))).await?;
        for row in rows {
            ledger.know(row);
        }
    }
    Ok(())
}

/// Tells MySQL by which index to look: left to itself, it weighs all of them for each of the pairs, which takes longer than
/// finding what they name.
fn by_index(transaction: &Transaction<'_>, index: &str) -> String {
    match transaction.backend() {
        DbBackend::MySql => format!(" FORCE INDEX ({index})"),
        _ => String::new(),
    }
}

/// How much of a schedule is little.
const LITTLE: usize = 4;

/// The most pairs in one statement.
const PAIRS_PER_STATEMENT: usize = 128;

/// A condition of a statement, with its values.
type Condition = (String, Vec<Value>);

/// What is wanted of the schedules, those of one after those of another.
fn of_each<V>(wanted: &[(ScheduleId, V)]) -> impl Iterator<Item = &[(ScheduleId, V)]> {
    wanted.chunk_by(|one, next| one.0 == next.0)
}

/// What is wanted of each schedule, as conditions of few shapes, for each is another prepared statement: a list for a schedule
/// of which much is wanted, and pairs, 1, 2, 4, 8, … of them, for all of those of which little is.
///
/// What is wanted of one schedule comes together.
fn each_schedule<V: Copy + Into<Value>>(
    column: &str,
    wanted: impl IntoIterator<Item = (ScheduleId, V)>,
) -> Vec<Condition> {
    let wanted: Vec<_> = wanted.into_iter().collect();
    let mut conditions: Vec<Condition> = Vec::new();
    let mut pairs: Vec<[Value; 2]> = Vec::new();
    for of_one in of_each(&wanted) {
        if of_one.len() <= LITTLE {
            pairs.extend(of_one.iter().map(|&(id, value)| [id.into(), value.into()]));
            continue;
        }
        for some in of_one.chunks(VALUES_PER_STATEMENT) {
            let (list, values) = in_list(some.iter().map(|(_, value)| *value));
            let values = iter::once(some[0].0.into()).chain(values).collect();
            conditions.push((format!("schedule_id = ? AND {column}{list}"), values));
        }
    }
    for some in pairs.chunks(PAIRS_PER_STATEMENT) {
        let missing = some.len().next_power_of_two() - some.len();
        let again = iter::repeat_n(&some[some.len() - 1], missing);
        let values: Vec<Value> = some.iter().chain(again).flatten().cloned().collect();
        let pair = format!("(schedule_id = ? AND {column} = ?)");
        let more = format!(" OR {pair}").repeat(values.len() / 2 - 1);
        conditions.push((pair + &more, values));
    }
    conditions
}

async fn write_ledger(transaction: &Transaction<'_>, ledger: &Ledger) -> Result<()> {
    let changed = ledger.changed.iter().map(|id| &ledger.schedules[id]);
    let (entered, others): (Vec<_>, Vec<_>) =
        changed.partition(|schedule| ledger.entered.contains(&schedule.schedule_id));
    statement(save_all(transaction, &entered, Extent::Everything)).await?;
    statement(save_all(transaction, &others, Extent::Progress)).await?;
    supersede(transaction, &ledger.superseded).await?;
    let (new, changed): (Vec<_>, Vec<_>) = ledger.written.values().partition(|each| each.is_new);
    for (written, conflict) in [(&new, Conflict::Fail), (&changed, OVERWRITE)] {
        let rows = written.iter().map(|written| row(written));
        statement(insert(transaction, RESULT, rows, conflict)).await?;
    }
    let keys = ledger.new_keys.iter().map(key_row);
    statement(insert(transaction, RESULT_KEY, keys, Conflict::Fail)).await?;
    insert_names(transaction, &new).await
}

async fn supersede(transaction: &Transaction<'_>, keys: &BTreeSet<Key>) -> Result<()> {
    for (condition, values) in each_schedule("number", keys.iter().copied()) {
        let hint = by_index(transaction, "PRIMARY");
        let text = format!("UPDATE result{hint} SET latest = FALSE WHERE {condition}");
        statement(transaction.change(text.into(), values)).await?;
    }
    Ok(())
}

/// Adds the names of scripts that were never reported before, in order, so that two processes never wait for each other. Most
/// are there, and those are only looked at: a row that is written is locked, even where it stays as it is.
async fn insert_names(transaction: &Transaction<'_>, new: &[&Written]) -> Result<()> {
    let mut names: BTreeSet<&str> = new
        .iter()
        .filter(|written| written.row.attempt == 1)
        .map(|written| written.row.script.as_str())
        .collect();
    let reported: Vec<_> = names.iter().copied().collect();
    for some in reported.chunks(VALUES_PER_STATEMENT) {
        let (list, values) = in_list(some.iter().copied());
        let text = format!("SELECT name FROM script WHERE name{list}");
        let known: Vec<Name> = statement(transaction.fetch(Select::new(text, values))).await?;
        for Name { name } in &known {
            names.remove(name.as_str());
        }
    }
    let rows = names
        .into_iter()
        .map(|name| [name.into(), name.to_lowercase().into()]);
    let keep = Conflict::Keep("name");
    statement(insert(transaction, "script (name, folded)", rows, keep)).await
}

struct Name {
    name: String,
}

from_columns!(Name { name });

const RESULT: &str = "result (schedule_id, number, script, attempt, latest, status, message, output, \
    content_bytes, duration_ms, started_time, submitted_time, revision)";

const RESULT_KEY: &str = "result_key (schedule_id, idempotency_key, number, content)";

/// Overwrites a row that is there, but for an output that was not reported again.
const OVERWRITE: Conflict = Conflict::Overwrite {
    key: "schedule_id, number",
    columns: &[
        "latest",
        "status",
        "message",
        "content_bytes",
        "duration_ms",
        "started_time",
        "submitted_time",
        "revision",
    ],
    unless_null: &["output"],
};

fn row(written: &Written) -> [Value; 13] {
    let row = &written.row;
    [
        row.schedule_id.into(),
        row.number.into(),
        row.script.as_str().into(),
        row.attempt.into(),
        row.latest.into(),
        row.status.to_value().into(),
        row.message.clone().into(),
        written.output.clone().into(),
        row.content_bytes.into(),
        row.duration_ms.into(),
        row.started_time.into(),
        row.submitted_time.into(),
        row.revision.into(),
    ]
}

fn key_row(key: &NewKey) -> [Value; 4] {
    [
        key.schedule_id.into(),
        key.key.into(),
        key.number.into(),
        key.content.clone().into(),
    ]
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
    use std::ops::Range;

    use super::*;

    #[test]
    fn much_of_one_schedule_is_a_list() {
        let of_one = |numbers: Range<i32>| numbers.map(|number| (ScheduleId(1), number));
        let conditions = each_schedule("number", of_one(0..1_500));
        let lengths: Vec<usize> = conditions.iter().map(|(_, values)| values.len()).collect();
        assert_eq!(lengths, [1 + 1_024, 1 + 512]);
        let conditions = each_schedule("number", of_one(1..6));
        assert_eq!(
            conditions[0].0,
            "schedule_id = ? AND number IN (?, ?, ?, ?, ?, ?, ?, ?)"
        );
    }

    #[test]
    fn little_of_many_schedules_is_pairs_of_few_shapes() {
        let few = [(ScheduleId(1), 1), (ScheduleId(2), 2), (ScheduleId(2), 3)];
        let conditions = each_schedule("number", few);
        let [(condition, values)] = conditions.as_slice() else {
            panic!("one will do: {conditions:?}");
        };
        let pair = "(schedule_id = ? AND number = ?)";
        assert_eq!(*condition, [pair; 4].join(" OR "));
        assert_eq!(values[4..6], values[6..8]);
        let many = (1..=200).map(|id| (ScheduleId(id), 7));
        let conditions = each_schedule("number", many);
        let lengths: Vec<usize> = conditions.iter().map(|(_, values)| values.len()).collect();
        assert_eq!(lengths, [256, 256]);
    }
}
