//! Reporting results: the promise of Daybook. **An acknowledged result is on disk, counted once, and seen by every
//! subscriber.**
//!
//! A report is checked here, waits in the [`writer`] for the commit that is under way, and goes into the next
//! transaction together with all that wait with it. What it does to its schedule is decided by the [`ledger`], which
//! knows no database; [`group`] fills the ledger under the schedules' locks, and writes what it decided.

mod group;
mod ledger;
mod writer;

pub use ledger::{Accepted, Receipt};
pub use writer::{Tools, Writer};

use bytes::Bytes;
use entity::{Digest, Guid, Timestamp, result::ResultStatus, schedule};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    domain::{
        actor::{Actor, Reporter},
        history::Past,
        input,
        junit::{self, JunitError},
        log::Deed,
        result::Row,
        schedule::newest_open,
    },
    error::{Error, Result},
    state::State,
};

/// What a client says of one attempt of one script.
#[derive(Clone, Debug)]
pub struct Report {
    /// The script's name.
    pub script: String,
    /// How the attempt stands or ended.
    pub status: ResultStatus,
    /// A short text about it, at most 64 KiB.
    pub message: Option<String>,
    /// What the script printed, at most 1 MiB.
    pub output: Option<String>,
    /// How long it took, in milliseconds. Where it is left out, and RUNNING was reported before, it is measured.
    pub duration_ms: Option<i32>,
    /// When it began. Where RUNNING is reported without it, it begins now.
    pub started: Option<Timestamp>,
    /// Sent again with the same content, nothing is added and the first result comes back.
    pub key: Option<Uuid>,
    /// When it was first reported, where it is history that is brought over.
    pub submitted: Option<Timestamp>,
}

/// Some reports that are taken together or not at all.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    schedule: Guid,
    reporter: Reporter,
    entries: Vec<Entry>,
    /// What the log is told, where it is told anything.
    deed: Option<Deed>,
}

/// A report that was checked.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    report: Report,
    /// The client's key, or one that was made here before the first try, so that trying again can't double it.
    key: Uuid,
    content: Digest,
    /// When it was first reported, where it is history.
    submitted: Option<Past>,
}

/// Reports one result. Returns it with its schedule, as both are right after the report.
pub async fn report(
    state: &State,
    actor: &Actor,
    schedule: Guid,
    report: Report,
) -> Result<(Row, schedule::Model)> {
    let reporter = actor.reporter()?;
    let mut receipt = submit(
        state,
        reporter,
        schedule,
        vec![Entry::check(actor, "", report)?],
        None,
    )
    .await?;
    let accepted = receipt.accepted.pop().expect("one report was submitted");
    Ok((accepted.row, receipt.schedule))
}

/// Reports one result to the newest open schedule of the calling client. Where it has none, that is a conflict.
pub async fn report_to_newest(
    state: &State,
    actor: &Actor,
    report: Report,
) -> Result<(Row, schedule::Model)> {
    let newest = newest_open(state, &actor.reporter()?).await?;
    let newest =
        newest.ok_or_else(|| Error::Conflict("this client has no open schedule".into()))?;
    self::report(state, actor, newest, report).await
}

/// Reports some results, all or none of them.
pub async fn report_batch(
    state: &State,
    actor: &Actor,
    schedule: Guid,
    reports: Vec<Report>,
) -> Result<Receipt> {
    let reporter = actor.reporter()?;
    let most = state.config.limits.batch;
    if reports.is_empty() || reports.len() > most {
        let message = format!("has {} results, 1 to {most} are allowed", reports.len());
        return Err(Error::validation("results", message));
    }
    let entries = reports
        .into_iter()
        .enumerate()
        .map(|(index, report)| Entry::check(actor, &format!("results.{index}."), report))
        .collect::<Result<_>>()?;
    submit(state, reporter, schedule, entries, None).await
}

/// A JUnit file.
#[derive(Clone, Debug)]
pub enum JunitFile {
    /// As it lies on disk, in the encoding that it declares.
    Bytes(Bytes),
    /// As text: whatever encoding it declares, it has been decoded.
    Text(String),
}

impl JunitFile {
    /// The reports that it holds. Takes its time with a large file.
    fn entries(&self, actor: &Actor) -> Result<Vec<Entry>> {
        let cases = match self {
            Self::Bytes(bytes) => junit::parse(bytes),
            Self::Text(text) => junit::parse_text(text),
        };
        let entry = |case: junit::Case| Entry::check(actor, "xml.", case.into());
        cases?.into_iter().map(entry).collect()
    }
}

/// Reports what a JUnit file holds, all or none of it. The same file twice counts once.
pub async fn import_junit(
    state: &State,
    actor: &Actor,
    schedule: Guid,
    file: JunitFile,
) -> Result<Receipt> {
    let deed = Deed::new(actor, "RESULTS_IMPORT", &schedule);
    let outcome = async {
        let reporter = actor.reporter()?;
        let actor = actor.clone();
        let entries = tokio::task::spawn_blocking(move || file.entries(&actor))
            .await
            .expect("reading a file does not panic, and nobody aborts it")?;
        submit(state, reporter, schedule, entries, Some(deed.clone())).await
    };
    deed.noting_failure(state, outcome.await).await
}

async fn submit(
    state: &State,
    reporter: Reporter,
    schedule: Guid,
    entries: Vec<Entry>,
    deed: Option<Deed>,
) -> Result<Receipt> {
    let submission = Submission {
        schedule,
        reporter,
        entries,
        deed,
    };
    state.writer.submit(submission).await
}

impl Entry {
    /// Checks a report. `place` says where it stands in the input, for errors.
    fn check(actor: &Actor, place: &str, mut report: Report) -> Result<Self> {
        let field = |name: &str| format!("{place}{name}");
        report.script = input::name(&field("script"), &report.script)?;
        report.message = input::text(&field("message"), report.message, input::MESSAGE_BYTES)?;
        report.output = input::text(&field("output"), report.output, input::OUTPUT_BYTES)?;
        if let Some(duration) = report.duration_ms {
            input::not_negative(&field("durationMs"), duration)?;
        }
        let submitted = report
            .submitted
            .map(|time| Past::check(actor, field("submittedTime"), time))
            .transpose()?;
        if let (Some(submitted), Some(started)) = (&submitted, report.started) {
            submitted.not_before(started, "startedTime")?;
        }
        Ok(Self {
            key: report.key.unwrap_or_else(Uuid::now_v7),
            content: digest(&report),
            submitted,
            report,
        })
    }

    /// When it counts as submitted, where it is taken now.
    fn submitted_at(&self, now: Timestamp) -> Timestamp {
        self.submitted.as_ref().map_or(now, Past::time)
    }

    fn has_clients_key(&self) -> bool {
        self.report.key.is_some()
    }

    fn bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.report.script.len() + text(&self.report.message) + text(&self.report.output)
    }
}

impl From<junit::Case> for Report {
    fn from(case: junit::Case) -> Self {
        Self {
            script: case.script,
            status: case.status,
            message: case.message,
            output: case.output,
            duration_ms: case.duration_ms,
            started: case.started.map(Timestamp::from),
            key: Some(case.key),
            submitted: None,
        }
    }
}

impl From<JunitError> for Error {
    fn from(error: JunitError) -> Self {
        match error {
            JunitError::TooLarge {
                script,
                field,
                limit,
            } => Self::TooLarge {
                field: format!("xml: {field} of {script}"),
                limit,
            },
            other => Self::validation("xml", other.to_string()),
        }
    }
}

/// A digest of a report's content as it was sent. Each field is preceded by whether it is there and how long it is, so
/// that no two contents read alike.
fn digest(report: &Report) -> Digest {
    let mut hash = Sha256::new();
    let mut field = |bytes: Option<&[u8]>| {
        hash.update([u8::from(bytes.is_some())]);
        let bytes = bytes.unwrap_or_default();
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    field(Some(report.script.as_bytes()));
    field(Some(format!("{:?}", report.status).as_bytes()));
    field(report.message.as_deref().map(str::as_bytes));
    field(report.output.as_deref().map(str::as_bytes));
    field(
        report
            .duration_ms
            .map(i32::to_be_bytes)
            .as_ref()
            .map(<[u8; 4]>::as_slice),
    );
    let milliseconds = |time| {
        let time: chrono::DateTime<chrono::Utc> = Timestamp::into(time);
        time.timestamp_millis().to_be_bytes()
    };
    let started = report.started.map(milliseconds);
    field(started.as_ref().map(<[u8; 8]>::as_slice));
    // It came later: where it is left out, a digest is what it was before. Named, for others may follow.
    if let Some(submitted) = report.submitted.map(milliseconds) {
        field(Some(b"submitted"));
        field(Some(&submitted));
    }
    let bytes: [u8; 32] = hash.finalize().into();
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(message: Option<&str>, output: Option<&str>) -> Report {
        Report {
            script: "smoke".into(),
            status: ResultStatus::Pass,
            message: message.map(str::to_owned),
            output: output.map(str::to_owned),
            duration_ms: None,
            started: None,
            key: None,
            submitted: None,
        }
    }

    #[test]
    fn the_digest_tells_contents_apart() {
        let one = digest(&report(Some("ab"), Some("c")));
        assert_eq!(one, digest(&report(Some("ab"), Some("c"))));
        assert_ne!(one, digest(&report(Some("a"), Some("bc"))));
        assert_ne!(digest(&report(None, None)), digest(&report(Some(""), None)));
        let history = Report {
            submitted: Some(Timestamp::now()),
            ..report(Some("ab"), Some("c"))
        };
        assert_ne!(one, digest(&history));
    }

    #[test]
    fn the_digests_of_recorded_keys_stay_what_they_were() {
        let digest = digest(&report(Some("ab"), Some("c")));
        assert_eq!(
            hex::encode(digest),
            "75e54a80ca6dce56470f0d95b307bd96f813fbed10aa6f53ba18aa51f87693b4"
        );
    }

    #[test]
    fn a_long_message_is_refused_and_named() {
        let long = "x".repeat(input::MESSAGE_BYTES + 1);
        let nobody = Actor::Anonymous { may_read: false };
        let error =
            Entry::check(&nobody, "results.3.", report(Some(&long), None)).expect_err("too long");
        assert_eq!(error.code(), "TOO_LARGE");
        assert_eq!(error.field(), Some("results.3.message"));
    }
}
