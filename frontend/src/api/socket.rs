//! The page's one WebSocket, on which all of its subscriptions run: `graphql-transport-ws`, made
//! again whenever it is lost.
//!
//! A subscription outlives connections. Its operation is built anew on each, from where its page
//! has got to, so a page only ever sees more data and never has to ask whether the network failed
//! in between. Three endings are told apart: *lost* (the connection: tried again, with back-off),
//! *completed* or refused for a passing reason (one subscription: started again) and *rejected*
//! (the credentials: the session is over; or one subscription: its page is told).
//!
//! One task, the driver, owns the connection. It holds its shared state weakly and ends with it.

mod backoff;
mod connection;
mod protocol;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::{Rc, Weak},
};

use cynic::{GraphQlResponse, StreamingOperation};
use futures::channel::mpsc;
use gloo_timers::future::sleep;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use self::{
    backoff::Backoff,
    protocol::{End, Kind, ServerMessage},
};
use super::{
    error::{Code, Error, Extensions, GraphQlError, data_or_error},
    health::Outage,
    http::{self, from_json},
    session::Session,
};

/// What the live connection is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Connection {
    /// None is wanted, as nobody is signed in.
    Offline,
    /// The first one is being made.
    Connecting,
    /// Changes arrive as they happen.
    Live,
    /// It was lost and is being made again.
    Reconnecting {
        /// When it was lost, in milliseconds since 1970.
        since: f64,
    },
}

/// What a subscription brings to its page.
#[derive(Debug)]
pub enum Event<T> {
    /// More data.
    Next(T),
    /// The server refused the operation for good; nothing more will come.
    Rejected(Error),
}

impl<T> Event<T> {
    /// The same event with other data.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Event<U> {
        match self {
            Self::Next(data) => Event::Next(f(data)),
            Self::Rejected(error) => Event::Rejected(error),
        }
    }
}

/// The handle to the socket; free to copy.
#[derive(Clone, Copy)]
pub struct Socket {
    shared: StoredValue<Rc<Shared>, LocalStorage>,
}

impl Socket {
    /// Makes a socket that is not connected. Rejected credentials set the session to signed out, and
    /// a server that can't recognise anybody just now sets the outage.
    pub fn new(session: RwSignal<Session>, outage: RwSignal<Option<Outage>>) -> Self {
        let shared = Rc::new(Shared {
            session,
            outage,
            connection: RwSignal::new(Connection::Offline),
            commands: RefCell::new(None),
            subscriptions: RefCell::new(BTreeMap::new()),
            last_id: Cell::new(0),
        });
        Self {
            shared: StoredValue::new_local(shared),
        }
    }

    /// What the connection is doing now.
    pub fn connection(self) -> ReadSignal<Connection> {
        self.shared
            .with_value(|shared| shared.connection.read_only())
    }

    /// Connects, and stays connected until [`Socket::disconnect`]. Does nothing where that is
    /// already so.
    pub fn connect(self) {
        self.shared.with_value(|shared| {
            if shared.commands.borrow().is_some() {
                return;
            }
            let (sender, receiver) = mpsc::unbounded();
            *shared.commands.borrow_mut() = Some(sender);
            shared.connection.set(Connection::Connecting);
            spawn_local(drive(Rc::downgrade(shared), receiver));
        });
    }

    /// Closes the connection and makes no other.
    pub fn disconnect(self) {
        self.shared.with_value(|shared| shared.stop());
    }

    /// Looks at once whether the connection still stands, or tries again at once where it is down.
    /// For the moment when the network or the page comes back.
    pub fn wake(self) {
        self.shared
            .with_value(|shared| shared.command(Command::Wake));
    }

    /// Starts a subscription that lasts until its handle is dropped. `operation` is called for each
    /// start, the first and those after a lost connection.
    pub fn subscribe<T, V>(
        self,
        operation: impl Fn() -> StreamingOperation<T, V> + 'static,
        on_event: impl FnMut(Event<T>) + 'static,
    ) -> Subscription
    where
        T: DeserializeOwned + 'static,
        V: Serialize + 'static,
    {
        self.prepare(operation, on_event, None)
    }

    /// As [`Socket::subscribe`], but for something that comes to an end by itself: when the server
    /// says that it has, nothing is started again.
    pub fn subscribe_to_its_end<T, V>(
        self,
        operation: impl Fn() -> StreamingOperation<T, V> + 'static,
        on_event: impl FnMut(Event<T>) + 'static,
        on_end: impl Fn() + 'static,
    ) -> Subscription
    where
        T: DeserializeOwned + 'static,
        V: Serialize + 'static,
    {
        self.prepare(operation, on_event, Some(Box::new(on_end)))
    }

    fn prepare<T, V>(
        self,
        operation: impl Fn() -> StreamingOperation<T, V> + 'static,
        mut on_event: impl FnMut(Event<T>) + 'static,
        on_end: Option<OnEnd>,
    ) -> Subscription
    where
        T: DeserializeOwned + 'static,
        V: Serialize + 'static,
    {
        let session = self.shared.with_value(|shared| shared.session);
        let operation = move || {
            serde_json::value::to_raw_value(&operation())
                .expect("operations are plain data with a JSON form")
        };
        let deliver = move |arrival: Arrival<'_>| match decode(arrival) {
            Ok(data) => {
                on_event(Event::Next(data));
                Verdict::Goes
            }
            Err(error) => {
                let verdict = Verdict::on(&error, session);
                if verdict == Verdict::Over {
                    on_event(Event::Rejected(error));
                }
                verdict
            }
        };
        self.start(Box::new(operation), Box::new(deliver), on_end)
    }

    /// Of one type, so that there is one of it in the module, and not one for each subscription.
    fn start(self, operation: Operation, deliver: Deliver, on_end: Option<OnEnd>) -> Subscription {
        let entry = Entry {
            operation,
            deliver: RefCell::new(deliver),
            on_end,
            wire_id: Cell::new(None),
            backoff: Cell::new(Backoff::default()),
        };
        self.shared.with_value(|shared| {
            let key = shared.next_id();
            shared
                .subscriptions
                .borrow_mut()
                .insert(key, Rc::new(entry));
            shared.command(Command::Start(key));
            Subscription {
                shared: Rc::downgrade(shared),
                key,
            }
        })
    }
}

/// A running subscription. Dropping it ends it.
#[must_use = "a subscription ends when its handle is dropped"]
pub struct Subscription {
    shared: Weak<Shared>,
    key: u32,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        let entry = shared.subscriptions.borrow_mut().remove(&self.key);
        if let Some(wire_id) = entry.and_then(|entry| entry.wire_id.get()) {
            shared.command(Command::Complete(wire_id));
        }
    }
}

/// What the rest of the page asks of the driver.
enum Command {
    /// Start this subscription, if it is not running.
    Start(u32),
    /// Tell the server that this operation is not wanted any more.
    Complete(u32),
    /// See [`Socket::wake`].
    Wake,
}

/// What lasts while connections come and go.
struct Shared {
    session: RwSignal<Session>,
    outage: RwSignal<Option<Outage>>,
    connection: RwSignal<Connection>,
    /// The way to the driver; `None` while there is none.
    commands: RefCell<Option<mpsc::UnboundedSender<Command>>>,
    subscriptions: RefCell<BTreeMap<u32, Rc<Entry>>>,
    last_id: Cell<u32>,
}

/// Builds what is sent for a subscription.
type Operation = Box<dyn Fn() -> Box<RawValue>>;

/// Decodes what came for a subscription and hands it to its page.
type Deliver = Box<dyn FnMut(Arrival<'_>) -> Verdict>;

/// What is done when a subscription has come to its end.
type OnEnd = Box<dyn Fn()>;

/// One subscription.
struct Entry {
    operation: Operation,
    deliver: RefCell<Deliver>,
    /// None where it has no end, and is started again whenever it seems to.
    on_end: Option<OnEnd>,
    /// Its id on the present connection; `None` while it does not run there. Never used twice, so
    /// that what is still on its way for an earlier start is told from what belongs to this one.
    wire_id: Cell<Option<u32>>,
    backoff: Cell<Backoff>,
}

impl Entry {
    /// The server says that no more will come.
    fn complete(&self) -> Verdict {
        match &self.on_end {
            Some(on_end) => {
                on_end();
                Verdict::Over
            }
            None => Verdict::Restarts,
        }
    }
}

/// What came for a subscription.
#[derive(Clone, Copy)]
enum Arrival<'a> {
    Next(&'a RawValue),
    Error(&'a RawValue),
}

/// What becomes of a subscription after what came for it.
#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Goes,
    Restarts,
    Over,
}

impl Verdict {
    /// On a subscription that the server refused.
    fn on(error: &Error, session: RwSignal<Session>) -> Self {
        if error.is_passing() {
            return Self::Restarts;
        }
        if error.is(Code::Unauthenticated) {
            session.set(Session::SignedOut);
        }
        Self::Over
    }
}

impl Shared {
    fn next_id(&self) -> u32 {
        self.last_id.set(self.last_id.get() + 1);
        self.last_id.get()
    }

    /// Tells the driver. Where there is none, nothing runs, and everything starts with the next
    /// connection.
    fn command(&self, command: Command) {
        if let Some(commands) = self.commands.borrow().as_ref() {
            // The driver that has just ended hears nothing any more, and needs to.
            let _ = commands.unbounded_send(command);
        }
    }

    /// Ends the driver.
    fn stop(&self) {
        self.commands.borrow_mut().take();
        self.forget_wire_ids();
        self.connection.set(Connection::Offline);
        Outage::end(self.outage);
    }

    /// The server has recognised us. Should its database be in trouble, it will tell.
    fn opened(&self) {
        Outage::end(self.outage);
    }

    /// The connection is gone, and with it every operation on it.
    fn lost(&self) {
        self.forget_wire_ids();
        self.note_interruption();
    }

    /// A server that waits for its database admits no socket either. Where none is there at all, it is not the database that
    /// is the matter.
    fn doubt_outage(self: &Rc<Self>) {
        if self.outage.get_untracked().is_none() {
            return;
        }
        let shared = Rc::downgrade(self);
        spawn_local(async move {
            let is_there = http::answers().await;
            if let Some(shared) = shared.upgrade()
                && !is_there
                && shared.connection.get_untracked() != Connection::Live
            {
                Outage::end(shared.outage);
            }
        });
    }

    /// Something is not up to date from now on.
    fn note_interruption(&self) {
        if self.connection.get_untracked() == Connection::Live {
            self.connection.set(Connection::Reconnecting {
                since: js_sys::Date::now(),
            });
        }
    }

    fn forget_wire_ids(&self) {
        for entry in self.subscriptions.borrow().values() {
            entry.wire_id.set(None);
        }
    }

    /// The keys of all subscriptions.
    fn keys(&self) -> Vec<u32> {
        self.subscriptions.borrow().keys().copied().collect()
    }

    /// Gives a subscription an id on this connection and says what to send for it; `None` where it
    /// runs already or is gone.
    fn begin(&self, key: u32) -> Option<(u32, Box<RawValue>)> {
        let entry = self.subscriptions.borrow().get(&key).cloned()?;
        if entry.wire_id.get().is_some() {
            return None;
        }
        let wire_id = self.next_id();
        entry.wire_id.set(Some(wire_id));
        Some((wire_id, (entry.operation)()))
    }

    /// The connection is live once everything on it runs.
    fn note_progress(&self) {
        let all_run = self
            .subscriptions
            .borrow()
            .values()
            .all(|entry| entry.wire_id.get().is_some());
        if all_run && self.connection.get_untracked() != Connection::Live {
            self.connection.set(Connection::Live);
        }
    }

    /// Hands a message to the subscription that it is for.
    fn dispatch(self: &Rc<Self>, message: &ServerMessage<'_>) {
        let Some((key, entry)) = self.running(message.id.as_deref()) else {
            return;
        };
        let verdict = match (message.kind, message.payload) {
            (Kind::Next, Some(payload)) => (entry.deliver.borrow_mut())(Arrival::Next(payload)),
            (Kind::Error, Some(payload)) => (entry.deliver.borrow_mut())(Arrival::Error(payload)),
            (Kind::Complete, _) => entry.complete(),
            _ => return,
        };
        match verdict {
            Verdict::Goes => entry.backoff.set(Backoff::default()),
            Verdict::Restarts => self.restart_later(key, &entry),
            Verdict::Over => {
                self.subscriptions.borrow_mut().remove(&key);
            }
        }
    }

    /// The subscription that runs under an id of this connection.
    fn running(&self, id: Option<&str>) -> Option<(u32, Rc<Entry>)> {
        let wire_id = id?.parse().ok();
        let subscriptions = self.subscriptions.borrow();
        let (key, entry) = subscriptions
            .iter()
            .find(|(_, entry)| entry.wire_id.get() == wire_id)?;
        Some((*key, Rc::clone(entry)))
    }

    /// The server has ended a subscription without a reason to give it up.
    fn restart_later(self: &Rc<Self>, key: u32, entry: &Entry) {
        entry.wire_id.set(None);
        self.note_interruption();
        let mut backoff = entry.backoff.get();
        let delay = backoff.next_delay(js_sys::Math::random());
        entry.backoff.set(backoff);
        let shared = Rc::downgrade(self);
        spawn_local(async move {
            sleep(delay).await;
            if let Some(shared) = shared.upgrade() {
                shared.command(Command::Start(key));
            }
        });
    }
}

/// Reads the payload of a message.
fn decode<T: DeserializeOwned>(arrival: Arrival<'_>) -> Result<T, Error> {
    from_json(&data_of(arrival)?)
}

/// The data of a message in its JSON form.
fn data_of(arrival: Arrival<'_>) -> Result<Box<RawValue>, Error> {
    match arrival {
        Arrival::Next(payload) => {
            let response: GraphQlResponse<Box<RawValue>, Extensions> = from_json(payload)?;
            data_or_error(response)
        }
        Arrival::Error(payload) => {
            let errors: Vec<GraphQlError> = from_json(payload)?;
            data_or_error(GraphQlResponse {
                data: None,
                errors: Some(errors),
            })
        }
    }
}

/// Keeps a connection until nobody wants one, or the server wants none with us.
async fn drive(shared: Weak<Shared>, mut commands: mpsc::UnboundedReceiver<Command>) {
    let mut backoff = Backoff::default();
    loop {
        match connection::run(&shared, &mut commands, &mut backoff).await {
            End::Dropped => return,
            End::Rejected => {
                if let Some(shared) = shared.upgrade() {
                    shared.stop();
                    shared.session.set(Session::SignedOut);
                }
                return;
            }
            end @ (End::Lost | End::TurnedAway) => {
                let Some(shared) = shared.upgrade() else {
                    return;
                };
                shared.lost();
                if end == End::TurnedAway {
                    Outage::begin(shared.outage);
                } else {
                    shared.doubt_outage();
                }
            }
        }
        if connection::pause(&mut commands, backoff.next_delay(js_sys::Math::random())).await
            == End::Dropped
        {
            return;
        }
    }
}
