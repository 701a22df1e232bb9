//! Whether the server lives, whether it can work, and how it does.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{App, NO_STORE};
use crate::{events::BusState, metrics::Moment};

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

/// `GET /metrics`: all that was counted.
pub(super) async fn metrics(State(app): State<App>) -> Response {
    let state = &app.state;
    let moment = Moment {
        write_queue: state.writer.waiting(),
        connections: state.db.connections(),
        bus_connected: state.events.bus_state().is_joined(),
    };
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match state.metrics.text(moment) {
        Ok(text) => {
            let content_type = HeaderValue::from_static(content_type);
            ([NO_STORE, (header::CONTENT_TYPE, content_type)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
