//! Actions: what a task does when it falls due, and what a run did.
//!
//! An action is one column of JSON, in tasks and in runs alike, so that a new kind of action needs no new column.

use std::{fmt, str::FromStr};

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveValueType)]
#[sea_orm(value_type = "String")]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Nothing: the run is the record that it fell due.
    Reminder {
        /// What to remember.
        note: Option<String>,
    },
    /// A command that the operator configured.
    Command {
        /// Its name in the settings.
        command: String,
        /// What it is given after the arguments that the settings have.
        arguments: Vec<String>,
    },
    /// An archive is made of a folder.
    Backup {
        /// The folder, as it was asked for.
        source: String,
    },
    /// A schedule is opened from a plan of the time that begins with the slot.
    Schedule {
        /// The policy that makes the plan.
        policy: String,
        /// What differs from the policy's default configuration.
        config: Option<Value>,
        /// How long that time is.
        window_seconds: i32,
        /// The schedule's title; the task's name where it has none.
        title: Option<String>,
    },
}

impl Action {
    /// What the log calls a backup.
    pub const BACKUP: &str = "BACKUP";

    /// What the log calls it when it was done.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reminder { .. } => "REMINDER",
            Self::Command { .. } => "COMMAND",
            Self::Backup { .. } => Self::BACKUP,
            Self::Schedule { .. } => "SCHEDULE",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&json)
    }
}

impl FromStr for Action {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}

impl TryFromU64 for Action {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("Action"))
    }
}
