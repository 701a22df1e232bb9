//! One schedule as a row of a list: what it is, how far it is, and when it was opened.

use leptos::prelude::*;

use super::{
    labels::Labels,
    progress::{Counts, ProgressBar},
    status::StatusBadge,
    time::RelativeTime,
};
use crate::{
    erased::dynamic,
    {api::schedules::Schedule, part::part},
};

/// The row; all of it leads to the schedule's page.
#[component]
pub fn ScheduleRow(
    /// The schedule, as it changes.
    #[prop(into)]
    schedule: Signal<Schedule>,
    /// What there is to say about it beside the facts, such as why it needs somebody.
    #[prop(into, optional)]
    remark: Signal<Option<String>>,
) -> impl IntoView {
    let name = schedule.with_untracked(|schedule| schedule.name.0.clone());
    let status = part(schedule, |schedule| schedule.status.into());
    let title = part(schedule, |schedule| schedule.display_name().to_owned());
    // Where there is no title, the whole name stands in its place.
    let short_name = part(schedule, |schedule| {
        let name = schedule.title.as_ref().and(schedule.name.0.get(..8));
        name.map(str::to_owned)
    });
    let client = part(schedule, |schedule| schedule.client.name.clone());
    let labels = part(schedule, |schedule| schedule.labels.clone());
    let progress = part(schedule, |schedule| schedule.progress.clone());
    let opened = part(schedule, |schedule| schedule.created_time.clone());
    let remark = move || {
        remark
            .get()
            .map(|remark| view! { <span class="schedule-row__remark">{remark}</span> })
    };
    view! {
        <li class="schedule-row" data-testid="schedule-row" data-name=name.clone()>
            <StatusBadge look=status test_id="schedule-status"/>
            <div class="schedule-row__what">
                <a href=format!("/schedules/{name}") class="schedule-row__title" data-row="">
                    {title}
                </a>
                <span class="schedule-row__facts">
                    {dynamic(remark)}
                    {dynamic(move || short_name.get().map(|name| view! { <code>{name}</code> }))}
                    <span>{client}</span>
                    <Labels labels/>
                </span>
            </div>
            <div class="schedule-row__progress">
                <ProgressBar progress/>
                <Counts progress/>
            </div>
            <RelativeTime time=opened/>
        </li>
    }
}
