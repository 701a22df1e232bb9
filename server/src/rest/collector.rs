//! The execution collector: schedules opened, reported to and closed with one form each.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::Response,
};
use chrono::{DateTime, Utc};
use entity::{Guid, Timestamp, result::ResultStatus, schedule::OriginalStatus};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::{
    body::{self, Body},
    document::{COLLECTOR, Guarded, Name, Usual, WithBody},
    list, told,
};
use crate::{
    domain::{
        actor::Actor,
        report::{self, Report},
        schedule::{self, Closing, NewSchedule, Outline},
    },
    error::Error,
    http::{
        App, Sender, auth,
        error::{ErrorBody, HttpError},
    },
};

/// All schedules.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is sent as it is read, and never held whole")]
struct AllSchedules {
    /// The oldest first.
    response: Vec<Schedule>,
}

/// A schedule as the original collector tells of it.
#[derive(Serialize, ToSchema)]
pub(super) struct Schedule {
    /// Its number in the table.
    id: i64,
    /// Its GUID.
    #[schema(value_type = Uuid)]
    name: Guid,
    /// `a` open, abandoned too; `b` closed.
    #[schema(value_type = String, pattern = "^[ab]$")]
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

/// The form that opens a schedule.
#[derive(Deserialize, ToSchema)]
pub(super) struct OpenForm {
    /// The client's token, where it is not in the header.
    #[schema(nullable = false)]
    token: Option<String>,
}

/// The form that reports a result.
#[derive(Deserialize, ToSchema)]
pub(super) struct ReportForm {
    /// The client's token, where it is not in the header.
    #[schema(nullable = false)]
    token: Option<String>,
    /// The script's name: 1..255 characters, none of them a control character.
    #[schema(value_type = Name)]
    script: Option<String>,
    /// `a` started, `b` pass, `c` fail, `d` block, `e` error, `f` skip; or the word.
    #[schema(
        required,
        nullable = false,
        pattern = "^([a-f]|started|running|pass|fail|block|error|skip)$"
    )]
    result: Option<String>,
    /// The schedule's GUID. Where it is left out: the client's newest open one.
    #[schema(value_type = Option<Uuid>, nullable = false)]
    schedule: Option<String>,
    /// A short text about it, at most 64 KiB.
    #[schema(nullable = false)]
    message: Option<String>,
}

impl ReportForm {
    /// Which schedule is reported to, if one is named, and what.
    fn read(self) -> Result<(Option<Guid>, Report), Error> {
        let missing = |field| Error::validation(field, "is missing");
        let schedule = self.schedule.as_deref().map(schedule_named).transpose()?;
        let report = Report {
            script: self.script.ok_or_else(|| missing("script"))?,
            status: status(&self.result.ok_or_else(|| missing("result"))?)?,
            message: self.message,
            output: None,
            duration_ms: None,
            started: None,
            key: None,
            submitted: None,
        };
        Ok((schedule, report))
    }
}

/// The form that closes schedules.
#[derive(Deserialize, ToSchema)]
pub(super) struct CloseForm {
    /// The client's token, where it is not in the header.
    #[schema(nullable = false)]
    token: Option<String>,
    /// The schedule's GUID. Where it is left out: all open ones of the client.
    #[schema(value_type = Option<Uuid>, nullable = false)]
    schedule: Option<String>,
}

/// Shows all schedules there are, the oldest first.
///
/// Needs VIEWER.
#[utoipa::path(
    get,
    path = "/allschedule",
    operation_id = "listSchedules",
    tag = COLLECTOR,
    responses((status = OK, description = "All schedules.", body = AllSchedules), Usual),
    security(("token" = [])),
)]
pub(super) async fn all(State(app): State<App>, sender: Sender) -> Result<Response, HttpError> {
    let viewer = auth::by_token(&app.state, &sender).await?.viewer()?;
    let schedules = schedule::outlines(&app.state, &viewer);
    Ok(list::answer::<_, Schedule>((r#"{"response":["#, "]}"), schedules).await?)
}

/// Opens a schedule. The answer is its GUID and nothing else.
///
/// Needs REPORTER.
#[utoipa::path(
    post,
    path = "/schedule/add",
    operation_id = "openSchedule",
    tag = COLLECTOR,
    request_body(content = OpenForm, content_type = body::FORM),
    responses(
        (status = OK, description = "The new schedule's GUID.", body = Uuid, content_type = "text/plain"),
        (status = UNPROCESSABLE_ENTITY, description = "`VALIDATION`: the form is broken.", body = ErrorBody),
        Usual, Guarded, WithBody,
    ),
    security(("token" = []), ()),
)]
pub(super) async fn open(
    State(app): State<App>,
    sender: Sender,
    body: Body,
) -> Result<String, HttpError> {
    let (actor, OpenForm { .. }) = sent(&app, &sender, body).await?;
    let schedule = schedule::create(&app.state, &actor, NewSchedule::default()).await?;
    Ok(schedule.schedule_name.to_string())
}

/// Reports a result to a schedule, or to the newest open one of the client.
///
/// Needs REPORTER, and OPERATOR for another client's schedule. When it is answered, the result is on disk.
#[utoipa::path(
    post,
    path = "/result/add",
    operation_id = "reportResult",
    tag = COLLECTOR,
    request_body(content = ReportForm, content_type = body::FORM),
    responses(
        (status = OK, description = "`success`", body = String, content_type = "text/plain"),
        (status = NOT_FOUND, description = "`NOT_FOUND`: there is no such schedule.", body = ErrorBody),
        (status = CONFLICT, description = "`SCHEDULE_CLOSED`, or `CONFLICT`: the client has no open schedule.", body = ErrorBody),
        (status = UNPROCESSABLE_ENTITY, description = "`VALIDATION`: a field can't be taken.", body = ErrorBody),
        Usual, Guarded, WithBody,
    ),
    security(("token" = []), ()),
)]
pub(super) async fn report(
    State(app): State<App>,
    sender: Sender,
    body: Body,
) -> Result<&'static str, HttpError> {
    let (actor, form): (_, ReportForm) = sent(&app, &sender, body).await?;
    let (schedule, report) = told(actor.reporter(), form.read())?;
    match schedule {
        Some(schedule) => report::report(&app.state, &actor, schedule, report).await?,
        None => report::report_to_newest(&app.state, &actor, report).await?,
    };
    Ok("success")
}

/// Closes a schedule, or all open ones of the client.
///
/// Needs REPORTER, and OPERATOR for another client's schedule. Closing a closed one changes nothing.
#[utoipa::path(
    post,
    path = "/schedule/close",
    operation_id = "closeSchedules",
    tag = COLLECTOR,
    request_body(content = CloseForm, content_type = body::FORM),
    responses(
        (status = OK, description = "It is closed. The body is empty."),
        (status = NOT_FOUND, description = "`NOT_FOUND`: there is no such schedule.", body = ErrorBody),
        (status = UNPROCESSABLE_ENTITY, description = "`VALIDATION`: the name is no GUID.", body = ErrorBody),
        Usual, Guarded, WithBody,
    ),
    security(("token" = []), ()),
)]
pub(super) async fn close(
    State(app): State<App>,
    sender: Sender,
    body: Body,
) -> Result<StatusCode, HttpError> {
    let (actor, form): (_, CloseForm) = sent(&app, &sender, body).await?;
    let schedule = form.schedule.as_deref().map(schedule_named).transpose();
    match told(actor.reporter(), schedule)? {
        Some(name) => {
            schedule::close(&app.state, &actor, name, Closing::default()).await?;
        }
        None => {
            schedule::close_mine(&app.state, &actor).await?;
        }
    }
    Ok(StatusCode::OK)
}

/// A form that may hold who sends it.
trait Signed: DeserializeOwned {
    /// The client's token.
    fn token(&self) -> Option<&str>;
}

impl Signed for OpenForm {
    fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

impl Signed for ReportForm {
    fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

impl Signed for CloseForm {
    fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

/// A form, and who sent it. The token is in the header, or where the original's clients have it. What is wrong with the
/// form of somebody who is nobody is not told.
async fn sent<F: Signed>(app: &App, sender: &Sender, body: Body) -> Result<(Actor, F), HttpError> {
    if sender.contains_key(header::AUTHORIZATION) {
        let actor = auth::by_token(&app.state, sender).await?;
        return Ok((actor, body::form(sender, body).await?));
    }
    let form: Result<F, _> = body::form(sender, body).await;
    let in_form = form.as_ref().ok().and_then(Signed::token);
    let actor = auth::by_token_or(&app.state, sender, in_form).await?;
    let form = told(actor.reporter(), form)?;
    Ok((actor, form))
}

/// The schedule that a form names. An empty name is none: a script whose variable is empty must not close all that its
/// client has open.
fn schedule_named(text: &str) -> Result<Guid, Error> {
    let name = text.trim().parse();
    name.map_err(|_| Error::validation("schedule", "must be a GUID, or be left out"))
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
