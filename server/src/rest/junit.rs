//! A JUnit file as it is, with one plain `curl --data-binary @junit.xml`.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use entity::Guid;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    JUNIT_BYTES,
    body::Body,
    document::{COLLECTOR, Guarded, Usual},
    named, told,
};
use crate::{
    domain::report::{JunitFile, import_junit},
    error::Error,
    http::{
        App, Sender, auth,
        error::{ErrorBody, HttpError},
    },
};

/// What became of a file.
#[derive(Serialize, ToSchema)]
pub(super) struct Imported {
    /// How many results were added.
    accepted: usize,
    /// How many had been recorded before.
    duplicates: usize,
}

/// Reports what a JUnit XML file holds: all of its results, or none.
///
/// Needs REPORTER, and OPERATOR for another client's schedule. The file is sent as it is, in the encoding that it declares, whatever its media type. The same file again adds nothing.
#[utoipa::path(
    post,
    path = "/api/v1/schedules/{name}/junit",
    operation_id = "importJunit",
    tag = COLLECTOR,
    params(("name" = Uuid, Path, description = "The schedule's GUID.")),
    request_body(content = String, content_type = "application/xml", description = "The file, at most 32 MiB."),
    responses(
        (status = OK, description = "What became of it.", body = Imported),
        (status = NOT_FOUND, description = "`NOT_FOUND`: there is no such schedule.", body = ErrorBody),
        (status = CONFLICT, description = "`SCHEDULE_CLOSED`, or `CONFLICT`.", body = ErrorBody),
        (status = PAYLOAD_TOO_LARGE, description = "`TOO_LARGE`: the file, or a text in it.", body = ErrorBody),
        (status = UNPROCESSABLE_ENTITY, description = "`VALIDATION`: it is no JUnit XML.", body = ErrorBody),
        Usual, Guarded,
    ),
    security(("token" = [])),
)]
pub(super) async fn import(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    sender: Sender,
    body: Body,
) -> Result<Json<Imported>, HttpError> {
    let actor = auth::by_token(&app.state, &sender).await?;
    let name = named(path);
    let schedule: Result<Guid, _> = name.parse();
    let schedule = schedule.map_err(|_| Error::not_found("schedule", &name));
    let schedule = told(actor.reporter(), schedule)?;
    let xml = told(actor.reporter(), body.whole(JUNIT_BYTES).await)?;
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
