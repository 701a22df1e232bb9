//! Reporting: single results, to one schedule and to many, and batches.

use std::{cell::Cell, rc::Rc};

use anyhow::{Result, ensure};
use uuid::Uuid;

use crate::{
    contender::Contender,
    load::{Load, Outcome, drive},
    speech::Report,
    wire::Wire,
};

/// How many reports a batch has.
pub(crate) const BATCH: u16 = 1_000;

/// One result a request, each connection to one of so many schedules. In the end every schedule must count exactly what was
/// acknowledged.
pub(crate) async fn single(contender: &Contender, load: Load, schedules: usize) -> Result<Outcome> {
    let speech = contender.kind.speech();
    let schedules = open(contender, schedules).await?;
    let outcome = drive(contender, load, |connection| {
        let schedule = schedules[connection % schedules.len()].clone();
        async move |wire: &mut Wire| {
            let report = Report::of(schedule.next());
            let body = wire.send(&speech.report(schedule.name, &report)).await?;
            let answer = speech.read_reported(&body)?;
            ensure!(
                answer.result.script == report.script
                    && answer.result.status == report.status
                    && answer.result.attempt == 1
                    && answer.schedule.revision >= 1,
                "{} came back as {}",
                report.script,
                answer.result.script
            );
            Ok(())
        }
    })
    .await?;
    for schedule in &schedules {
        counts(contender, schedule).await?;
    }
    Ok(outcome)
}

/// A thousand results a request, each connection to a schedule of its own.
pub(crate) async fn batches(contender: &Contender, load: Load) -> Result<Outcome> {
    let speech = contender.kind.speech();
    let schedules = open(contender, load.connections).await?;
    let outcome = drive(contender, load, |connection| {
        let schedule = schedules[connection].clone();
        async move |wire: &mut Wire| {
            let reports: Vec<_> = (0..BATCH).map(|_| Report::of(schedule.next())).collect();
            let body = wire.send(&speech.batch(schedule.name, &reports)).await?;
            let answer = speech.read_accepted(&body)?;
            ensure!(
                answer.accepted == reports.len() && answer.duplicates == 0,
                "{} of {BATCH} were accepted",
                answer.accepted
            );
            Ok(())
        }
    })
    .await?;
    for schedule in &schedules {
        counts(contender, schedule).await?;
    }
    Ok(outcome)
}

/// A schedule that is being reported to.
#[derive(Clone)]
struct Reported {
    name: Uuid,
    /// How many results it was sent.
    sent: Rc<Cell<usize>>,
}

impl Reported {
    fn next(&self) -> usize {
        self.sent.replace(self.sent.get() + 1)
    }
}

async fn open(contender: &Contender, count: usize) -> Result<Vec<Reported>> {
    let speech = contender.kind.speech();
    let mut wire = contender.wire().await?;
    let mut schedules = Vec::with_capacity(count);
    for _ in 0..count {
        let name = Uuid::new_v4();
        let body = wire.send(&speech.create(name, "nightly")).await?;
        speech.check_created(&body, name)?;
        let sent = Rc::new(Cell::new(0));
        schedules.push(Reported { name, sent });
    }
    Ok(schedules)
}

/// One more report must take the revision after all that were sent.
async fn counts(contender: &Contender, schedule: &Reported) -> Result<()> {
    let speech = contender.kind.speech();
    let report = Report::of(schedule.next());
    let mut wire = contender.wire().await?;
    let body = wire.send(&speech.report(schedule.name, &report)).await?;
    let revision = speech.read_reported(&body)?.schedule.revision;
    ensure!(
        usize::try_from(revision).is_ok_and(|revision| revision == schedule.sent.get()),
        "{} acknowledged {} results and counts {revision}",
        contender.name(),
        schedule.sent.get()
    );
    Ok(())
}
