//! Whether the server lives, and whether it can work.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

use super::App;
use crate::events::BusState;

/// How a server is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    /// `ready`, or why it is not.
    status: &'static str,
    /// How it hears of what other processes do. It can work without NATS.
    event_bus: &'static str,
}

/// `GET /healthz`: the process lives.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz` while the server waits for its database.
pub(super) async fn waiting() -> (StatusCode, Json<Health>) {
    let health = Health {
        status: "starting: waiting for the database",
        event_bus: BusState::Local.name(),
    };
    (StatusCode::SERVICE_UNAVAILABLE, Json(health))
}

/// `GET /readyz`: the database answers, and its tables are up to date.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let (code, status) = if app.state.stopping.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else if app.state.db.is_ready().await {
        (StatusCode::OK, "ready")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database can't be reached, or is not up to date",
        )
    };
    let event_bus = app.state.events.bus_state().name();
    (code, Json(Health { status, event_bus }))
}
