//! What a page shows in place of its content: that it is loading, that there is nothing, that
//! something went wrong.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::erased::handler;

/// Says that something is being loaded.
#[component]
pub fn Loading(
    /// What, as in "Loading schedules…".
    what: &'static str,
) -> impl IntoView {
    view! {
        <p class="loading" role="status">
            <Icon glyph=Glyph::Arc/>
            {format!("Loading {what}…")}
        </p>
    }
}

/// A heading and an explanation, with whatever helps further.
#[component]
pub fn Notice(
    /// What is the matter.
    #[prop(into)]
    title: String,
    /// The name that browser tests find it by.
    test_id: &'static str,
    /// Whether this is all that the page shows, and its title the page's heading.
    #[prop(optional)]
    alone: bool,
    /// Why, and what to do about it.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="notice" data-testid=test_id>
            {heading(title, alone)}
            {children()}
        </section>
    }
}

/// Says what went wrong, and offers to try again.
#[component]
pub fn Failure(
    /// What was being done, as in "The schedules could not be loaded".
    #[prop(into)]
    title: String,
    /// Why it was not.
    #[prop(into)]
    reason: String,
    /// Whether this is all that the page shows, and its title the page's heading.
    #[prop(optional)]
    alone: bool,
    /// Tries again.
    on_retry: Callback<()>,
) -> impl IntoView {
    view! {
        <section class="notice notice--failure" role="alert" data-testid="failure">
            {heading(title, alone)}
            <p>{reason}</p>
            <button type="button" class="button" on:click=handler(move |_| on_retry.run(()))>
                "Try again"
            </button>
        </section>
    }
}

fn heading(title: String, alone: bool) -> AnyView {
    if alone {
        view! { <h1 class="notice__title">{title}</h1> }.into_any()
    } else {
        view! { <h2 class="notice__title">{title}</h2> }.into_any()
    }
}
