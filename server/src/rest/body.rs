//! What clients send: forms and JSON, read whole. What is refused of them says why, as JSON.

use axum::{
    body::Bytes,
    extract::{RawQuery, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
};
use serde_json::Value;
use url::form_urlencoded;

use crate::{
    error::Error,
    http::{BODY_BYTES, error::HttpError},
};

/// A body as it arrived, or did not.
pub(super) type Body = Result<Bytes, BytesRejection>;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// The fields of a form, or of an address, where they are written alike.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form. A body that says nothing of its type is taken for one.
    pub(super) fn read(headers: &HeaderMap, body: Body) -> Result<Self, HttpError> {
        let bytes = whole(body, BODY_BYTES)?;
        if !bytes.is_empty() {
            check_type(headers, FORM)?;
        }
        Ok(Self::parse(&bytes))
    }

    /// What stands behind the question mark of an address.
    pub(super) fn of_address(query: RawQuery) -> Self {
        let RawQuery(query) = query;
        Self::parse(query.unwrap_or_default().as_bytes())
    }

    fn parse(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// A field; the last one, where it is there several times.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter().rev();
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Reads JSON. What is none is told first, whatever type it says it has; a body that says nothing of its type is taken for
/// JSON.
pub(super) fn json(headers: &HeaderMap, body: Body) -> Result<Value, HttpError> {
    let bytes = whole(body, BODY_BYTES)?;
    let value = serde_json::from_slice(&bytes).map_err(|error| {
        let error = Error::validation("body", error.to_string());
        HttpError::with_status(StatusCode::BAD_REQUEST, error)
    })?;
    check_type(headers, JSON)?;
    Ok(value)
}

/// All of a body that may have so many bytes.
pub(super) fn whole(body: Body, limit: usize) -> Result<Bytes, Error> {
    body.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Error::TooLarge {
                field: "body".into(),
                limit,
            };
        }
        Error::validation("body", rejection.body_text())
    })
}

/// Reads a text out of a body that is a form with one field, or JSON with another; none where it is left out.
pub(super) fn form_or_json(
    headers: &HeaderMap,
    body: Body,
    (in_form, in_json): (&str, &str),
) -> Result<Option<String>, HttpError> {
    match media_type(headers).as_deref() {
        Some(JSON) => match json(headers, body)? {
            Value::Object(mut fields) => match fields.remove(in_json) {
                Some(Value::String(text)) => Ok(Some(text)),
                Some(Value::Null) | None => Ok(None),
                Some(_) => Err(Error::validation(in_json, "must be a string").into()),
            },
            _ => Err(Error::validation("body", "must be an object").into()),
        },
        Some(FORM) | None => {
            let form = Form::read(headers, body)?;
            Ok(form.get(in_form).map(str::to_owned))
        }
        Some(_) => Err(other_type(&format!("{FORM} or {JSON}"))),
    }
}

fn check_type(headers: &HeaderMap, wanted: &str) -> Result<(), HttpError> {
    match media_type(headers) {
        Some(found) if found != wanted => Err(other_type(wanted)),
        _ => Ok(()),
    }
}

fn other_type(wanted: &str) -> HttpError {
    let error = Error::validation("Content-Type", format!("must be {wanted}"));
    HttpError::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, error)
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

    use super::*;

    fn typed(value: &'static str) -> HeaderMap {
        [(header::CONTENT_TYPE, HeaderValue::from_static(value))]
            .into_iter()
            .collect()
    }

    #[test]
    fn of_a_field_that_is_there_twice_the_last_counts() {
        let body = Ok(Bytes::from_static(b"a=1&b=%C3%A9+%2B&a=2"));
        let form = Form::read(&HeaderMap::new(), body).expect("a form");
        assert_eq!(form.get("a"), Some("2"));
        assert_eq!(form.get("b"), Some("é +"));
        assert_eq!(form.get("c"), None);
    }

    #[test]
    fn what_is_no_json_is_told_before_its_type() {
        let status = |text: &'static str, headers: &HeaderMap| {
            let read = json(headers, Ok(Bytes::from_static(text.as_bytes())));
            read.map_err(|error| error.status().as_u16())
        };
        assert!(status("{}", &HeaderMap::new()).is_ok());
        assert!(status("{}", &typed("Application/JSON; charset=utf-8")).is_ok());
        assert_eq!(status("{}", &typed("text/plain")), Err(415));
        assert_eq!(status("{", &typed("text/plain")), Err(400));
    }

    #[test]
    fn an_empty_form_needs_no_type() {
        let empty = || Ok(Bytes::new());
        assert!(Form::read(&typed("text/plain"), empty()).is_ok());
        let text = Ok(Bytes::from_static(b"a=1"));
        let refused = Form::read(&typed("text/plain"), text).expect_err("no form");
        assert_eq!(refused.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}
