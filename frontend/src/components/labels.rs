//! What a schedule is filed under.

use leptos::prelude::*;

use crate::{api::schedules::Label, erased::dynamic};

/// Keys and values, side by side.
#[component]
pub fn Labels(
    /// The labels.
    #[prop(into)]
    labels: Signal<Vec<Label>>,
) -> impl IntoView {
    let chip = |Label { key, value }| {
        view! {
            <span class="label">
                <span class="label__key">{key}</span>
                {value}
            </span>
        }
    };
    dynamic(move || labels.get().into_iter().map(chip).collect_view())
}
