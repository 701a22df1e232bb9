//! What stands below the rows of a list that is read page by page: the way to further ones, or why
//! they are not there.

use leptos::prelude::*;

use super::{notice::Failure, read_on::ReadOn};
use crate::{api::error::Error, erased::dynamic};

/// The end.
#[component]
pub fn ListEnd(
    /// What pressing the button does, as in "Load older".
    label: &'static str,
    /// The name that browser tests find the button by.
    test_id: &'static str,
    /// What was being done when it failed, as in "The scripts could not be loaded".
    failed: &'static str,
    /// Why it failed, if it did.
    problem: Signal<Option<Error>>,
    /// Whether there is more to read.
    more: Signal<bool>,
    /// Whether it is being read.
    loading: Signal<bool>,
    /// Reads the next page.
    on_read: Callback<()>,
    /// Asks again for what failed.
    on_retry: Callback<()>,
) -> impl IntoView {
    let failure = move || {
        let reason = problem.get()?.to_string();
        Some(view! { <Failure title=failed reason on_retry/> })
    };
    view! {
        {dynamic(failure)}
        <ReadOn label test_id more loading on_read/>
    }
}
