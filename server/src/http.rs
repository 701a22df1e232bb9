//! HTTP: which path leads where, and what every answer has.

mod account;
mod assets;
pub mod auth;
mod drain;
pub mod error;
mod graphql;
mod health;
mod login;
mod sender;
pub(crate) mod serve;
mod socket;
pub(crate) mod waiting;

pub(crate) use sender::Sender;

use std::{ops::Deref, panic::resume_unwind, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, Request, header},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::{
    ServiceBuilderExt,
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, RequestId},
    set_header::SetResponseHeaderLayer,
    timeout::RequestBodyTimeoutLayer,
    trace::TraceLayer,
};
use tracing::{Instrument, Span, field};

use socket::Census;

use crate::{
    graphql::{Schema, documents::Documents, schema, sdl},
    logging, patience, rest,
    state::State,
};

/// How long a client may pause while it sends a body.
const BODY_PAUSE: Duration = Duration::from_secs(30);

/// What the handlers share. Every layer that a request comes through has its own.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

/// See [`App`].
pub(crate) struct Shared {
    pub(crate) state: State,
    pub(crate) documents: Documents,
    pub(crate) schema: Schema,
    pub(crate) census: Census,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// All routes of a server.
pub fn router(state: State) -> Router {
    let limits = state.config.limits;
    let app = App(Arc::new(Shared {
        documents: Documents::new(limits),
        schema: schema(state.clone()),
        census: Census::new(&limits),
        state,
    }));
    Router::new()
        .route(
            "/graphql",
            get(graphql::get)
                .post(graphql::post)
                .fallback(graphql::other_method),
        )
        .route("/schema.graphql", get(async || sdl()))
        .route("/login", get(assets::index).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/graphiql", get(assets::graphiql))
        .route("/api/docs", get(assets::docs))
        .route("/api/docs/", get(assets::docs))
        .route("/assets/{*file}", get(assets::asset))
        .merge(rest::routes())
        .fallback(assets::index_or_nothing)
        .layer(
            // All in one: a route's layers are boxed, and each box is cloned with all that are within, for every request.
            ServiceBuilder::new()
                .layer(middleware::from_fn_with_state(app.clone(), account::keep))
                .layer(CatchPanicLayer::custom(error::panicked))
                .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
                .layer(DefaultBodyLimit::max(limits.body_bytes)),
        )
        .merge(of_operators())
        .layer(
            ServiceBuilder::new()
                .set_x_request_id(MakeRequestUuid)
                .layer(
                    TraceLayer::new_for_http()
                        .make_span_with(span)
                        .on_response(log_answer),
                )
                .propagate_x_request_id()
                .layer(always("x-content-type-options", "nosniff"))
                .layer(always("referrer-policy", "no-referrer"))
                .layer(always("x-frame-options", "DENY"))
                .layer(middleware::from_fn(to_the_end))
                .layer(middleware::from_fn(drain::refused_bodies)),
        )
        .with_state(app)
}

/// What is asked again and again by those who watch over the server, and counts for nothing.
fn of_operators() -> Router<App> {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

/// Lets a request go on when its client has left: what it began is done, and no connection to the database is left in
/// the middle of something. What has not begun yet is told.
async fn to_the_end(request: axum::extract::Request, next: Next) -> Response {
    let left = CancellationToken::new();
    let work = patience::of_client(left.clone(), next.run(request));
    let task = tokio::spawn(work.in_current_span());
    let _left_when_dropped = left.drop_guard();
    match task.await {
        Ok(response) => response,
        Err(error) => resume_unwind(error.into_panic()),
    }
}

/// A header that every answer has.
fn always(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )
}

/// What every log line of a request begins with. No query string: it may hold what people searched for.
fn span<B>(request: &Request<B>) -> Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default();
    let span = tracing::info_span!(
        "request",
        id,
        method = %request.method(),
        path = request.uri().path(),
        otel.kind = "server",
        status = field::Empty
    );
    logging::follow(&span, request.headers());
    span
}

fn log_answer<B>(response: &axum::http::Response<B>, took: Duration, span: &Span) {
    span.record("status", response.status().as_u16());
    let milliseconds = took.as_millis();
    tracing::debug!(
        status = response.status().as_u16(),
        milliseconds,
        "answered"
    );
}

/// Says that an answer must not be kept.
pub(crate) const NO_STORE: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
