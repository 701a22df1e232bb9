//! What Daybook does by itself: which tasks fall due next, and how the last backup went. A server without either says
//! nothing of them.

use leptos::prelude::*;

use crate::{
    address,
    api::{
        Api,
        ahead::Firing,
        log::{LogEntry, LogStatus},
    },
    components::{
        notice::Failure,
        status::{Look, StatusBadge},
        time::{Countdown, RelativeTime},
    },
    erased::dynamic,
    fetched::Fetched,
    told::Told,
};

/// How many tasks are shown.
const SHOWN: usize = 5;

/// What somebody or the server does that changes any of it.
const CHANGES: [&str; 4] = ["TASK_CREATE", "TASK_UPDATE", "TASK_DELETE", "BACKUP"];

/// What lies ahead, and the last backup.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Automation {
    firings: Vec<Firing>,
    backup: Option<LogEntry>,
}

impl Automation {
    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        self.firings.is_empty() && self.backup.is_none()
    }
}

/// Asks, and again when something of it has changed.
pub(super) fn fetch() -> Fetched<Automation> {
    let api = Api::expect();
    let told = Told::new()
        .by(|told| api.watch_all_statuses(move || told.tell()))
        .by(|told| api.watch_actions(&CHANGES, move || told.tell()));
    Fetched::start(move || {
        told.track();
        async move {
            Ok(Automation {
                firings: api.next_firings(SHOWN).await?,
                backup: api.last_backup_tried().await?,
            })
        }
    })
}

/// The part of the page.
#[component]
pub(super) fn Ahead(
    /// What it tells of.
    ahead: Fetched<Automation>,
) -> impl IntoView {
    dynamic(move || match ahead.get()? {
        Ok(automation) if automation.is_empty() => None,
        Ok(automation) => Some(view! { <ComingUp automation/> }.into_any()),
        Err(error) => Some(
            view! {
                <Failure
                    title="What falls due next could not be loaded"
                    reason=error.to_string()
                    on_retry=Callback::new(move |()| ahead.retry())
                />
            }
            .into_any(),
        ),
    })
}

/// What falls due, and the last backup.
#[component]
fn ComingUp(
    /// Both.
    automation: Automation,
) -> impl IntoView {
    let Automation { firings, backup } = automation;
    let none = firings.is_empty();
    let firing = |Firing { task, time }: Firing| {
        let href = address::task(&task);
        view! {
            <li class="firing" data-testid="firing">
                <a href=href class="firing__task" data-row="">
                    {task}
                </a>
                <Countdown time/>
            </li>
        }
    };
    view! {
        <section class="part" aria-labelledby="coming-up" data-testid="coming-up">
            <div class="part__head">
                <h2 id="coming-up">"Coming up"</h2>
                {backup.map(|entry| view! { <LastBackup entry/> })}
                <a href="/tasks">"All tasks"</a>
            </div>
            {if none {
                view! { <p class="muted">"No task falls due."</p> }.into_any()
            } else {
                view! { <ol class="firings">{firings.into_iter().map(firing).collect_view()}</ol> }
                    .into_any()
            }}
        </section>
    }
}

/// How the last backup went.
#[component]
fn LastBackup(
    /// What the log says of it.
    entry: LogEntry,
) -> impl IntoView {
    let (look, href) = match entry.status {
        LogStatus::Success => (Look::from(entry.status), "/backups"),
        LogStatus::Error => (Look::from(entry.status), "/logs?action=BACKUP&status=ERROR"),
    };
    let title = entry.message.or(entry.parameter);
    view! {
        <a href=href class="last-backup" title=title data-testid="last-backup">
            "Last backup"
            <StatusBadge look=Signal::stored(look)/>
            <RelativeTime time=entry.date/>
        </a>
    }
}
