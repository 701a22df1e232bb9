//! The remote backup: a folder backed up while its client waits, the log of that, and its figures.

use axum::{
    Json,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use entity::log::{LogStatus, Model};
use serde::Serialize;

use super::{
    body::{self, Body, Form},
    list,
};
use crate::{
    domain::{
        backup::{self, Error as NoBackup},
        run,
    },
    error::Error,
    http::{App, auth, error::HttpError},
};

/// A backup that was made.
#[derive(Serialize)]
pub(super) struct Made {
    /// `Backup Completed`.
    message: &'static str,
    /// The archive's name in the server's folder for backups.
    file: String,
    /// The SHA-256 digest of the archive.
    sha256: String,
}

/// Why none was made, or nothing is shown.
#[derive(Serialize)]
pub(super) struct Told {
    /// What is wrong.
    message: String,
}

/// An entry of the log.
#[derive(Serialize)]
pub(super) struct Entry {
    /// When it was written, in UTC.
    date: String,
    /// `BACKUP`, `GET LOGS` or `GET STATS`.
    action: String,
    /// What it was about: `Folder=PATH` for a backup.
    parameter: String,
    /// `SUCCESS` or `ERROR`.
    status: &'static str,
}

impl From<Model> for Entry {
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
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Figures {
    /// How often.
    number_of_backups: i64,
    /// How many of them succeeded.
    successful_backups: i64,
    /// How many of them failed.
    failed_backups: i64,
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
            Self::Told(status, message) => (status, Json(Told { message })).into_response(),
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
                NoBackup::OutsideOfRoots(_) | NoBackup::OfBackups(_) => {
                    Error::Forbidden(cause.to_string()).into()
                }
                _ => error.into(),
            },
            _ => error.into(),
        }
    }
}

/// `POST /backup`: backs a folder up, and answers when that has ended.
pub(super) async fn make(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Made>), Refused> {
    let actor = auth::by_token(&app.state, &headers).await?;
    let folder = body::form_or_json(&headers, body, ("path_to_folder", "path"))?;
    let folder = folder.unwrap_or_default();
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
    let made = Made {
        message: "Backup Completed",
        file: backup.file,
        sha256: hex::encode(&backup.sha256),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// `GET /log`: what was done, the oldest first, from one day to another.
pub(super) async fn log(
    State(app): State<App>,
    headers: HeaderMap,
    query: RawQuery,
) -> Result<Response, Refused> {
    let actor = auth::by_token(&app.state, &headers).await?;
    let query = Form::of_address(query);
    let entries = backup::log(&app.state, &actor, query.get("start"), query.get("end")).await;
    let entries = entries.map_err(|error| match error {
        Error::Validation { .. } => {
            Refused::Told(StatusCode::BAD_REQUEST, "Invalid Dates".to_owned())
        }
        error => error.into(),
    })?;
    Ok(list::answer::<_, Entry>(("[", "]"), entries).await?)
}

/// `GET /stat`: how often a backup was tried, and how that ended.
pub(super) async fn figures(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<Figures>, HttpError> {
    let actor = auth::by_token(&app.state, &headers).await?;
    let counted = backup::figures(&app.state, &actor).await?;
    Ok(Json(Figures {
        number_of_backups: counted.success + counted.error,
        successful_backups: counted.success,
        failed_backups: counted.error,
    }))
}
