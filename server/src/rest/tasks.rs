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
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    body::{self, Body},
    document::{Guarded, Name, TASKS, Usual, WithBody},
    flaw::{Flaw, Reading, Unread, integer, whole_number},
    named, time, told,
};
use crate::{
    domain::task::{self, Changes, Key, NewTask},
    error::Error,
    http::{App, Sender, auth, error::HttpError},
};

/// How many tasks are listed where nothing is said.
const DEFAULT_LIMIT: u32 = 100;

/// The most tasks that are listed at once.
const MOST_LISTED: u32 = 1_000;

/// The most tasks that are left out of a list: so many numbers a task can have.
const MOST_SKIPPED: u32 = i32::MAX.unsigned_abs();

/// How often a task may fall due.
const RECURRENCES: [Recurrence; 7] = [
    Recurrence::Once,
    Recurrence::Daily,
    Recurrence::Weekly,
    Recurrence::Biweekly,
    Recurrence::Monthly,
    Recurrence::Quarterly,
    Recurrence::Yearly,
];

/// The same in the words of the original.
pub(super) fn word(recurrence: Recurrence) -> &'static str {
    match recurrence {
        Recurrence::Once => "once",
        Recurrence::Daily => "daily",
        Recurrence::Weekly => "weekly",
        Recurrence::Biweekly => "biweekly",
        Recurrence::Monthly => "monthly",
        Recurrence::Quarterly => "quarterly",
        Recurrence::Yearly => "yearly",
    }
}

/// A part of all tasks, by its place among them.
#[derive(Deserialize)]
struct Part {
    skip: Option<String>,
    limit: Option<String>,
}

/// A task to be made.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `new_task` reads")]
struct TaskCreate {
    /// What it is called: unique, 1..255 characters, none of them a control character.
    name: Name,
    /// The first time that it falls due, in the future: ISO 8601, in UTC where it has no offset.
    #[schema(format = DateTime)]
    scheduled_time: String,
    /// How often it falls due; null, or left out, for once.
    recurrence: Option<RecurrenceWord>,
}

/// What is to change in a task. What is left out stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `changes` reads")]
struct TaskUpdate {
    /// Another name; null where it stays.
    name: Option<Name>,
    /// Another first time, in the future; null where it stays.
    #[schema(format = DateTime)]
    scheduled_time: Option<String>,
    /// How often it falls due; null for once.
    recurrence: Option<RecurrenceWord>,
}

/// How often a task falls due.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it describes the words of `word`")]
enum RecurrenceWord {
    Once,
    Daily,
    Weekly,
    Biweekly,
    Monthly,
    Quarterly,
    Yearly,
}

/// Why nothing was done.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes some of what `Refused` becomes")]
struct Detail {
    /// What is in the way.
    detail: String,
}

/// What is wrong with a request.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes some of what `Refused` becomes")]
struct ValidationError {
    /// Each thing that is.
    detail: Vec<Flaw>,
}

/// A task as the original scheduler tells of it.
#[derive(Serialize, ToSchema)]
pub(super) struct Task {
    /// What it is called.
    name: String,
    /// The first time that it falls due, in UTC and without an offset.
    scheduled_time: String,
    /// How often it falls due; null for once.
    #[schema(value_type = Option<RecurrenceWord>, required)]
    recurrence: Option<&'static str>,
    /// Its number.
    id: i32,
}

impl From<Model> for Task {
    fn from(task: Model) -> Self {
        Self {
            name: task.name,
            scheduled_time: without_offset(task.scheduled_time),
            recurrence: task.recurrence.map(word),
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
                    "name" | "newName" => "name",
                    // There is no other that could be sent here.
                    _ => return Error::Validation { field, message }.into(),
                };
                let flaw = Flaw::of_value(field, format!("{field} {message}"));
                Self::Invalid(vec![flaw])
            }
            other => Self::Other(other.into()),
        }
    }
}

const NOT_FOUND: &str = "Task not found";

/// Lists tasks, in the order in which they were made.
///
/// Needs VIEWER.
#[utoipa::path(
    get,
    path = "/api/tasks/",
    operation_id = "listTasks",
    tag = TASKS,
    params(
        ("skip" = Option<i32>, Query, nullable = false, minimum = 0, description = "How many are left out; 0 where it is not said."),
        ("limit" = Option<i32>, Query, nullable = false, minimum = 1, maximum = 1000, description = "How many are listed; 100 where it is not said."),
    ),
    responses(
        (status = OK, description = "The tasks.", body = Vec<Task>),
        (status = UNPROCESSABLE_ENTITY, description = "What is wrong with the request.", body = ValidationError),
        Usual,
    ),
    security(("token" = [])),
)]
pub(super) async fn list(
    State(app): State<App>,
    sender: Sender,
    query: RawQuery,
) -> Result<Json<Vec<Task>>, Refused> {
    let viewer = auth::by_token(&app.state, &sender).await?.viewer()?;
    let Part { skip, limit } = body::address(query);
    let number = |name, text: Option<String>, bounds, default| match text {
        Some(text) => integer(&["query", name], &text, bounds),
        None => Ok(default),
    };
    let skip = number("skip", skip, (0, MOST_SKIPPED), 0);
    let limit = number("limit", limit, (1, MOST_LISTED), DEFAULT_LIMIT);
    let (skip, limit) = match (skip, limit) {
        (Ok(skip), Ok(limit)) => (skip, limit),
        (skip, limit) => {
            let flaws = [skip.err(), limit.err()].into_iter().flatten();
            return Err(Refused::Invalid(flaws.collect()));
        }
    };
    let tasks = task::after_skipping(&app.state, &viewer, skip, limit).await?;
    Ok(Json(tasks.into_iter().map(Task::from).collect()))
}

/// Shows one task.
///
/// Needs VIEWER.
#[utoipa::path(
    get,
    path = "/api/tasks/{task_id}",
    operation_id = "showTask",
    tag = TASKS,
    params(("task_id" = i32, Path, description = "The task's number.")),
    responses(
        (status = OK, description = "The task.", body = Task),
        (status = NOT_FOUND, description = "There is no such task.", body = Detail),
        (status = UNPROCESSABLE_ENTITY, description = "What is wrong with the request.", body = ValidationError),
        Usual,
    ),
    security(("token" = [])),
)]
pub(super) async fn one(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    sender: Sender,
) -> Result<Json<Task>, Refused> {
    let viewer = auth::by_token(&app.state, &sender).await?.viewer()?;
    let missing = || Refused::NotFound(NOT_FOUND.to_owned());
    let id = number(&named(path))?.ok_or_else(missing)?;
    let task = task::by_key(&app.state, &viewer, Key::Number(id)).await?;
    Ok(Json(task.ok_or_else(missing)?.into()))
}

/// Makes a task: a reminder.
///
/// Needs OPERATOR.
#[utoipa::path(
    post,
    path = "/api/tasks/",
    operation_id = "createTask",
    tag = TASKS,
    request_body(content = TaskCreate, content_type = body::JSON),
    responses(
        (status = OK, description = "The task.", body = Task),
        (status = CONFLICT, description = "The name is taken.", body = Detail),
        (status = UNPROCESSABLE_ENTITY, description = "What is wrong with the request.", body = ValidationError),
        Usual, Guarded, WithBody,
    ),
    security(("token" = [])),
)]
pub(super) async fn create(
    State(app): State<App>,
    sender: Sender,
    body: Body,
) -> Result<Json<Task>, Refused> {
    let actor = auth::by_token(&app.state, &sender).await?;
    let new = told(actor.operator(), read(&sender, body, new_task).await)?;
    let task = task::create(&app.state, &actor, new).await;
    let task = task.map_err(|error| Refused::by_domain(error, NOT_FOUND))?;
    Ok(Json(task.into()))
}

/// Changes a task. What is left out stays.
///
/// Needs OPERATOR. With other times, the task falls due from now on as they have it.
#[utoipa::path(
    put,
    path = "/api/tasks/{task_id}",
    operation_id = "updateTask",
    tag = TASKS,
    params(("task_id" = i32, Path, description = "The task's number.")),
    request_body(content = TaskUpdate, content_type = body::JSON),
    responses(
        (status = OK, description = "The task.", body = Task),
        (status = NOT_FOUND, description = "There is no such task.", body = Detail),
        (status = CONFLICT, description = "The name is taken.", body = Detail),
        (status = UNPROCESSABLE_ENTITY, description = "What is wrong with the request.", body = ValidationError),
        Usual, Guarded, WithBody,
    ),
    security(("token" = [])),
)]
pub(super) async fn update(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    sender: Sender,
    body: Body,
) -> Result<Json<Task>, Refused> {
    let actor = auth::by_token(&app.state, &sender).await?;
    let shown = named(path);
    let missing = format!("Task with id {shown} not found");
    let id = told(actor.operator(), number(&shown))?;
    let changes = told(actor.operator(), read(&sender, body, changes).await)?;
    let id = told(
        actor.operator(),
        id.ok_or_else(|| Refused::NotFound(missing.clone())),
    )?;
    let task = task::update(&app.state, &actor, Key::Number(id), changes).await;
    let task = task.map_err(|error| Refused::by_domain(error, &missing))?;
    Ok(Json(task.into()))
}

/// Deletes a task. Its runs stay.
///
/// Needs OPERATOR.
#[utoipa::path(
    delete,
    path = "/api/tasks/{task_id}",
    operation_id = "deleteTask",
    tag = TASKS,
    params(("task_id" = i32, Path, description = "The task's number.")),
    responses(
        (status = NO_CONTENT, description = "It is gone."),
        (status = NOT_FOUND, description = "There is no such task.", body = Detail),
        (status = UNPROCESSABLE_ENTITY, description = "What is wrong with the request.", body = ValidationError),
        Usual, Guarded,
    ),
    security(("token" = [])),
)]
pub(super) async fn delete(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    sender: Sender,
) -> Result<StatusCode, Refused> {
    let actor = auth::by_token(&app.state, &sender).await?;
    let missing = || Refused::NotFound(NOT_FOUND.to_owned());
    let id = number(&named(path)).and_then(|id| id.ok_or_else(missing));
    let id = told(actor.operator(), id)?;
    let deleted = task::delete(&app.state, &actor, Key::Number(id)).await;
    deleted.map_err(|error| Refused::by_domain(error, NOT_FOUND))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The number in a path; none where it is one that no task has.
fn number(text: &str) -> Result<Option<TaskId>, Refused> {
    let number = whole_number(&["path", "task_id"], text).map_err(|flaw| vec![flaw])?;
    Ok(i32::try_from(number).ok().map(TaskId))
}

async fn read<T>(
    headers: &HeaderMap,
    body: Body,
    read: impl FnOnce(Reading<'_>) -> Result<T, Vec<Flaw>>,
) -> Result<T, Refused> {
    let body = body::json(headers, body)
        .await
        .map_err(|refused| match refused.error() {
            Error::Validation { message, .. } if refused.status() == StatusCode::BAD_REQUEST => {
                let msg = format!("JSON decode error: {message}");
                Refused::Invalid(vec![Flaw::new(&["body"], "json_invalid", msg)])
            }
            _ => Refused::Other(refused),
        })?;
    Ok(read(Reading::of(&body)?)?)
}

pub(super) fn new_task(mut body: Reading<'_>) -> Result<NewTask, Vec<Flaw>> {
    let name = body.needed("name", text);
    let time = body.needed("scheduled_time", moment);
    let recurrence = body.optional("recurrence", recurrence).flatten();
    let new = name.zip(time).map(|(name, time)| NewTask {
        recurrence,
        ..NewTask::new(name, time)
    });
    body.finish(new)
}

pub(super) fn changes(mut body: Reading<'_>) -> Result<Changes, Vec<Flaw>> {
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
    let mut known = RECURRENCES.into_iter();
    let known = known.find(|recurrence| value.as_str() == Some(word(*recurrence)));
    known.map(Some).ok_or_else(|| {
        let words: Vec<_> = RECURRENCES
            .into_iter()
            .map(|recurrence| format!("'{}'", word(recurrence)))
            .collect();
        let msg = format!("Input should be null or one of {}", words.join(", "));
        ("enum", msg)
    })
}
