//! The REST facade: plain requests for the clients of the four systems that Daybook replaces, and for those that speak no
//! GraphQL.
//!
//! Rules of the house: a route translates, it never decides. Authentication is by token only; no cookie is taken here.
//! Every path is served with and without a slash at its end, for a client that is sent elsewhere may lose its body on
//! the way.

mod backup;
mod body;
mod collector;
mod flaw;
mod generator;
mod junit;
mod list;
mod tasks;
mod time;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, rejection::PathRejection},
    http::{Method, StatusCode},
    routing::{MethodRouter, get, post},
};

use crate::{
    error::Error,
    http::{App, error::HttpError},
};

/// The most bytes of a JUnit file.
pub const JUNIT_BYTES: usize = 32 * 1024 * 1024;

/// All routes of the facade.
pub(crate) fn routes() -> Router<App> {
    let routes = [
        ("/allschedule", get(collector::all)),
        ("/schedule/add", post(collector::open)),
        ("/schedule/close", post(collector::close)),
        ("/result/add", post(collector::report)),
        ("/backup", post(backup::make)),
        ("/log", get(backup::log)),
        ("/stat", get(backup::figures)),
        ("/api/v1/schedule", post(generator::plan)),
        (
            "/api/v1/schedules/{name}/junit",
            post(junit::import).layer(DefaultBodyLimit::max(JUNIT_BYTES)),
        ),
        ("/api/tasks", get(tasks::list).post(tasks::create)),
        (
            "/api/tasks/{id}",
            get(tasks::one).put(tasks::update).delete(tasks::delete),
        ),
    ];
    routes
        .into_iter()
        .fold(Router::new(), with_both_spellings)
        .method_not_allowed_fallback(other_method)
}

/// Serves a path with and without a slash at its end.
fn with_both_spellings(
    router: Router<App>,
    (path, methods): (&str, MethodRouter<App>),
) -> Router<App> {
    let bare = path.trim_end_matches('/');
    router
        .route(bare, methods.clone())
        .route(&format!("{bare}/"), methods)
}

/// Every method that a path does not have. The header `Allow` says which ones it has.
async fn other_method(method: Method) -> HttpError {
    let error = Error::validation("method", format!("{method} is not allowed here"));
    HttpError::with_status(StatusCode::METHOD_NOT_ALLOWED, error)
}

/// What stands in a path where its name does; nothing where it is no text.
fn named(path: Result<Path<String>, PathRejection>) -> String {
    path.map(|Path(name)| name).unwrap_or_default()
}
