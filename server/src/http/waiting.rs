//! What a server answers that waits for its database: that it lives, is not ready, and that it is worth trying again.

use axum::{
    Router,
    http::HeaderMap,
    response::Response,
    routing::{any, get},
};

use super::{error::HttpError, graphql, health};
use crate::error::Error;

/// The routes of a server that can't do anything yet.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::waiting))
        .route("/graphql", any(graphql_later))
        .fallback(later)
}

async fn graphql_later(headers: HeaderMap) -> Response {
    graphql::unavailable(&headers)
}

async fn later() -> HttpError {
    Error::Unavailable.into()
}
