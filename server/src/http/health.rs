//! Whether the server lives, and whether it can work.

use axum::{extract::State, http::StatusCode};

use super::App;

/// `GET /healthz`: the process lives.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the database answers, and its tables are up to date.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.state.stopping.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else if app.state.db.is_ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database can't be reached, or is not up to date\n",
        )
    }
}
