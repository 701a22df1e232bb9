//! How errors look outside of GraphQL: a status, and `{"error": {"code", "message", "field"}}`.

use std::any::Any;

use axum::{
    Json,
    body::Body,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::CHALLENGE;
use crate::error::Error;

/// The body of an answer that says what went wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorFacts,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorFacts {
    /// A word by which programs tell errors apart.
    code: &'static str,
    /// What it is, for people.
    message: String,
    /// The input that can't be taken, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<String>,
}

/// An error of the domain on its way into a plain HTTP answer.
#[derive(Debug)]
pub struct HttpError {
    status: StatusCode,
    error: Error,
}

impl HttpError {
    /// An error that only HTTP knows, such as a media type: its status says more than its code.
    pub(crate) fn with_status(status: StatusCode, error: Error) -> Self {
        Self { status, error }
    }

    /// The status that it is answered with.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// What went wrong.
    pub(crate) fn error(&self) -> &Error {
        &self.error
    }
}

impl<E: Into<Error>> From<E> for HttpError {
    fn from(error: E) -> Self {
        let error = error.into();
        Self {
            status: status(&error),
            error,
        }
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> axum::response::Response {
        let Self { status, error } = self;
        if let Error::Internal(cause) = &error {
            // Here, and nowhere else: the request's span says which request it was.
            tracing::error!(%cause, "internal error");
        }
        let body = ErrorBody {
            error: ErrorFacts {
                code: error.code(),
                message: error.to_string(),
                field: error.field().map(str::to_owned),
            },
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        advise(&error, headers);
        response
    }
}

/// Tells a client what to do about an error: to wait, or to say who it is.
pub(super) fn advise(error: &Error, headers: &mut HeaderMap) {
    if let Some(wait) = error.retry_after() {
        let seconds = wait.as_millis().div_ceil(1_000).max(1);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if matches!(error, Error::Unauthenticated(_)) {
        headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
    }
}

/// The status that goes with an error.
pub(crate) fn status(error: &Error) -> StatusCode {
    match error {
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::Validation { .. } | Error::NoBackup { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Conflict(_) | Error::ScheduleClosed(_) | Error::Incomplete { .. } => {
            StatusCode::CONFLICT
        }
        Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Interrupted | Error::Unavailable | Error::Stopping => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What is answered when a handler panicked. The panic itself was logged by the hook.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let body = ErrorBody {
        error: ErrorFacts {
            code: "INTERNAL",
            message: "something went wrong inside of Daybook".to_owned(),
            field: None,
        },
    };
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
}
