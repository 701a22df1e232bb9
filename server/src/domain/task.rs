//! Tasks: what falls due at a time, once or again and again.
//!
//! Every change locks the task's row first, and settles what fell due before it under what was valid then: so a slot has
//! its outcome, and what lies before a change is never judged by what came after. The scheduler is woken after the commit.

mod change;
mod find;
mod slots;

pub use change::{Changes, NewTask, create, delete, update};
pub use find::{after_skipping, by_guid, by_ids, by_key, list};
pub use slots::{Draft, MOST_SLOTS, Preview, Slot, local_time, preview, upcoming};

use std::{fmt, str::FromStr};

use chrono_tz::Tz;
use entity::{
    TaskId,
    task::{Column, Entity, Model},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect,
};

use crate::{
    domain::recurrence::Calendar,
    error::{Error, Result},
};

/// How long a run may take where its task does not say, in seconds.
pub const DEFAULT_TIMEOUT_SECONDS: i32 = 3_600;

/// The longest that a run may take, in seconds: thirty days.
pub const MOST_TIMEOUT_SECONDS: i32 = 30 * 86_400;

/// The most attempts at a slot.
pub const MOST_ATTEMPTS: i32 = 100;

/// What a task is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// Its name.
    Name(&'a str),
    /// Its number.
    Number(TaskId),
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Number(TaskId(number)) => write!(f, "with id {number}"),
        }
    }
}

/// When a task falls due.
pub(crate) fn calendar(task: &Model) -> Result<Calendar> {
    Ok(Calendar::new(
        task.scheduled_time,
        task.recurrence,
        zone(&task.time_zone)?,
        task.month_end_policy,
    ))
}

/// Works out a task's next slot anew.
pub(crate) fn set_next_time(task: &mut Model) -> Result<()> {
    task.next_time = if task.enabled {
        calendar(task)?.next_after(task.settled_time)
    } else {
        None
    };
    Ok(())
}

/// Locks a task's row and reads it. On SQLite the whole database is locked already.
pub(crate) async fn lock(transaction: &impl ConnectionTrait, key: Key<'_>) -> Result<Model> {
    let query = match key {
        Key::Name(name) => Entity::find().filter(Column::Name.eq(name.trim())),
        Key::Number(id) => Entity::find_by_id(id),
    };
    query
        .lock_exclusive()
        .one(transaction)
        .await?
        .ok_or_else(|| Error::not_found("task", &key))
}

/// Writes a locked task's row.
pub(crate) async fn save(transaction: &impl ConnectionTrait, task: &Model) -> Result<()> {
    let row = task.clone().into_active_model().reset_all();
    Entity::update(row)
        .exec(transaction)
        .await
        .map_err(|error| change::or_taken(error, &task.name))?;
    Ok(())
}

fn zone(name: &str) -> Result<Tz> {
    Tz::from_str(name.trim()).map_err(|_| {
        Error::validation(
            "timeZone",
            format!("{name} is no IANA time zone, such as Europe/Berlin"),
        )
    })
}
