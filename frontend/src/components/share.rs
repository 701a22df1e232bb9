//! How far something is, as a bar.

use leptos::prelude::*;

use crate::erased::computed;

/// The bar.
#[component]
pub fn Share(
    /// How far it is, 0 to 100.
    percent: Signal<f64>,
    /// What is told, for those who don't see it.
    label: &'static str,
) -> impl IntoView {
    view! {
        <div
            class="bar"
            role="progressbar"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=computed(move || percent.get().round().to_string())
        >
            <span
                class="bar__segment bar__segment--running"
                style:flex-grow=computed(move || percent.get().to_string())
            ></span>
            <span
                class="bar__rest"
                style:flex-grow=computed(move || (100.0 - percent.get()).to_string())
            ></span>
        </div>
    }
}
