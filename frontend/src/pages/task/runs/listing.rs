//! What the list holds: the pages that were read, and the changes that came in between. Pure, so that the merging can be
//! tested without a browser.

use leptos::prelude::*;

use crate::api::{page::Page, runs::Run};

/// One run.
#[derive(Clone)]
pub(super) struct Row {
    id: cynic::Id,
    /// The run, as it changes.
    pub(super) run: ArcRwSignal<Run>,
}

impl Row {
    fn of(run: Run) -> Self {
        Self {
            id: run.id.clone(),
            run: ArcRwSignal::new(run),
        }
    }

    /// What tells it from the others.
    pub(super) fn key(&self) -> String {
        self.id.inner().to_owned()
    }
}

/// The rows, the newest first.
#[derive(Default)]
pub(super) struct Listing {
    rows: Vec<Row>,
    /// Whether the oldest of them is the first that there ever was.
    is_whole: bool,
}

impl Listing {
    pub(super) fn rows(&self) -> Vec<Row> {
        self.rows.clone()
    }

    /// Takes in a page; the first one begins the list anew. A row that is there keeps its view.
    pub(super) fn append(&mut self, page: &Page<Run>, is_first: bool) {
        let before = if is_first {
            std::mem::take(&mut self.rows)
        } else {
            Vec::new()
        };
        for run in &page.items {
            let known = before.iter().chain(&self.rows).find(|row| row.id == run.id);
            match known.cloned() {
                Some(row) => {
                    // What has ended stays so, and the live connection may have been quicker to say it.
                    let has_ended = row.run.with_untracked(|run| run.status.is_final());
                    if !has_ended || run.status.is_final() {
                        row.run.set(run.clone());
                    }
                    if is_first {
                        self.rows.push(row);
                    }
                }
                None => self.rows.push(Row::of(run.clone())),
            }
        }
        // What is newer than the page came while it was under way.
        let slot = |row: &Row| row.run.with_untracked(|run| run.slot_time.clone());
        if let Some(newest) = self.rows.first().map(slot).filter(|_| is_first) {
            let came = before.into_iter().filter(|row| slot(row) > newest);
            self.rows.splice(0..0, came.collect::<Vec<_>>());
        }
        self.is_whole = page.next.is_none();
    }

    /// Takes in a change. True where a row came; one that only changed tells of it by itself.
    pub(super) fn update(&mut self, run: Run) -> bool {
        if let Some(row) = self.rows.iter().find(|row| row.id == run.id) {
            row.run.set(run);
            return false;
        }
        let slot = |row: &Row| row.run.with_untracked(|run| run.slot_time.clone());
        let oldest = self.rows.last().map(slot);
        // What is older than all that was read comes with its page. Anything else that is not known is new, whatever slot
        // it is for.
        let is_beyond = !self.is_whole && oldest.is_some_and(|oldest| run.slot_time < oldest);
        if !is_beyond {
            self.rows.insert(0, Row::of(run));
        }
        !is_beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{
        runs::{RunStatus, RunTrigger},
        scalars::DateTime,
        tasks::{Reminder, TaskAction},
    };

    fn run(id: &str, minute: u32, status: RunStatus) -> Run {
        Run {
            id: id.into(),
            task_name: Some("report".into()),
            task: None,
            action: TaskAction::Reminder(Reminder { note: None }),
            slot_time: DateTime(format!("2026-11-25T06:{minute:02}:00.000Z")),
            trigger: RunTrigger::Scheduled,
            status,
            reason: None,
            attempt: 1,
            started_time: None,
            finished_time: None,
            exit_code: None,
            percent: None,
            backup: None,
            schedule: None,
        }
    }

    fn page(items: Vec<Run>, next: Option<&str>) -> Page<Run> {
        Page {
            items,
            next: next.map(Into::into),
        }
    }

    fn ids(listing: &Listing) -> Vec<&str> {
        listing.rows.iter().map(|row| row.id.inner()).collect()
    }

    use RunStatus::{Running, Succeeded};

    #[test]
    fn new_runs_come_on_top_and_older_pages_below() {
        let mut listing = Listing::default();
        listing.append(&page(vec![run("b", 2, Succeeded)], Some("after b")), true);
        assert!(listing.update(run("c", 3, Running)));
        listing.append(&page(vec![run("a", 1, Succeeded)], None), false);
        assert_eq!(ids(&listing), ["c", "b", "a"]);
    }

    #[test]
    fn a_change_touches_its_row_only() {
        let mut listing = Listing::default();
        listing.append(&page(vec![run("a", 1, Running)], None), true);
        assert!(!listing.update(run("a", 1, Succeeded)));
        let status = listing.rows[0].run.with_untracked(|run| run.status);
        assert_eq!(status, Succeeded);
    }

    #[test]
    fn what_is_beyond_the_last_page_leaves_no_gap() {
        let mut listing = Listing::default();
        listing.append(&page(vec![run("c", 3, Succeeded)], Some("after c")), true);
        assert!(!listing.update(run("a", 1, Succeeded)));
        assert_eq!(ids(&listing), ["c"]);
    }

    #[test]
    fn reading_again_from_the_start_keeps_the_rows_that_are_there() {
        let mut listing = Listing::default();
        listing.append(&page(vec![run("a", 1, Running)], None), true);
        let kept = listing.rows[0].run.clone();
        listing.append(
            &page(vec![run("b", 2, Running), run("a", 1, Succeeded)], None),
            true,
        );
        assert_eq!(ids(&listing), ["b", "a"]);
        assert_eq!(kept.with_untracked(|run| run.status), Succeeded);
    }
}
