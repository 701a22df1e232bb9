//! What stands above every page while the server's database is in trouble.

use leptos::prelude::*;

use crate::{api::health::Outage, erased::dynamic, format};

/// Says what is the matter, what it means for the page, and that there is nothing to be done here.
#[component]
pub fn OutageNotice(
    /// What is the matter, if anything is.
    outage: ReadSignal<Option<Outage>>,
) -> impl IntoView {
    let notice = move || {
        outage.get().map(|outage| {
            view! {
                <p class="outage" data-testid="outage">
                    <strong>{title(outage)}</strong>
                    {explanation(outage)}
                </p>
            }
        })
    };
    // There from the start, so that screen readers tell what comes into it.
    view! { <div role="status">{dynamic(notice)}</div> }
}

fn title(outage: Outage) -> &'static str {
    if outage.reads {
        "The database takes no writes."
    } else {
        "The server can't reach its database."
    }
}

fn explanation(outage: Outage) -> String {
    let since = format::exact(outage.since);
    if outage.reads {
        format!(
            " Since {since} it can only be read: it is read-only, or its disk is full. What is reported waits, or is \
             refused and can be sent again. This goes on by itself."
        )
    } else {
        format!(
            " What the page shows is from before {since}. What is reported waits, or is refused and can be sent again. \
             This goes on by itself."
        )
    }
}
