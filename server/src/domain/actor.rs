//! Who is asking, and what they may do.
//!
//! A permission is a type: functions that need one take [`Viewer`], [`Reporter`], [`Operator`] or [`Admin`], and the only
//! way to get one is to ask the [`Actor`] for it.

use std::sync::Arc;

use entity::{ClientId, client::Role, schedule};

use crate::error::{Error, Result};

/// Who is asking.
#[derive(Clone, Debug)]
pub enum Actor {
    /// Somebody with a good token or session.
    Client(Arc<Identity>),
    /// Somebody without credentials.
    Anonymous {
        /// Whether the operator lets such people read.
        may_read: bool,
    },
}

/// A client that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its row.
    pub client_id: ClientId,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

/// May read.
#[derive(Clone, Debug)]
pub struct Viewer(Actor);

/// May open schedules and change its own.
#[derive(Clone, Debug)]
pub struct Reporter(Arc<Identity>);

/// May change anyone's schedules, and deal with tasks and runs.
#[derive(Clone, Debug)]
pub struct Operator(Arc<Identity>);

/// May do everything.
#[derive(Clone, Debug)]
pub struct Admin(Arc<Identity>);

impl Actor {
    /// The client, where somebody is logged in.
    pub fn identity(&self) -> Option<&Arc<Identity>> {
        match self {
            Self::Client(identity) => Some(identity),
            Self::Anonymous { .. } => None,
        }
    }

    /// The permission to read.
    pub fn viewer(&self) -> Result<Viewer> {
        match self {
            Self::Client(_) | Self::Anonymous { may_read: true } => Ok(Viewer(self.clone())),
            Self::Anonymous { may_read: false } => Err(not_logged_in()),
        }
    }

    /// The permission to open schedules and to change one's own.
    pub fn reporter(&self) -> Result<Reporter> {
        self.at_least(Role::Reporter).map(Reporter)
    }

    /// The permission to change anyone's schedules, and to deal with tasks and runs.
    pub fn operator(&self) -> Result<Operator> {
        self.at_least(Role::Operator).map(Operator)
    }

    /// The permission to do everything.
    pub fn admin(&self) -> Result<Admin> {
        self.at_least(Role::Admin).map(Admin)
    }

    fn at_least(&self, role: Role) -> Result<Arc<Identity>> {
        let identity = self.identity().ok_or_else(not_logged_in)?;
        if identity.role < role {
            let needed = format!("{role:?}").to_uppercase();
            return Err(Error::Forbidden(format!("this needs the role {needed}")));
        }
        Ok(Arc::clone(identity))
    }
}

impl Viewer {
    /// Whether more than name and role of a client may be seen: one's own, or any for an admin.
    pub fn may_see_all_of(&self, client: ClientId) -> bool {
        self.0
            .identity()
            .is_some_and(|identity| identity.role == Role::Admin || identity.client_id == client)
    }
}

impl Reporter {
    /// The client that reports.
    pub fn client_id(&self) -> ClientId {
        self.0.client_id
    }

    /// Whether it may change other clients' schedules too.
    pub fn may_change_any(&self) -> bool {
        self.0.role >= Role::Operator
    }

    /// Refuses where the schedule is another client's.
    pub fn may_change(&self, schedule: &schedule::Model) -> Result<()> {
        if self.may_change_any() || schedule.client_id == self.client_id() {
            Ok(())
        } else {
            Err(Error::Forbidden(format!(
                "schedule {} is another client's; this needs the role OPERATOR",
                schedule.schedule_name
            )))
        }
    }
}

impl Operator {
    /// The client that operates.
    pub fn client_id(&self) -> ClientId {
        self.0.client_id
    }
}

impl Admin {
    /// The client that administers.
    pub fn client_id(&self) -> ClientId {
        self.0.client_id
    }
}

fn not_logged_in() -> Error {
    Error::Unauthenticated("log in, or send the header Authorization: Bearer TOKEN")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(role: Role) -> Actor {
        Actor::Client(Arc::new(Identity {
            client_id: ClientId(1),
            name: "nightly".into(),
            role,
        }))
    }

    #[test]
    fn each_role_may_do_all_that_the_one_before_may() {
        assert!(client(Role::Viewer).viewer().is_ok());
        assert!(client(Role::Viewer).reporter().is_err());
        assert!(client(Role::Operator).reporter().is_ok());
        assert!(client(Role::Operator).admin().is_err());
        assert!(client(Role::Admin).operator().is_ok());
    }

    #[test]
    fn nobody_may_do_nothing_unless_reading_is_public() {
        let nobody = Actor::Anonymous { may_read: false };
        assert_eq!(nobody.viewer().unwrap_err().code(), "UNAUTHENTICATED");
        let reader = Actor::Anonymous { may_read: true };
        assert!(reader.viewer().is_ok());
        assert_eq!(reader.reporter().unwrap_err().code(), "UNAUTHENTICATED");
    }
}
