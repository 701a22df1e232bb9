//! Logging in and out in a browser. The token comes in a body, never in an address.

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{App, NO_STORE, Sender, auth, error::HttpError};
use crate::{
    config::Config,
    domain::auth::{Credential, SESSION_DAYS, log_in as open_session, log_out as end_session},
    error::Error,
};

/// What the login page sends.
#[derive(Deserialize)]
pub(super) struct Login {
    token: String,
}

/// `POST /login`: a good token opens a session.
pub(super) async fn log_in(
    State(app): State<App>,
    sender: Sender,
    body: Result<Json<Login>, JsonRejection>,
) -> Result<Response, HttpError> {
    auth::check_origin(&app.state.config, &sender)?;
    let Json(login) =
        body.map_err(|error| unreadable(&error, app.state.config.limits.body_bytes))?;
    let token = Credential::Token(login.token.trim().to_owned());
    let opening = open_session(&app.state, login.token.trim());
    let value = auth::guarded(&app.state, &token, sender.address(), opening).await?;
    let seconds = i64::from(SESSION_DAYS) * 24 * 3600;
    Ok(with_cookie(&app.state.config, &value, seconds))
}

/// `POST /logout`: the session ends, in the database too.
pub(super) async fn log_out(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    auth::check_origin(&app.state.config, &headers)?;
    if let Some(Credential::Session(cookie)) = auth::session(&headers) {
        end_session(&app.state, &cookie).await?;
    }
    Ok(with_cookie(&app.state.config, "", 0))
}

fn unreadable(rejection: &JsonRejection, limit: usize) -> Error {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Error::TooLarge {
            field: "body".into(),
            limit,
        };
    }
    Error::validation("token", rejection.body_text())
}

fn with_cookie(config: &Config, value: &str, seconds: i64) -> Response {
    let is_https = config
        .public_url
        .as_ref()
        .is_some_and(|url| url.scheme() == "https");
    let secure = if is_https { "; Secure" } else { "" };
    let cookie = format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}",
        auth::COOKIE
    );
    let cookie = HeaderValue::try_from(cookie).expect("a session is Base64, the rest is ours");
    (
        StatusCode::NO_CONTENT,
        [NO_STORE, (header::SET_COOKIE, cookie)],
    )
        .into_response()
}
