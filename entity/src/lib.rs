//! The rows of Daybook's tables: SeaORM models, the newtypes of their keys, and the enums that are stored.
//!
//! Rule of the house: what a row *is* lives here; what is asked of it or decided about it lives in the server's
//! `domain`. No queries, no GraphQL, no HTTP.

#![expect(
    missing_docs,
    reason = "a column whose name says all needs no sentence, nor does what the derives generate"
)]

pub mod action;
pub mod backup;
pub mod client;
pub mod correction;
pub mod expected_script;
pub mod heartbeat;
pub mod label;
pub mod lease;
pub mod log;
pub mod plan;
pub mod result;
pub mod result_key;
pub mod run;
pub mod run_output;
pub mod schedule;
pub mod script;
pub mod session;
pub mod task;
mod types;

pub use types::{BackupId, ClientId, Digest, Guid, LogId, RunId, ScheduleId, TaskId, Timestamp};
