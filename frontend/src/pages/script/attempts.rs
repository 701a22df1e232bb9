//! Every attempt, the newest first, each a link to the script's row in its schedule.

use leptos::prelude::*;

use super::{history::History, outcome::Outcome};
use crate::{
    address,
    api::scripts::ScriptAttempt,
    components::{rows::Rows, status::StatusBadge, time::RelativeTime},
    format,
};

/// How much of a message a row shows.
const MESSAGE_LENGTH: usize = 200;

/// The table.
#[component]
pub(super) fn Attempts(
    /// What became of the script.
    history: History,
    /// The script's name.
    script: String,
) -> impl IntoView {
    let outcomes = move || history.with(<[Outcome]>::to_vec);
    view! {
        <div class="attempts" role="table" aria-label="Attempts, the newest first">
            <div class="attempt-row attempt-row--head" role="row">
                <span role="columnheader">"Status"</span>
                <span role="columnheader">"Schedule"</span>
                <span role="columnheader">"Attempt"</span>
                <span role="columnheader">"Message"</span>
                <span role="columnheader" class="attempt-row__number">
                    "Duration"
                </span>
                <span role="columnheader" class="attempt-row__number">
                    "Reported"
                </span>
            </div>
            <Rows each=outcomes key=|outcome| outcome.schedule.clone() let:outcome>
                {rows(&outcome, &script)}
            </Rows>
        </div>
    }
}

/// The rows of one schedule.
fn rows(outcome: &Outcome, script: &str) -> AnyView {
    let link = address::result(&outcome.schedule, script);
    let newest_first = outcome.attempts.iter().rev();
    newest_first
        .map(|attempt| row(outcome, attempt, &link))
        .collect_view()
        .into_any()
}

fn row(outcome: &Outcome, attempt: &ScriptAttempt, link: &str) -> AnyView {
    let message = attempt
        .message
        .as_deref()
        .and_then(|message| format::first_line(message, MESSAGE_LENGTH));
    let duration = attempt
        .duration_ms
        .map(|millis| format::duration(millis.into()));
    view! {
        <div
            class="attempt-row"
            role="row"
            data-testid="attempt-row"
            data-status=attempt.status.keyword()
        >
            <span role="cell">
                <StatusBadge look=outcome.look_of(attempt)/>
            </span>
            <span role="cell" class="attempt-row__schedule">
                <a class="attempt-row__link" href=link.to_owned() data-row="">
                    {outcome.title.clone()}
                </a>
            </span>
            <span role="cell" class="attempt-row__attempt">
                "#"
                {attempt.attempt}
            </span>
            <span role="cell" class="attempt-row__message">
                {message}
            </span>
            <span role="cell" class="attempt-row__number">
                {duration}
            </span>
            <span role="cell" class="attempt-row__number">
                <RelativeTime time=attempt.submitted_time.clone()/>
            </span>
        </div>
    }
    .into_any()
}
