//! One task: when it falls due, and what became of each time.

mod runs;

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};

use self::runs::Runs;
use super::tasks::{
    CHANGES, NextTime,
    deeds::{Deeds, TaskButtons, TaskQuestions},
    slots::Slots,
    when_words,
};
use crate::{
    address,
    api::{
        Api,
        error::Error,
        tasks::{CatchUpPolicy, OverlapPolicy, Task, TaskAhead},
    },
    browser,
    components::{
        facts::Fact,
        notice::{Failure, Loading, Notice},
    },
    erased::{dynamic, memo},
    fetched::Fetched,
    format,
    part::part,
    told::Told,
};

/// The page. Another name in the address is another page.
#[component]
pub fn TaskPage() -> impl IntoView {
    let params = use_params_map();
    let name = memo(move || params.with(|params| params.get("name").unwrap_or_default()));
    dynamic(move || view! { <OneTask name=name.get()/> })
}

/// What there is to show.
#[derive(Clone, Debug, PartialEq)]
enum Phase {
    Loading,
    Here,
    NotFound,
    Failed(Error),
}

/// The page of the task of this name.
#[component]
fn OneTask(
    /// Its name.
    name: String,
) -> impl IntoView {
    browser::set_title(&name);
    let api = Api::expect();
    let told = Told::new()
        .by(|told| api.watch_runs_of_task(name.clone(), move |_| told.tell()))
        .by(|told| api.watch_actions(&CHANGES, move || told.tell()));
    let wanted = name.clone();
    let fetched = Fetched::start(move || {
        told.track();
        api.task(wanted.clone())
    });
    let phase = Memo::new(move |before: Option<&Phase>| match fetched.get() {
        None => Phase::Loading,
        Some(Ok(Some(_))) => Phase::Here,
        Some(Ok(None)) => Phase::NotFound,
        // It is asked for again when there is a connection; until then, what is there stays.
        Some(Err(error)) if before == Some(&Phase::Here) && error.is_passing() => Phase::Here,
        Some(Err(error)) => Phase::Failed(error),
    });
    let here = memo(move || fetched.get().and_then(Result::ok).flatten());
    dynamic(move || match phase.get() {
        Phase::Loading => view! { <Loading what="the task"/> }.into_any(),
        Phase::Here => {
            let known = here.get_untracked();
            let task = known.map(|first| {
                // What was here a moment ago is shown until the phase is another.
                memo(move || here.get().unwrap_or_else(|| first.clone()))
            });
            task.map(|task| view! { <Content task=task.into() on_change=Callback::new(move |()| fetched.retry())/> })
                .into_any()
        }
        Phase::NotFound => view! {
            <Notice title="There is no such task" test_id="task-not-found" alone=true>
                <p>"It may have been deleted, or has another name."</p>
                <a href="/tasks" class="button">"All tasks"</a>
            </Notice>
        }
        .into_any(),
        Phase::Failed(error) => view! {
            <Failure
                title="The task could not be loaded"
                reason=error.to_string()
                alone=true
                on_retry=Callback::new(move |()| fetched.retry())
            />
        }
        .into_any(),
    })
}

/// A task that is there.
#[component]
fn Content(
    /// The task and what lies ahead of it, as it changes.
    task: Signal<TaskAhead>,
    /// Reads it again.
    on_change: Callback<()>,
) -> impl IntoView {
    let navigate = use_navigate();
    let ahead = task;
    let task: Signal<Task> = part(ahead, |ahead| ahead.task.clone()).into();
    let name = task.with_untracked(|task| task.name.clone());
    let known_as = name.clone();
    let deeds = Deeds::new(move |now| match now {
        Some(now) if now == known_as => on_change.run(()),
        Some(now) => navigate(&address::task(&now), NavigateOptions::default()),
        None => navigate("/tasks", NavigateOptions::default()),
    });
    let buttons = move || {
        deeds
            .are_offered()
            .then(|| view! { <TaskButtons task deeds all=true/> })
    };
    view! {
        <div class="page__head">
            <h1>{name.clone()}</h1>
            {dynamic(move || view! { <NextTime task=task.get()/> })}
            <div class="page__actions">{dynamic(buttons)}</div>
        </div>
        <p class="problem" role="alert">
            {deeds.problem()}
        </p>
        <Facts task/>
        <section class="part" aria-labelledby="next-times">
            <div class="part__head">
                <h2 id="next-times">"Next times"</h2>
            </div>
            {dynamic(move || view! { <Ahead ahead=ahead.get()/> })}
        </section>
        <Runs name/>
        <TaskQuestions deeds/>
    }
}

/// What the task does, when, and within which limits.
#[component]
fn Facts(
    /// The task.
    task: Signal<Task>,
) -> impl IntoView {
    let what = move || task.with(|task| task.action.words());
    let when = move || task.with(when_words);
    let overlap = move || {
        task.with(|task| match task.overlap_policy {
            OverlapPolicy::Skip => "skipped",
            OverlapPolicy::Queue => "waits",
            OverlapPolicy::Allow => "runs beside it",
        })
    };
    let missed = move || {
        task.with(|task| match task.catch_up_policy {
            CatchUpPolicy::None => "missed",
            CatchUpPolicy::Latest => "the latest is run late",
            CatchUpPolicy::All => "all are run late",
        })
    };
    let limit = move || {
        let seconds = task.with(|task| task.timeout_seconds);
        format::elapsed(1_000.0 * f64::from(seconds))
    };
    let attempts = move || task.with(|task| task.max_attempts);
    view! {
        <dl class="facts">
            <Fact name="What">{dynamic(what)}</Fact>
            <Fact name="When">
                <span data-testid="task-when">{dynamic(when)}</span>
            </Fact>
            <Fact name="If the last run has not ended">{dynamic(overlap)}</Fact>
            <Fact name="Times without a server">{dynamic(missed)}</Fact>
            <Fact name="Time limit">{dynamic(limit)}</Fact>
            <Fact name="Attempts">{dynamic(attempts)}</Fact>
        </dl>
    }
}

/// What lies ahead, or why nothing does.
#[component]
fn Ahead(
    /// The task.
    ahead: TaskAhead,
) -> impl IntoView {
    let TaskAhead { task, slots } = ahead;
    if slots.is_empty() {
        let reason = if task.enabled {
            "It has fallen due for the last time."
        } else {
            "It is paused. What passes meanwhile is not made up for."
        };
        view! { <p class="muted">{reason}</p> }.into_any()
    } else {
        view! { <Slots slots time_zone=task.time_zone/> }.into_any()
    }
}
