//! Everything the dashboard knows about the server: one file a noun for its typed operations,
//! `http` and `socket` to carry them.
//!
//! Pages hold an [`Api`] and call its methods; nothing else sends a request. Who is signed in is
//! decided here too: whichever answer says that nobody is, the session becomes
//! [`Session::SignedOut`], and the application asks for a token.

use futures::future::{FutureExt, LocalBoxFuture};
use leptos::prelude::*;
use serde_json::value::RawValue;

pub mod ahead;
pub mod backups;
mod change;
pub mod clients;
pub mod comparisons;
pub mod error;
pub mod health;
mod http;
mod keywords;
pub mod last_runs;
pub mod log;
pub mod page;
pub mod plans;
pub mod results;
pub mod runs;
pub mod scalars;
pub mod schedules;
pub mod scripts;
pub mod session;
pub mod socket;
pub mod statistics;
pub mod tasks;

use self::{
    error::{Code, Error},
    health::Outage,
    session::Session,
    socket::{Connection, Socket},
};

/// What cynic generates from the server's schema; the derives of the operations refer to it.
#[expect(unreachable_pub, reason = "the macro writes one module for all uses")]
#[cynic::schema("daybook")]
mod schema {}

/// The handle through which pages reach the server. It is one per page load, and free to copy.
#[derive(Clone, Copy)]
pub struct Api {
    session: RwSignal<Session>,
    outage: RwSignal<Option<Outage>>,
    socket: Socket,
}

impl Api {
    /// Makes the handle and hands it to all components below as context. Nothing is sent yet.
    pub fn provide() -> Self {
        let session = RwSignal::new(Session::Unknown);
        let outage = RwSignal::new(None);
        let api = Self {
            session,
            outage,
            socket: Socket::new(session, outage),
        };
        provide_context(api);
        api
    }

    /// The handle that [`Api::provide`] made.
    pub fn expect() -> Self {
        use_context().expect("the application provides it before it renders a page")
    }

    /// Who is signed in, as far as it is known.
    pub fn session(self) -> ReadSignal<Session> {
        self.session.read_only()
    }

    /// The page's one live connection.
    pub fn socket(self) -> Socket {
        self.socket
    }

    /// Sends a query or a mutation, and notes it when the answer is that nobody is signed in. Dropping
    /// the future aborts the request.
    async fn query<T, V>(self, operation: cynic::Operation<T, V>) -> Result<T, Error>
    where
        T: serde::de::DeserializeOwned + 'static,
        V: serde::Serialize,
    {
        let body = http::to_json(&operation);
        let data = self.send(body).await?;
        http::from_json(&data)
    }

    /// Sends a mutation of whose answer only matters whether it is an error.
    async fn change<T, V>(self, operation: &cynic::Operation<T, V>) -> Result<(), Error>
    where
        V: serde::Serialize,
    {
        self.send(http::to_json(operation)).await.map(drop)
    }

    /// What all operations have in common. Of one type, so that there is one of it in the module, and
    /// not one for each operation.
    fn send(self, body: String) -> LocalBoxFuture<'static, Result<Box<RawValue>, Error>> {
        async move {
            let answer = http::execute(body).await;
            if let Err(error) = &answer {
                self.heed(error);
            }
            answer
        }
        .boxed_local()
    }

    /// What an error says of more than the request that met it.
    fn heed(self, error: &Error) {
        if error.is(Code::Unauthenticated) {
            self.session.set(Session::SignedOut);
        }
        let is_connected = self.socket.connection().get_untracked() == Connection::Live;
        if error.is(Code::Unavailable) && !is_connected {
            // A server that waits for its database admits no socket that could tell.
            Outage::begin(self.outage);
        }
    }
}
