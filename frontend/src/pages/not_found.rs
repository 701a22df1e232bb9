//! What is shown for an address that leads nowhere.

use leptos::prelude::*;

use crate::{browser, components::notice::Notice};

/// The page.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    browser::set_title("Not found");
    view! {
        <Notice title="There is no such page" test_id="not-found" alone=true>
            <p>"The address may be mistyped, or the page has moved."</p>
            <a href="/schedules" class="button">"All schedules"</a>
        </Notice>
    }
}
