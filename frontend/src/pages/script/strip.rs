//! The heat strip: one cell a schedule, the newest at the right, each a link to the script's row in
//! that schedule. Flips are marked where they happened.

use leptos::prelude::*;

use super::{
    columns::Columns,
    history::History,
    outcome::{Flip, Outcome, flips, judged},
};
use crate::{
    address,
    components::{icon::Icon, status::Look},
    erased::dynamic,
    format,
};

/// The cells, and the days below them.
#[component]
pub(super) fn Strip(
    /// What became of the script.
    history: History,
    /// The script's name.
    script: String,
) -> impl IntoView {
    dynamic(move || {
        history.with(|outcomes| {
            let (flips, judged) = (flips(outcomes), judged(outcomes));
            let cells = outcomes.iter().zip(flips).enumerate().rev();
            let cells = cells
                .map(|(place, (outcome, flip))| cell(&script, outcome, flip, place < judged))
                .collect_view();
            view! {
                <ol class="strip" aria-label="Outcomes, the newest last">
                    {cells}
                </ol>
            }
        })
    })
}

/// The cell of one schedule.
fn cell(script: &str, outcome: &Outcome, flip: Option<Flip>, judged: bool) -> AnyView {
    let look = outcome.look();
    let words = words(outcome, look, flip);
    view! {
        <li class="strip__place" class:strip__place--flip=flip.is_some() class:strip__place--judged=judged>
            <a
                class=format!("cell cell--{}", look.keyword)
                href=address::result(&outcome.schedule, script)
                aria-label=words.clone()
                title=words
                data-testid="heat-cell"
                data-status=outcome.latest().status.keyword()
                data-flip=flip.is_some().then_some("")
            >
                <Icon glyph=look.glyph/>
            </a>
        </li>
    }
    .into_any()
}

/// A cell in words.
fn words(outcome: &Outcome, look: Look, flip: Option<Flip>) -> String {
    let opened = format::exact(outcome.opened.millis());
    let attempt = match outcome.latest().attempt {
        1 => String::new(),
        attempt => format!(", on attempt {attempt}"),
    };
    let flip = flip.map_or_else(String::new, |flip| format!("; {}", flip.words()));
    format!("{}: {}, {opened}{attempt}{flip}", look.word, outcome.title)
}

/// The days on which the schedules were opened, as far apart as they can be read.
#[component]
pub(super) fn Days(
    /// What became of the script.
    history: History,
) -> impl IntoView {
    dynamic(move || {
        history.with(|outcomes| {
            let columns = Columns::of(outcomes.len());
            let day = |(place, outcome): (usize, &Outcome)| {
                let named = columns.names_day(place);
                let day = named.then(|| format::day(outcome.opened.millis()));
                view! { <span class="past__day">{day}</span> }
            };
            let days = outcomes.iter().enumerate().rev().map(day).collect_view();
            view! {
                <div class="past__days" aria-hidden="true">
                    {days}
                </div>
            }
        })
    })
}
