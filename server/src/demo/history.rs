//! Filling a server with the nights that are over.
//!
//! The oldest comes first, because lists are in the order in which schedules arrive. What is there stays as it is: where
//! some runs are there already, filling goes on with the last of them, which may be there in part.

use super::{
    api::{Opening, Report, Standing, Status},
    client::{Client, Result},
    say,
    story::{Attempt, Chapter, Correction, Run, Story},
};

/// The lease of a run that nobody closes, in seconds: it is found abandoned at once.
const SHORT_LEASE: u32 = 1;

/// Brings the last so many nights to the server, as far as they are not there yet.
pub(super) async fn fill(client: &Client, story: &Story, nights: u16) -> Result<()> {
    let mut chapters = story.chapters(nights);
    let mut last = None;
    if let Some((place, standing)) = find_last(client, &chapters).await? {
        say(format_args!(
            "{} runs of the past are there already",
            place + 1
        ));
        chapters.drain(..place);
        last = Some(standing);
    }
    for night in chapters.chunk_by(|one, other| one.date == other.date) {
        let mut line = Vec::new();
        for chapter in night {
            let run = story.tell(*chapter);
            let standing = last.take();
            if standing
                .as_ref()
                .is_none_or(|standing| is_in_part(standing, &run))
            {
                import(client, &run, standing.as_ref()).await?;
                line.push(summary(&run));
            }
        }
        if !line.is_empty() {
            say(format_args!(
                "{}: {}",
                night[0].date.format("%a %d %b"),
                line.join("; ")
            ));
        }
    }
    Ok(())
}

/// The last of some runs that is on the server, by its place.
async fn find_last(client: &Client, chapters: &[Chapter]) -> Result<Option<(usize, Standing)>> {
    for (place, chapter) in chapters.iter().enumerate().rev() {
        if let Some(standing) = client.standing(chapter.name).await? {
            return Ok(Some((place, standing)));
        }
    }
    Ok(None)
}

/// Whether a run that is on the server lacks something.
fn is_in_part(standing: &Standing, run: &Run) -> bool {
    standing.revision == 0 || (run.closes.is_some() && !standing.is_closed())
}

async fn import(client: &Client, run: &Run, standing: Option<&Standing>) -> Result<()> {
    let opening = Opening {
        name: run.name,
        title: run.title,
        labels: run.labels(),
        expected: &run.expected,
        lease_seconds: run.closes.is_none().then_some(SHORT_LEASE),
        created_time: Some(run.begins),
    };
    client.open(&opening).await?;
    // All results of a run arrive together or not at all.
    if standing.is_none_or(|standing| standing.revision == 0) {
        let reports: Vec<_> = run
            .attempts
            .iter()
            .map(|attempt| report(run, attempt))
            .collect();
        client.report_all(run.name, &reports).await?;
    }
    if let Some(correction) = &run.correction {
        correct(client, run, correction).await?;
    }
    if let Some(after) = run.closes {
        client
            .close(run.name, run.finals(), Some(run.begins + after))
            .await?;
    }
    Ok(())
}

fn report<'a>(run: &Run, attempt: &'a Attempt) -> Report<'a> {
    Report {
        started_time: attempt.begins.map(|begins| run.begins + begins),
        submitted_time: Some(run.begins + attempt.reported),
        ..attempt.report()
    }
}

async fn correct(client: &Client, run: &Run, correction: &Correction) -> Result<()> {
    match client.latest(run.name, correction.script).await? {
        Some(found) if found.status != correction.to => {
            client
                .amend(&found.id, correction.to, correction.reason)
                .await
        }
        _ => Ok(()),
    }
}

fn summary(run: &Run) -> String {
    let passed = run.count(Status::Pass);
    format!("{}, {passed} of {} passed", run.title, run.expected.len())
}
