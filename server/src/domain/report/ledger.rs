//! What reports do to their schedules, decided in memory under the schedules' locks. Knows no database.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::{
    Digest, ScheduleId, Timestamp, result::ResultStatus, schedule, schedule::State as ScheduleState,
};
use uuid::Uuid;

use super::{Entry, Submission};
use crate::{
    domain::{
        result::{Key, Row},
        schedule::{counter, enter, lease_from, touch},
    },
    error::{Error, Result},
};

/// What a client is answered.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The schedule right after the reports.
    pub schedule: schedule::Model,
    /// The result of each report, in their order.
    pub accepted: Vec<Accepted>,
}

/// Where one report went.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The result, as it is after the report.
    pub row: Row,
    /// Whether its key was recorded before, so that nothing was added.
    pub duplicate: bool,
}

/// What a recorded key stands for.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) number: i32,
    pub(super) content: Digest,
    /// Whether this very group recorded it, in a try whose outcome was unknown.
    pub(super) by_this_group: bool,
}

/// A result that is to be written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) row: Row,
    /// The output that was reported; where none was, the one that is there stays.
    pub(super) output: Option<String>,
    pub(super) is_new: bool,
}

/// A key that is to be recorded.
#[derive(Clone, Debug)]
pub(super) struct NewKey {
    pub(super) schedule_id: ScheduleId,
    pub(super) key: Uuid,
    pub(super) number: i32,
    pub(super) content: Digest,
}

/// What is known of some locked schedules, and what is to be written to them.
#[derive(Debug)]
pub(super) struct Ledger {
    now: Timestamp,
    // What is there.
    pub(super) schedules: HashMap<ScheduleId, schedule::Model>,
    pub(super) expected: HashSet<(ScheduleId, String)>,
    pub(super) recorded: HashMap<(ScheduleId, Uuid), Recorded>,
    pub(super) rows: HashMap<Key, Row>,
    pub(super) latest: HashMap<(ScheduleId, String), Key>,
    // What is to be written.
    pub(super) changed: BTreeSet<ScheduleId>,
    /// Those of the changed schedules that are in another state than before.
    pub(super) entered: BTreeSet<ScheduleId>,
    pub(super) written: BTreeMap<Key, Written>,
    pub(super) superseded: BTreeSet<Key>,
    pub(super) new_keys: Vec<NewKey>,
}

impl Ledger {
    pub(super) fn new(now: Timestamp, schedules: HashMap<ScheduleId, schedule::Model>) -> Self {
        Self {
            now,
            schedules,
            expected: HashSet::new(),
            recorded: HashMap::new(),
            rows: HashMap::new(),
            latest: HashMap::new(),
            changed: BTreeSet::new(),
            entered: BTreeSet::new(),
            written: BTreeMap::new(),
            superseded: BTreeSet::new(),
            new_keys: Vec::new(),
        }
    }

    /// Adds a row that is there.
    pub(super) fn know(&mut self, row: Row) {
        if row.latest {
            self.latest
                .insert((row.schedule_id, row.script.clone()), row.key());
        }
        self.rows.insert(row.key(), row);
    }

    /// Takes all reports of a submission, or refuses it and changes nothing.
    pub(super) fn take(
        &mut self,
        schedule: ScheduleId,
        submission: &Submission,
    ) -> Result<Receipt> {
        self.check(schedule, submission)?;
        let accepted = submission
            .entries
            .iter()
            .map(|entry| self.take_entry(schedule, entry))
            .collect();
        Ok(Receipt {
            schedule: self.schedules[&schedule].clone(),
            accepted,
        })
    }

    /// Everything that can speak against a submission. After this, taking it can't fail.
    fn check(&self, id: ScheduleId, submission: &Submission) -> Result<()> {
        let schedule = &self.schedules[&id];
        submission.reporter.may_change(schedule)?;
        let mut own: HashMap<Uuid, &Digest> = HashMap::new();
        let mut submitted: HashMap<&str, Timestamp> = HashMap::new();
        for entry in &submission.entries {
            let recorded = self.recorded.get(&(id, entry.key));
            let known = recorded.map(|recorded| &recorded.content);
            match known.or_else(|| own.get(&entry.key).copied()) {
                Some(content) if *content != entry.content => {
                    return Err(Error::Conflict(format!(
                        "key {} was used for other content",
                        entry.key
                    )));
                }
                Some(_) => {}
                None if schedule.state == ScheduleState::Closed => {
                    return Err(Error::ScheduleClosed(schedule.schedule_name));
                }
                None => {
                    self.check_time(schedule, entry, &mut submitted)?;
                    own.insert(entry.key, &entry.content);
                }
            }
        }
        Ok(())
    }

    /// Refuses history that contradicts itself. `submitted` holds when the submission's earlier reports of each script
    /// were submitted.
    fn check_time<'a>(
        &self,
        schedule: &schedule::Model,
        entry: &'a Entry,
        submitted: &mut HashMap<&'a str, Timestamp>,
    ) -> Result<()> {
        let script = &entry.report.script;
        if let Some(past) = &entry.submitted {
            past.not_before(schedule.created_time, "the schedule was opened")?;
            let known = self.latest.get(&(schedule.schedule_id, script.clone()));
            let known = known.map(|key| self.rows[key].submitted_time);
            if let Some(before) = submitted.get(script.as_str()).copied().or(known) {
                past.not_before(before, "the report of the same script before it")?;
            }
        }
        submitted.insert(script, entry.submitted_at(self.now));
        Ok(())
    }

    fn take_entry(&mut self, schedule: ScheduleId, entry: &Entry) -> Accepted {
        if let Some(recorded) = self.recorded.get(&(schedule, entry.key)) {
            return Accepted {
                row: self.rows[&(schedule, recorded.number)].clone(),
                duplicate: !recorded.by_this_group,
            };
        }
        let row = self.add(schedule, entry);
        self.record(&row, entry);
        Accepted {
            row,
            duplicate: false,
        }
    }

    /// A report that is new: it ends or refreshes the running attempt, or begins another.
    fn add(&mut self, id: ScheduleId, entry: &Entry) -> Row {
        let report = &entry.report;
        let revision = self.next_revision(id);
        let before = self.latest.get(&(id, report.script.clone())).copied();
        let before = before.map(|key| self.rows[&key].clone());
        let (row, is_new) = match &before {
            Some(running) if !running.status.is_final() => {
                (continued(running, entry, revision, self.now), false)
            }
            _ => (begun(id, before.as_ref(), entry, revision, self.now), true),
        };
        self.count(id, before.as_ref().map(|row| row.status), &row);
        if let Some(earlier) = before.filter(|earlier| earlier.key() != row.key()) {
            self.supersede(&earlier);
        }
        self.write(&row, report.output.as_ref(), is_new);
        row
    }

    fn next_revision(&mut self, id: ScheduleId) -> i32 {
        let now = self.now;
        let schedule = self
            .schedules
            .get_mut(&id)
            .expect("submissions are taken for known schedules only");
        touch(schedule, now);
        if schedule.state != ScheduleState::Running {
            enter(schedule, ScheduleState::Running);
            self.entered.insert(id);
        }
        schedule.lease_expires = lease_from(now, schedule.lease_seconds);
        self.changed.insert(id);
        schedule.revision
    }

    fn count(&mut self, id: ScheduleId, before: Option<ResultStatus>, row: &Row) {
        let is_expected = self.expected.contains(&(id, row.script.clone()));
        let schedule = self
            .schedules
            .get_mut(&id)
            .expect("submissions are taken for known schedules only");
        if let Some(before) = before {
            *counter(schedule, before) -= 1;
        }
        *counter(schedule, row.status) += 1;
        if is_expected {
            let was_final = before.is_some_and(ResultStatus::is_final);
            schedule.expected_final += i32::from(row.status.is_final()) - i32::from(was_final);
        }
    }

    fn supersede(&mut self, earlier: &Row) {
        let key = earlier.key();
        if let Some(row) = self.rows.get_mut(&key) {
            row.latest = false;
        }
        match self.written.get_mut(&key) {
            Some(written) => written.row.latest = false,
            None => {
                self.superseded.insert(key);
            }
        }
    }

    fn write(&mut self, row: &Row, output: Option<&String>, is_new: bool) {
        let written = self.written.entry(row.key()).or_insert_with(|| Written {
            row: row.clone(),
            output: None,
            is_new,
        });
        written.row.clone_from(row);
        if output.is_some() {
            written.output = output.cloned();
        }
        self.latest
            .insert((row.schedule_id, row.script.clone()), row.key());
        self.rows.insert(row.key(), row.clone());
    }

    fn record(&mut self, row: &Row, entry: &Entry) {
        self.new_keys.push(NewKey {
            schedule_id: row.schedule_id,
            key: entry.key,
            number: row.number,
            content: entry.content.clone(),
        });
        let recorded = Recorded {
            number: row.number,
            content: entry.content.clone(),
            by_this_group: false,
        };
        self.recorded.insert((row.schedule_id, entry.key), recorded);
    }
}

/// The first report of an attempt.
fn begun(
    schedule_id: ScheduleId,
    earlier: Option<&Row>,
    entry: &Entry,
    revision: i32,
    now: Timestamp,
) -> Row {
    let report = &entry.report;
    let submitted_time = entry.submitted_at(now);
    let is_running = !report.status.is_final();
    Row {
        schedule_id,
        number: revision,
        script: report.script.clone(),
        attempt: earlier.map_or(1, |row| row.attempt + 1),
        latest: true,
        status: report.status,
        message: report.message.clone(),
        content_bytes: bytes(report.message.as_ref()) + bytes(report.output.as_ref()),
        duration_ms: report.duration_ms,
        started_time: report.started.or(is_running.then_some(submitted_time)),
        submitted_time,
        revision,
    }
}

/// A further report of a running attempt. What it does not say stays.
fn continued(running: &Row, entry: &Entry, revision: i32, now: Timestamp) -> Row {
    let report = &entry.report;
    let submitted_time = entry.submitted_at(now);
    let message = report.message.clone().or_else(|| running.message.clone());
    let output_bytes = match &report.output {
        Some(output) => bytes(Some(output)),
        None => running.content_bytes - bytes(running.message.as_ref()),
    };
    let started_time = report.started.or(running.started_time);
    let measured = started_time
        .filter(|_| report.status.is_final())
        .and_then(|started| i32::try_from(submitted_time.since(started).num_milliseconds()).ok())
        .filter(|milliseconds| *milliseconds >= 0);
    Row {
        status: report.status,
        content_bytes: bytes(message.as_ref()) + output_bytes,
        message,
        duration_ms: report.duration_ms.or(measured).or(running.duration_ms),
        started_time,
        submitted_time,
        revision,
        ..running.clone()
    }
}

fn bytes(text: Option<&String>) -> i32 {
    text.map_or(0, |text| {
        i32::try_from(text.len()).expect("texts of more than 1 MiB are refused")
    })
}

#[cfg(test)]
mod tests;
