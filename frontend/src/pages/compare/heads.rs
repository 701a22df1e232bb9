//! The two schedules, side by side, and the ways to compare others.

use leptos::prelude::*;

use super::feed::{Pair, Side, schedule};
use crate::{
    address,
    api::{comparisons::Comparison, scalars::Uuid, schedules::Schedule},
    components::{
        icon::{Glyph, Icon},
        progress::{Counts, ProgressBar},
        status::StatusBadge,
        time::RelativeTime,
    },
    erased::{computed, dynamic, handler, memo},
    part::part,
};

/// Both, with what changes them.
#[component]
pub(super) fn Heads(
    /// Their names.
    pair: Pair,
    /// What came of comparing them, as it changes.
    comparison: Signal<Comparison>,
    /// Asks for another schedule on a side.
    on_pick: Callback<Side>,
) -> impl IntoView {
    let swapped = address_of(&pair.swapped());
    let head = move |side| {
        let schedule =
            memo(move || comparison.with(|comparison| schedule(comparison, side).clone()));
        view! { <Head side schedule=schedule.into() on_pick/> }
    };
    let note = memo(move || comparison.with(order_note));
    view! {
        <div class="heads">
            {head(Side::Base)}
            <a
                class="button button--icon heads__swap"
                href=swapped
                aria-label="Swap the two schedules"
                title="Swap the two schedules"
                data-testid="swap"
            >
                <Icon glyph=Glyph::Swap/>
            </a>
            {head(Side::Other)}
        </div>
        <p class="heads__notes">
            <Previous pair comparison/>
            {dynamic(move || note.get().map(|note| view! { <span class="muted">{note}</span> }))}
        </p>
    }
}

/// One of the two.
#[component]
fn Head(
    /// Which one.
    side: Side,
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
    /// Asks for another one.
    on_pick: Callback<Side>,
) -> impl IntoView {
    let (what, test_id, choose) = match side {
        Side::Base => ("Before", "compare-base", "pick-base"),
        Side::Other => ("After", "compare-other", "pick-other"),
    };
    let title = part(schedule, |schedule| schedule.display_name().to_owned());
    let name = part(schedule, |schedule| schedule.name.0.clone());
    let status = part(schedule, |schedule| schedule.status.into());
    let opened = part(schedule, |schedule| schedule.created_time.clone());
    let progress = part(schedule, |schedule| schedule.progress.clone());
    view! {
        <section class="head" aria-label=what data-testid=test_id>
            <div class="head__line">
                <span class="head__what">{what}</span>
                <StatusBadge look=status/>
                <RelativeTime time=opened/>
                <button
                    type="button"
                    class="button button--small head__pick"
                    data-testid=choose
                    on:click=handler(move |_| on_pick.run(side))
                >
                    "Choose another"
                </button>
            </div>
            <a
                class="head__title"
                href=computed(move || format!("/schedules/{}", name.get()))
                title=computed(move || name.get())
            >
                {title}
            </a>
            <ProgressBar progress/>
            <Counts progress/>
        </section>
    }
}

/// The way to the comparison with the schedule of the same title before.
#[component]
fn Previous(
    /// The two schedules' names.
    pair: Pair,
    /// What came of comparing them.
    comparison: Signal<Comparison>,
) -> impl IntoView {
    let previous = part(comparison, |comparison| comparison.previous.clone());
    dynamic(move || match previous.get() {
        None => view! {
            <span class="muted">"Nothing of this title was closed before it."</span>
        }
        .into_any(),
        Some(Uuid(name)) if name == pair.base => view! {
            <span class="muted">"Compared with the previous one of its title."</span>
        }
        .into_any(),
        Some(Uuid(name)) => view! {
            <a href=address_of(&pair.with(Side::Base, name)) data-testid="previous">
                "Compare with the previous one of its title"
            </a>
        }
        .into_any(),
    })
}

/// Says it where the two stand in an order that one does not expect.
fn order_note(comparison: &Comparison) -> Option<&'static str> {
    let (base, other) = (&comparison.differences.base, &comparison.other);
    if base.name == other.name {
        Some("Both are the same schedule.")
    } else if base.created_time > other.created_time {
        Some("“Before” is the newer one here.")
    } else {
        None
    }
}

/// The page that compares a pair.
pub(super) fn address_of(pair: &Pair) -> String {
    address::comparison(&pair.base, &pair.other)
}
