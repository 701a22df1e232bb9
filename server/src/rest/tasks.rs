//! The task scheduler: tasks made, found, changed and deleted. A task made here is a reminder. What is refused has the
//! form that FastAPI gives it.

use axum::{
    Json,
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Timelike, Utc};
use entity::{
    TaskId, Timestamp,
    task::{Model, Recurrence},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    body::{self, Body, Form},
    flaw::{Flaw, Reading, Unread, integer, whole_number},
    named, time,
};
use crate::{
    domain::{
        actor::Actor,
        task::{self, Changes, Key, NewTask},
    },
    error::Error,
    http::{App, auth, error::HttpError},
};

/// How many tasks are listed where nothing is said.
const DEFAULT_LIMIT: u32 = 100;

/// The most tasks that are listed at once.
const MOST_LISTED: u32 = 1_000;

/// The most tasks that are left out of a list: so many numbers a task can have.
const MOST_SKIPPED: u32 = i32::MAX.unsigned_abs();

/// How often a task falls due, in the words of the original.
const RECURRENCES: [(&str, Recurrence); 7] = [
    ("once", Recurrence::Once),
    ("daily", Recurrence::Daily),
    ("weekly", Recurrence::Weekly),
    ("biweekly", Recurrence::Biweekly),
    ("monthly", Recurrence::Monthly),
    ("quarterly", Recurrence::Quarterly),
    ("yearly", Recurrence::Yearly),
];

/// A task as the original scheduler tells of it.
#[derive(Serialize)]
pub(super) struct Task {
    /// What it is called.
    name: String,
    /// The first time that it falls due, in UTC and without an offset.
    scheduled_time: String,
    /// How often it falls due; null for once.
    recurrence: Option<&'static str>,
    /// Its number.
    id: i32,
}

impl From<Model> for Task {
    fn from(task: Model) -> Self {
        let word = |recurrence| {
            let mut words = RECURRENCES.into_iter();
            words.find_map(|(word, known)| (known == recurrence).then_some(word))
        };
        Self {
            name: task.name,
            scheduled_time: without_offset(task.scheduled_time),
            recurrence: task.recurrence.and_then(word),
            id: task.id.0,
        }
    }
}

/// As Python writes it: microseconds, where there are any.
fn without_offset(time: Timestamp) -> String {
    let time = DateTime::<Utc>::from(time);
    let format = if time.nanosecond() == 0 {
        "%Y-%m-%dT%H:%M:%S"
    } else {
        "%Y-%m-%dT%H:%M:%S%.6f"
    };
    time.format(format).to_string()
}

/// A refusal.
pub(super) enum Refused {
    /// There is no such task.
    NotFound(String),
    /// It contradicts what is there: a name that is taken.
    Conflict(String),
    /// What is wrong with the request.
    Invalid(Vec<Flaw>),
    /// In the facade's own form.
    Other(HttpError),
}

impl<E: Into<HttpError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl From<Vec<Flaw>> for Refused {
    fn from(flaws: Vec<Flaw>) -> Self {
        Self::Invalid(flaws)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::NotFound(detail) => (StatusCode::NOT_FOUND, json!(detail)),
            Self::Conflict(detail) => (StatusCode::CONFLICT, json!(detail)),
            Self::Invalid(flaws) => (StatusCode::UNPROCESSABLE_ENTITY, json!(flaws)),
            Self::Other(error) => return error.into_response(),
        };
        (status, Json(json!({ "detail": detail }))).into_response()
    }
}

impl Refused {
    /// What the domain refuses; `missing` says so of a task that is not there.
    fn by_domain(error: Error, missing: &str) -> Self {
        match error {
            Error::NotFound { .. } => Self::NotFound(missing.to_owned()),
            Error::Conflict(message) => Self::Conflict(message),
            Error::Validation { field, message } => {
                let field = match field.as_str() {
                    "scheduledTime" => "scheduled_time",
                    _ => "name",
                };
                let flaw = Flaw::of_value(field, format!("{field} {message}"));
                Self::Invalid(vec![flaw])
            }
            other => Self::Other(other.into()),
        }
    }
}

const NOT_FOUND: &str = "Task not found";

/// `GET /api/tasks/`: tasks, in the order in which they were made.
pub(super) async fn list(
    State(app): State<App>,
    headers: HeaderMap,
    query: RawQuery,
) -> Result<Json<Vec<Task>>, Refused> {
    let viewer = auth::by_token(&app.state, &headers).await?.viewer()?;
    let query = Form::of_address(query);
    let number = |name, bounds, default| match query.get(name) {
        Some(text) => integer(&["query", name], text, bounds),
        None => Ok(default),
    };
    let skip = number("skip", (0, MOST_SKIPPED), 0);
    let limit = number("limit", (1, MOST_LISTED), DEFAULT_LIMIT);
    let (skip, limit) = match (skip, limit) {
        (Ok(skip), Ok(limit)) => (skip, limit),
        (skip, limit) => {
            return Err(Refused::Invalid(
                [skip.err(), limit.err()].into_iter().flatten().collect(),
            ));
        }
    };
    let tasks = task::after_skipping(&app.state, &viewer, skip, limit).await?;
    Ok(Json(tasks.into_iter().map(Task::from).collect()))
}

/// `GET /api/tasks/{id}`: one task.
pub(super) async fn one(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Json<Task>, Refused> {
    let viewer = auth::by_token(&app.state, &headers).await?.viewer()?;
    let missing = || Refused::NotFound(NOT_FOUND.to_owned());
    let id = number(&named(path))?.ok_or_else(missing)?;
    let task = task::by_key(&app.state, &viewer, Key::Number(id)).await?;
    Ok(Json(task.ok_or_else(missing)?.into()))
}

/// `POST /api/tasks/`: makes a task.
pub(super) async fn create(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Task>, Refused> {
    let actor = auth::by_token(&app.state, &headers).await?;
    let new = told(&actor, read(&headers, body, new_task))?;
    let task = task::create(&app.state, &actor, new).await;
    let task = task.map_err(|error| Refused::by_domain(error, NOT_FOUND))?;
    Ok(Json(task.into()))
}

/// `PUT /api/tasks/{id}`: changes a task. What is left out stays.
pub(super) async fn update(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Task>, Refused> {
    let actor = auth::by_token(&app.state, &headers).await?;
    let shown = named(path);
    let missing = format!("Task with id {shown} not found");
    let id = told(&actor, number(&shown))?;
    let changes = told(&actor, read(&headers, body, changes))?;
    let id = told(&actor, id.ok_or_else(|| Refused::NotFound(missing.clone())))?;
    let task = task::update(&app.state, &actor, Key::Number(id), changes).await;
    let task = task.map_err(|error| Refused::by_domain(error, &missing))?;
    Ok(Json(task.into()))
}

/// `DELETE /api/tasks/{id}`: deletes a task.
pub(super) async fn delete(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<StatusCode, Refused> {
    let actor = auth::by_token(&app.state, &headers).await?;
    let missing = || Refused::NotFound(NOT_FOUND.to_owned());
    let id = number(&named(path)).and_then(|id| id.ok_or_else(missing));
    let id = told(&actor, id)?;
    let deleted = task::delete(&app.state, &actor, Key::Number(id)).await;
    deleted.map_err(|error| Refused::by_domain(error, NOT_FOUND))?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is wrong with a change is told to those only who may make it.
fn told<T>(actor: &Actor, read: Result<T, Refused>) -> Result<T, Refused> {
    if read.is_err() {
        actor.operator()?;
    }
    read
}

/// The number in a path; none where it is one that no task has.
fn number(text: &str) -> Result<Option<TaskId>, Refused> {
    let number = whole_number(&["path", "task_id"], text).map_err(|flaw| vec![flaw])?;
    Ok(i32::try_from(number).ok().map(TaskId))
}

fn read<T>(
    headers: &HeaderMap,
    body: Body,
    read: impl FnOnce(Reading<'_>) -> Result<T, Vec<Flaw>>,
) -> Result<T, Refused> {
    let body = body::json(headers, body).map_err(|refused| match refused.error() {
        Error::Validation { message, .. } if refused.status() == StatusCode::BAD_REQUEST => {
            let msg = format!("JSON decode error: {message}");
            Refused::Invalid(vec![Flaw::new(&["body"], "json_invalid", msg)])
        }
        _ => Refused::Other(refused),
    })?;
    Ok(read(Reading::of(&body)?)?)
}

fn new_task(mut body: Reading<'_>) -> Result<NewTask, Vec<Flaw>> {
    let name = body.needed("name", text);
    let time = body.needed("scheduled_time", moment);
    let recurrence = body.optional("recurrence", recurrence).flatten();
    let new = name.zip(time).map(|(name, time)| NewTask {
        recurrence,
        ..NewTask::new(name, time)
    });
    body.finish(new)
}

fn changes(mut body: Reading<'_>) -> Result<Changes, Vec<Flaw>> {
    let changes = Changes {
        new_name: body
            .optional("name", |value| unless_null(value, text))
            .flatten(),
        scheduled_time: body
            .optional("scheduled_time", |value| unless_null(value, moment))
            .flatten(),
        recurrence: body.optional("recurrence", recurrence),
        ..Changes::default()
    };
    body.finish(Some(changes))
}

/// A value, or null where it stays as it is.
fn unless_null<T>(
    value: &Value,
    read: impl FnOnce(&Value) -> Result<T, Unread>,
) -> Result<Option<T>, Unread> {
    match value {
        Value::Null => Ok(None),
        value => read(value).map(Some),
    }
}

fn text(value: &Value) -> Result<String, Unread> {
    let unread = || ("string_type", "Input should be a valid string".to_owned());
    value.as_str().map(str::to_owned).ok_or_else(unread)
}

fn moment(value: &Value) -> Result<Timestamp, Unread> {
    let moment = value.as_str().and_then(time::moment);
    let unread = || {
        let msg = "Input should be a valid datetime, as ISO 8601 has it";
        ("datetime_parsing", msg.to_owned())
    };
    moment.map(Timestamp::from).ok_or_else(unread)
}

/// How often a task falls due; null for once.
fn recurrence(value: &Value) -> Result<Option<Recurrence>, Unread> {
    if value.is_null() {
        return Ok(None);
    }
    let known = RECURRENCES
        .into_iter()
        .find(|(word, _)| value.as_str() == Some(word));
    known
        .map(|(_, recurrence)| Some(recurrence))
        .ok_or_else(|| {
            let words: Vec<_> = RECURRENCES
                .iter()
                .map(|(word, _)| format!("'{word}'"))
                .collect();
            let msg = format!("Input should be null or one of {}", words.join(", "));
            ("enum", msg)
        })
}
