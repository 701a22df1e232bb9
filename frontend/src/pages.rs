//! The pages, one a route. A page asks `api` for its data, keeps it in signals, and hands it down
//! to components.

#![expect(
    unreachable_pub,
    reason = "the component macro widens the visibility it is given"
)]
#![expect(
    clippy::unnecessary_wraps,
    reason = "the error of a page that is loaded later is that it could not be loaded"
)]

pub mod backups;
pub mod clients;
pub mod compare;
pub mod live_list;
pub mod login;
pub mod logs;
pub mod not_found;
pub mod overview;
pub mod plan;
pub mod run;
pub mod schedule;
pub mod schedules;
pub mod script;
pub mod scripts;
pub mod statistics;
pub mod task;
pub mod tasks;

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::lazy::Page;

/// One schedule.
#[wasm_split(schedule, fallible)]
pub fn schedule_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <schedule::SchedulePage/> }.into_any())
}

/// What is different between two schedules.
#[wasm_split(history, fallible)]
pub fn compare_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <compare::ComparePage/> }.into_any())
}

/// All scripts.
#[wasm_split(history, fallible)]
pub fn scripts_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <scripts::ScriptsPage/> }.into_any())
}

/// One script.
#[wasm_split(history, fallible)]
pub fn script_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <script::ScriptPage/> }.into_any())
}

/// All clients.
#[wasm_split(clients, fallible)]
pub fn clients_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <clients::ClientsPage/> }.into_any())
}

/// All tasks.
#[wasm_split(tasks, fallible)]
pub fn tasks_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <tasks::TasksPage/> }.into_any())
}

/// One task.
#[wasm_split(tasks, fallible)]
pub fn task_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <task::TaskPage/> }.into_any())
}

/// One run.
#[wasm_split(tasks, fallible)]
pub fn run_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <run::RunPage/> }.into_any())
}

/// All archives.
#[wasm_split(tasks, fallible)]
pub fn backups_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <backups::BackupsPage/> }.into_any())
}

/// The log.
#[wasm_split(records, fallible)]
pub fn logs_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <logs::LogsPage/> }.into_any())
}

/// What was done over a while, in numbers.
#[wasm_split(records, fallible)]
pub fn statistics_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <statistics::StatisticsPage/> }.into_any())
}

/// What a policy makes of a window.
#[wasm_split(plan, fallible)]
pub fn plan_page() -> Result<Page, SplitLoaderError> {
    Ok(|| view! { <plan::PlanPage/> }.into_any())
}
