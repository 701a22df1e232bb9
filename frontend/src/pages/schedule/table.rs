//! The results of one schedule, one row a script, each row a signal of its own, so that a change
//! touches one row only. Pure, so that merging and ordering can be tested without a browser.

use std::{cmp::Reverse, collections::HashMap};

use leptos::prelude::*;

use crate::{
    api::{
        results::{ResultStatus, ScriptResult},
        scalars::DateTime,
    },
    format,
};

/// How much of a message a row keeps. The whole of it is fetched where it is shown.
const MESSAGE_LENGTH: usize = 200;

/// One attempt of a script, as far as the table shows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attempt {
    /// Its global id.
    pub(super) id: cynic::Id,
    /// What became of it.
    pub(super) status: ResultStatus,
    /// 1, 2, …
    pub(super) number: i32,
    /// The first line of its message.
    pub(super) message: Option<String>,
    /// How long it took, in milliseconds.
    pub(super) duration_ms: Option<i32>,
    /// When it began, as its script says, or else when it was first reported.
    pub(super) began: DateTime,
    /// When it was first reported.
    pub(super) submitted: DateTime,
    /// The schedule's revision at its last change.
    pub(super) revision: i32,
}

/// One script with all its attempts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// The script.
    pub(super) script: String,
    /// Ascending by number, and never empty.
    pub(super) attempts: Vec<Attempt>,
}

impl Row {
    /// The attempt that counts.
    pub(super) fn latest(&self) -> &Attempt {
        self.attempts
            .last()
            .expect("a row is made of its first attempt and loses none")
    }

    /// The attempt of this number.
    pub(super) fn attempt(&self, number: i32) -> Option<&Attempt> {
        let mut attempts = self.attempts.iter();
        attempts.find(|attempt| attempt.number == number)
    }

    fn put(&mut self, attempt: Attempt) {
        match self
            .attempts
            .binary_search_by_key(&attempt.number, |known| known.number)
        {
            Ok(place) => self.attempts[place] = attempt,
            Err(place) => self.attempts.insert(place, attempt),
        }
    }
}

/// In which order rows are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Order {
    /// What failed first, then what runs, then the rest, each in the order of the first report.
    #[default]
    Urgent,
    /// What changed last first.
    Latest,
}

/// Which rows are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RowFilter {
    /// Only scripts whose latest attempt has this status.
    pub(super) status: Option<ResultStatus>,
    /// Only scripts whose name holds this text, in any case.
    pub(super) text: String,
    /// In this order.
    pub(super) order: Order,
}

/// What is needed of a row to find and to order it, without asking its signal.
struct Entry {
    status: ResultStatus,
    /// That of the script's last change.
    revision: i32,
    lower_case: String,
    row: ArcRwSignal<Row>,
}

/// All rows, in the order of their scripts' first reports.
#[derive(Default)]
pub(super) struct Table {
    entries: Vec<Entry>,
    by_script: HashMap<String, usize>,
}

impl Table {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The row at an index that [`Table::arrange`] gave.
    pub(super) fn row(&self, index: usize) -> Option<ArcRwSignal<Row>> {
        self.entries.get(index).map(|entry| entry.row.clone())
    }

    /// The index of a script's row.
    pub(super) fn index(&self, script: &str) -> Option<usize> {
        self.by_script.get(script).copied()
    }

    /// Takes in changed results. True where the order or the choice of rows may be another now.
    pub(super) fn apply(&mut self, results: Vec<ScriptResult>) -> bool {
        let mut moved = false;
        for result in results {
            moved |= self.put(result);
        }
        moved
    }

    fn put(&mut self, result: ScriptResult) -> bool {
        let ScriptResult {
            script,
            status,
            revision,
            ..
        } = &result;
        let Some(&index) = self.by_script.get(script) else {
            self.by_script.insert(script.clone(), self.entries.len());
            self.entries.push(Entry {
                status: *status,
                revision: *revision,
                lower_case: format::lower_case(script),
                row: ArcRwSignal::new(Row {
                    script: script.clone(),
                    attempts: vec![attempt(result)],
                }),
            });
            return true;
        };
        let entry = &mut self.entries[index];
        let before = (entry.status, entry.revision);
        entry.revision = entry.revision.max(*revision);
        entry.row.update(|row| row.put(attempt(result)));
        entry.status = entry.row.with_untracked(|row| row.latest().status);
        before != (entry.status, entry.revision)
    }

    /// The indexes of the rows to show, in the order that the filter says.
    pub(super) fn arrange(&self, filter: &RowFilter) -> Vec<usize> {
        let text = format::lower_case(filter.text.trim());
        let wanted = self.entries.iter().enumerate().filter(|(_, entry)| {
            filter.status.is_none_or(|status| entry.status == status)
                && entry.lower_case.contains(&text)
        });
        match filter.order {
            Order::Urgent => {
                let mut ranks: [Vec<usize>; RANKS] = Default::default();
                for (index, entry) in wanted {
                    ranks[rank(entry.status)].push(index);
                }
                ranks.concat()
            }
            Order::Latest => {
                let mut indexes: Vec<usize> = wanted.map(|(index, _)| index).collect();
                indexes.sort_by_key(|index| Reverse(self.entries[*index].revision));
                indexes
            }
        }
    }

    /// The indexes of the rows whose scripts run, in the order of their first reports.
    pub(super) fn running(&self) -> Vec<usize> {
        let running = |entry: &Entry| entry.status == ResultStatus::Running;
        (0..self.entries.len())
            .filter(|index| running(&self.entries[*index]))
            .collect()
    }
}

const RANKS: usize = 4;

/// How urgent a status is, 0 the most.
fn rank(status: ResultStatus) -> usize {
    match status {
        ResultStatus::Fail | ResultStatus::Error => 0,
        ResultStatus::Block => 1,
        ResultStatus::Running => 2,
        ResultStatus::Pass | ResultStatus::Skip => 3,
    }
}

fn attempt(result: ScriptResult) -> Attempt {
    Attempt {
        id: result.id,
        status: result.status,
        number: result.attempt,
        message: result
            .message
            .and_then(|message| format::first_line(&message, MESSAGE_LENGTH)),
        duration_ms: result.duration_ms,
        began: result
            .started_time
            .unwrap_or_else(|| result.submitted_time.clone()),
        submitted: result.submitted_time,
        revision: result.revision,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(script: &str, status: ResultStatus, attempt: i32, revision: i32) -> ScriptResult {
        ScriptResult {
            id: format!("{script}/{attempt}").into(),
            script: script.into(),
            status,
            attempt,
            message: None,
            duration_ms: None,
            started_time: None,
            submitted_time: DateTime("2026-11-21T06:00:00.000Z".into()),
            revision,
        }
    }

    fn row(table: &Table, script: &str) -> Row {
        let index = table.index(script).expect("an index");
        table.row(index).expect("a row").get_untracked()
    }

    fn scripts(table: &Table, filter: &RowFilter) -> Vec<String> {
        let script = |index| {
            table
                .row(index)
                .expect("an arranged row")
                .with_untracked(|row| row.script.clone())
        };
        table.arrange(filter).into_iter().map(script).collect()
    }

    use ResultStatus::{Block, Error, Fail, Pass, Running, Skip};

    #[test]
    fn failures_come_first_then_what_runs_then_the_rest() {
        let mut table = Table::default();
        let reported = [
            ("a", Pass),
            ("b", Running),
            ("c", Fail),
            ("d", Skip),
            ("e", Error),
            ("f", Block),
        ];
        table.apply(
            reported
                .iter()
                .zip(1..)
                .map(|((script, status), revision)| result(script, *status, 1, revision))
                .collect(),
        );
        assert_eq!(
            scripts(&table, &RowFilter::default()),
            ["c", "e", "f", "b", "a", "d"]
        );
    }

    #[test]
    fn the_same_change_twice_is_one_row() {
        let mut table = Table::default();
        assert!(table.apply(vec![result("a", Running, 1, 1)]));
        assert!(!table.apply(vec![result("a", Running, 1, 1)]));
        assert_eq!(row(&table, "a").attempts.len(), 1);
    }

    #[test]
    fn rows_move_when_their_status_or_their_last_change_does() {
        let latest = RowFilter {
            order: Order::Latest,
            ..RowFilter::default()
        };
        let mut table = Table::default();
        table.apply(vec![result("a", Running, 1, 1), result("b", Pass, 1, 2)]);
        assert_eq!(scripts(&table, &latest), ["b", "a"]);
        assert!(table.apply(vec![result("a", Running, 1, 3)]));
        assert_eq!(scripts(&table, &latest), ["a", "b"]);
        assert!(table.apply(vec![result("b", Fail, 2, 4)]));
        assert_eq!(scripts(&table, &latest), ["b", "a"]);
        assert_eq!(scripts(&table, &RowFilter::default()), ["b", "a"]);
    }

    #[test]
    fn what_runs_is_told_in_the_order_of_the_first_reports() {
        let mut table = Table::default();
        table.apply(vec![
            result("a", Running, 1, 1),
            result("b", Pass, 1, 2),
            result("c", Running, 1, 3),
        ]);
        assert_eq!(table.running(), [0, 2]);
        table.apply(vec![result("a", Pass, 1, 4)]);
        assert_eq!(table.running(), [2]);
    }

    #[test]
    fn every_change_of_a_message_is_taken_in() {
        let mut table = Table::default();
        table.apply(vec![result("a", Running, 1, 1), result("b", Running, 1, 2)]);
        assert!(table.apply(vec![
            result("a", Fail, 1, 3),
            result("b", Pass, 1, 4),
            result("c", Pass, 1, 5)
        ]));
        assert_eq!(scripts(&table, &RowFilter::default()), ["a", "b", "c"]);
        assert_eq!(row(&table, "b").latest().status, Pass);
    }

    #[test]
    fn the_latest_attempt_counts_in_whatever_order_they_come() {
        let mut table = Table::default();
        table.apply(vec![result("a", Pass, 2, 5), result("a", Fail, 1, 1)]);
        let row = row(&table, "a");
        assert_eq!(row.latest().number, 2);
        assert_eq!(row.attempts.len(), 2);
        let of = |status| RowFilter {
            status: Some(status),
            ..RowFilter::default()
        };
        assert_eq!(scripts(&table, &of(Pass)), ["a"]);
        assert!(scripts(&table, &of(Fail)).is_empty());
    }

    #[test]
    fn text_is_found_in_any_case() {
        let mut table = Table::default();
        table.apply(vec![
            result("Login/Über.sh", Pass, 1, 1),
            result("logout.sh", Pass, 1, 2),
        ]);
        let filter = |text: &str| RowFilter {
            text: text.into(),
            ..RowFilter::default()
        };
        assert_eq!(scripts(&table, &filter(" über ")), ["Login/Über.sh"]);
        assert_eq!(scripts(&table, &filter("LOG")).len(), 2);
    }
}
