//! What Daybook decides: the rules of schedules, results, tasks, runs and clients, and every read and write of the database.
//!
//! Rules of the house: nothing here knows GraphQL or HTTP. Every function takes the actor, asks it for the permission
//! that the deed needs, and holds a narrower type from then on. What a caller may not see is "not found".

pub mod action;
pub mod actor;
pub mod auth;
pub mod background;
pub mod backup;
pub mod client;
pub mod comparison;
pub mod feed;
pub mod health;
mod history;
pub mod input;
pub mod junit;
mod lease;
pub mod log;
pub mod page;
pub mod policy;
pub mod recurrence;
pub mod report;
pub mod result;
pub mod retention;
pub mod run;
pub mod runner;
pub mod schedule;
pub mod scheduler;
pub mod script;
pub mod statistics;
pub mod task;
mod union;
