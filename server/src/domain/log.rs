//! The log: every deed but the reports of results leaves one entry, with who did it and whether it succeeded.
//!
//! Success is written in the deed's own transaction: either both are there or neither is.

use entity::{
    Timestamp,
    log::{ActiveModel, LogStatus},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbErr};

use crate::{
    domain::actor::Actor,
    error::{Error, Result},
    state::State,
};

/// The most characters of a parameter that are kept. A parameter names what was dealt with; it is no payload.
const PARAMETER_CHARACTERS: usize = 1_000;

/// Something that somebody does.
#[derive(Clone, Debug)]
pub struct Deed {
    actor: Actor,
    action: &'static str,
    parameter: String,
}

impl Deed {
    /// What `actor` sets out to do.
    pub fn new(actor: &Actor, action: &'static str, parameter: &(impl ToString + ?Sized)) -> Self {
        Self {
            actor: actor.clone(),
            action,
            parameter: parameter.to_string(),
        }
    }

    /// Notes that it was done, in the transaction that does it.
    pub async fn done(&self, transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
        self.entry(LogStatus::Success, None)
            .insert(transaction)
            .await?;
        Ok(())
    }

    /// Notes that it failed, where it did, and passes the outcome on.
    ///
    /// A caller without credentials leaves no entry, or anybody could fill the disk.
    pub async fn noting_failure<T>(&self, state: &State, outcome: Result<T>) -> Result<T> {
        if let Err(error) = &outcome
            && self.actor.identity().is_some()
            && let Err(unwritten) = self.write_failure(state, error).await
        {
            tracing::error!(action = self.action, %error, %unwritten, "a failure could not be logged");
        }
        outcome
    }

    async fn write_failure(&self, state: &State, error: &Error) -> Result<(), DbErr> {
        let transaction = state.db.begin().await?;
        let entry = self.entry(LogStatus::Error, Some(error.to_string()));
        entry.insert(&transaction).await?;
        transaction.commit().await
    }

    fn entry(&self, status: LogStatus, message: Option<String>) -> ActiveModel {
        ActiveModel {
            date: Set(Timestamp::now()),
            action: Set(self.action.to_owned()),
            parameter: Set(Some(
                self.parameter.chars().take(PARAMETER_CHARACTERS).collect(),
            )),
            status: Set(status),
            client_id: Set(self.actor.identity().map(|identity| identity.client_id)),
            message: Set(message),
            ..Default::default()
        }
    }
}
