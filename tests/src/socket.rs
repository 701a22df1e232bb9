//! A client of the WebSocket subprotocol `graphql-transport-ws`, one message at a time, so that a story can also say
//! the wrong thing at the wrong moment.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

use crate::api::Api;
use crate::wait::{PATIENCE, within};

/// The name of the subprotocol.
pub const SUBPROTOCOL: &str = "graphql-transport-ws";

/// How long a server may say nothing: it has to ping more often than that.
const SILENCE: Duration = Duration::from_mins(1);

/// How many bytes a narrow connection holds at this end.
const NARROW: u32 = 4 * 1024;

/// One WebSocket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a server says on a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// `connection_ack`: the client is known.
    Ack,
    /// `next`: an execution result of an operation.
    Next {
        /// The operation's id.
        id: String,
        /// The execution result.
        payload: Value,
    },
    /// `error`: the operation was refused before it began.
    Error {
        /// The operation's id.
        id: String,
        /// The list of errors.
        payload: Value,
    },
    /// `complete`: the operation has ended.
    Complete {
        /// The operation's id.
        id: String,
    },
    /// `ping`: is the client still there?
    Ping,
    /// `pong`: the server is.
    Pong,
    /// The socket was closed, with this code, or lost, without one.
    Closed(Option<u16>),
}

impl Socket {
    /// Opens a socket and authenticates with the client's token.
    pub async fn connect(api: &Api) -> Self {
        Self::try_connect(api)
            .await
            .expect("the server takes the socket")
    }

    /// The same; `None` where the connection breaks or is refused before the acknowledgement.
    pub async fn try_connect(api: &Api) -> Option<Self> {
        let mut socket = Self::try_open(api.address(), &[]).await.ok()?;
        socket.try_send(&init(api.token())).await.ok()?;
        matches!(socket.receive().await, Message::Ack).then_some(socket)
    }

    /// The same, over a connection that holds next to nothing: that nobody reads from it is noticed soon.
    pub async fn connect_narrow(api: &Api) -> Self {
        let connection = TcpSocket::new_v4().expect("a socket");
        connection
            .set_recv_buffer_size(NARROW)
            .expect("a small buffer");
        let connection = connection.connect(api.address()).await;
        let connection = MaybeTlsStream::Plain(connection.expect("the server listens"));
        let request = request(api.address(), &[]).expect("an address is a part of a URL");
        let (stream, _) = client_async(request, connection)
            .await
            .expect("the server takes the socket");
        let mut socket = Self { stream };
        socket.init(api.token()).await;
        assert_eq!(socket.receive().await, Message::Ack);
        socket
    }

    /// Opens a socket and says nothing yet.
    pub async fn open(address: SocketAddr) -> Self {
        Self::open_with(address, &[])
            .await
            .expect("the server takes the socket")
    }

    /// Opens a socket without naming a subprotocol.
    pub async fn open_without_subprotocol(address: SocketAddr) -> Self {
        let url = format!("ws://{address}/graphql");
        let (stream, _) = connect_async(url)
            .await
            .expect("the server takes the socket");
        Self { stream }
    }

    /// Opens a socket with further headers, such as a cookie and an origin; an error is the status of the refusal.
    pub async fn open_with(
        address: SocketAddr,
        headers: &[(&str, &str)],
    ) -> Result<Self, StatusCode> {
        match Self::try_open(address, headers).await {
            Ok(socket) => Ok(socket),
            Err(Error::Http(response)) => {
                Err(StatusCode::from_u16(response.status().as_u16()).expect("a valid status"))
            }
            Err(error) => panic!("no answer to the upgrade: {error}"),
        }
    }

    async fn try_open(address: SocketAddr, headers: &[(&str, &str)]) -> Result<Self, Error> {
        let (stream, _) = connect_async(request(address, headers)?).await?;
        Ok(Self { stream })
    }

    /// Says `connection_init` with the token as its payload.
    pub async fn init(&mut self, token: &str) {
        self.send(init(token)).await;
    }

    /// Subscribes, or executes another operation, under an id.
    pub async fn subscribe(&mut self, id: &str, document: &str, variables: Value) {
        self.try_subscribe(id, document, variables)
            .await
            .expect("the socket is open");
    }

    /// The same; an error means that the connection is lost.
    pub(crate) async fn try_subscribe(
        &mut self,
        id: &str,
        document: &str,
        variables: Value,
    ) -> Result<(), Error> {
        let mut message =
            json!({ "id": id, "type": "subscribe", "payload": { "query": document } });
        message["payload"]["variables"] = variables;
        self.try_send(&message).await
    }

    /// Ends an operation.
    pub async fn complete(&mut self, id: &str) {
        self.send(json!({ "id": id, "type": "complete" })).await;
    }

    /// Says any JSON.
    pub async fn send(&mut self, message: Value) {
        self.try_send(&message).await.expect("the socket is open");
    }

    /// Says any text.
    pub async fn send_text(&mut self, text: &str) {
        self.stream
            .send(Frame::text(text))
            .await
            .expect("the socket is open");
    }

    async fn try_send(&mut self, message: &Value) -> Result<(), Error> {
        self.stream.send(Frame::text(message.to_string())).await
    }

    /// The next message.
    pub async fn receive(&mut self) -> Message {
        within(
            "the next message on the socket",
            SILENCE,
            self.receive_text(),
        )
        .await
    }

    /// The next message that is no `ping`; those are answered.
    pub async fn receive_answer(&mut self) -> Message {
        within("an answer on the socket", PATIENCE, self.listen()).await
    }

    /// The same, however long it takes, as long as the server pings.
    pub async fn listen(&mut self) -> Message {
        loop {
            match self.receive().await {
                // A socket that is closing doesn't take the answer: what is received next tells so.
                Message::Ping => drop(self.try_send(&json!({ "type": "pong" })).await),
                message => return message,
            }
        }
    }

    /// The next execution result, of whichever operation.
    pub async fn next(&mut self) -> Value {
        match self.receive_answer().await {
            Message::Next { payload, .. } => payload,
            other => panic!("not an execution result: {other:?}"),
        }
    }

    /// The next message, which must refuse or end an operation with an error: tells the error's code.
    pub async fn refused(&mut self) -> String {
        let message = self.receive_answer().await;
        let error = match &message {
            Message::Error { payload, .. } => &payload[0],
            Message::Next { payload, .. } => &payload["errors"][0],
            _ => panic!("not an error: {message:?}"),
        };
        let code = error["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("an error without a code: {message:?}"))
            .to_owned()
    }

    /// Reads on until the socket is closed, and tells the code.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            if let Message::Closed(code) = self.receive_answer().await {
                return code;
            }
        }
    }

    /// Closes the socket as a client does.
    pub async fn close(mut self) {
        // Whether it arrives doesn't matter any more.
        drop(self.stream.close(None).await);
    }

    async fn receive_text(&mut self) -> Message {
        loop {
            match self.stream.next().await {
                Some(Ok(Frame::Text(text))) => return parse(&text),
                Some(Ok(Frame::Close(frame))) => {
                    return Message::Closed(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(_)) => {} // pings of the WebSocket itself: answered by the library
                Some(Err(_)) | None => return Message::Closed(None),
            }
        }
    }
}

/// The request for a socket, with further headers.
fn request(address: SocketAddr, headers: &[(&str, &str)]) -> Result<Request, Error> {
    let mut request = format!("ws://{address}/graphql").into_client_request()?;
    let subprotocol = [("sec-websocket-protocol", SUBPROTOCOL)];
    for (name, value) in subprotocol.iter().chain(headers) {
        let name = HeaderName::try_from(*name).expect("a header's name");
        request.headers_mut().insert(
            name,
            HeaderValue::try_from(*value).expect("a header's value"),
        );
    }
    Ok(request)
}

fn init(token: &str) -> Value {
    json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } })
}

fn parse(text: &str) -> Message {
    let message: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let id = || {
        message["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no id in {text}"))
            .to_owned()
    };
    let payload = || message["payload"].clone();
    match message["type"].as_str() {
        Some("connection_ack") => Message::Ack,
        Some("next") => Message::Next {
            id: id(),
            payload: payload(),
        },
        Some("error") => Message::Error {
            id: id(),
            payload: payload(),
        },
        Some("complete") => Message::Complete { id: id() },
        Some("ping") => Message::Ping,
        Some("pong") => Message::Pong,
        _ => panic!("not a message of {SUBPROTOCOL}: {text}"),
    }
}
