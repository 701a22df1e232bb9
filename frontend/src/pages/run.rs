//! One run: how it stands, and what it writes, line by line, as it does.

mod feed;
mod output;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::{
    feed::{Feed, Phase},
    output::Output,
};
use crate::{
    address,
    api::{
        Api,
        runs::{OpenedSchedule, Run, TaskName},
        scalars::DateTime,
        session::Role,
    },
    attempt::Attempt,
    browser,
    clock::Clock,
    components::{
        facts::Fact,
        icon::{Glyph, Icon},
        notice::{Failure, Loading, Notice},
        share::Share,
        status::StatusBadge,
        time::RelativeTime,
    },
    erased::{dynamic, effect, handler, memo},
    format,
    part::part,
};

/// The page. Another id in the address is another page.
#[component]
pub fn RunPage() -> impl IntoView {
    let params = use_params_map();
    let id = memo(move || params.with(|params| params.get("id").unwrap_or_default()));
    dynamic(move || view! { <OneRun id=id.get()/> })
}

/// The page of the run of this id.
#[component]
fn OneRun(
    /// Its global id.
    id: String,
) -> impl IntoView {
    browser::set_title("Run");
    let feed = Feed::start(id.into());
    dynamic(move || match feed.phase() {
        Phase::Loading => view! { <Loading what="the run"/> }.into_any(),
        Phase::Here(run) => view! { <Content feed run=run.into()/> }.into_any(),
        Phase::NotFound => view! {
            <Notice title="There is no such run" test_id="run-not-found" alone=true>
                <p>"It may be older than this server keeps runs, or its address is mistyped."</p>
                <a href="/tasks" class="button">"All tasks"</a>
            </Notice>
        }
        .into_any(),
        Phase::Failed(error) => view! {
            <Failure
                title="The run could not be loaded"
                reason=error.to_string()
                alone=true
                on_retry=Callback::new(move |()| feed.restart())
            />
        }
        .into_any(),
    })
}

/// A run that is there.
#[component]
fn Content(
    /// Its data.
    feed: Feed,
    /// The run, as it changes.
    run: Signal<Run>,
) -> impl IntoView {
    effect(move || run.with(|run| browser::set_title(&run.display_name())));
    let name = part(run, Run::display_name);
    let status = part(run, |run| run.status.into());
    let task = part(run, |run| run.task.clone());
    let heading = move || match task.get() {
        Some(TaskName { name: now }) => {
            view! { <a href=address::task(&now) class="run__task">{name}</a> }.into_any()
        }
        None => name.get().into_any(),
    };
    let reason = part(run, |run| run.reason.clone());
    let reason = move || {
        reason.get().map(|reason| {
            view! { <p class="run__reason" data-testid="run-reason">{format::sentence(&reason)}</p> }
        })
    };
    view! {
        <div class="page__head">
            <h1>{dynamic(heading)}</h1>
            <StatusBadge look=status test_id="run-status"/>
            <Cancel run/>
        </div>
        {dynamic(reason)}
        <Facts run/>
        <Progress run/>
        <Made run/>
        <Opened run/>
        <Output feed run/>
    }
}

/// What there is to know about the run.
#[component]
fn Facts(
    /// The run.
    run: Signal<Run>,
) -> impl IntoView {
    let what = move || run.with(|run| run.action.words());
    let due = part(run, |run| run.slot_time.clone());
    let comes_from = part(run, |run| run.trigger.words());
    let attempt = part(run, |run| run.attempt);
    let started = part(run, |run| run.started_time.clone());
    let exit_code = part(run, |run| run.exit_code);
    let started = move || {
        started.get().map(|time: DateTime| {
            view! {
                <Fact name="Started">
                    <RelativeTime time/>
                </Fact>
            }
        })
    };
    let exit_code = move || {
        exit_code.get().map(|code| {
            view! {
                <Fact name="Exit code">
                    <code data-testid="exit-code">{code}</code>
                </Fact>
            }
        })
    };
    view! {
        <dl class="facts">
            <Fact name="What">
                <code>{dynamic(what)}</code>
            </Fact>
            <Fact name="Due">
                <RelativeTime time=due/>
            </Fact>
            <Fact name="Comes from">{comes_from}</Fact>
            <Fact name="Attempt">{attempt}</Fact>
            {dynamic(started)}
            <Took run/>
            {dynamic(exit_code)}
        </dl>
    }
}

/// How long it has been running, or did. The clock stands still while the page does not know how things are.
#[component]
fn Took(
    /// The run.
    run: Signal<Run>,
) -> impl IntoView {
    let now = Clock::expect().live();
    let took = memo(move || {
        run.with(|run| {
            let took = run.took(now.get())?;
            Some(if run.status.is_final() {
                format::duration(took)
            } else {
                format::elapsed(took)
            })
        })
    });
    let name = part(run, |run| {
        if run.status.is_final() {
            "Took"
        } else {
            "Running for"
        }
    });
    dynamic(move || {
        took.with(Option::is_some).then(|| {
            view! {
                <Fact name>
                    <span class="tabular">{took}</span>
                </Fact>
            }
        })
    })
}

/// The archive that it made, if it did.
#[component]
fn Made(
    /// The run.
    run: Signal<Run>,
) -> impl IntoView {
    let backup = part(run, |run| run.backup.clone());
    dynamic(move || {
        backup.get().map(|backup| {
            let size = format::bytes(backup.size_bytes);
            let files = format::counted(backup.file_count, "file", "files");
            view! {
                <dl class="facts" data-testid="archive">
                    <Fact name="Archive">
                        <code>{backup.file}</code>
                    </Fact>
                    <Fact name="Size">{size}</Fact>
                    <Fact name="Holds">{files}</Fact>
                    <Fact name="SHA-256">
                        <code>{backup.sha256}</code>
                    </Fact>
                </dl>
            }
        })
    })
}

/// The schedule that it opened, if it did.
#[component]
fn Opened(
    /// The run.
    run: Signal<Run>,
) -> impl IntoView {
    let schedule = part(run, |run| run.schedule.clone());
    dynamic(move || {
        schedule.get().map(|OpenedSchedule { name, title }| {
            let href = format!("/schedules/{}", name.0);
            view! {
                <dl class="facts" data-testid="opened">
                    <Fact name="Schedule">
                        <a href=href>{title.unwrap_or(name.0)}</a>
                    </Fact>
                </dl>
            }
        })
    })
}

/// How far it is, where that is known.
#[component]
fn Progress(
    /// The run.
    run: Signal<Run>,
) -> impl IntoView {
    let percent = part(run, |run| run.percent.filter(|_| !run.status.is_final()));
    let is_known = memo(move || percent.with(Option::is_some));
    let share = Signal::derive(move || percent.get().unwrap_or_default());
    dynamic(move || {
        is_known.get().then(|| {
            view! {
                <div class="progress" data-testid="run-progress">
                    <Share percent=share label="Progress"/>
                    <p class="progress__words">{dynamic(move || format::percent(share.get()))}</p>
                </div>
            }
        })
    })
}

/// Calls the run off, while there is something to call off and the viewer may.
#[component]
fn Cancel(
    /// The run.
    run: Signal<Run>,
) -> impl IntoView {
    let api = Api::expect();
    let attempt = Attempt::new();
    let is_offered = memo(move || {
        let goes_on = !run.with(|run| run.status.is_final());
        goes_on && api.session().with(|session| session.may(Role::Operator))
    });
    let cancel = move |_| {
        let id = run.with_untracked(|run| run.id.clone());
        attempt.run(api.cancel_run(id), |()| ());
    };
    view! {
        <div class="page__actions" hidden=move || !is_offered.get()>
            <button
                type="button"
                class="button button--small"
                data-testid="cancel-run"
                disabled=attempt.busy()
                on:click=handler(cancel)
            >
                <Icon glyph=Glyph::Barred/>
                "Cancel"
            </button>
        </div>
        <p class="problem" role="alert">
            {attempt.problem()}
        </p>
    }
}
