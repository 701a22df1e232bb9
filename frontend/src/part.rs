//! Looking at a part of something that changes.

use leptos::prelude::*;

use crate::erased::memo;

/// A part of something that changes, as a signal that tells of changes of this part only.
pub fn part<S, P>(whole: S, pick: fn(&S::Value) -> P) -> Memo<P>
where
    S: With + Send + Sync + 'static,
    P: PartialEq + Send + Sync + 'static,
{
    memo(move || whole.with(pick))
}
