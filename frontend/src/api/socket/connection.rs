//! One connection from its opening to its end, and the pause before the next.

use std::{rc::Weak, time::Duration};

use futures::{
    FutureExt, SinkExt, StreamExt, channel::mpsc, future::poll_fn, pin_mut, select_biased,
};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use gloo_timers::future::{TimeoutFuture, sleep};

use super::{
    Command, Shared,
    backoff::Backoff,
    protocol::{ClientMessage, End, Kind, SUBPROTOCOL, ServerMessage},
};
use crate::browser;

/// How long a connection may take to open and to be acknowledged.
const ACK_WITHIN: Duration = Duration::from_secs(10);

/// How long it may be silent before we ask whether the server is there.
const PING_AFTER: Duration = Duration::from_secs(20);

/// How long the answer to that may take.
const PONG_WITHIN: Duration = Duration::from_secs(8);

/// How long a connection must have stood for the next loss to count as a first one. A server that
/// accepts and drops connections in a loop is still met with back-off.
const STEADY_MILLIS: f64 = 5_000.0;

/// Opens a connection, starts every subscription on it, and serves it until it ends.
pub(super) async fn run(
    shared: &Weak<Shared>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
    backoff: &mut Backoff,
) -> End {
    let socket = match open(commands).await {
        Ok(socket) => socket,
        Err(end) => return end,
    };
    let opened = js_sys::Date::now();
    if let Some(shared) = shared.upgrade() {
        shared.opened();
    }
    let end = serve(shared, commands, socket).await;
    if js_sys::Date::now() - opened >= STEADY_MILLIS {
        backoff.reset();
    }
    end
}

/// Waits before the next try, at most until somebody says that it is worth one now.
/// [`End::Dropped`] where nobody wants it.
pub(super) async fn pause(commands: &mut mpsc::UnboundedReceiver<Command>, delay: Duration) -> End {
    let over = sleep(delay).fuse();
    pin_mut!(over);
    loop {
        select_biased! {
            command = commands.next() => match command {
                None => return End::Dropped,
                Some(Command::Wake) => return End::Lost,
                // Nothing runs now, and everything starts with the next connection.
                Some(Command::Start(_) | Command::Complete(_)) => {}
            },
            () = over => return End::Lost,
        }
    }
}

/// A connection that the server has acknowledged.
async fn open(commands: &mut mpsc::UnboundedReceiver<Command>) -> Result<WebSocket, End> {
    let handshake = handshake().fuse();
    let late = sleep(ACK_WITHIN).fuse();
    pin_mut!(handshake, late);
    loop {
        select_biased! {
            outcome = handshake => return outcome,
            () = late => return Err(End::Lost),
            command = commands.next() => if command.is_none() { return Err(End::Dropped) },
        }
    }
}

async fn handshake() -> Result<WebSocket, End> {
    let mut socket = WebSocket::open_with_protocol(&browser::socket_url("/graphql"), SUBPROTOCOL)
        .map_err(|_| End::Lost)?;
    send(&mut socket, &ClientMessage::ConnectionInit).await?;
    loop {
        let text = receive(&mut socket).await?;
        let message: ServerMessage = serde_json::from_str(&text).map_err(|_| End::Lost)?;
        match message.kind {
            Kind::ConnectionAck => return Ok(socket),
            Kind::Ping => send(&mut socket, &ClientMessage::Pong).await?,
            _ => {}
        }
    }
}

async fn serve(
    shared: &Weak<Shared>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
    mut socket: WebSocket,
) -> End {
    match serve_until_error(shared, commands, &mut socket).await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

async fn serve_until_error(
    shared: &Weak<Shared>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
    socket: &mut WebSocket,
) -> Result<std::convert::Infallible, End> {
    start_all(shared, socket).await?;
    let mut watch = Watch::new();
    loop {
        // In this order, as a flood of messages must not keep the page's own wishes waiting.
        select_biased! {
            command = commands.next() => match command.ok_or(End::Dropped)? {
                Command::Start(key) => start(shared, socket, key).await?,
                Command::Complete(id) => complete(socket, id).await?,
                Command::Wake => watch.ask(socket).await?,
            },
            () = (&mut watch.timer).fuse() => watch.ring(socket).await?,
            text = receive(socket).fuse() => {
                watch.heard();
                handle(shared, socket, &text?).await?;
            }
        }
    }
}

/// Starts all subscriptions, and only then calls the connection live.
async fn start_all(shared: &Weak<Shared>, socket: &mut WebSocket) -> Result<(), End> {
    let keys = shared.upgrade().ok_or(End::Dropped)?.keys();
    for key in keys {
        start(shared, socket, key).await?;
    }
    shared.upgrade().ok_or(End::Dropped)?.note_progress();
    Ok(())
}

async fn start(shared: &Weak<Shared>, socket: &mut WebSocket, key: u32) -> Result<(), End> {
    let begun = shared.upgrade().ok_or(End::Dropped)?.begin(key);
    if let Some((id, operation)) = begun {
        send(
            socket,
            &ClientMessage::Subscribe {
                id: id.to_string(),
                payload: &operation,
            },
        )
        .await?;
        shared.upgrade().ok_or(End::Dropped)?.note_progress();
    }
    Ok(())
}

async fn complete(socket: &mut WebSocket, id: u32) -> Result<(), End> {
    send(socket, &ClientMessage::Complete { id: id.to_string() }).await
}

async fn handle(shared: &Weak<Shared>, socket: &mut WebSocket, text: &str) -> Result<(), End> {
    let message: ServerMessage = serde_json::from_str(text).map_err(|_| End::Lost)?;
    if message.kind == Kind::Ping {
        return send(socket, &ClientMessage::Pong).await;
    }
    shared.upgrade().ok_or(End::Dropped)?.dispatch(&message);
    Ok(())
}

async fn send(socket: &mut WebSocket, message: &ClientMessage<'_>) -> Result<(), End> {
    // Open, or failed to.
    poll_fn(|context| socket.poll_ready_unpin(context))
        .await
        .map_err(|_| End::Lost)?;
    if !matches!(socket.state(), State::Open) {
        // The close event is on its way, and says why.
        return Ok(());
    }
    socket
        .start_send_unpin(Message::Text(message.to_text()))
        .map_err(|_| End::Lost)
}

/// The next text frame, or the end of the connection.
async fn receive(socket: &mut WebSocket) -> Result<String, End> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text),
            // The protocol has no binary frames, and after an error event comes the close event
            // that says more.
            Some(Ok(Message::Bytes(_)) | Err(WebSocketError::ConnectionError)) => {}
            Some(Err(WebSocketError::ConnectionClose(close))) => {
                return Err(End::from_close_code(close.code));
            }
            Some(Err(_)) | None => return Err(End::Lost),
        }
    }
}

/// Watches over the silence of a connection: a laptop that slept or a proxy that forgot us sends no
/// close event.
struct Watch {
    timer: TimeoutFuture,
    asked: bool,
}

impl Watch {
    fn new() -> Self {
        Self {
            timer: sleep(PING_AFTER),
            asked: false,
        }
    }

    /// Anything that arrives is a sign of life.
    fn heard(&mut self) {
        *self = Self::new();
    }

    /// Asks for a sign of life, and waits only so long for it.
    async fn ask(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        *self = Self {
            timer: sleep(PONG_WITHIN),
            asked: true,
        };
        send(socket, &ClientMessage::Ping).await
    }

    /// The silence was too long.
    async fn ring(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        if self.asked {
            Err(End::Lost)
        } else {
            self.ask(socket).await
        }
    }
}
