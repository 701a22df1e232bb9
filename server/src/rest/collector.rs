//! The execution collector: schedules opened, reported to and closed with one form each.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use chrono::{DateTime, Utc};
use entity::{Guid, Timestamp, result::ResultStatus, schedule::OriginalStatus};
use serde::Serialize;

use super::{
    body::{Body, Form},
    list,
};
use crate::{
    domain::{
        actor::Actor,
        report::{self, Report},
        schedule::{self, Closing, NewSchedule, Outline},
    },
    error::Error,
    http::{App, auth, error::HttpError},
};

/// A schedule as the original collector tells of it.
#[derive(Serialize)]
pub(super) struct Schedule {
    /// Its number in the table.
    id: i64,
    /// Its GUID.
    name: Guid,
    /// `a` open, abandoned too; `b` closed.
    status: char,
    /// When it was opened, in seconds since 1970.
    created_time: f64,
    /// When it last changed, in seconds since 1970.
    last_modified_time: f64,
}

impl From<Outline> for Schedule {
    fn from(schedule: Outline) -> Self {
        Self {
            id: schedule.schedule_id.0,
            name: schedule.schedule_name,
            status: match schedule.schedule_status {
                OriginalStatus::Open => 'a',
                OriginalStatus::Closed => 'b',
            },
            created_time: epoch_seconds(schedule.created_time),
            last_modified_time: epoch_seconds(schedule.last_modify_time),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of the years 0 to 9999 need 48 bits"
)]
fn epoch_seconds(time: Timestamp) -> f64 {
    DateTime::<Utc>::from(time).timestamp_millis() as f64 / 1_000.0
}

/// `GET /allschedule`: all schedules there are, the oldest first.
pub(super) async fn all(State(app): State<App>, headers: HeaderMap) -> Result<Response, HttpError> {
    let viewer = auth::by_token(&app.state, &headers).await?.viewer()?;
    let schedules = schedule::outlines(&app.state, &viewer);
    Ok(list::answer::<_, Schedule>((r#"{"response":["#, "]}"), schedules).await?)
}

/// `POST /schedule/add`: opens a schedule. The answer is its GUID and nothing else.
pub(super) async fn open(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<String, HttpError> {
    let (actor, _) = sent(&app, &headers, body).await?;
    let schedule = schedule::create(&app.state, &actor, NewSchedule::default()).await?;
    Ok(schedule.schedule_name.to_string())
}

/// `POST /result/add`: reports a result to a schedule, or to the newest open one of the client.
pub(super) async fn report(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<&'static str, HttpError> {
    let (actor, form) = sent(&app, &headers, body).await?;
    let schedule = named_schedule(&form)?;
    let report = Report {
        script: needed(&form, "script")?.to_owned(),
        status: status(needed(&form, "result")?)?,
        message: form.get("message").map(str::to_owned),
        output: None,
        duration_ms: None,
        started: None,
        key: None,
        submitted: None,
    };
    match schedule {
        Some(schedule) => report::report(&app.state, &actor, schedule, report).await?,
        None => report::report_to_newest(&app.state, &actor, report).await?,
    };
    Ok("success")
}

/// `POST /schedule/close`: closes a schedule, or all open ones of the client.
pub(super) async fn close(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, HttpError> {
    let (actor, form) = sent(&app, &headers, body).await?;
    match named_schedule(&form)? {
        Some(name) => {
            schedule::close(&app.state, &actor, name, Closing::default()).await?;
        }
        None => {
            schedule::close_mine(&app.state, &actor).await?;
        }
    }
    Ok(StatusCode::OK)
}

/// Who sent a form, and what is in it. The token is in the header, or where the original's clients have it.
async fn sent(app: &App, headers: &HeaderMap, body: Body) -> Result<(Actor, Form), HttpError> {
    let form = Form::read(headers, body)?;
    let actor = auth::by_token_or(&app.state, headers, form.get("token")).await?;
    Ok((actor, form))
}

/// The schedule that a form names, if it names one. An empty name is none: a script whose variable is empty must not
/// close all that its client has open.
fn named_schedule(form: &Form) -> Result<Option<Guid>, Error> {
    let read = |text: &str| {
        text.trim()
            .parse()
            .map_err(|_| Error::validation("schedule", "must be a GUID, or be left out"))
    };
    form.get("schedule").map(read).transpose()
}

fn needed<'a>(form: &'a Form, field: &str) -> Result<&'a str, Error> {
    form.get(field)
        .ok_or_else(|| Error::validation(field, "is missing"))
}

/// The status that a letter of the original stands for, or a word.
fn status(text: &str) -> Result<ResultStatus, Error> {
    let status = match text {
        "a" => ResultStatus::Running,
        "b" => ResultStatus::Pass,
        "c" => ResultStatus::Fail,
        "d" => ResultStatus::Block,
        "e" => ResultStatus::Error,
        "f" => ResultStatus::Skip,
        word => match word.to_ascii_lowercase().as_str() {
            "started" | "running" => ResultStatus::Running,
            "pass" => ResultStatus::Pass,
            "fail" => ResultStatus::Fail,
            "block" => ResultStatus::Block,
            "error" => ResultStatus::Error,
            "skip" => ResultStatus::Skip,
            _ => {
                let known = "a (started), b (pass), c (fail), d (block), e (error) or f (skip)";
                return Err(Error::validation("result", format!("must be {known}")));
            }
        },
    };
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_compared_to_the_letter_and_words_are_not() {
        assert_eq!(status("a").expect("good"), ResultStatus::Running);
        assert_eq!(status("Started").expect("good"), ResultStatus::Running);
        assert_eq!(status("PASS").expect("good"), ResultStatus::Pass);
        for text in ["", "A", "g", "ab", " b"] {
            assert_eq!(status(text).expect_err("none").field(), Some("result"));
        }
    }

    #[test]
    fn seconds_have_a_point_and_keep_their_milliseconds() {
        let time: DateTime<Utc> = "2023-11-14T22:13:20.250Z".parse().expect("a time");
        let seconds = serde_json::json!(epoch_seconds(time.into()));
        assert_eq!(seconds.to_string(), "1700000000.25");
    }
}
