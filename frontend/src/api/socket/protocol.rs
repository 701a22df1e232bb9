//! The messages of the `graphql-transport-ws` protocol, and what each close code means to us.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The WebSocket subprotocol to ask for.
pub(super) const SUBPROTOCOL: &str = "graphql-transport-ws";

/// The close code of a server whose database is away.
const TRY_AGAIN_LATER: u16 = 1013;

/// The close code of a server that refuses these credentials, or that has revoked them since.
const FORBIDDEN: u16 = 4403;

/// What the client sends.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage<'a> {
    /// First of all. Without a payload, the cookie says who asks.
    ConnectionInit,
    /// Starts an operation under an id that this connection has not used yet.
    Subscribe {
        /// The id.
        id: String,
        /// The operation.
        payload: &'a RawValue,
    },
    /// Ends an operation.
    Complete {
        /// Its id.
        id: String,
    },
    /// Asks for a sign of life.
    Ping,
    /// Gives one.
    Pong,
}

impl ClientMessage<'_> {
    /// The text of the frame.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a message is plain data, which always has a JSON form")
    }
}

/// What the server sends. The payload is decoded by whoever asked for it.
#[derive(Deserialize)]
pub(super) struct ServerMessage<'a> {
    /// What it is about.
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    /// The operation that it belongs to.
    #[serde(default)]
    pub(super) id: Option<String>,
    /// Data, or errors.
    #[serde(borrow, default)]
    pub(super) payload: Option<&'a RawValue>,
}

/// The types of messages from the server.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The connection is open for operations.
    ConnectionAck,
    /// An operation has an answer, or one more.
    Next,
    /// An operation was refused as a whole, and is over.
    Error,
    /// An operation is over.
    Complete,
    /// The server asks for a sign of life.
    Ping,
    /// The server gives one.
    Pong,
    /// A message of a later protocol: ignored.
    #[serde(other)]
    Unknown,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// It broke, or the server went away: worth another try.
    Lost,
    /// The server is there and can't recognise anybody, as its database is away: worth another try.
    TurnedAway,
    /// The server does not take these credentials: nothing but logging in helps.
    Rejected,
    /// The page itself has no more use for it.
    Dropped,
}

impl End {
    /// What a close code says.
    pub(super) fn from_close_code(code: u16) -> Self {
        match code {
            FORBIDDEN => Self::Rejected,
            TRY_AGAIN_LATER => Self::TurnedAway,
            _ => Self::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_written_as_the_protocol_says() {
        assert_eq!(
            ClientMessage::ConnectionInit.to_text(),
            r#"{"type":"connection_init"}"#
        );
        let payload =
            RawValue::from_string(r#"{"query":"{ viewer { name } }"}"#.into()).expect("valid JSON");
        let subscribe = ClientMessage::Subscribe {
            id: "7".into(),
            payload: &payload,
        };
        assert_eq!(
            subscribe.to_text(),
            r#"{"type":"subscribe","id":"7","payload":{"query":"{ viewer { name } }"}}"#
        );
    }

    #[test]
    fn a_payload_is_kept_as_it_came() {
        let text = r#"{"id":"7","type":"next","payload":{"data": {"a": 1}}}"#;
        let message: ServerMessage = serde_json::from_str(text).expect("a message");
        assert_eq!(message.kind, Kind::Next);
        assert_eq!(message.id.as_deref(), Some("7"));
        assert_eq!(
            message.payload.map(RawValue::get),
            Some(r#"{"data": {"a": 1}}"#)
        );
    }

    #[test]
    fn an_unknown_message_is_no_error() {
        let message: ServerMessage =
            serde_json::from_str(r#"{"type":"stroke_of_luck"}"#).expect("a message");
        assert_eq!(message.kind, Kind::Unknown);
    }

    #[test]
    fn only_refused_credentials_end_the_tries() {
        assert_eq!(End::from_close_code(4403), End::Rejected);
        assert_eq!(End::from_close_code(1013), End::TurnedAway);
        for code in [1000, 1001, 1006, 4400, 4408, 4429] {
            assert_eq!(End::from_close_code(code), End::Lost, "{code}");
        }
    }
}
