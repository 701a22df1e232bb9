//! What stands in place of schedules on a server that has none: the command that opens the first.

use leptos::prelude::*;

use super::{curl::Curl, notice::Notice};

/// The operation that opens a schedule.
const OPEN_SCHEDULE: &str =
    r#"mutation { createSchedule(input: {title: "nightly"}) { schedule { name } } }"#;

/// The notice.
#[component]
pub fn NoSchedules() -> impl IntoView {
    view! {
        <Notice title="No schedules yet" test_id="empty-state">
            <p>
                "A schedule is one run of many scripts. "
                "This opens one, and answers with its name; it appears here at once:"
            </p>
            <Curl operation=OPEN_SCHEDULE label="Command that opens a schedule"/>
        </Notice>
    }
}
