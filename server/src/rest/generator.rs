//! The schedule generator: command text for a window of time. Its refusals are those of the original, word for word.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    body::{self, Body},
    document::{GENERATOR, Usual, WithBody},
    time,
};
use crate::{
    domain::policy::{self, NewPlan, Policy},
    error::Error,
    http::{App, Sender, auth, error::HttpError},
};

/// The policy of a request that names none.
const DEFAULT_POLICY: &str = "dummy";

/// A plan to be made.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `wanted` reads")]
struct PlanRequest {
    /// When it begins: a date or a date-time as ISO 8601 has it.
    #[schema(examples("2022-01-01 12:00"))]
    t0: String,
    /// When it has ended: not before `t0`, and at most 400 days after it.
    #[schema(examples("2022-01-01 14:00"))]
    t1: String,
    policy: PolicyChoice,
}

/// The policy that makes it, as an object or as a JSON text of one.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes what `object` reads")]
enum PolicyChoice {
    /// The object.
    Object(PolicyObject),
    /// The text.
    Text(String),
}

/// A policy with its configuration.
#[derive(Serialize, ToSchema)]
struct PolicyObject {
    /// The name of the policy; `dummy` where it is left out.
    #[schema(nullable = false, examples("dummy", "basic"))]
    policy: Option<String>,
    /// What differs from the policy's default configuration, merged with that key by key.
    config: Option<Map<String, Value>>,
}

/// A plan that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct PlanMade {
    /// `ok`.
    status: &'static str,
    /// The text that an executor runs.
    commands: String,
    /// `Success`.
    message: &'static str,
}

/// Why none was made.
#[derive(Serialize, ToSchema)]
pub(super) struct PlanRefused {
    /// `error`.
    status: &'static str,
    /// What is wrong with the request.
    message: String,
}

/// A refusal.
pub(super) enum Refused {
    /// In the original's words.
    Request(String),
    /// In the facade's own, for what the original had no words for.
    Other(HttpError),
}

impl Refused {
    fn request(message: impl Into<String>) -> Self {
        Self::Request(message.into())
    }

    /// What the policies and their window refuse.
    fn by_domain(error: Error) -> Self {
        match error {
            Error::Validation { .. } => Self::Request(error.to_string()),
            other => Self::Other(other.into()),
        }
    }
}

impl<E: Into<HttpError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Request(message) => {
                let status = "error";
                (
                    StatusCode::BAD_REQUEST,
                    Json(PlanRefused { status, message }),
                )
                    .into_response()
            }
            Self::Other(error) => error.into_response(),
        }
    }
}

/// Makes a plan, and shows its commands. Nothing of it is kept.
///
/// Needs VIEWER.
#[utoipa::path(
    post,
    path = "/api/v1/schedule/",
    operation_id = "makePlan",
    tag = GENERATOR,
    request_body(content = PlanRequest, content_type = body::JSON),
    responses(
        (status = OK, description = "The commands.", body = PlanMade),
        (status = BAD_REQUEST, description = "What is wrong with the request.", body = PlanRefused),
        Usual, WithBody,
    ),
    security(("token" = [])),
)]
pub(super) async fn plan(
    State(app): State<App>,
    sender: Sender,
    body: Body,
) -> Result<Json<PlanMade>, Refused> {
    let viewer = auth::by_token(&app.state, &sender).await?.viewer()?;
    let new = wanted(&read(&sender, body).await?)?;
    let plan = policy::plan(&app.state, &viewer, new).await;
    let plan = plan.map_err(Refused::by_domain)?;
    Ok(Json(PlanMade {
        status: "ok",
        commands: plan.commands(),
        message: "Success",
    }))
}

/// The body's fields.
async fn read(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>, Refused> {
    match body::json(headers, body).await {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refused::request("Invalid input")),
        Err(error) if error.status() == StatusCode::BAD_REQUEST => {
            Err(Refused::request("Invalid input"))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn wanted(fields: &Map<String, Value>) -> Result<NewPlan, Refused> {
    let field = |name: &str| {
        let missing = || Refused::Request(format!("Missing {name} field"));
        fields.get(name).ok_or_else(missing)
    };
    let (start, end, policy) = (field("t0")?, field("t1")?, field("policy")?);
    let (t0, t1) = (date(start)?, date(end)?);
    let Some(mut policy) = object(policy) else {
        let message = "Invalid policy, needs to be a json string";
        return Err(Refused::request(message));
    };
    Ok(NewPlan {
        t0,
        t1,
        policy: known(policy.get("policy"))?,
        config: policy.remove("config"),
    })
}

fn date(value: &Value) -> Result<DateTime<Utc>, Refused> {
    let moment = value.as_str().and_then(time::moment);
    let message = "Invalid date format, needs to be ISO format";
    moment.ok_or_else(|| Refused::request(message))
}

/// An object, or what a JSON text of one holds.
fn object(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// The name of a policy that there is.
fn known(name: Option<&Value>) -> Result<String, Refused> {
    let name = match name {
        None => Some(DEFAULT_POLICY),
        Some(name) => name.as_str(),
    };
    let names: Vec<_> = policy::policies().map(Policy::name).collect();
    if let Some(name) = name.filter(|name| names.contains(name)) {
        return Ok(name.to_owned());
    }
    let quoted: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    let supported = quoted.join(", ");
    let message = format!("Invalid policy. Supported policies are: [{supported}]");
    Err(Refused::Request(message))
}
