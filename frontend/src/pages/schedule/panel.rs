//! The panel at the side: one script with its attempts, and the whole message and output of the one
//! that is looked at.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{
    feed::Feed,
    results::{duration_of, look_of},
    selection::Selection,
    table::{Attempt, Row},
};
use crate::{
    api::{
        Api,
        error::Error,
        results::ResultText,
        schedules::{Schedule, ScheduleStatus},
    },
    components::{
        code_block::CodeBlock,
        icon::{Glyph, Icon},
        notice::{Failure, Loading},
        status::StatusBadge,
        time::RelativeTime,
    },
    pages::part,
    task::spawn_while_shown,
};

/// The panel, while a script is looked at.
#[component]
pub(super) fn Panel(
    /// The data.
    feed: Feed,
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
    /// What is shown.
    selection: Selection,
) -> impl IntoView {
    // Only another script, or the arrival of its row, makes another panel.
    let known = Memo::new(move |_| {
        let script = selection.script().get();
        script.filter(|script| feed.find(script).is_some())
    });
    move || {
        let row = feed.find_untracked(&known.get()?)?;
        Some(view! { <OpenPanel row schedule selection/> })
    }
}

/// The panel of one script.
#[component]
fn OpenPanel(
    /// The script and its attempts.
    row: ArcRwSignal<Row>,
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
    /// What is shown.
    selection: Selection,
) -> impl IntoView {
    let script = row.with_untracked(|row| row.script.clone());
    let row: Signal<Row> = row.into();
    let close = Callback::new(move |()| selection.look_at(None));
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" {
            close.run(());
        }
    });
    on_cleanup(move || escape.remove());

    // The latest attempt, until another one is picked.
    let picked = RwSignal::new(None::<i32>);
    let attempt = Memo::new(move |_| {
        row.with(|row| {
            let picked = picked.get().and_then(|number| row.attempt(number));
            picked.unwrap_or_else(|| row.latest()).clone()
        })
    });
    let label = format!("Result of {script}");
    view! {
        <aside class="panel" aria-label=label data-testid="result-panel">
            <header class="panel__head">
                <h2 class="panel__title mono">{script}</h2>
                <CloseButton on_close=close/>
            </header>
            <Attempts row attempt picked/>
            <AttemptFacts attempt schedule/>
            <AttemptText attempt/>
        </aside>
    }
}

/// Closes the panel. It takes the focus when the panel opens; where the focus was, it is again when
/// the panel is gone.
#[component]
fn CloseButton(
    /// Closes the panel.
    on_close: Callback<()>,
) -> impl IntoView {
    let button = NodeRef::<html::Button>::new();
    Effect::new(move |_| {
        if let Some(button) = button.get() {
            // An element that is in the page takes the focus.
            let _ = button.focus();
        }
    });
    let before = StoredValue::new_local(document().active_element());
    on_cleanup(move || {
        let before = before.try_get_value().flatten();
        if let Some(before) =
            before.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
        {
            // One that has left the page since takes none, and needs none.
            let _ = before.focus();
        }
    });
    view! {
        <button
            type="button"
            class="button button--icon"
            aria-label="Close"
            title="Close (Esc)"
            node_ref=button
            on:click=move |_| on_close.run(())
        >
            <Icon glyph=Glyph::Cross/>
        </button>
    }
}

/// The attempts to pick from, newest first, where there are several.
#[component]
fn Attempts(
    /// The script and its attempts.
    row: Signal<Row>,
    /// The one that is shown.
    attempt: Memo<Attempt>,
    /// The one that was picked.
    picked: RwSignal<Option<i32>>,
) -> impl IntoView {
    let numbers = part(row, |row| {
        let newest_first = row.attempts.iter().rev();
        newest_first
            .map(|attempt| attempt.number)
            .collect::<Vec<_>>()
    });
    let button = move |number: i32| {
        let shown = move || attempt.with(|attempt| attempt.number == number).to_string();
        let pick = move |_| picked.set(Some(number));
        view! {
            <button type="button" class="chip" aria-pressed=shown on:click=pick>
                {format!("Attempt {number}")}
            </button>
        }
    };
    move || {
        let numbers = numbers.get();
        (numbers.len() > 1).then(|| {
            view! {
                <div class="chips" role="group" aria-label="Attempts">
                    {numbers.into_iter().map(button).collect_view()}
                </div>
            }
        })
    }
}

/// What is known of an attempt without asking further.
#[component]
fn AttemptFacts(
    /// The attempt.
    attempt: Memo<Attempt>,
    /// The schedule, which may be closed.
    schedule: Signal<Schedule>,
) -> impl IntoView {
    let closed = part(schedule, |schedule| {
        schedule.status == ScheduleStatus::Closed
    });
    let look =
        Signal::derive(move || look_of(attempt.with(|attempt| attempt.status), closed.get()));
    let duration = move || {
        attempt
            .with(duration_of)
            .unwrap_or_else(|| "not told".to_owned())
    };
    let reported = part(attempt, |attempt| attempt.submitted.clone());
    view! {
        <dl class="facts">
            <div class="fact">
                <dt>"Status"</dt>
                <dd>
                    <StatusBadge look/>
                </dd>
            </div>
            <div class="fact">
                <dt>"Attempt"</dt>
                <dd>{move || attempt.with(|attempt| attempt.number)}</dd>
            </div>
            <div class="fact">
                <dt>"Duration"</dt>
                <dd>{duration}</dd>
            </div>
            <div class="fact">
                <dt>"Reported"</dt>
                <dd>
                    <RelativeTime time=reported/>
                </dd>
            </div>
        </dl>
    }
}

/// Message and output, fetched for the attempt that is shown, and again when it changes.
#[component]
fn AttemptText(
    /// The attempt.
    attempt: Memo<Attempt>,
) -> impl IntoView {
    let api = Api::expect();
    let answer = RwSignal::new(None::<Result<Option<ResultText>, Error>>);
    let version = part(attempt, |attempt| (attempt.id.clone(), attempt.revision));
    let tries = Trigger::new();
    Effect::new(move |before: Option<cynic::Id>| {
        tries.track();
        let (id, _) = version.get();
        // What is shown of the same attempt stays until its newer text is there.
        if before.is_some_and(|before| before != id) {
            answer.set(None);
        }
        let wanted = id.clone();
        spawn_while_shown(async move { answer.set(Some(api.result_text(wanted).await)) });
        id
    });
    let on_retry = Callback::new(move |()| tries.notify());
    move || match answer.get() {
        None => view! { <Loading what="message and output"/> }.into_any(),
        Some(Ok(text)) => view! { <Text text/> }.into_any(),
        Some(Err(error)) => view! {
            <Failure
                title="Message and output could not be loaded"
                reason=error.to_string()
                on_retry
            />
        }
        .into_any(),
    }
}

/// Message and output, as far as there are any.
#[component]
fn Text(
    /// Both; `None` where the result is gone.
    text: Option<ResultText>,
) -> impl IntoView {
    let Some(ResultText { message, output }) = text else {
        return view! { <p class="muted">"This result is gone."</p> }.into_any();
    };
    if message.is_none() && output.is_none() {
        return view! { <p class="muted">"The script reported neither a message nor output."</p> }
            .into_any();
    }
    let part = |name: &'static str, text: String| {
        view! {
            <h3 class="panel__part">{name}</h3>
            <CodeBlock text label=name/>
        }
    };
    view! {
        {message.map(|message| part("Message", message))}
        {output.map(|output| part("Output", output))}
    }
    .into_any()
}
