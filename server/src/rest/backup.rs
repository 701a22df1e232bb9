//! The remote backup: a folder backed up while its client waits, the log of that, and its figures.

use axum::{
    Json,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use entity::log::{LogStatus, Model};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    body::{self, Body},
    document::{Admission, BACKUP, Usual, WithBody},
    list, told,
};
use crate::{
    domain::{
        backup::{self, Error as NoBackup},
        run,
    },
    error::Error,
    http::{
        App, Sender, auth,
        error::{ErrorBody, HttpError},
    },
};

/// The form that asks for a backup.
#[derive(Deserialize, ToSchema)]
struct BackupForm {
    /// The folder, inside of the roots that the operator set.
    #[schema(required, nullable = false, min_length = 1)]
    path_to_folder: Option<String>,
}

/// The JSON that asks for a backup.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `folder` reads")]
struct BackupRequest {
    /// The folder, inside of the roots that the operator set.
    #[schema(min_length = 1)]
    path: String,
}

/// The days of a log.
#[derive(Deserialize)]
struct LogDays {
    start: Option<String>,
    end: Option<String>,
}

/// A backup that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct BackupMade {
    /// `Backup Completed`.
    message: &'static str,
    /// The archive's name in the server's folder for backups.
    file: String,
    /// The SHA-256 digest of the archive.
    sha256: String,
}

/// Why none was made, or nothing is shown.
#[derive(Serialize, ToSchema)]
pub(super) struct Message {
    /// What is wrong.
    message: String,
}

/// Either form of a refusal.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes two answers of one status")]
enum NotMade {
    /// The original's.
    Told(Message),
    /// The facade's own.
    Error(ErrorBody),
}

/// An entry of the log.
#[derive(Serialize, ToSchema)]
pub(super) struct LogEntry {
    /// When it was written, in UTC.
    #[schema(format = DateTime)]
    date: String,
    /// `BACKUP`, `GET LOGS` or `GET STATS`.
    action: String,
    /// What it was about: `Folder=PATH` for a backup.
    parameter: String,
    /// `SUCCESS` or `ERROR`.
    status: &'static str,
}

impl From<Model> for LogEntry {
    fn from(entry: Model) -> Self {
        Self {
            date: entry.date.to_string(),
            action: entry.action,
            parameter: entry.parameter.unwrap_or_default(),
            status: match entry.status {
                LogStatus::Success => "SUCCESS",
                LogStatus::Error => "ERROR",
            },
        }
    }
}

/// How often a backup was tried.
#[derive(Serialize, ToSchema)]
pub(super) struct BackupFigures {
    /// How often.
    #[serde(rename = "number-of-backups")]
    number: i64,
    /// How many of them succeeded.
    #[serde(rename = "successful-backups")]
    successful: i64,
    /// How many of them failed.
    #[serde(rename = "failed-backups")]
    failed: i64,
}

/// A refusal.
pub(super) enum Refused {
    /// In the original's words.
    Told(StatusCode, String),
    /// In the facade's own.
    Other(HttpError),
}

impl<E: Into<HttpError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Told(status, message) => (status, Json(Message { message })).into_response(),
            Self::Other(error) => error.into_response(),
        }
    }
}

impl Refused {
    /// What the domain refuses of a folder.
    fn of_folder(error: Error) -> Self {
        match &error {
            Error::NoBackup { cause, .. } => match **cause {
                NoBackup::NoSuchFolder(_) | NoBackup::NotAFolder(_) => {
                    Self::Told(StatusCode::NOT_FOUND, cause.to_string())
                }
                NoBackup::Unreadable { .. } => {
                    Self::Told(StatusCode::INTERNAL_SERVER_ERROR, cause.to_string())
                }
                NoBackup::OutsideOfRoots(_) | NoBackup::OfBackups(_) => {
                    Error::Forbidden(cause.to_string()).into()
                }
                _ => error.into(),
            },
            _ => error.into(),
        }
    }
}

/// Backs a folder up, and answers when that has ended.
///
/// Needs OPERATOR. Every attempt is an entry of the log, whatever it ended in.
#[utoipa::path(
    post,
    path = "/backup",
    operation_id = "makeBackup",
    tag = BACKUP,
    request_body(content(
        (BackupForm = "application/x-www-form-urlencoded"),
        (BackupRequest = "application/json"),
    )),
    responses(
        (status = CREATED, description = "The archive is there, and was read back.", body = BackupMade),
        (status = BAD_REQUEST, description = "No folder was named, or the body is no JSON.", body = NotMade),
        (status = FORBIDDEN, description = "`FORBIDDEN`: the role is too low, or the folder lies outside of the roots.", body = ErrorBody),
        (status = NOT_FOUND, description = "There is no such folder.", body = Message),
        (status = UNPROCESSABLE_ENTITY, description = "`VALIDATION`: what is sent names no folder that could be read.", body = ErrorBody),
        (status = INTERNAL_SERVER_ERROR, description = "The copy failed; or `INTERNAL`, a defect.", body = NotMade),
        Admission, WithBody,
    ),
    security(("token" = [])),
)]
pub(super) async fn make(
    State(app): State<App>,
    sender: Sender,
    body: Body,
) -> Result<(StatusCode, Json<BackupMade>), Refused> {
    let actor = auth::by_token(&app.state, &sender).await?;
    let read = folder(&sender, body).await;
    if let Err(refused) = &read {
        run::refuse_backup(&app.state, &actor, refused.error()).await;
    }
    let folder = told(actor.operator(), read)?.unwrap_or_default();
    let run = run::start_backup(&app.state, &actor, &folder).await;
    let run = run.map_err(|error| match error {
        Error::Validation { .. } if folder.is_empty() => Refused::Told(
            StatusCode::BAD_REQUEST,
            "No folder path supplied".to_owned(),
        ),
        error => Refused::of_folder(error),
    })?;
    let run = run::ended(&app.state, &actor, run.run_guid).await?;
    let made = backup::of_runs(&app.state, &actor.viewer()?, &[run.run_id]).await?;
    let Some(backup) = made.into_values().next() else {
        let reason = run.reason.unwrap_or_default();
        let message = format!("Backup failed: {reason}");
        return Err(Refused::Told(StatusCode::INTERNAL_SERVER_ERROR, message));
    };
    let made = BackupMade {
        message: "Backup Completed",
        file: backup.file,
        sha256: hex::encode(&backup.sha256),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// The folder that is asked for; none where none is.
async fn folder(headers: &HeaderMap, body: Body) -> Result<Option<String>, HttpError> {
    if !body::is_json(headers)? {
        let form: BackupForm = body::form(headers, body).await?;
        return Ok(form.path_to_folder);
    }
    let mut fields = match body::json_if_any(headers, body).await? {
        None => return Ok(None),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(Error::validation("body", "must be an object").into()),
    };
    match fields.remove("path") {
        Some(Value::String(folder)) => Ok(Some(folder)),
        Some(Value::Null) | None => Ok(None),
        Some(_) => Err(Error::validation("path", "must be a string").into()),
    }
}

/// Shows what was done, the oldest first, from one day to another, both included.
///
/// Needs VIEWER. Reading it is an entry of the log, too.
#[utoipa::path(
    get,
    path = "/log",
    operation_id = "readBackupLog",
    tag = BACKUP,
    params(
        ("start" = Option<String>, Query, format = Date, nullable = false, description = "The first day, in UTC."),
        ("end" = Option<String>, Query, format = Date, nullable = false, description = "The last day, in UTC; not before the first."),
    ),
    responses(
        (status = OK, description = "The entries.", body = Vec<LogEntry>),
        (status = BAD_REQUEST, description = "`Invalid Dates`", body = Message),
        Usual,
    ),
    security(("token" = [])),
)]
pub(super) async fn log(
    State(app): State<App>,
    sender: Sender,
    query: RawQuery,
) -> Result<Response, Refused> {
    let actor = auth::by_token(&app.state, &sender).await?;
    let LogDays { start, end } = body::address(query);
    let entries = backup::log(&app.state, &actor, start.as_deref(), end.as_deref()).await;
    let entries = entries.map_err(|error| match error {
        Error::Validation { .. } => {
            Refused::Told(StatusCode::BAD_REQUEST, "Invalid Dates".to_owned())
        }
        error => error.into(),
    })?;
    Ok(list::answer::<_, LogEntry>(("[", "]"), entries).await?)
}

/// Counts how often a backup was tried, and how that ended.
///
/// Needs VIEWER. Counting is an entry of the log, too.
#[utoipa::path(
    get,
    path = "/stat",
    operation_id = "countBackups",
    tag = BACKUP,
    responses((status = OK, description = "The figures.", body = BackupFigures), Usual),
    security(("token" = [])),
)]
pub(super) async fn figures(
    State(app): State<App>,
    sender: Sender,
) -> Result<Json<BackupFigures>, HttpError> {
    let actor = auth::by_token(&app.state, &sender).await?;
    let counted = backup::figures(&app.state, &actor).await?;
    Ok(Json(BackupFigures {
        number: counted.success + counted.error,
        successful: counted.success,
        failed: counted.error,
    }))
}
