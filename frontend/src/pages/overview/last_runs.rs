//! The last closed run of each title against the one before: what broke, what was mended. Runs in
//! which something broke come first.

use leptos::prelude::*;

use crate::{
    address,
    api::{
        Api,
        last_runs::{Change, LastRun},
        scalars::DateTime,
    },
    clock::Clock,
    components::{
        icon::{Glyph, Icon},
        notice::{Failure, Loading},
        progress::{Counts, ProgressBar},
        time::RelativeTime,
    },
    erased::dynamic,
    fetched::Fetched,
    told::Told,
};

/// How far back a run may lie, in milliseconds.
const WINDOW: f64 = 30.0 * 86_400_000.0;

/// How many scripts are named; the others are counted.
const NAMED: usize = 6;

/// The runs.
#[component]
pub(super) fn LastRuns(
    /// Notified when there may be others.
    changed: Told,
) -> impl IntoView {
    let api = Api::expect();
    let now = Clock::expect().now();
    let fetched = Fetched::start(move || {
        changed.track();
        let since = DateTime::from_millis(now.get_untracked() - WINDOW);
        async move { api.last_runs(since).await.map(worst_first) }
    });
    view! {
        <section class="part" aria-labelledby="last-runs">
            <div class="part__head">
                <h2 id="last-runs">"Last run of each title"</h2>
                <span class="muted">"against the run before"</span>
            </div>
            {dynamic(move || match fetched.get() {
                None => view! { <Loading what="the last runs"/> }.into_any(),
                Some(Ok(runs)) if runs.is_empty() => {
                    view! {
                        <p class="muted">"No schedule with a title was closed in the last 30 days."</p>
                    }
                        .into_any()
                }
                Some(Ok(runs)) => {
                    let run = |run| view! { <Run run/> };
                    view! {
                        <ul class="schedules" data-testid="last-runs">
                            {runs.into_iter().map(run).collect_view()}
                        </ul>
                    }
                        .into_any()
                }
                Some(Err(error)) => {
                    view! {
                        <Failure
                            title="The last runs could not be loaded"
                            reason=error.to_string()
                            on_retry=Callback::new(move |()| fetched.retry())
                        />
                    }
                        .into_any()
                }
            })}
        </section>
    }
}

/// Those in which most broke first; equals as they came, the newest first.
fn worst_first(mut runs: Vec<LastRun>) -> Vec<LastRun> {
    let broken = |run: &LastRun| {
        run.since_previous
            .as_ref()
            .map_or(0, |change| change.newly_failing.len())
    };
    runs.sort_by_key(|run| std::cmp::Reverse(broken(run)));
    runs
}

/// One run.
#[component]
fn Run(
    /// The run.
    run: LastRun,
) -> impl IntoView {
    let LastRun {
        name,
        title,
        created_time,
        closed_time,
        progress,
        since_previous,
    } = run;
    let progress = Signal::stored(progress);
    let time = closed_time.unwrap_or(created_time);
    let change = match since_previous {
        Some(change) => view! { <WhatChanged name=name.0.clone() change/> }.into_any(),
        None => view! { <span class="muted">"The first of its title"</span> }.into_any(),
    };
    view! {
        <li class="last-run" data-testid="last-run">
            <div class="last-run__head">
                <a
                    href=format!("/schedules/{}", name.0)
                    class="last-run__title"
                    data-row=""
                >
                    {title}
                </a>
                <RelativeTime time/>
            </div>
            <div class="last-run__progress">
                <ProgressBar progress/>
                <Counts progress/>
            </div>
            <div class="last-run__change">{change}</div>
        </li>
    }
}

/// The scripts that broke, and how many were mended or still fail.
#[component]
fn WhatChanged(
    /// The run's GUID.
    name: String,
    /// What changed.
    change: Change,
) -> impl IntoView {
    let Change {
        base,
        newly_failing,
        fixed,
        still_failing,
    } = change;
    let broken = newly_failing.len();
    let summary = summary(broken, fixed.len(), still_failing.len());
    let (class, glyph) = if broken > 0 {
        ("last-run__summary last-run__summary--broken", Glyph::Cross)
    } else {
        ("last-run__summary", Glyph::Tick)
    };
    let script = |script: String| {
        let row = address::result(&name, &script);
        view! {
            <li>
                <a class="mono" href=row>
                    {script}
                </a>
            </li>
        }
    };
    let others = broken.saturating_sub(NAMED);
    let comparison = address::comparison(&base.name.0, &name);
    view! {
        <a href=comparison class=class>
            <Icon glyph/>
            {summary}
        </a>
        <ul class="last-run__scripts">
            {newly_failing.into_iter().take(NAMED).map(script).collect_view()}
            {(others > 0).then(|| view! { <li class="muted">{format!("and {others} more")}</li> })}
        </ul>
    }
}

fn summary(broken: usize, fixed: usize, still: usize) -> String {
    let parts = [
        Some(if broken == 0 {
            "Nothing newly failing".to_owned()
        } else {
            format!("{broken} newly failing")
        }),
        (fixed > 0).then(|| format!("{fixed} fixed")),
        (still > 0).then(|| format!("{still} still failing")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_told_in_one_line() {
        assert_eq!(summary(0, 0, 0), "Nothing newly failing");
        assert_eq!(
            summary(3, 1, 2),
            "3 newly failing · 1 fixed · 2 still failing"
        );
    }
}
