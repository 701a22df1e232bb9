//! A run that takes place now: each script is reported when it begins and when it ends.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::{
    api::{Opening, Report, Status},
    client::{Client, Result},
    story::Run,
};

/// How long the run may be silent, in seconds. No script takes longer.
const LEASE: u32 = 300;

/// One report of a run, and when it is due.
struct Beat<'a> {
    at: Duration,
    report: Report<'a>,
}

/// Reports a run as it goes, `speed` times as fast.
pub(super) async fn play(reporter: &Client, run: &Run, speed: u32) -> Result<()> {
    let opening = Opening {
        name: run.name,
        title: run.title,
        labels: run.labels(),
        expected: &run.expected,
        lease_seconds: Some(LEASE),
        created_time: None,
    };
    reporter.open(&opening).await?;
    let start = Instant::now();
    for beat in beats(run) {
        sleep_until(start + beat.at / speed).await;
        reporter.report(run.name, &beat.report).await?;
    }
    sleep_until(start + run.closes.unwrap_or_default() / speed).await;
    reporter.close(run.name, run.finals(), None).await
}

/// All reports of a run, in the order in which they are due.
fn beats(run: &Run) -> Vec<Beat<'_>> {
    let beginnings = run.attempts.iter().filter_map(|attempt| {
        let report = Report {
            key: Uuid::new_v4(),
            script: &attempt.script,
            status: Status::Running,
            message: None,
            output: None,
            duration_ms: None,
            started_time: None,
            submitted_time: None,
        };
        attempt.begins.map(|at| Beat { at, report })
    });
    let ends = run.attempts.iter().map(|attempt| Beat {
        at: attempt.reported,
        report: attempt.report(),
    });
    let mut beats: Vec<_> = beginnings.chain(ends).collect();
    beats.sort_by_key(|beat| beat.at);
    beats
}
