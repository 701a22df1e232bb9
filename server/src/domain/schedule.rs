//! Schedules: opened, changed, closed, reopened and deleted here; only reports of results go another way.
//!
//! Every change locks the schedule's row first, takes one revision, and wakes the subscribers after its commit.

mod change;
mod close;
mod create;
mod find;
mod latest;
mod outline;
mod plan;

pub use change::{Changes, abandon_silent, delete, reopen, update};
pub(crate) use change::{Extent, expected_scripts, save, save_all};
pub use close::{Closing, close, close_mine};
pub use create::{NewSchedule, create};
pub(crate) use create::{Opening, open};
pub use find::{
    Filter, LabelFilter, by_ids, by_name, by_names, labels, list, matching, missing,
    modified_since, newest_open, previous, remaining_seconds,
};
pub use latest::{TITLES, latest_closed};
pub use outline::{Outline, outlines};
pub use plan::{PLAN_BYTES, plans};

use entity::{
    Guid, ScheduleId, Timestamp, expected_script, label,
    result::ResultStatus,
    schedule::{Column, Entity, Model, OriginalStatus, State as ScheduleState},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    db::insert::ROWS_PER_STATEMENT,
    domain::input,
    error::{Error, Result},
};

/// The most labels of a schedule.
pub const LABELS: usize = 50;

/// The most scripts that a schedule may expect.
pub const EXPECTED_SCRIPTS: usize = 100_000;

/// The most values in one `IN (…)`.
pub(crate) const VALUES_PER_STATEMENT: usize = 1_000;

/// A label that is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// What it is about; unique in a schedule.
    pub key: String,
    /// What it says.
    pub value: String,
}

impl Label {
    /// Checks a list of labels.
    pub fn check_all(labels: Vec<(String, String)>) -> Result<Vec<Self>> {
        if labels.len() > LABELS {
            return Err(Error::validation(
                "labels",
                format!("has {} labels, at most {LABELS} are allowed", labels.len()),
            ));
        }
        let mut checked: Vec<Self> = Vec::with_capacity(labels.len());
        for (key, value) in labels {
            let label = Self {
                key: input::name("labels.key", &key)?,
                value: input::name("labels.value", &value)?,
            };
            if checked.iter().any(|other| other.key == label.key) {
                let message = format!("the key {} is there twice", label.key);
                return Err(Error::validation("labels.key", message));
            }
            checked.push(label);
        }
        Ok(checked)
    }
}

/// Checks a list of script names; one that is there twice counts once.
fn check_scripts(field: &str, scripts: &[String]) -> Result<Vec<String>> {
    if scripts.len() > EXPECTED_SCRIPTS {
        let message = format!(
            "has {} scripts, at most {EXPECTED_SCRIPTS} are allowed",
            scripts.len()
        );
        return Err(Error::validation(field, message));
    }
    let mut seen = std::collections::HashSet::new();
    let mut checked = Vec::with_capacity(scripts.len());
    for script in scripts {
        let script = input::name(field, script)?;
        if seen.insert(script.clone()) {
            checked.push(script);
        }
    }
    Ok(checked)
}

/// Locks a schedule's row and reads it. On SQLite the whole database is locked already.
pub(crate) async fn lock(transaction: &impl ConnectionTrait, name: Guid) -> Result<Model> {
    Entity::find()
        .filter(Column::ScheduleName.eq(name))
        .lock_exclusive()
        .one(transaction)
        .await?
        .ok_or_else(|| Error::not_found("schedule", &name))
}

/// Takes the next revision of a locked schedule.
pub(crate) fn touch(schedule: &mut Model, now: Timestamp) {
    schedule.revision += 1;
    schedule.last_modify_time = now;
}

/// Brings a locked schedule into a state.
pub(crate) fn enter(schedule: &mut Model, state: ScheduleState) {
    schedule.state = state;
    schedule.schedule_status = OriginalStatus::from(state);
}

/// When the lease ends that begins now. It is a full second, so that the reports of one second don't each move the schedule in the
/// index of leases.
pub(crate) fn lease_from(now: Timestamp, lease_seconds: i32) -> Option<Timestamp> {
    (lease_seconds > 0).then(|| now.plus_seconds(lease_seconds).up_to_a_second())
}

/// The counter of the scripts whose latest attempt has `status`.
pub(crate) fn counter(schedule: &mut Model, status: ResultStatus) -> &mut i32 {
    match status {
        ResultStatus::Running => &mut schedule.running,
        ResultStatus::Pass => &mut schedule.pass,
        ResultStatus::Fail => &mut schedule.fail,
        ResultStatus::Block => &mut schedule.block,
        ResultStatus::Error => &mut schedule.error,
        ResultStatus::Skip => &mut schedule.skip,
    }
}

/// How many scripts have a final status.
pub fn reported(schedule: &Model) -> i32 {
    schedule.pass + schedule.fail + schedule.block + schedule.error + schedule.skip
}

/// The share of the expected scripts that are final, in percent; none where no scripts are expected of it.
pub fn percent(schedule: &Model) -> Option<f64> {
    match schedule.expected? {
        0 => Some(100.0),
        expected => Some(100.0 * f64::from(schedule.expected_final) / f64::from(expected)),
    }
}

/// Writes labels of a schedule that has none.
async fn insert_labels(
    transaction: &impl ConnectionTrait,
    schedule: ScheduleId,
    labels: &[Label],
) -> Result<()> {
    use sea_orm::ActiveValue::Set;
    label::Entity::insert_many(labels.iter().map(|each| label::ActiveModel {
        schedule_id: Set(schedule),
        name: Set(each.key.clone()),
        value: Set(each.value.clone()),
    }))
    .exec_without_returning(transaction)
    .await?;
    Ok(())
}

/// Writes scripts that a schedule expects from now on, after those it expects already.
async fn insert_expected(
    transaction: &impl ConnectionTrait,
    schedule: ScheduleId,
    first_position: usize,
    scripts: &[String],
) -> Result<()> {
    use sea_orm::ActiveValue::Set;
    for (chunk, scripts) in scripts.chunks(ROWS_PER_STATEMENT).enumerate() {
        let first = first_position + chunk * ROWS_PER_STATEMENT;
        let rows = scripts.iter().enumerate().map(|(index, script)| {
            let position = i32::try_from(first + index).expect("at most 100,000 are expected");
            expected_script::ActiveModel {
                schedule_id: Set(schedule),
                position: Set(position),
                script: Set(script.clone()),
            }
        });
        expected_script::Entity::insert_many(rows)
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_there_once() {
        let twice = vec![("os".into(), "linux".into()), (" os".into(), "bsd".into())];
        let error = Label::check_all(twice).expect_err("twice the same key");
        assert_eq!(error.field(), Some("labels.key"));
    }

    #[test]
    fn an_expected_script_counts_once() {
        let scripts = ["a".to_owned(), "b".to_owned(), " a ".to_owned()];
        assert_eq!(
            check_scripts("expected", &scripts).expect("good"),
            ["a", "b"]
        );
    }

    #[test]
    fn a_schedule_without_a_lease_never_expires() {
        assert_eq!(lease_from(Timestamp::now(), 0), None);
    }
}
