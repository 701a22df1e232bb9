//! What clients send: forms, addresses and JSON, read whole. What is refused of them says why, as JSON.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Bytes,
    extract::{FromRequest, RawQuery, Request},
    http::{HeaderMap, StatusCode, header},
};
use futures_util::stream;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use multer::Multipart;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::time::timeout;
use url::form_urlencoded;

use crate::{
    error::Error,
    http::{App, error::HttpError},
};

/// The most bytes of a form: the longest message, with every byte of it escaped, and the rest.
pub(crate) const FORM_BYTES: usize = 256 * 1024;

/// How long a form may take to arrive. It may be sent by a stranger, for it may hold who sends it.
const FORM_DEADLINE: Duration = Duration::from_secs(30);

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const JSON: &str = "application/json";
/// A form as `curl -F` sends it.
const PARTS: &str = "multipart/form-data";

/// A body that nobody has read yet: none is before it is known who sends it, but for forms that may say so.
pub(super) struct Body {
    sent: axum::body::Body,
    /// The most bytes that it may have as JSON.
    limit: usize,
}

impl FromRequest<App> for Body {
    type Rejection = Infallible;

    async fn from_request(request: Request, app: &App) -> Result<Self, Infallible> {
        Ok(Self {
            sent: request.into_body(),
            limit: app.state.config.limits.body_bytes,
        })
    }
}

impl Body {
    /// All of it, which may be so many bytes.
    pub(super) async fn whole(self, limit: usize) -> Result<Bytes, Error> {
        let bytes = Limited::new(self.sent, limit).collect().await;
        let bytes = bytes.map_err(|error| {
            if error.is::<LengthLimitError>() {
                return Error::TooLarge {
                    field: "body".into(),
                    limit,
                };
            }
            Error::validation("body", error.to_string())
        });
        Ok(bytes?.to_bytes())
    }
}

/// Reads a form, whose fields are texts that may be left out. A body that says nothing of its type is taken for one.
pub(super) async fn form<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, HttpError> {
    let arrived = timeout(FORM_DEADLINE, body.whole(FORM_BYTES)).await;
    let bytes = arrived.map_err(|_| {
        let seconds = FORM_DEADLINE.as_secs();
        let error = Error::validation("body", format!("did not arrive within {seconds} s"));
        HttpError::with_status(StatusCode::REQUEST_TIMEOUT, error)
    })?;
    read_form(headers, bytes?).await
}

pub(super) async fn read_form<T: DeserializeOwned>(
    headers: &HeaderMap,
    bytes: Bytes,
) -> Result<T, HttpError> {
    if !bytes.is_empty() {
        check_type(headers, &[FORM, PARTS])?;
        if media_type(headers).is_some_and(|found| found == PARTS) {
            return Ok(taken(parts(headers, bytes).await?));
        }
    }
    Ok(fields(&bytes))
}

/// The texts of a form that comes in parts.
async fn parts(headers: &HeaderMap, bytes: Bytes) -> Result<Map<String, Value>, Error> {
    let refused = |error: multer::Error| Error::validation("body", error.to_string());
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(content_type.unwrap_or_default()).map_err(refused)?;
    let body = stream::iter([Ok::<_, Infallible>(bytes)]);
    let mut parts = Multipart::new(body, boundary);
    let mut texts = Map::new();
    while let Some(part) = parts.next_field().await.map_err(refused)? {
        if let Some(name) = part.name().map(str::to_owned) {
            let text = part.text().await.map_err(refused)?;
            texts.insert(name, Value::String(text));
        }
    }
    Ok(texts)
}

/// Reads what stands behind the question mark of an address, where fields are written as in a form.
pub(super) fn address<T: DeserializeOwned>(RawQuery(query): RawQuery) -> T {
    fields(query.unwrap_or_default().as_bytes())
}

/// Reads JSON. What is none is told first, whatever type it says it has; a body that says nothing of its type is taken for
/// JSON.
pub(super) async fn json(headers: &HeaderMap, body: Body) -> Result<Value, HttpError> {
    let limit = body.limit;
    read_json(headers, &body.whole(limit).await?)
}

/// The same; nothing where nothing was sent.
pub(super) async fn json_if_any(
    headers: &HeaderMap,
    body: Body,
) -> Result<Option<Value>, HttpError> {
    let limit = body.limit;
    let bytes = body.whole(limit).await?;
    let is_any = !bytes.is_empty();
    is_any.then(|| read_json(headers, &bytes)).transpose()
}

pub(super) fn read_json(headers: &HeaderMap, bytes: &[u8]) -> Result<Value, HttpError> {
    let value = serde_json::from_slice(bytes).map_err(|error| {
        let error = Error::validation("body", error.to_string());
        HttpError::with_status(StatusCode::BAD_REQUEST, error)
    })?;
    check_type(headers, &[JSON])?;
    Ok(value)
}

/// Whether a body says that it is JSON. One that is neither that nor a form is refused.
pub(super) fn is_json(headers: &HeaderMap) -> Result<bool, HttpError> {
    check_type(headers, &[FORM, PARTS, JSON])?;
    Ok(media_type(headers).is_some_and(|found| found == JSON))
}

/// The fields of a form. Of one that is there several times the last counts, and others than those asked for are let be.
fn fields<T: DeserializeOwned>(form: &[u8]) -> T {
    let texts = form_urlencoded::parse(form).into_owned();
    let texts: Map<_, _> = texts
        .map(|(name, text)| (name, Value::String(text)))
        .collect();
    taken(texts)
}

fn taken<T: DeserializeOwned>(texts: Map<String, Value>) -> T {
    serde_json::from_value(Value::Object(texts)).expect("each field may be any text, or left out")
}

fn check_type(headers: &HeaderMap, wanted: &[&str]) -> Result<(), HttpError> {
    match media_type(headers) {
        Some(found) if !wanted.contains(&found.as_str()) => {
            let message = format!("must be {}", wanted.join(" or "));
            let error = Error::validation("Content-Type", message);
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            Err(HttpError::with_status(status, error))
        }
        _ => Ok(()),
    }
}

/// The type that a body says it has, in lower case and without parameters.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?;
    let text = String::from_utf8_lossy(value.as_bytes());
    let essence = text.split(';').next().unwrap_or_default();
    Some(essence.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Fields {
        a: Option<String>,
        b: Option<String>,
        c: Option<String>,
    }

    fn typed(value: &'static str) -> HeaderMap {
        [(header::CONTENT_TYPE, HeaderValue::from_static(value))]
            .into_iter()
            .collect()
    }

    #[tokio::test]
    async fn a_form_may_come_in_parts() {
        let typed = typed("multipart/form-data; boundary=x");
        let body = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1 & \u{e9}\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"z\"\r\n\r\n\r\n--x--\r\n";
        let form: Fields = read_form(&typed, body.into()).await.expect("good");
        assert_eq!((form.a.as_deref(), form.b), (Some("1 & \u{e9}"), None));
        let broken = read_form::<Fields>(&typed, "--x\r\n".into()).await;
        assert_eq!(broken.expect_err("it has no end").status(), 422);
    }

    #[tokio::test]
    async fn of_a_field_that_is_there_twice_the_last_counts() {
        let (untyped, text) = (HeaderMap::new(), "a=1&b=%C3%A9+%2B&a=2&d=3&e");
        let form: Fields = read_form(&untyped, text.into()).await.expect("good");
        let expected = Fields {
            a: Some("2".into()),
            b: Some("é +".into()),
            c: None,
        };
        assert_eq!(form, expected);
    }

    #[test]
    fn what_is_no_text_is_no_reason_to_give_up() {
        let query = RawQuery(Some("a=%FF%00&b=%&=&&c".into()));
        let fields: Fields = address(query);
        assert_eq!(fields.a.as_deref(), Some("\u{fffd}\0"));
        assert_eq!(
            (fields.b.as_deref(), fields.c.as_deref()),
            (Some("%"), Some(""))
        );
    }

    #[test]
    fn what_is_no_json_is_told_before_its_type() {
        let status = |text: &str, headers: &HeaderMap| {
            let read = read_json(headers, text.as_bytes());
            read.map_err(|error| error.status().as_u16())
        };
        assert!(status("{}", &HeaderMap::new()).is_ok());
        assert!(status("{}", &typed("Application/JSON; charset=utf-8")).is_ok());
        assert_eq!(status("{}", &typed("text/plain")), Err(415));
        assert_eq!(status("{", &typed("text/plain")), Err(400));
    }

    #[tokio::test]
    async fn a_body_has_as_many_bytes_as_it_may() {
        let body = |text: &'static str| Body {
            sent: text.into(),
            limit: 0,
        };
        assert_eq!(body("four").whole(4).await.expect("good"), "four");
        let refused = body("five!").whole(4).await.expect_err("it is longer");
        assert!(matches!(refused, Error::TooLarge { limit: 4, .. }));
    }

    #[tokio::test]
    async fn an_empty_form_needs_no_type() {
        let read =
            async |text: &'static str| read_form::<Fields>(&typed("text/plain"), text.into()).await;
        assert!(read("").await.is_ok());
        let refused = read("a=1").await.expect_err("no form");
        assert_eq!(refused.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(is_json(&typed("application/json")).expect("good"));
        assert!(!is_json(&HeaderMap::new()).expect("good"));
        assert!(is_json(&typed("text/plain")).is_err());
    }
}
