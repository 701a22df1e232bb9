//! What can be done to tasks, from their list and from the page of one. What is done belongs to the page and not to the
//! dialog that asked for it.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::form::{Draft, TaskDialog};
use crate::{
    address,
    api::{
        Api,
        session::Role,
        tasks::{Task, TaskForm, Times},
    },
    attempt::Attempt,
    components::{
        dialog::DialogForm,
        icon::{Glyph, Icon},
    },
    erased::{dynamic, handler},
};

/// What is asked before it is done.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::pages) enum Question {
    /// What to make.
    Create,
    /// What to make of this task.
    Edit(Box<Task>),
    /// Whether the task of this name is to go.
    Delete(String),
}

/// What is done to tasks; free to copy, and gone with the page.
#[derive(Clone, Copy)]
pub(in crate::pages) struct Deeds {
    api: Api,
    attempt: Attempt,
    /// What is done at once, without a question.
    at_once: Attempt,
    question: RwSignal<Option<Question>>,
    /// Told the name that the task has now; `None` when it is gone.
    done: Callback<Option<String>>,
}

impl Deeds {
    /// Nothing is asked yet. `done` is told what a task is called now, or that it is gone.
    pub(in crate::pages) fn new(done: impl Fn(Option<String>) + Send + Sync + 'static) -> Self {
        Self {
            api: Api::expect(),
            attempt: Attempt::new(),
            at_once: Attempt::new(),
            question: RwSignal::new(None),
            done: Callback::new(done),
        }
    }

    /// Whether the viewer may do any of it.
    pub(in crate::pages) fn are_offered(self) -> bool {
        self.api
            .session()
            .with(|session| session.may(Role::Operator))
    }

    /// Asks.
    pub(in crate::pages) fn ask(self, question: Question) {
        self.attempt.forget();
        self.question.set(Some(question));
    }

    /// Why what is done at once was not done.
    pub(in crate::pages) fn problem(self) -> Signal<Option<String>> {
        self.at_once.problem()
    }

    /// Makes a task, or another of one. Its times are read by the server first, which knows all zones.
    pub(super) fn save(self, name: Option<String>, draft: Draft, times: Times) {
        let (api, anchor) = (self.api, draft.unchanged_anchor(&times));
        // Read now: the dialog may be gone when the answer comes.
        let form = draft.form(times.clone());
        let asked = self.question.get_untracked();
        let saved = async move {
            let scheduled_time = match anchor {
                Some(anchor) => anchor,
                None => api.preview_task(times.clone()).await?.scheduled_time,
            };
            let form = TaskForm {
                scheduled_time,
                ..form
            };
            match name {
                Some(name) => api.update_task(name, form).await,
                None => api.create_task(form).await,
            }
        };
        self.attempt.run(saved, move |name| {
            // Another one may be asked by now.
            if self.question.get_untracked() == asked {
                self.question.set(None);
            }
            self.done.run(Some(name));
        });
    }

    fn delete(self, name: String) {
        let deleted = self.api.delete_task(name);
        self.attempt.run(deleted, move |()| {
            self.question.set(None);
            self.done.run(None);
        });
    }

    fn enable(self, name: String, enabled: bool) {
        let changed = self.api.enable_task(name.clone(), enabled);
        self.at_once
            .run(changed, move |()| self.done.run(Some(name)));
    }
}

/// The buttons for one task.
#[component]
pub(in crate::pages) fn TaskButtons(
    /// The task, as it changes.
    task: Signal<Task>,
    /// What is done to tasks.
    deeds: Deeds,
    /// Whether there is room for all of them.
    #[prop(optional)]
    all: bool,
) -> impl IntoView {
    let navigate = use_navigate();
    let name = move || task.with_untracked(|task| task.name.clone());
    let run = move |_| {
        let navigate = navigate.clone();
        deeds.at_once.run(deeds.api.run_task(name()), move |run| {
            navigate(
                &address::run(&run),
                leptos_router::NavigateOptions::default(),
            );
        });
    };
    let switch = move |_| {
        let enabled = task.with_untracked(|task| task.enabled);
        deeds.enable(name(), !enabled);
    };
    let edit = move |_| deeds.ask(Question::Edit(Box::new(task.get_untracked())));
    let switch_label = move || {
        task.with(|task| {
            let verb = if task.enabled { "Pause" } else { "Resume" };
            format!("{verb} {}", task.name)
        })
    };
    let switch_look = move || {
        if task.with(|task| task.enabled) {
            view! { <Icon glyph=Glyph::Pause/> "Pause" }.into_any()
        } else {
            view! { <Icon glyph=Glyph::Clock/> "Resume" }.into_any()
        }
    };
    let rest = all.then(|| {
        view! {
            <button
                type="button"
                class="button button--small"
                data-testid="edit-task"
                on:click=handler(edit)
            >
                <Icon glyph=Glyph::Pencil/>
                "Edit"
            </button>
            <button
                type="button"
                class="button button--small"
                data-testid="delete-task"
                on:click=handler(move |_| deeds.ask(Question::Delete(name())))
            >
                <Icon glyph=Glyph::Bin/>
                "Delete"
            </button>
        }
    });
    view! {
        <button
            type="button"
            class="button button--small"
            data-testid="run-task"
            disabled=deeds.at_once.busy()
            aria-label=move || format!("Run now: {}", task.with(|task| task.name.clone()))
            on:click=handler(run)
        >
            <Icon glyph=Glyph::Play/>
            "Run now"
        </button>
        <button
            type="button"
            class="button button--small"
            data-testid="switch-task"
            disabled=deeds.at_once.busy()
            aria-label=switch_label
            on:click=handler(switch)
        >
            {dynamic(switch_look)}
        </button>
        {rest}
    }
}

/// The dialog of what is asked, if anything is.
#[component]
pub(in crate::pages) fn TaskQuestions(
    /// What is done to tasks.
    deeds: Deeds,
) -> impl IntoView {
    let on_close = Callback::new(move |()| deeds.question.set(None));
    dynamic(move || {
        Some(match deeds.question.get()? {
            Question::Create => {
                view! { <TaskDialog deeds attempt=deeds.attempt on_close/> }.into_any()
            }
            Question::Edit(task) => {
                view! { <TaskDialog deeds attempt=deeds.attempt task=*task on_close/> }.into_any()
            }
            Question::Delete(name) => view! { <Delete deeds name on_close/> }.into_any(),
        })
    })
}

/// Asks whether a task is to go.
#[component]
fn Delete(
    /// What is done to tasks.
    deeds: Deeds,
    /// The task.
    name: String,
    /// Closes the dialog.
    on_close: Callback<()>,
) -> impl IntoView {
    let title = format!("Delete {name}?");
    let submit = Callback::new(move |()| deeds.delete(name.clone()));
    view! {
        <DialogForm
            title
            test_id="delete-task-dialog"
            action="Delete"
            dangerous=true
            busy=deeds.attempt.busy()
            problem=deeds.attempt.problem()
            on_submit=submit
            on_close
        >
            <p>
                "It falls due no more. Its runs stay: those that wait are called off, and one that is under way \
                 goes on to its end."
            </p>
        </DialogForm>
    }
}
