//! Daybook's dashboard.
//!
//! `app` has the one route table. `pages` ask `api` for data and hand it down to `components`,
//! which draw and never talk to the network. What can be decided without a browser (merging
//! changes, ordering, formatting, back-off) is plain Rust with tests beside it.

pub mod api;
pub mod app;
pub mod browser;
pub mod clock;
pub mod components;
pub mod format;
pub mod pages;
pub mod task;
pub mod theme;
