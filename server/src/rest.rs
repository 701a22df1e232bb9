//! The REST facade: plain requests for clients that speak no GraphQL.
//!
//! Rule of the house: a route translates, it never decides. Authentication is by token only; no cookie is taken here.

mod junit;

use axum::{Router, extract::DefaultBodyLimit, routing::post};

use crate::http::App;

/// The most bytes of a JUnit file.
pub const JUNIT_BYTES: usize = 32 * 1024 * 1024;

/// All routes of the facade.
pub(crate) fn routes() -> Router<App> {
    Router::new().route(
        "/api/v1/schedules/{name}/junit",
        post(junit::import).layer(DefaultBodyLimit::max(JUNIT_BYTES)),
    )
}
