//! The messages of `graphql-transport-ws`, and the codes that close a socket.

use async_graphql::{Response as Answer, ServerError};
use axum::{
    body::Bytes,
    extract::ws::{Message, Utf8Bytes},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    graphql::{json::Json, request::Parameters},
    http::graphql::is_request_error,
};

/// The name of the protocol, as sockets negotiate it.
pub(super) const NAME: &str = "graphql-transport-ws";

/// Why the server closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

impl Close {
    pub(super) const GOING_AWAY: Self = Self::new(1001, "the server is stopping");
    pub(super) const SILENT: Self = Self::new(1008, "no answer to pings");
    pub(super) const TRY_AGAIN: Self = Self::new(1013, "the database is not available right now");
    pub(super) const INVALID: Self = Self::new(4400, "this is no message of graphql-transport-ws");
    pub(super) const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    pub(super) const FORBIDDEN: Self = Self::new(4403, "Forbidden");
    pub(super) const SUBPROTOCOL: Self = Self::new(4406, "Subprotocol not acceptable");
    pub(super) const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    pub(super) const DUPLICATE_OPERATION: Self =
        Self::new(4409, "Subscriber for this id already exists");
    pub(super) const SECOND_INIT: Self = Self::new(4429, "Too many initialisation requests");
    pub(super) const TOO_MANY_SOCKETS: Self = Self::new(4429, "this client has too many sockets");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

/// What a client may say.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromClient {
    ConnectionInit { payload: Option<Map<String, Value>> },
    Ping,
    Pong,
    Subscribe { id: String, payload: Parameters },
    Complete { id: String },
}

impl FromClient {
    /// Reads a frame; nothing where it is one of the socket's own.
    pub(super) fn read(message: &Message) -> Result<Option<Self>, Close> {
        match message {
            Message::Text(text) => serde_json::from_str(text)
                .map(Some)
                .map_err(|_| Close::INVALID),
            Message::Binary(_) => Err(Close::INVALID),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Ok(None),
        }
    }
}

/// The `Authorization` of a `connection_init`, under that name in any case.
pub(super) fn authorization(payload: Option<&Map<String, Value>>) -> Option<&str> {
    let (_, value) = payload?
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    // Something that is no text is no token either, and is refused as one.
    Some(value.as_str().unwrap_or_default())
}

/// What the server says.
#[derive(Debug)]
pub(super) enum ToClient {
    ConnectionAck,
    Ping,
    Pong,
    /// The payload is JSON.
    Next {
        id: String,
        payload: Json,
    },
    Error {
        id: String,
        errors: Vec<ServerError>,
    },
    Complete {
        id: String,
    },
}

impl ToClient {
    /// An answer of an operation; an error, which ends it, where nothing could be executed.
    pub(super) fn next_or_error(id: &str, answer: Answer) -> Self {
        if is_request_error(&answer) {
            return Self::error(id.to_owned(), answer);
        }
        let mut payload = Json::default();
        payload.answer(&answer, true);
        Self::Next {
            id: id.to_owned(),
            payload,
        }
    }

    /// An operation that could not be executed.
    pub(super) fn error(id: String, answer: Answer) -> Self {
        Self::Error {
            id,
            errors: answer.errors,
        }
    }

    /// The operation that a message belongs to.
    pub(super) fn operation(&self) -> Option<&str> {
        match self {
            Self::Next { id, .. } | Self::Error { id, .. } | Self::Complete { id } => Some(id),
            Self::ConnectionAck | Self::Ping | Self::Pong => None,
        }
    }

    /// Whether it is the last message of its operation.
    pub(super) fn is_last(&self) -> bool {
        matches!(self, Self::Error { .. } | Self::Complete { .. })
    }

    pub(super) fn into_frame(self) -> Message {
        let mut json = Json::default();
        match self {
            Self::ConnectionAck => json.raw(br#"{"type":"connection_ack"}"#),
            Self::Ping => json.raw(br#"{"type":"ping"}"#),
            Self::Pong => json.raw(br#"{"type":"pong"}"#),
            Self::Next { id, payload } => {
                json.raw(br#"{"type":"next","id":"#);
                json.value(id);
                json.raw(br#","payload":"#);
                json.raw(&payload.into_bytes());
                json.raw(b"}");
            }
            Self::Error { id, errors } => {
                json.raw(br#"{"type":"error","id":"#);
                json.value(id);
                json.raw(br#","payload":"#);
                json.value(errors);
                json.raw(b"}");
            }
            Self::Complete { id } => {
                json.raw(br#"{"type":"complete","id":"#);
                json.value(id);
                json.raw(b"}");
            }
        }
        let text = Utf8Bytes::try_from(Bytes::from(json.into_bytes()));
        Message::Text(text.expect("JSON is text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_the_protocols_names() {
        let Message::Text(text) = ToClient::ConnectionAck.into_frame() else {
            panic!("messages are text");
        };
        assert_eq!(text.as_str(), r#"{"type":"connection_ack"}"#);
    }

    #[test]
    fn a_subscription_is_read() {
        let text = r#"{"type":"subscribe","id":"1","payload":{"query":"{ viewer { name } }"}}"#;
        let message = FromClient::read(&Message::Text(text.into())).expect("good");
        assert!(matches!(message, Some(FromClient::Subscribe { id, .. }) if id == "1"));
    }

    #[test]
    fn what_is_no_message_is_told_so() {
        for text in [
            "",
            "{}",
            r#"{"type":"start"}"#,
            r#"{"type":"subscribe"}"#,
            "[1]",
        ] {
            let read = FromClient::read(&Message::Text(text.into()));
            assert_eq!(read.expect_err("no message"), Close::INVALID, "{text}");
        }
    }

    #[test]
    fn the_token_is_found_in_any_case() {
        let payload = serde_json::json!({"authorization": "Bearer x"});
        assert_eq!(authorization(payload.as_object()), Some("Bearer x"));
        assert_eq!(authorization(None), None);
    }
}
