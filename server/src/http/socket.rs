//! GraphQL over a WebSocket: the protocol `graphql-transport-ws`.
//!
//! Each operation runs in a task of its own and hands over one message at a time, so that a client that reads slowly
//! slows down its own operations and nothing else: what is not handed over yet is not read from the database yet.

mod census;
mod protocol;

pub(super) use census::Census;

use std::{collections::HashMap, net::IpAddr, ops::ControlFlow, time::Duration};

use async_graphql::parser::types::OperationType;
use axum::{
    extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    http::{HeaderMap, header},
    response::Response,
};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    sync::mpsc,
    task::AbortHandle,
    time::{Instant, Interval, MissedTickBehavior, interval, sleep_until, timeout},
};
use tracing::Instrument;

use super::{App, Sender, auth, graphql};
use crate::{
    domain::{
        actor::Actor,
        auth::{Credential, anonymous, authenticate},
    },
    error::Error,
    graphql::{
        equip,
        error::with_codes,
        request::{Parameters, Prepared, Rejected, prepare},
    },
    metrics::Refusal,
    throttle::Asker,
};
use census::Place;
use protocol::{Close, FromClient, ToClient};

/// How long a client may take until it says who it is.
const INIT: Duration = Duration::from_secs(10);

/// How often the server pings.
const PING: Duration = Duration::from_secs(15);

/// How long a client may be silent: it answers pings.
const SILENCE: Duration = Duration::from_secs(45);

/// How often the credential is looked at again. With how long clients are remembered, a revoked token's sockets end
/// within 5 s.
const RECOGNISE: Duration = Duration::from_secs(2);

/// How long a client may take to read one message.
const SEND: Duration = Duration::from_secs(30);

/// How much is read of a socket at once. What clients say is short, and every socket has such a buffer, which is cleared for
/// each look whether there is something to read.
const READ_BYTES: usize = 4 * 1024;

/// How many messages of all operations may wait for the socket.
const WAITING: usize = 1;

/// Accepts a socket.
pub(super) fn accept(app: App, sender: &Sender, upgrade: WebSocketUpgrade) -> Response {
    let cookie = cookie(&app, sender);
    let address = sender.address();
    let most = app.state.config.limits.body_bytes;
    upgrade
        .protocols([protocol::NAME])
        .max_message_size(most)
        .max_frame_size(most)
        .read_buffer_size(READ_BYTES)
        .on_upgrade(move |socket| {
            let background = app.state.background.clone();
            background.track_future(converse(app, socket, address, cookie))
        })
}

/// The session that the socket may use: its cookie's, if it comes from one of our own pages.
fn cookie(app: &App, headers: &HeaderMap) -> Option<Credential> {
    let origin = headers.get(header::ORIGIN)?.to_str().ok()?;
    let is_our_own = auth::is_our_own(&app.state.config, headers, origin);
    auth::session(headers).filter(|_| is_our_own)
}

/// Everything that happens on a socket, from its first message to the frame that closes it.
async fn converse(app: App, socket: WebSocket, address: IpAddr, cookie: Option<Credential>) {
    let speaks = socket.protocol().is_some_and(|name| name == protocol::NAME);
    let (mut sink, mut stream) = socket.split();
    let close = if speaks {
        match meet(&app, &mut sink, &mut stream, address, cookie).await {
            Ok(guest) => serve(app, guest, &mut sink, &mut stream).await,
            Err(close) => close,
        }
    } else {
        Some(Close::SUBPROTOCOL)
    };
    if let Some(close) = close {
        let frame = CloseFrame {
            code: close.code,
            reason: Utf8Bytes::from_static(close.reason),
        };
        // Whoever is gone needs no goodbye.
        let _ = timeout(SEND, sink.send(Message::Close(Some(frame)))).await;
    }
}

/// Somebody who was recognised.
struct Guest {
    actor: Actor,
    credential: Option<Credential>,
    /// Whose its requests and sockets are, where those are counted.
    asker: Asker,
}

/// Waits for `connection_init` and recognises who sends it.
async fn meet(
    app: &App,
    sink: &mut SplitSink<WebSocket, Message>,
    stream: &mut SplitStream<WebSocket>,
    address: IpAddr,
    cookie: Option<Credential>,
) -> Result<Guest, Option<Close>> {
    let deadline = Instant::now() + INIT;
    loop {
        let message = tokio::select! {
            () = app.state.stopping.cancelled() => return Err(Some(Close::GOING_AWAY)),
            () = sleep_until(deadline) => return Err(Some(Close::INIT_TIMEOUT)),
            message = stream.next() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return Err(None),
                Some(Ok(message)) => message,
            },
        };
        match FromClient::read(&message) {
            Ok(Some(FromClient::ConnectionInit { payload })) => {
                let credential = protocol::authorization(payload.as_ref());
                let credential = match credential {
                    Some(text) => Some(auth::bearer(text).ok_or(Some(Close::FORBIDDEN))?),
                    None => cookie,
                };
                return recognise(app, address, credential).await;
            }
            Ok(Some(FromClient::Subscribe { .. })) => return Err(Some(Close::UNAUTHORIZED)),
            Ok(Some(FromClient::Ping)) => send(sink, ToClient::Pong).await.ok_or(None)?,
            Ok(_) => {}
            Err(close) => return Err(Some(close)),
        }
    }
}

async fn recognise(
    app: &App,
    address: IpAddr,
    credential: Option<Credential>,
) -> Result<Guest, Option<Close>> {
    let actor = if let Some(credential) = &credential {
        auth::by_credential(&app.state, credential, address).await
    } else {
        let nobody = anonymous(&app.state);
        nobody.viewer().map(|_| nobody)
    };
    match actor {
        Ok(actor) => Ok(Guest {
            asker: auth::asker(&actor, address),
            actor,
            credential,
        }),
        Err(Error::Unauthenticated(_)) => Err(Some(Close::FORBIDDEN)),
        Err(_) => Err(Some(Close::TRY_AGAIN)),
    }
}

/// Serves somebody who was recognised, until one side has had enough. Returns what to close with; nothing where the
/// client is gone.
async fn serve(
    app: App,
    guest: Guest,
    sink: &mut SplitSink<WebSocket, Message>,
    stream: &mut SplitStream<WebSocket>,
) -> Option<Close> {
    let client = guest.actor.identity().map(|identity| identity.client_id);
    let Some(_place) = app.census.sockets.enter(client) else {
        app.state.metrics.refused(Refusal::Sockets);
        return Some(Close::TOO_MANY_SOCKETS);
    };
    let (outbox, mut waiting) = mpsc::channel(WAITING);
    let mut conversation = Conversation {
        operations: HashMap::new(),
        outbox,
        heard: Instant::now(),
        app,
        guest,
    };
    let mut pings = ticks(PING);
    let mut recognitions = ticks(RECOGNISE);
    let stopping = conversation.app.state.stopping.clone();
    let mut next = Some(ToClient::ConnectionAck);
    loop {
        if let Some(message) = next.take() {
            send(sink, message).await?;
        }
        tokio::select! {
            () = stopping.cancelled() => return Some(Close::GOING_AWAY),
            message = stream.next() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return None,
                Some(Ok(message)) => match conversation.hear(&message).await {
                    ControlFlow::Continue(reply) => next = reply,
                    ControlFlow::Break(close) => return Some(close),
                },
            },
            Some(message) = waiting.recv() => {
                next = conversation.admit(message);
            }
            _ = pings.tick() => {
                if conversation.heard.elapsed() > SILENCE {
                    return Some(Close::SILENT);
                }
                next = Some(ToClient::Ping);
            }
            _ = recognitions.tick() => {
                if conversation.is_forgotten().await {
                    return Some(Close::FORBIDDEN);
                }
            }
        }
    }
}

/// Sends a message; nothing where the client is gone, or takes too long to read.
async fn send(sink: &mut SplitSink<WebSocket, Message>, message: ToClient) -> Option<()> {
    let sent = timeout(SEND, sink.send(message.into_frame())).await;
    matches!(sent, Ok(Ok(()))).then_some(())
}

/// Ticks, the first of them after one pause.
fn ticks(pause: Duration) -> Interval {
    let mut ticks = interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}

/// What goes on between a client and the server.
struct Conversation {
    app: App,
    guest: Guest,
    /// What is under way. Only subscriptions can be broken off; the others are done to the end.
    operations: HashMap<String, Option<AbortHandle>>,
    outbox: mpsc::Sender<ToClient>,
    /// When the client last said anything.
    heard: Instant,
}

impl Conversation {
    /// Takes a message. Returns what to reply at once, or what to close with.
    async fn hear(&mut self, message: &Message) -> ControlFlow<Close, Option<ToClient>> {
        self.heard = Instant::now();
        let message = match FromClient::read(message) {
            Ok(message) => message,
            Err(close) => return ControlFlow::Break(close),
        };
        match message {
            None | Some(FromClient::Pong) => ControlFlow::Continue(None),
            Some(FromClient::Ping) => ControlFlow::Continue(Some(ToClient::Pong)),
            Some(FromClient::ConnectionInit { .. }) => ControlFlow::Break(Close::SECOND_INIT),
            Some(FromClient::Subscribe { id, payload }) => self.begin(id, payload).await,
            Some(FromClient::Complete { id }) => {
                self.end(&id);
                ControlFlow::Continue(None)
            }
        }
    }

    /// Begins an operation.
    async fn begin(
        &mut self,
        id: String,
        parameters: Parameters,
    ) -> ControlFlow<Close, Option<ToClient>> {
        if self.operations.contains_key(&id) {
            return ControlFlow::Break(Close::DUPLICATE_OPERATION);
        }
        let admitted = self.admit_operation(parameters).await;
        let (prepared, place) = match admitted {
            Ok(admitted) => admitted,
            Err(rejected) => {
                let errors = graphql::rejection(rejected);
                return ControlFlow::Continue(Some(ToClient::error(id, errors)));
            }
        };
        let is_endless = prepared.operation == OperationType::Subscription;
        let operation = operate(
            self.app.clone(),
            self.guest.actor.clone(),
            id.clone(),
            prepared,
            place,
            self.outbox.clone(),
        );
        let task = self.app.state.background.spawn(operation);
        let handle = is_endless.then(|| task.abort_handle());
        self.operations.insert(id, handle);
        ControlFlow::Continue(None)
    }

    /// Reads an operation, and counts it. A subscription has a place for as long as it lasts.
    async fn admit_operation(
        &self,
        parameters: Parameters,
    ) -> Result<(Prepared, Option<Place>), Rejected> {
        let state = &self.app.state;
        state.throttle.admit(self.guest.asker)?;
        let prepared = prepare(&self.app.documents, parameters).await?;
        if prepared.operation != OperationType::Subscription {
            return Ok((prepared, None));
        }
        let client = self.guest.actor.identity().map(|each| each.client_id);
        let place = self.app.census.subscriptions.enter(client);
        let place = place.ok_or_else(|| {
            state.metrics.refused(Refusal::Subscriptions);
            Error::RateLimited {
                what: "this client has too many subscriptions".to_owned(),
                wait: SEND,
            }
        })?;
        Ok((prepared, Some(place)))
    }

    /// Ends an operation that the client wants no more of.
    fn end(&mut self, id: &str) {
        if let Some(Some(subscription)) = self.operations.remove(id) {
            subscription.abort();
        }
    }

    /// Lets a message of an operation pass, unless the client has ended that in the meantime.
    fn admit(&mut self, message: ToClient) -> Option<ToClient> {
        let id = message.operation()?;
        if !self.operations.contains_key(id) {
            return None;
        }
        if message.is_last() {
            self.operations.remove(id);
        }
        Some(message)
    }

    /// Whether the credential is no longer good. That the database can't tell right now does not count.
    async fn is_forgotten(&self) -> bool {
        match &self.guest.credential {
            None => false,
            Some(credential) => matches!(
                authenticate(&self.app.state, credential).await,
                Err(Error::Unauthenticated(_))
            ),
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        for subscription in self.operations.values().flatten() {
            subscription.abort();
        }
    }
}

/// Executes an operation and hands over what comes of it. Ends when nobody takes it any more.
async fn operate(
    app: App,
    actor: Actor,
    id: String,
    prepared: Prepared,
    _place: Option<Place>,
    outbox: mpsc::Sender<ToClient>,
) {
    let Prepared {
        mut request,
        operation,
        asked_for,
    } = prepared;
    equip(&mut request, &app.state, actor);
    let metrics = &app.state.metrics;
    if operation == OperationType::Subscription {
        let _subscribed = metrics.subscribed(asked_for);
        let mut answers = app.schema.execute_stream(request);
        // As long as the client does not take what there is, nothing more is read for it.
        while let Ok(room) = outbox.reserve().await {
            // Others may have it, while there is nothing new.
            drop(room);
            let Some(answer) = answers.next().await else {
                break;
            };
            let message = ToClient::next_or_error(&id, with_codes(answer));
            let is_last = message.is_last();
            if outbox.send(message).await.is_err() || is_last {
                return;
            }
        }
    } else {
        let begun = Instant::now();
        let span = tracing::debug_span!("execute", %asked_for);
        let answer = with_codes(app.schema.execute(request).instrument(span).await);
        metrics.answered(asked_for, graphql::code(&answer), begun.elapsed());
        let message = ToClient::next_or_error(&id, answer);
        let is_last = message.is_last();
        if outbox.send(message).await.is_err() || is_last {
            return;
        }
    }
    // Where nobody takes it, the socket is gone.
    let _ = outbox.send(ToClient::Complete { id }).await;
}
