//! How often a script passes: as a number, and as the filled part of a bar.

use leptos::prelude::*;

use crate::format;

/// The number and the bar.
#[component]
pub fn PassRate(
    /// The share of passes, 0 to 1; `None` where there is nothing to go by.
    share: Option<f64>,
) -> impl IntoView {
    let Some(share) = share else {
        return view! { <span class="rate muted">"–"</span> }.into_any();
    };
    // In thousandths: how to write a fraction would have to be in the module, for this alone.
    let passed = format::thousandths(share);
    view! {
        <span class="rate">
            <span class="rate__number">{format::percent(100.0 * share)}</span>
            <span class="bar" aria-hidden="true">
                <span
                    class="bar__segment bar__segment--pass"
                    style:flex-grow=passed.to_string()
                    hidden=passed == 0
                ></span>
                <span class="bar__rest" style:flex-grow=(1_000 - passed).to_string()></span>
            </span>
        </span>
    }
    .into_any()
}
