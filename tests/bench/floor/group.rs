//! Group commit: what waits while a transaction is under way goes into the next one together.

use std::collections::HashMap;

use anyhow::{Context, Error, Result};
use chrono::Utc;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::{
    Report, Status,
    store::{Latest, NewResult, Schedule, Store, Written},
};

/// The most rows of a group, unless a single submission has more.
const ROWS: usize = 64;

/// A submission that waits.
pub(crate) struct Job {
    pub(crate) schedule: Uuid,
    pub(crate) reports: Vec<Report>,
    pub(crate) answer: oneshot::Sender<Result<Committed>>,
}

/// What became of a submission.
pub(crate) struct Committed {
    pub(crate) accepted: usize,
    pub(crate) duplicates: usize,
    pub(crate) first_attempt: i32,
    pub(crate) revision: i32,
}

/// Writes whatever comes, until nobody can send any more.
pub(crate) async fn work(store: Store, mut jobs: mpsc::Receiver<Job>) {
    let mut held = None;
    loop {
        let first = match held.take() {
            Some(job) => Some(job),
            None => jobs.recv().await,
        };
        let Some(first) = first else {
            return;
        };
        let mut rows = first.reports.len();
        let mut group = vec![first];
        while rows < ROWS
            && let Ok(job) = jobs.try_recv()
        {
            rows += job.reports.len();
            if rows > ROWS {
                held = Some(job);
                break;
            }
            group.push(job);
        }
        answer(write(&store, &group).await, group);
    }
}

/// That a client has left is no error.
fn answer(written: Result<Vec<Result<Committed>>>, group: Vec<Job>) {
    match written {
        Ok(committed) => {
            for (job, committed) in group.into_iter().zip(committed) {
                let _ = job.answer.send(committed);
            }
        }
        Err(error) => {
            for job in group {
                let _ = job.answer.send(Err(Error::msg(format!("{error:#}"))));
            }
        }
    }
}

async fn write(store: &Store, group: &[Job]) -> Result<Vec<Result<Committed>>> {
    let mut transaction = store.begin().await?;
    let names: Vec<Uuid> = group.iter().map(|job| job.schedule).collect();
    let mut schedules = transaction.lock(&names).await?;
    let mut keys: HashMap<i64, Vec<Uuid>> = HashMap::new();
    let mut scripts: HashMap<i64, Vec<&str>> = HashMap::new();
    for job in group {
        if let Some(schedule) = schedules.get(&job.schedule) {
            let of = |report: &Report| report.key;
            keys.entry(schedule.id)
                .or_default()
                .extend(job.reports.iter().map(of));
            let of = job.reports.iter().map(|report| report.script.as_str());
            scripts.entry(schedule.id).or_default().extend(of);
        }
    }
    let mut known = transaction.keys(&keys).await?;
    let mut latest = transaction.latest(&scripts).await?;
    let mut written = Written::default();
    let committed = group
        .iter()
        .map(|job| {
            let schedule = schedules.get_mut(&job.schedule);
            let schedule = schedule.context("no such schedule")?;
            let mut committed = Committed {
                accepted: 0,
                duplicates: 0,
                first_attempt: 1,
                revision: 0,
            };
            for (place, report) in job.reports.iter().enumerate() {
                if !known.insert((schedule.id, report.key)) {
                    committed.duplicates += 1;
                    continue;
                }
                let attempt = take(schedule, report, &mut latest, &mut written);
                if place == 0 {
                    committed.first_attempt = attempt;
                }
                committed.accepted += 1;
            }
            committed.revision = schedule.revision;
            Ok(committed)
        })
        .collect();
    transaction.write(&written).await?;
    transaction
        .update(schedules.values().filter(|schedule| schedule.changed))
        .await?;
    transaction.commit().await?;
    Ok(committed)
}

fn take<'a>(
    schedule: &mut Schedule,
    report: &'a Report,
    latest: &mut HashMap<(i64, String), Latest>,
    written: &mut Written<'a>,
) -> i32 {
    schedule.revision += 1;
    schedule.changed = true;
    let this = Latest {
        number: schedule.revision,
        attempt: 1,
        status: report.status,
    };
    let place = (schedule.id, report.script.clone());
    let earlier = latest.insert(place.clone(), this);
    let attempt = earlier.map_or(1, |earlier| earlier.attempt + 1);
    if let Some(earlier) = earlier {
        if let Some(this) = latest.get_mut(&place) {
            this.attempt = attempt;
        }
        *schedule.counter(earlier.status) -= 1;
        written.superseded.push((schedule.id, earlier.number));
    }
    *schedule.counter(report.status) += 1;
    written.results.push(NewResult {
        schedule: schedule.id,
        number: schedule.revision,
        attempt,
        report,
        content: digest(report),
        now: Utc::now().naive_utc(),
    });
    attempt
}

fn digest(report: &Report) -> Vec<u8> {
    let mut digest = Sha256::new();
    digest.update(&report.script);
    digest.update(report.status.text());
    digest.update(report.message.as_deref().unwrap_or_default());
    digest.update(report.duration_ms.unwrap_or(-1).to_le_bytes());
    digest.finalize().to_vec()
}

impl Schedule {
    fn counter(&mut self, status: Status) -> &mut i32 {
        match status {
            Status::Running => &mut self.running,
            Status::Pass => &mut self.pass,
            Status::Fail => &mut self.fail,
            Status::Block => &mut self.block,
            Status::Error => &mut self.error,
            Status::Skip => &mut self.skip,
        }
    }
}
