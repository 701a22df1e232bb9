//! A JUnit file as it is, with one plain `curl --data-binary @junit.xml`.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::HeaderMap,
};
use entity::Guid;
use serde::Serialize;

use super::{
    JUNIT_BYTES,
    body::{Body, whole},
    named,
};
use crate::{
    domain::report::{JunitFile, import_junit},
    error::Error,
    http::{App, auth, error::HttpError},
};

/// What became of a file.
#[derive(Serialize)]
pub(super) struct Imported {
    /// How many results were added.
    accepted: usize,
    /// How many had been recorded before.
    duplicates: usize,
}

/// `POST /api/v1/schedules/{GUID}/junit`: all of the file's results, or none.
pub(super) async fn import(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Imported>, HttpError> {
    let actor = auth::by_token(&app.state, &headers).await?;
    let name = named(path);
    let schedule: Guid = name
        .parse()
        .map_err(|_| Error::not_found("schedule", &name))?;
    let xml = whole(body, JUNIT_BYTES)?;
    let receipt = import_junit(&app.state, &actor, schedule, JunitFile::Bytes(xml)).await?;
    let duplicates = receipt
        .accepted
        .iter()
        .filter(|each| each.duplicate)
        .count();
    Ok(Json(Imported {
        accepted: receipt.accepted.len() - duplicates,
        duplicates,
    }))
}
