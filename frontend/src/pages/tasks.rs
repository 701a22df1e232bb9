//! The list of tasks: when each falls due next, and how it went the last time.

pub(super) mod deeds;
mod form;
pub(super) mod sentence;
pub(super) mod slots;

use std::cmp::Ordering;

use leptos::{ev, prelude::*};

use self::{
    deeds::{Deeds, Question, TaskButtons, TaskQuestions},
    sentence::sentence,
};
use crate::{
    address::{self, in_place, query_signal},
    api::{Api, tasks::Task},
    browser,
    components::{
        curl::Curl,
        icon::{Glyph, Icon},
        notice::{Failure, Loading, Notice},
        rows::Rows,
        status::StatusBadge,
        time::{Countdown, RelativeTime},
    },
    erased::{computed, dynamic, handler, memo},
    fetched::Fetched,
    format,
    told::Told,
};

/// What somebody does to a task that changes it.
pub(super) const CHANGES: [&str; 3] = ["TASK_CREATE", "TASK_UPDATE", "TASK_DELETE"];

/// The operation that makes a task.
const CREATE_TASK: &str = r#"mutation { createTask(input: {name: "standup", scheduledTime: "2030-01-07T09:00:00+01:00", recurrence: WEEKLY, timeZone: "Europe/Berlin"}) { task { nextTimes } } }"#;

/// The page.
#[component]
pub fn TasksPage() -> impl IntoView {
    browser::set_title("Tasks");
    let api = Api::expect();
    let told = Told::new()
        .by(|told| api.watch_all_statuses(move || told.tell()))
        .by(|told| api.watch_actions(&CHANGES, move || told.tell()));
    let tasks = Fetched::start(move || {
        told.track();
        api.tasks()
    });
    let deeds = Deeds::new(move |_| tasks.retry());
    view! {
        <div class="page__head page__head--apart">
            <h1>"Tasks"</h1>
            <button
                type="button"
                class="button button--primary"
                data-testid="new-task"
                hidden=computed(move || !deeds.are_offered())
                on:click=handler(move |_| deeds.ask(Question::Create))
            >
                <Icon glyph=Glyph::Plus/>
                "New task"
            </button>
        </div>
        <List tasks deeds/>
        <TaskQuestions deeds/>
    }
}

/// The list, or what there is in its place.
#[component]
fn List(
    /// The tasks.
    tasks: Fetched<Vec<Task>>,
    /// What is done to them.
    deeds: Deeds,
) -> impl IntoView {
    let (text, set_text) = query_signal::<String>("q", in_place());
    let known = memo(move || match tasks.get() {
        Some(Ok(tasks)) => Some(in_order(tasks)),
        _ => None,
    });
    let shown = memo(move || {
        let text = format::lower_case(text.get().unwrap_or_default().trim());
        let tasks = known.get().unwrap_or_default().into_iter();
        let holds = |task: &Task| format::lower_case(&task.name).contains(&text);
        tasks.filter(holds).collect::<Vec<_>>()
    });
    let is_none = memo(move || known.with(|known| known.as_ref().is_some_and(Vec::is_empty)));
    let state = move || match tasks.get() {
        None => Some(view! { <Loading what="tasks"/> }.into_any()),
        Some(Err(error)) => Some(
            view! {
                <Failure
                    title="The tasks could not be loaded"
                    reason=error.to_string()
                    on_retry=Callback::new(move |()| tasks.retry())
                />
            }
            .into_any(),
        ),
        Some(Ok(tasks)) if tasks.is_empty() => Some(view! { <NoTasks/> }.into_any()),
        Some(Ok(_)) => shown
            .with(Vec::is_empty)
            .then(|| view! { <p class="muted">"No task has this in its name."</p> }.into_any()),
    };
    let typed = move |event: ev::Event| {
        let text = event_target_value(&event);
        set_text.set((!text.is_empty()).then_some(text));
    };
    let row = move |task: Task| {
        let name = task.name.clone();
        let first = task.clone();
        // The row stays where it is while what it shows changes.
        let task = memo(move || {
            let find = |tasks: &Vec<Task>| tasks.iter().find(|task| task.name == name).cloned();
            shown.with(find).unwrap_or_else(|| first.clone())
        });
        view! { <TaskRow task=task.into() deeds/> }
    };
    view! {
        <div class="filters" hidden=is_none>
            <label class="search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Part of the name"</span>
                <input
                    class="input"
                    type="search"
                    placeholder="Part of the name"
                    data-search=""
                    data-testid="filter-tasks"
                    prop:value=move || text.get().unwrap_or_default()
                    on:input=typed
                />
            </label>
        </div>
        <p class="problem" role="alert">
            {deeds.problem()}
        </p>
        <ul class="tasks" aria-label="Tasks, the next due first" hidden=move || shown.with(Vec::is_empty)>
            <Rows each=move || shown.get() key=|task| task.name.clone() let:task>
                {row(task)}
            </Rows>
        </ul>
        {dynamic(state)}
    }
}

/// Those that fall due next first; those that never do last, by name.
fn in_order(mut tasks: Vec<Task>) -> Vec<Task> {
    tasks.sort_by(|one, other| {
        let by_time = match (&one.next_time, &other.next_time) {
            (Some(one), Some(other)) => one.cmp(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_time.then_with(|| one.name.cmp(&other.name))
    });
    tasks
}

/// One task.
#[component]
fn TaskRow(
    /// The task, as it changes.
    task: Signal<Task>,
    /// What is done to it.
    deeds: Deeds,
) -> impl IntoView {
    let name = task.with_untracked(|task| task.name.clone());
    let what = move || task.with(|task| task.action.words());
    let when = move || task.with(when_words);
    let buttons = move || {
        deeds
            .are_offered()
            .then(|| view! { <TaskButtons task deeds/> })
    };
    view! {
        <li class="task-row" data-testid="task-row" data-name=name.clone()>
            <div class="task-row__what">
                <a href=address::task(&name) class="task-row__name" data-row="">
                    {name.clone()}
                </a>
                <span class="task-row__action">{dynamic(what)}</span>
            </div>
            <span class="task-row__when">{dynamic(when)}</span>
            <span class="task-row__next">{dynamic(move || view! { <NextTime task=task.get()/> })}</span>
            <span class="task-row__last">{dynamic(move || view! { <LastRun task=task.get()/> })}</span>
            <span class="task-row__buttons">{dynamic(buttons)}</span>
        </li>
    }
}

/// When a task falls due, in plain English.
pub(super) fn when_words(task: &Task) -> String {
    sentence(
        &task.local_time,
        &task.time_zone,
        task.recurs(),
        task.month_end_policy,
    )
    .unwrap_or_default()
}

/// How long it still is to the next time, or why there is none.
#[component]
pub(super) fn NextTime(
    /// The task.
    task: Task,
) -> impl IntoView {
    match task.next_time {
        Some(time) => view! { <Countdown time/> }.into_any(),
        None if task.enabled => view! { <span class="muted">"never again"</span> }.into_any(),
        None => view! {
            <span class="status status--skip">
                <Icon glyph=Glyph::Pause/>
                "Paused"
            </span>
        }
        .into_any(),
    }
}

/// How it went the last time.
#[component]
fn LastRun(
    /// The task.
    task: Task,
) -> impl IntoView {
    match task.last_run {
        None => view! { <span class="muted">"no run yet"</span> }.into_any(),
        Some(run) => {
            let look = Signal::stored(run.status.into());
            let time = run
                .finished_time
                .or(run.started_time)
                .unwrap_or(run.slot_time);
            view! {
                <a href=address::run(&run.id) class="task-row__run" data-testid="last-run-of-task">
                    <StatusBadge look/>
                    <RelativeTime time/>
                </a>
            }
            .into_any()
        }
    }
}

/// What stands in place of tasks where there are none.
#[component]
fn NoTasks() -> impl IntoView {
    view! {
        <Notice title="No tasks yet" test_id="no-tasks">
            <p>
                "A task falls due at a time, once or again and again: it reminds, backs up a folder, or runs a command \
                 that the server's operator configured. An operator makes one here, or with:"
            </p>
            <Curl operation=CREATE_TASK label="Command that makes a task" needs="has the role OPERATOR"/>
        </Notice>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{
        scalars::DateTime,
        tasks::{CatchUpPolicy, MonthEndPolicy, OverlapPolicy, Recurrence, Reminder, TaskAction},
    };

    fn task(name: &str, next_time: Option<&str>) -> Task {
        Task {
            name: name.into(),
            scheduled_time: DateTime("2026-11-27T01:30:00.000Z".into()),
            local_time: "2026-11-27T02:30:00".into(),
            recurrence: Some(Recurrence::Daily),
            time_zone: "Europe/Berlin".into(),
            enabled: true,
            action: TaskAction::Reminder(Reminder { note: None }),
            overlap_policy: OverlapPolicy::Skip,
            catch_up_policy: CatchUpPolicy::Latest,
            month_end_policy: MonthEndPolicy::Clamp,
            timeout_seconds: 3_600,
            max_attempts: 1,
            next_time: next_time.map(|time| DateTime(time.into())),
            last_run: None,
        }
    }

    #[test]
    fn the_next_due_comes_first_and_what_never_falls_due_last() {
        let tasks = in_order(vec![
            task("never b", None),
            task("later", Some("2026-11-29T00:00:00.000Z")),
            task("never a", None),
            task("soon", Some("2026-11-28T00:00:00.000Z")),
        ]);
        let names: Vec<_> = tasks.iter().map(|task| task.name.as_str()).collect();
        assert_eq!(names, ["soon", "later", "never a", "never b"]);
    }

    #[test]
    fn when_it_falls_due_is_told_by_its_own_clocks() {
        assert_eq!(
            when_words(&task("a", None)),
            "Every day at 02:30, Europe/Berlin"
        );
    }
}
