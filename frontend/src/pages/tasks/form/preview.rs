//! What the form means: a sentence, and the next times as the server counts them.

use std::time::Duration;

use gloo_timers::future::sleep;
use leptos::prelude::*;

use super::{
    super::{sentence::sentence, slots::Slots},
    draft::Draft,
};
use crate::{
    api::{
        Api,
        error::Error,
        tasks::{SlotRemark, TaskPreview, Times},
    },
    erased::{dynamic, memo},
    fetched::Fetched,
};

/// How long somebody who types may pause.
const PAUSE: Duration = Duration::from_millis(200);

/// The next times of what stands in the form; free to copy, and gone with the dialog.
#[derive(Clone, Copy)]
pub(super) struct Preview {
    /// None while the form does not say when.
    answer: Fetched<Option<TaskPreview>>,
}

impl Preview {
    /// Asks now, and again when the form says something else.
    pub(super) fn of(draft: Draft) -> Self {
        let api = Api::expect();
        let times = memo(move || draft.times().ok());
        let answer = Fetched::start(move || {
            let times: Option<Times> = times.get();
            async move {
                let Some(times) = times else {
                    return Ok(None);
                };
                sleep(PAUSE).await;
                api.preview_task(times).await.map(Some)
            }
        });
        Self { answer }
    }

    /// What the clocks show at the anchor, where they skip what was asked for: the task then keeps to this.
    fn moved_anchor(self) -> Option<String> {
        let preview = self.answer.get()?.ok()??;
        let first = preview.slots.into_iter().next()?;
        let is_moved =
            first.time == preview.scheduled_time && first.remarks.contains(&SlotRemark::Gap);
        is_moved.then_some(first.local_time)
    }

    /// Why there are none.
    pub(super) fn error(self) -> Option<Error> {
        self.answer.get()?.err()
    }
}

/// The sentence and the times.
#[component]
pub(super) fn View(
    /// The times.
    preview: Preview,
    /// The form.
    draft: Draft,
) -> impl IntoView {
    let words = move || {
        let times = draft.times().ok()?;
        let moved = preview.moved_anchor();
        sentence(
            moved.as_ref().unwrap_or(&times.local_time),
            &times.time_zone,
            times.recurrence,
            times.month_end_policy,
        )
    };
    let slots = move || {
        let preview = preview.answer.get()?.ok()??;
        Some(if preview.slots.is_empty() {
            view! { <p class="muted">"It never falls due: that time has passed."</p> }.into_any()
        } else {
            view! { <Slots slots=preview.slots time_zone=draft.time_zone.get_untracked()/> }
                .into_any()
        })
    };
    view! {
        <section class="preview" data-testid="task-preview">
            <p class="preview__words" aria-live="polite">{dynamic(move || words().map(|words| format!("{words}.")))}</p>
            {dynamic(slots)}
        </section>
    }
}
