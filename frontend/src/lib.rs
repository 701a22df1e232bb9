//! Daybook's dashboard.
//!
//! `app` has the one route table. `pages` ask `api` for data and hand it down to `components`,
//! which draw and never talk to the network. What can be decided without a browser (merging
//! changes, ordering, formatting, back-off) is plain Rust with tests beside it.

pub mod address;
pub mod api;
pub mod app;
pub mod attempt;
pub mod browser;
pub mod clock;
pub mod components;
pub mod erased;
pub mod fetched;
pub mod filter;
pub mod format;
pub mod json;
pub mod keyboard;
pub mod lag;
pub mod lazy;
pub mod paged;
pub mod pages;
pub mod part;
pub mod task;
pub mod theme;
pub mod told;
