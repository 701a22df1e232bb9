//! The archives of folders: those under way, and all that there are, the newest first.

mod ask;

use futures::FutureExt;
use leptos::prelude::*;

use self::ask::Ask;
use crate::{
    address,
    api::{
        Api,
        backups::Backup,
        runs::Run,
        session::Role,
        tasks::{BackupAction, TaskAction},
    },
    browser,
    clock::Clock,
    components::{
        curl::Curl,
        icon::{Glyph, Icon},
        list_end::ListEnd,
        notice::{Loading, Notice},
        rows::Rows,
        share::Share,
        status::StatusBadge,
        time::RelativeTime,
    },
    erased::{computed, dynamic, effect, handler},
    fetched::Fetched,
    format,
    paged::Paged,
    told::Told,
};

/// The operation that asks for a backup.
const RUN_BACKUP: &str =
    r#"mutation { runBackup(input: {source: "/srv/data"}) { run { id status } } }"#;

/// The page.
#[component]
pub fn BackupsPage() -> impl IntoView {
    browser::set_title("Backups");
    let api = Api::expect();
    let moved = Told::new().by(|told| api.watch_all_runs(move || told.tell()));
    let under_way = Fetched::start(move || {
        moved.track();
        api.backups_under_way()
    });
    let backups = Paged::start(move |after| api.backups(after).boxed_local());
    // Each is on the log with its end.
    let ended = Told::new().by(|told| api.watch_actions(&["BACKUP"], move || told.tell()));
    let mut is_first = true;
    effect(move || {
        ended.track();
        if !std::mem::take(&mut is_first) {
            backups.restart();
        }
    });
    let is_asking = RwSignal::new(false);
    let may_ask = move || api.session().with(|session| session.may(Role::Operator));
    view! {
        <div class="page__head page__head--apart">
            <h1>"Backups"</h1>
            <div class="page__actions">
                <a href="/logs?action=BACKUP&status=ERROR" class="button">
                    "Failed ones in the log"
                </a>
                <button
                    type="button"
                    class="button button--primary"
                    data-testid="new-backup"
                    hidden=computed(move || !may_ask())
                    on:click=handler(move |_| is_asking.set(true))
                >
                    <Icon glyph=Glyph::Plus/>
                    "Back up a folder"
                </button>
            </div>
        </div>
        <UnderWay runs=under_way/>
        <Archives backups/>
        {dynamic(move || {
            let on_close = Callback::new(move |()| is_asking.set(false));
            is_asking.get().then(|| view! { <Ask on_close/> })
        })}
    }
}

/// What is being made now.
#[component]
fn UnderWay(
    /// The runs that make archives.
    runs: Fetched<Vec<Run>>,
) -> impl IntoView {
    let known = move || runs.get().and_then(Result::ok).unwrap_or_default();
    dynamic(move || {
        let runs = known();
        (!runs.is_empty()).then(|| {
            let row = |run: Run| view! { <RunRow run/> };
            view! {
                <section class="part" aria-labelledby="under-way">
                    <div class="part__head">
                        <h2 id="under-way">"Under way"</h2>
                    </div>
                    <ul class="runs">{runs.into_iter().map(row).collect_view()}</ul>
                </section>
            }
        })
    })
}

/// A backup under way.
#[component]
fn RunRow(
    /// Its run.
    run: Run,
) -> impl IntoView {
    let source = match &run.action {
        TaskAction::BackupAction(BackupAction { source }) => source.clone(),
        other => other.words(),
    };
    let href = address::run(&run.id);
    let look = Signal::stored(run.status.into());
    let percent = Signal::stored(run.percent.unwrap_or_default());
    let now = Clock::expect().live();
    let took = move || run.took(now.get()).map(format::elapsed);
    view! {
        <li class="run-row run-row--backup" data-testid="backup-under-way">
            <StatusBadge look/>
            <a href=href class="run-row__due mono" data-row="">
                {source}
            </a>
            <Share percent label="Progress"/>
            <span class="run-row__took tabular">{dynamic(took)}</span>
        </li>
    }
}

/// All archives.
#[component]
fn Archives(
    /// The archives.
    backups: Paged<Backup>,
) -> impl IntoView {
    let state = move || {
        if backups.loading().get() && backups.has_none() {
            Some(view! { <Loading what="the backups"/> }.into_any())
        } else {
            backups
                .is_empty()
                .then(|| view! { <NoBackups/> }.into_any())
        }
    };
    view! {
        <div
            class="archives"
            role="table"
            aria-label="Archives, the newest first"
            hidden=move || backups.has_none()
        >
            <div class="archive-row archive-row--head" role="row">
                <span role="columnheader">"Folder"</span>
                <span role="columnheader">"Archive"</span>
                <span role="columnheader">"Size"</span>
                <span role="columnheader">"Files"</span>
                <span role="columnheader">"Made"</span>
            </div>
            <Rows each=move || backups.items().get() key=|backup| backup.id.inner().to_owned() let:backup>
                <ArchiveRow backup/>
            </Rows>
        </div>
        {dynamic(state)}
        <ListEnd
            label="Older backups"
            test_id="older-backups"
            failed="The backups could not be loaded"
            problem=backups.problem()
            more=backups.more()
            loading=backups.loading()
            on_read=Callback::new(move |()| backups.read_on())
            on_retry=Callback::new(move |()| backups.retry())
        />
    }
}

/// One archive.
#[component]
fn ArchiveRow(
    /// The archive.
    backup: Backup,
) -> impl IntoView {
    let Backup {
        source,
        file,
        size_bytes,
        file_count,
        sha256,
        created_time,
        ..
    } = backup;
    let name = file.clone();
    let size_words = format!("{size_bytes} bytes");
    view! {
        <div class="archive-row" role="row" data-testid="archive-row" data-file=name>
            <span role="cell" class="mono">
                {source}
            </span>
            <span role="cell" class="archive-row__file">
                <span class="mono">{file}</span>
                <details class="archive-row__digest">
                    <summary>"SHA-256"</summary>
                    <code>{sha256}</code>
                </details>
            </span>
            <span role="cell" class="tabular" title=size_words>
                {format::bytes(size_bytes)}
            </span>
            <span role="cell" class="tabular">
                <span class="archive-row__unit">"Files "</span>
                {format::count(file_count)}
            </span>
            <span role="cell">
                <RelativeTime time=created_time/>
            </span>
        </div>
    }
}

/// What stands in place of archives where there are none.
#[component]
fn NoBackups() -> impl IntoView {
    view! {
        <Notice title="No backups yet" test_id="no-backups">
            <p>
                "A backup is an archive of a folder, read back and verified before it has its name. \
                 Which folders may be read, the server's operator configures. An operator asks for one here, by a task, or with:"
            </p>
            <Curl operation=RUN_BACKUP label="Command that asks for a backup" needs="has the role OPERATOR"/>
        </Notice>
    }
}
