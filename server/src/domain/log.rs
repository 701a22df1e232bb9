//! The log: every deed but the reports of results leaves one entry, with who did it and whether it succeeded.
//!
//! Success is written in the deed's own transaction: either both are there or neither is.

mod find;

pub use find::{Filter, Position, by_id, list};
pub(crate) use find::{by_ids, ids_since};

use entity::{
    ClientId, LogId, Timestamp,
    log::{ActiveModel, LogStatus},
};
use sea_orm::{ActiveEnum, ActiveModelTrait, ActiveValue::Set, DbErr};

use crate::{
    db::{
        self,
        insert::{Conflict, insert},
        plain::Plain,
    },
    domain::actor::Actor,
    error::{Error, Result},
    state::State,
};

/// The most characters of a parameter that are kept. A parameter names what was dealt with; it is no payload.
const PARAMETER_CHARACTERS: usize = 1_000;

/// The most characters of a message that are kept. A message may quote what was sent, and that may be long.
const MESSAGE_CHARACTERS: usize = 4_000;

/// Something that somebody does.
#[derive(Clone, Debug)]
pub struct Deed {
    doer: Doer,
    action: &'static str,
    parameter: String,
}

/// Who does it.
#[derive(Clone, Copy, Debug)]
enum Doer {
    Client(ClientId),
    /// Somebody without credentials, whose failures leave no entry: or anybody could fill the disk.
    Nobody,
    /// The server by itself, or its operator on the command line.
    Server,
}

impl Deed {
    /// What `actor` sets out to do.
    pub fn new(actor: &Actor, action: &'static str, parameter: &(impl ToString + ?Sized)) -> Self {
        let doer = match actor.identity() {
            Some(identity) => Doer::Client(identity.client_id),
            None => Doer::Nobody,
        };
        Self::of(doer, action, parameter)
    }

    /// What the server sets out to do by itself, or its operator on the command line.
    pub(crate) fn of_server(action: &'static str, parameter: &(impl ToString + ?Sized)) -> Self {
        Self::of(Doer::Server, action, parameter)
    }

    /// What the server sets out to do for a client that asked for it earlier, or by itself where nobody did.
    pub(crate) fn on_behalf_of(
        client: Option<ClientId>,
        action: &'static str,
        parameter: &(impl ToString + ?Sized),
    ) -> Self {
        Self::of(client.map_or(Doer::Server, Doer::Client), action, parameter)
    }

    fn of(doer: Doer, action: &'static str, parameter: &(impl ToString + ?Sized)) -> Self {
        Self {
            doer,
            action,
            parameter: parameter.to_string(),
        }
    }

    /// Notes that it was done, in the transaction that does it.
    pub(crate) async fn done(&self, transaction: &impl Plain) -> Result<(), DbErr> {
        self.done_but(transaction, None).await
    }

    /// The same, with what there is to say of it nevertheless.
    pub(crate) async fn done_but(
        &self,
        transaction: &impl Plain,
        message: Option<String>,
    ) -> Result<(), DbErr> {
        self.write(transaction, LogStatus::Success, message).await
    }

    /// Notes that something was read, and says by which entry: there is no transaction that it belongs to. What somebody
    /// without credentials reads leaves none, or anybody could fill the disk.
    pub(crate) async fn read(&self, state: &State) -> Result<Option<LogId>> {
        if matches!(self.doer, Doer::Nobody) {
            return Ok(None);
        }
        let noted = db::retrying(async || {
            let transaction = state.db.begin().await?;
            let entry = ActiveModel {
                date: Set(Timestamp::now()),
                action: Set(self.action.to_owned()),
                parameter: Set(Some(shortened(&self.parameter, PARAMETER_CHARACTERS))),
                status: Set(LogStatus::Success),
                client_id: Set(self.client()),
                ..Default::default()
            };
            let entry = entry.insert(&transaction).await?;
            db::commit(transaction).await?;
            Ok(entry.id)
        });
        let id = noted.await?;
        state.events.logged();
        Ok(Some(id))
    }

    /// Notes why it was not done, in the transaction that settles so.
    pub(crate) async fn failed(
        &self,
        transaction: &impl Plain,
        message: Option<String>,
    ) -> Result<(), DbErr> {
        self.write(transaction, LogStatus::Error, message).await
    }

    /// Notes that it failed, where it did, wakes those who follow the log, and passes the outcome on.
    pub async fn noting_failure<T>(&self, state: &State, outcome: Result<T>) -> Result<T> {
        if let Err(error) = &outcome {
            if matches!(self.doer, Doer::Nobody) {
                return outcome;
            }
            if let Err(unwritten) = self.write_failure(state, error).await {
                tracing::error!(action = self.action, %error, %unwritten, "a failure could not be logged");
            }
        }
        state.events.logged();
        outcome
    }

    async fn write_failure(&self, state: &State, error: &Error) -> Result<(), DbErr> {
        let transaction = state.db.begin().await?;
        let message = Some(error.to_string());
        self.write(&transaction, LogStatus::Error, message).await?;
        transaction.commit().await
    }

    async fn write(
        &self,
        transaction: &impl Plain,
        status: LogStatus,
        message: Option<String>,
    ) -> Result<(), DbErr> {
        const INTO: &str = "log (date, action, parameter, status, client_id, message)";
        let row = [
            Timestamp::now().into(),
            self.action.into(),
            shortened(&self.parameter, PARAMETER_CHARACTERS).into(),
            status.to_value().into(),
            self.client().into(),
            message
                .map(|message| shortened(&message, MESSAGE_CHARACTERS))
                .into(),
        ];
        insert(transaction, INTO, [row].into_iter(), Conflict::Fail).await
    }

    fn client(&self) -> Option<ClientId> {
        match self.doer {
            Doer::Client(id) => Some(id),
            Doer::Nobody | Doer::Server => None,
        }
    }
}

fn shortened(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
