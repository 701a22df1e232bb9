//! GraphQL over HTTP, as its specification has it: media types, status codes, what GET may do, and what becomes of
//! bodies that are no requests. Every answer holds `errors` where something went wrong, and nothing else.

use std::borrow::Cow;

use async_graphql::{Response as Answer, ServerError, parser::types::OperationType};
use axum::{
    Extension,
    body::Bytes,
    extract::{Query, State, WebSocketUpgrade, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use tracing::Instrument;

use super::{
    App, NO_STORE, Sender,
    account::{self, Account},
    auth,
    error::{advise, status},
    socket,
};
use crate::{
    error::{Error, Result},
    graphql::{
        equip,
        error::{response_of, with_codes},
        json::Json,
        request::{Parameters, Prepared, Rejected, prepare},
    },
};

/// The kinds of answer that a client can ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Media {
    /// `application/graphql-response+json`: the status says whether the request was good.
    GraphQl,
    /// `application/json`: the status says only whether a request could be read.
    Json,
}

impl Media {
    /// What the client likes best of what we have; none where it likes nothing of it. One that does not say gets the
    /// newer kind, as the specification wants since 2025.
    fn wanted(headers: &HeaderMap) -> Option<Self> {
        let Some(accept) = headers.get(header::ACCEPT) else {
            return Some(Self::GraphQl);
        };
        let ranges = accept.to_str().ok()?.split(',').filter_map(Self::range);
        // Of equal weights, the first counts.
        let best = ranges.fold(None, |best: Option<(Self, f32)>, range| match best {
            Some((_, weight)) if weight >= range.1 => best,
            _ => Some(range),
        });
        best.map(|(media, _)| media)
    }

    /// One range of an `Accept` header with its weight, if it is one that we have.
    fn range(range: &str) -> Option<(Self, f32)> {
        let mut parts = range
            .split(';')
            .map(|part| part.trim().to_ascii_lowercase());
        let media = match parts.next()?.as_str() {
            "application/graphql-response+json" | "application/*" | "*/*" => Self::GraphQl,
            "application/json" => Self::Json,
            _ => return None,
        };
        let weight = parts
            .find_map(|part| part.strip_prefix("q=")?.parse().ok())
            .unwrap_or(1.0);
        (weight > 0.0).then_some((media, weight))
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// The status of an answer to something that is a request, but not one that can be executed.
    fn status_of_bad_request(self) -> StatusCode {
        match self {
            Self::GraphQl => StatusCode::BAD_REQUEST,
            Self::Json => StatusCode::OK,
        }
    }
}

/// `POST /graphql`: queries and mutations.
pub(super) async fn post(
    State(app): State<App>,
    sender: Sender,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Response {
    let Some(media) = Media::wanted(&sender) else {
        return not_acceptable();
    };
    if !is_json(&sender) {
        let error = Error::validation("Content-Type", "must be application/json");
        return failed(media, StatusCode::UNSUPPORTED_MEDIA_TYPE, error);
    }
    let parameters = body
        .map_err(|rejection| unreadable(&rejection, app.state.config.limits.body_bytes))
        .and_then(|body| from_json(&body));
    execute(&app, media, &sender, parameters, true).await
}

/// `GET /graphql`: queries; and the way to a WebSocket.
pub(super) async fn get(
    State(app): State<App>,
    sender: Sender,
    query: std::result::Result<Query<UrlParameters>, axum::extract::rejection::QueryRejection>,
    upgrade: std::result::Result<
        WebSocketUpgrade,
        axum::extract::ws::rejection::WebSocketUpgradeRejection,
    >,
) -> Response {
    if let Ok(upgrade) = upgrade {
        return socket::accept(app, &sender, upgrade);
    }
    let Some(media) = Media::wanted(&sender) else {
        return not_acceptable();
    };
    let parameters = query
        .map_err(|error| Error::validation("query", error.body_text()))
        .and_then(|Query(parameters)| parameters.read());
    execute(&app, media, &sender, parameters, false).await
}

/// Every other method on `/graphql`.
pub(super) async fn other_method(headers: HeaderMap) -> Response {
    let media = Media::wanted(&headers).unwrap_or(Media::Json);
    let error = Error::validation("method", "must be POST, or GET for queries");
    let mut response = failed(media, StatusCode::METHOD_NOT_ALLOWED, error);
    let allowed = HeaderValue::from_static("GET, HEAD, POST");
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}

fn not_acceptable() -> Response {
    let message = "must admit application/graphql-response+json or application/json";
    let error = Error::validation("Accept", message);
    failed(Media::Json, StatusCode::NOT_ACCEPTABLE, error)
}

/// The parameters in an address: maps are JSON texts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UrlParameters {
    query: String,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl UrlParameters {
    fn read(self) -> Result<Parameters> {
        let map = |field, text: Option<String>| -> Result<Option<Map<String, Value>>> {
            text.map(|text| serde_json::from_str(&text))
                .transpose()
                .map_err(|error| {
                    Error::validation(field, format!("must be a JSON object: {error}"))
                })
        };
        Ok(Parameters::new(
            self.query,
            self.operation_name.filter(|name| !name.is_empty()),
            map("variables", self.variables)?,
            map("extensions", self.extensions)?,
        ))
    }
}

async fn execute(
    app: &App,
    media: Media,
    sender: &Sender,
    parameters: Result<Parameters>,
    may_change: bool,
) -> Response {
    let actor = match auth::by_token_or_cookie(&app.state, sender).await {
        Ok(actor) => actor,
        Err(error) => return failed(media, status(&error), error),
    };
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(error @ Error::TooLarge { .. }) => return failed(media, status(&error), error),
        Err(error) => return failed(media, StatusCode::BAD_REQUEST, error),
    };
    let Prepared {
        mut request,
        operation,
        asked_for,
    } = match prepare(&app.documents, parameters).await {
        Ok(prepared) => prepared,
        Err(rejected) => {
            let status = media.status_of_bad_request();
            return answer(media, status, &rejection(rejected), REJECTED);
        }
    };
    match operation {
        OperationType::Subscription => {
            let error = Error::validation(
                "query",
                "subscriptions need a WebSocket, see graphql-transport-ws",
            );
            return failed(media, StatusCode::BAD_REQUEST, error);
        }
        OperationType::Mutation if !may_change => {
            let error = Error::validation("query", "mutations need POST");
            let mut response = failed(media, StatusCode::METHOD_NOT_ALLOWED, error);
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("POST"));
            return response;
        }
        OperationType::Mutation | OperationType::Query => {}
    }
    equip(&mut request, &app.state, actor);
    let span = tracing::debug_span!("execute", %asked_for);
    let executed = with_codes(app.schema.execute(request).instrument(span).await);
    let status = if is_request_error(&executed) {
        media.status_of_bad_request()
    } else {
        StatusCode::OK
    };
    answer(media, status, &executed, asked_for)
}

/// What a rejected request is answered.
pub(super) fn rejection(rejected: Rejected) -> Answer {
    match rejected {
        Rejected::Invalid(errors) => with_codes(Answer::from_errors(errors)),
        Rejected::Refused(error) => response_of(error),
    }
}

/// Whether nothing was executed, so that there is no `data` to speak of.
pub(super) fn is_request_error(answer: &Answer) -> bool {
    let is_outside = |error: &ServerError| error.path.is_empty();
    answer.data == async_graphql::Value::Null
        && !answer.errors.is_empty()
        && answer.errors.iter().all(is_outside)
}

/// What anything is answered while there is no database.
pub(super) fn unavailable(headers: &HeaderMap) -> Response {
    let media = Media::wanted(headers).unwrap_or(Media::GraphQl);
    failed(media, StatusCode::SERVICE_UNAVAILABLE, Error::Unavailable)
}

fn failed(media: Media, status: StatusCode, error: Error) -> Response {
    let mut advice = HeaderMap::new();
    advise(&error, &mut advice);
    let mut response = answer(media, status, &response_of(error), REJECTED);
    response.headers_mut().extend(advice);
    response
}

/// What was asked for by a request that did not come so far.
const REJECTED: Cow<'static, str> = Cow::Borrowed("rejected");

/// The code of an answer's first error.
pub(super) fn code(answer: &Answer) -> Cow<'static, str> {
    let first = answer.errors.first();
    let Some(error) = first else {
        return account::OK;
    };
    match error.extensions.as_ref().and_then(|each| each.get("code")) {
        Some(async_graphql::Value::String(code)) => code.clone().into(),
        _ => "INTERNAL".into(),
    }
}

fn answer(
    media: Media,
    status: StatusCode,
    answer: &Answer,
    operation: Cow<'static, str>,
) -> Response {
    let code = code(answer);
    let mut json = Json::default();
    json.answer(answer, !is_request_error(answer));
    let content_type = HeaderValue::from_static(media.content_type());
    (
        status,
        Extension(Account { operation, code }),
        [NO_STORE, (header::CONTENT_TYPE, content_type)],
        json.into_bytes(),
    )
        .into_response()
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let Some(content_type) = content_type else {
        return false;
    };
    let mut parts = content_type
        .split(';')
        .map(|part| part.trim().to_ascii_lowercase());
    let is_json = parts.next().is_some_and(|kind| kind == "application/json");
    let is_utf8 = parts
        .filter_map(|part| part.strip_prefix("charset=").map(str::to_owned))
        .all(|charset| charset.trim_matches('"') == "utf-8");
    is_json && is_utf8
}

fn from_json(body: &[u8]) -> Result<Parameters> {
    serde_json::from_slice(body).map_err(|error| Error::validation("body", error.to_string()))
}

fn unreadable(rejection: &BytesRejection, limit: usize) -> Error {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Error::TooLarge {
            field: "body".into(),
            limit,
        };
    }
    Error::validation("body", rejection.body_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(value));
        Media::wanted(&headers)
    }

    #[test]
    fn the_media_type_is_negotiated() {
        assert!(Media::wanted(&HeaderMap::new()) == Some(Media::GraphQl));
        assert!(accept("*/*") == Some(Media::GraphQl));
        assert!(accept("application/json, */*") == Some(Media::Json));
        assert!(accept("application/json;q=0.1, application/*;q=0.5") == Some(Media::GraphQl));
        assert!(accept("application/json;q=0").is_none());
        assert!(accept("text/html").is_none());
    }
}
