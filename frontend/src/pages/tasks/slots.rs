//! What lies ahead of a task: its next times, as the clocks of its zone and the viewer's show them, and what is special
//! about them.

use leptos::prelude::*;

use crate::{
    api::tasks::{Slot, SlotRemark},
    browser,
    components::time::Countdown,
    format,
};

/// What is to be known of a slot that is not where one would think.
fn remark_words(remark: SlotRemark) -> &'static str {
    match remark {
        SlotRemark::Gap => {
            "The clocks skip this time on that day, so it is the first moment after the gap"
        }
        SlotRemark::Fold => {
            "The clocks show this time twice on that day, and it is the first of the two"
        }
        SlotRemark::MonthEnd => "The last day, as this month is shorter",
    }
}

/// The times.
#[component]
pub(in crate::pages) fn Slots(
    /// The slots, the next first.
    slots: Vec<Slot>,
    /// Whose wall clock they keep to.
    time_zone: String,
) -> impl IntoView {
    let viewers_zone = browser::time_zone();
    let elsewhere = viewers_zone != time_zone;
    let row = move |slot: Slot| {
        let (millis, instant) = (slot.time.millis(), slot.time.0.clone());
        let remarks = slot
            .remarks
            .into_iter()
            .map(remark_words)
            .collect::<Vec<_>>();
        let remarks = (!remarks.is_empty()).then(|| remarks.join(". ") + ".");
        let viewers = elsewhere.then(|| {
            view! { <span class="slot__viewers">{format::moment(millis)}" here"</span> }
        });
        view! {
            <li class="slot" data-testid="slot" data-time=instant>
                <span class="slot__local">{format::local_moment(&slot.local_time)}</span>
                {viewers}
                <Countdown time=slot.time/>
                {remarks.map(|remarks| view! { <span class="slot__remark">{remarks}</span> })}
            </li>
        }
    };
    let viewers = if elsewhere {
        format!("; you are in {viewers_zone}.")
    } else {
        ", where you are too.".to_owned()
    };
    let zones = ["Times of ".to_owned(), time_zone, viewers].concat();
    view! {
        <ol class="slots">{slots.into_iter().map(row).collect_view()}</ol>
        <p class="muted slots__zones">{zones}</p>
    }
}
