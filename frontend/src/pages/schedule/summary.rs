//! What there is to say about a schedule as a whole.

use leptos::prelude::*;

use super::actions::Actions;
use crate::{
    api::schedules::{Progress, Schedule, ScheduleStatus},
    clock::Clock,
    components::{
        facts::Fact, labels::Labels, progress::ProgressBar, status::StatusBadge, time::RelativeTime,
    },
    erased::{dynamic, memo},
    format,
    part::part,
};

/// Title, status, facts and progress.
#[component]
pub(super) fn Summary(
    /// The schedule, as it changes.
    schedule: Signal<Schedule>,
) -> impl IntoView {
    let title = part(schedule, |schedule| schedule.display_name().to_owned());
    let untitled = part(schedule, |schedule| schedule.title.is_none());
    let status = part(schedule, |schedule| schedule.status.into());
    let name = part(schedule, |schedule| schedule.name.0.clone());
    let client = part(schedule, |schedule| schedule.client.name.clone());
    let opened = part(schedule, |schedule| schedule.created_time.clone());
    let labels = part(schedule, |schedule| schedule.labels.clone());
    let progress = part(schedule, |schedule| schedule.progress.clone());
    let labelled = move || labels.with(|labels| !labels.is_empty());
    view! {
        <div class="page__head">
            <h1 class:mono=untitled>{title}</h1>
            <StatusBadge look=status test_id="schedule-status"/>
            <Actions schedule/>
        </div>
        <dl class="facts">
            <Fact name="Name">
                <code>{name}</code>
            </Fact>
            <Fact name="Client">{client}</Fact>
            <Fact name="Opened">
                <RelativeTime time=opened/>
            </Fact>
            <Elapsed schedule/>
            <Show when=labelled>
                <Fact name="Labels">
                    <span class="labels">
                        <Labels labels/>
                    </span>
                </Fact>
            </Show>
        </dl>
        <div class="progress">
            <ProgressBar progress/>
            <p class="progress__words" data-testid="progress-words">
                {dynamic(move || progress.with(progress_words))}
            </p>
        </div>
    }
}

/// How long the schedule has been open, or was. The clock stands still while the page does not know
/// how things are.
#[component]
fn Elapsed(
    /// The schedule.
    schedule: Signal<Schedule>,
) -> impl IntoView {
    let clock = Clock::expect().live();
    let name = part(schedule, |schedule| {
        if schedule.status.is_open() {
            "Open for"
        } else {
            "Took"
        }
    });
    let text = memo(move || {
        schedule.with(|schedule| {
            let end = end_of(schedule).unwrap_or_else(|| clock.get());
            format::elapsed(end - schedule.created_time.millis())
        })
    });
    view! {
        <Fact name>
            <span class="tabular" data-testid="elapsed">
                {text}
            </span>
        </Fact>
    }
}

/// When the schedule's clock stopped, in milliseconds since 1970; `None` while it runs.
fn end_of(schedule: &Schedule) -> Option<f64> {
    let end = match schedule.status {
        ScheduleStatus::Created | ScheduleStatus::Running => return None,
        ScheduleStatus::Closed => schedule.closed_time.as_ref(),
        ScheduleStatus::Abandoned => None,
    };
    Some(end.unwrap_or(&schedule.last_modify_time).millis())
}

/// The progress in words: how much of what was expected, and how long the rest may take.
fn progress_words(progress: &Progress) -> String {
    let reported = format::count(progress.reported);
    let reported = match (progress.expected, progress.percent) {
        (Some(expected), _) if expected < progress.reported => format!(
            "{reported} scripts reported, {} expected",
            format::count(expected)
        ),
        (Some(expected), Some(percent)) => format!(
            "{reported} of {} scripts reported · {}",
            format::count(expected),
            format::percent(percent)
        ),
        _ => format!("{reported} scripts reported"),
    };
    match progress.remaining_seconds {
        Some(seconds) if seconds > 0 => {
            let rest = format::elapsed(f64::from(seconds) * 1_000.0);
            format!("{reported} · about {rest} left")
        }
        _ => reported,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_what_is_known() {
        let progress = Progress {
            reported: 12,
            ..Progress::default()
        };
        assert_eq!(progress_words(&progress), "12 scripts reported");
        let progress = Progress {
            expected: Some(400),
            percent: Some(3.0),
            remaining_seconds: Some(95),
            ..progress
        };
        assert_eq!(
            progress_words(&progress),
            "12 of 400 scripts reported · 3 % · about 1 min 35 s left"
        );
        let progress = Progress {
            reported: 6,
            expected: Some(3),
            percent: Some(100.0),
            ..Progress::default()
        };
        assert_eq!(progress_words(&progress), "6 scripts reported, 3 expected");
    }
}
