//! The panel at the side: one script with its attempts, and the whole message, output and corrections
//! of the one that is looked at.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{
    amend::AmendButton,
    feed::Feed,
    results::{duration_of, look_of},
    selection::Selection,
    table::{Attempt, Row},
};
use crate::{
    address,
    api::{
        Api,
        results::{Correction, ResultDetail},
        schedules::{Schedule, ScheduleStatus},
    },
    components::{
        code_block::CodeBlock,
        icon::{Glyph, Icon},
        notice::{Failure, Loading},
        status::{Look, StatusBadge},
        time::RelativeTime,
    },
    erased::{computed, dynamic, effect, handler, memo},
    fetched::Fetched,
    part::part,
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
    let known = memo(move || {
        let script = selection.script().get()?;
        feed.index(&script)
    });
    dynamic(move || {
        let row = feed.row(known.get()?)?;
        Some(view! { <OpenPanel row schedule selection/> })
    })
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
    let attempt = memo(move || {
        row.with(|row| {
            let picked = picked.get().and_then(|number| row.attempt(number));
            picked.unwrap_or_else(|| row.latest()).clone()
        })
    });
    let label = format!("Result of {script}");
    let history = address::script(&script);
    view! {
        <aside class="panel" aria-label=label data-testid="result-panel">
            <header class="panel__head">
                <h2 class="panel__title mono">{script}</h2>
                <CloseButton on_close=close/>
            </header>
            <Attempts row attempt picked/>
            <AttemptFacts attempt schedule/>
            <div class="panel__actions">
                <a href=history class="button button--small" data-testid="script-history">
                    <Icon glyph=Glyph::Clock/>
                    "History of this script"
                </a>
                <AmendButton attempt/>
            </div>
            <AttemptDetail attempt/>
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
    effect(move || {
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
            on:click=handler(move |_| on_close.run(()))
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
            <button type="button" class="chip" aria-pressed=computed(shown) on:click=handler(pick)>
                {format!("Attempt {number}")}
            </button>
        }
    };
    dynamic(move || {
        let numbers = numbers.get();
        (numbers.len() > 1).then(|| {
            view! {
                <div class="chips" role="group" aria-label="Attempts">
                    {numbers.into_iter().map(button).collect_view()}
                </div>
            }
        })
    })
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
                <dd>{dynamic(move || attempt.with(|attempt| attempt.number))}</dd>
            </div>
            <div class="fact">
                <dt>"Duration"</dt>
                <dd>{dynamic(duration)}</dd>
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

/// Message, output and corrections, fetched for the attempt that is shown, and again when it changes.
#[component]
fn AttemptDetail(
    /// The attempt.
    attempt: Memo<Attempt>,
) -> impl IntoView {
    let id = part(attempt, |attempt| attempt.id.clone());
    let revision = part(attempt, |attempt| attempt.revision);
    dynamic(move || view! { <DetailOf id=id.get() revision/> })
}

/// What is long about one attempt. What is shown stays until its newer text is there.
#[component]
fn DetailOf(
    /// The attempt's id.
    id: cynic::Id,
    /// The schedule's revision at its last change.
    revision: Memo<i32>,
) -> impl IntoView {
    let api = Api::expect();
    let fetched = Fetched::start(move || {
        // Read, and not just tracked: a memo that nobody reads is never computed, and never tells.
        revision.get();
        api.result_detail(id.clone())
    });
    dynamic(move || match fetched.get() {
        None => view! { <Loading what="message and output"/> }.into_any(),
        Some(Ok(Some(detail))) => view! { <Detail detail/> }.into_any(),
        Some(Ok(None)) => view! { <p class="muted">"This result is gone."</p> }.into_any(),
        Some(Err(error)) => view! {
            <Failure
                title="Message and output could not be loaded"
                reason=error.to_string()
                on_retry=Callback::new(move |()| fetched.retry())
            />
        }
        .into_any(),
    })
}

/// Corrections, message and output, as far as there are any.
#[component]
fn Detail(
    /// All three.
    detail: ResultDetail,
) -> impl IntoView {
    let ResultDetail {
        message,
        output,
        corrections,
    } = detail;
    let silent = message.is_none() && output.is_none();
    let part = |name: &'static str, text: String| {
        view! {
            <h3 class="panel__part">{name}</h3>
            <CodeBlock text label=name/>
        }
    };
    view! {
        <Corrections corrections/>
        {silent
            .then(|| {
                view! {
                    <p class="muted">"The script reported neither a message nor output."</p>
                }
            })}
        {message.map(|message| part("Message", message))}
        {output.map(|output| part("Output", output))}
    }
}

/// What administrators corrected, oldest first.
#[component]
fn Corrections(
    /// The corrections.
    corrections: Vec<Correction>,
) -> impl IntoView {
    let line = |Correction {
                    from,
                    to,
                    reason,
                    by,
                    time,
                }: Correction| {
        view! {
            <li class="correction">
                <span class="correction__change">
                    <StatusBadge look=Look::from(from)/>
                    <span aria-hidden="true">"→"</span>
                    <span class="visually-hidden">"became"</span>
                    <StatusBadge look=Look::from(to)/>
                </span>
                <span>{reason}</span>
                <span class="muted">
                    {by.name} ", " <RelativeTime time/>
                </span>
            </li>
        }
    };
    (!corrections.is_empty()).then(|| {
        view! {
            <h3 class="panel__part">"Corrected"</h3>
            <ul class="corrections" data-testid="corrections">
                {corrections.into_iter().map(line).collect_view()}
            </ul>
        }
    })
}
