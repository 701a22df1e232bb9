//! Counts what was answered: what was asked for, how it went, and how long it took.

use std::{borrow::Cow, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};

use super::App;

/// The code of what went well.
pub(super) const OK: Cow<'static, str> = Cow::Borrowed("OK");

/// What an answer tells of its request, where that is more than its path and status do.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) operation: Cow<'static, str>,
    pub(super) code: Cow<'static, str>,
}

/// Counts a request when it is answered.
pub(super) async fn keep(
    State(app): State<App>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let response = next.run(request).await;
    let account = match response.extensions().get::<Account>() {
        Some(account) => account.clone(),
        None => Account {
            operation: operation(&method, path.as_ref()),
            code: code(response.status()),
        },
    };
    let Account { operation, code } = account;
    app.state.metrics.answered(operation, code, begun.elapsed());
    response
}

/// A route. Everything that leads nowhere else is a page of the dashboard, or nothing.
fn operation(method: &Method, path: Option<&MatchedPath>) -> Cow<'static, str> {
    let method = match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::DELETE => method.as_str(),
        // Anybody may invent more.
        _ => "OTHER",
    };
    match path {
        Some(path) => format!("{method} {}", path.as_str()).into(),
        None => "pages".into(),
    }
}

/// The code that goes with a status.
fn code(status: StatusCode) -> Cow<'static, str> {
    let code = match status {
        StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
        StatusCode::FORBIDDEN => "FORBIDDEN",
        StatusCode::NOT_FOUND => "NOT_FOUND",
        StatusCode::CONFLICT => "CONFLICT",
        StatusCode::PAYLOAD_TOO_LARGE => "TOO_LARGE",
        StatusCode::TOO_MANY_REQUESTS => "RATE_LIMITED",
        StatusCode::SERVICE_UNAVAILABLE => "UNAVAILABLE",
        status if status.is_client_error() => "VALIDATION",
        status if status.is_server_error() => "INTERNAL",
        _ => return OK,
    };
    code.into()
}
