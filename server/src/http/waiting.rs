//! What a server answers that waits for its database: that it lives, is not ready, and that it is worth trying again.

//!
//! The dashboard is served all the same: it shows that, and goes on when the server does.

use axum::{
    Router,
    http::{HeaderMap, Method, Uri, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};

use super::{assets, error::HttpError, graphql, health};
use crate::error::Error;

/// The routes of a server that can't do anything yet.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::waiting))
        .route("/graphql", any(graphql_later))
        .route("/assets/{*file}", get(assets::asset))
        .fallback(page_or_later)
}

async fn graphql_later(headers: HeaderMap) -> Response {
    graphql::unavailable(&headers)
}

/// Browsers are shown the dashboard.
async fn page_or_later(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT);
    let is_browser = accepted
        .and_then(|accepted| accepted.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"));
    if is_browser && assets::is_page(&method, &uri) {
        return assets::index(headers).await;
    }
    HttpError::from(Error::Unavailable).into_response()
}
