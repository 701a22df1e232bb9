//! The pages, one a route. A page asks `api` for its data, keeps it in signals, and hands it down
//! to components.

#![expect(
    unreachable_pub,
    reason = "the component macro widens the visibility it is given"
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
