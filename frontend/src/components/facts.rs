//! Facts in a row, each with what it is called: the parts of a `<dl class="facts">`.

use leptos::prelude::*;

/// One fact and what it is called.
#[component]
pub fn Fact(
    /// What it is called.
    #[prop(into)]
    name: Signal<&'static str>,
    /// The fact.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="fact">
            <dt>{name}</dt>
            <dd>{children()}</dd>
        </div>
    }
}
