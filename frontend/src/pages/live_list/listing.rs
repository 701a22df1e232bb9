//! What the list holds: the pages that were read and the changes that came in between, merged.
//! Pure, so that the merging can be tested without a browser.

use leptos::prelude::*;

use crate::api::{
    page::Page,
    scalars::DateTime,
    schedules::{ListFilter, Schedule},
};

/// One row: what never changes about it, and the schedule as it changes.
#[derive(Clone)]
pub struct Row {
    /// The schedule's GUID.
    pub name: String,
    /// The schedule.
    pub schedule: ArcRwSignal<Schedule>,
    created: DateTime,
}

/// The rows, newest first, from now back to a horizon.
#[derive(Default)]
pub struct Listing {
    rows: Vec<Row>,
    next: Option<String>,
    /// The oldest schedule of the last page. What is older, while there are further pages, is not
    /// shown: the list would have a gap.
    horizon: Option<DateTime>,
}

impl Listing {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        self.rows.clone()
    }

    /// Where the next page begins; `None` where there is none, or none was read yet.
    pub(super) fn next(&self) -> Option<String> {
        self.next.clone()
    }

    /// Takes in a page. What the live connection brought meanwhile is newer and stays.
    pub(super) fn append(&mut self, page: Page<Schedule>) {
        self.next = page.next;
        if let Some(oldest) = page.items.last() {
            self.horizon = Some(oldest.created_time.clone());
        }
        for schedule in page.items {
            match self.find(&schedule) {
                Some(row)
                    if row
                        .schedule
                        .with_untracked(|known| known.revision < schedule.revision) =>
                {
                    row.schedule.set(schedule);
                }
                Some(_) => {}
                None => self.insert(schedule),
            }
        }
    }

    /// Takes in a change. True where rows came or went; a row that only changed tells of it by
    /// itself.
    pub(super) fn update(&mut self, schedule: Schedule, filter: &ListFilter) -> bool {
        if !filter.matches(&schedule) {
            let before = self.rows.len();
            self.rows.retain(|row| row.name != schedule.name.0);
            return self.rows.len() != before;
        }
        if let Some(row) = self.find(&schedule) {
            row.schedule.set(schedule);
            return false;
        }
        let beyond = self.next.is_some()
            && self
                .horizon
                .as_ref()
                .is_some_and(|horizon| schedule.created_time < *horizon);
        if !beyond {
            self.insert(schedule);
        }
        !beyond
    }

    fn find(&self, schedule: &Schedule) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == schedule.name.0)
    }

    fn insert(&mut self, schedule: Schedule) {
        let place = self
            .rows
            .partition_point(|row| row.created >= schedule.created_time);
        self.rows.insert(
            place,
            Row {
                name: schedule.name.0.clone(),
                created: schedule.created_time.clone(),
                schedule: ArcRwSignal::new(schedule),
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::schedules::{ScheduleStatus, tests::schedule};

    fn names(listing: &Listing) -> Vec<&str> {
        listing.rows.iter().map(|row| row.name.as_str()).collect()
    }

    fn page(schedules: Vec<Schedule>, next: Option<&str>) -> Page<Schedule> {
        Page {
            items: schedules,
            next: next.map(Into::into),
        }
    }

    #[test]
    fn new_schedules_appear_on_top_and_older_pages_below() {
        let mut listing = Listing::default();
        listing.append(page(
            vec![schedule("c", 30), schedule("b", 20)],
            Some("after b"),
        ));
        assert!(listing.update(schedule("d", 40), &ListFilter::default()));
        listing.append(page(vec![schedule("a", 10)], None));
        assert_eq!(names(&listing), ["d", "c", "b", "a"]);
        assert_eq!(listing.next(), None);
    }

    #[test]
    fn a_change_touches_its_row_only() {
        let mut listing = Listing::default();
        listing.append(page(vec![schedule("b", 20), schedule("a", 10)], None));
        assert!(!listing.update(
            Schedule {
                revision: 7,
                ..schedule("a", 10)
            },
            &ListFilter::default()
        ));
        assert_eq!(listing.rows[1].schedule.get_untracked().revision, 7);
        assert_eq!(names(&listing), ["b", "a"]);
    }

    #[test]
    fn a_page_that_was_overtaken_sets_nothing_back() {
        let mut listing = Listing::default();
        listing.update(
            Schedule {
                revision: 7,
                ..schedule("a", 10)
            },
            &ListFilter::default(),
        );
        listing.append(page(
            vec![Schedule {
                revision: 5,
                ..schedule("a", 10)
            }],
            None,
        ));
        assert_eq!(listing.rows[0].schedule.get_untracked().revision, 7);
        assert_eq!(names(&listing), ["a"]);
    }

    #[test]
    fn what_stops_matching_goes() {
        let filter = ListFilter {
            status: vec![ScheduleStatus::Running],
            ..ListFilter::default()
        };
        let mut listing = Listing::default();
        listing.append(page(vec![schedule("a", 10)], None));
        let closed = Schedule {
            status: ScheduleStatus::Closed,
            ..schedule("a", 10)
        };
        assert!(listing.update(closed.clone(), &filter));
        assert!(listing.is_empty());
        assert!(!listing.update(closed, &filter));
    }

    #[test]
    fn an_old_schedule_beyond_the_last_page_leaves_no_gap() {
        let mut listing = Listing::default();
        listing.append(page(vec![schedule("c", 30)], Some("after c")));
        assert!(!listing.update(schedule("a", 10), &ListFilter::default()));
        assert_eq!(names(&listing), ["c"]);
        listing.append(page(vec![schedule("b", 20), schedule("a", 10)], None));
        assert_eq!(names(&listing), ["c", "b", "a"]);
    }
}
