//! The pages, one a route. A page asks `api` for its data, keeps it in signals, and hands it down
//! to components.

pub mod login;
pub mod not_found;
pub mod schedule;
pub mod schedules;

use leptos::prelude::*;

/// A part of something that changes, as a signal that tells of changes of this part only.
fn part<S, P>(whole: S, pick: fn(&S::Value) -> P) -> Memo<P>
where
    S: With + Send + Sync + 'static,
    P: PartialEq + Send + Sync + 'static,
{
    Memo::new(move |_| whole.with(pick))
}
