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

pub mod clients;
pub mod compare;
pub mod live_list;
pub mod login;
pub mod not_found;
pub mod overview;
pub mod schedule;
pub mod schedules;
pub mod script;
pub mod scripts;

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
