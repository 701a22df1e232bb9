//! History: runs that took place elsewhere and are brought over, with the times at which everything was done there.
//!
//! A time that is said may be any time, so only an admin may say one, and the times of a schedule must agree with one
//! another. For everybody else, things are done when they arrive.

use entity::Timestamp;

use crate::{
    domain::actor::Actor,
    error::{Error, Result},
};

/// When something was done, as an admin says. Knows the field it came in, so that whatever contradicts it can name that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Past {
    field: String,
    time: Timestamp,
}

impl Past {
    /// Checks who says so, and that it does not lie in the future.
    pub(crate) fn check(actor: &Actor, field: impl Into<String>, time: Timestamp) -> Result<Self> {
        actor.admin()?;
        let past = Self {
            field: field.into(),
            time,
        };
        if time > Timestamp::now() {
            return Err(past.refused("must not lie in the future"));
        }
        Ok(past)
    }

    /// Refuses what contradicts a moment that must have come earlier; `what` says which one that is.
    pub(crate) fn not_before(&self, moment: Timestamp, what: &str) -> Result<()> {
        if self.time < moment {
            return Err(self.refused(&format!("must not lie before {what}")));
        }
        Ok(())
    }

    /// The moment.
    pub(crate) fn time(&self) -> Timestamp {
        self.time
    }

    fn refused(&self, message: &str) -> Error {
        Error::validation(&self.field, message)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use entity::{ClientId, client::Role};

    use super::*;
    use crate::domain::actor::Identity;

    fn client(role: Role) -> Actor {
        Actor::Client(Arc::new(Identity {
            client_id: ClientId(1),
            name: "archive".into(),
            role,
        }))
    }

    #[test]
    fn only_an_admin_says_when_something_was_done() {
        let now = Timestamp::now();
        let refused = Past::check(&client(Role::Operator), "createdTime", now).unwrap_err();
        assert_eq!(refused.code(), "FORBIDDEN");
        assert!(Past::check(&client(Role::Admin), "createdTime", now).is_ok());
    }

    #[test]
    fn what_contradicts_is_refused_and_named() {
        let now = Timestamp::now();
        let future = Past::check(&client(Role::Admin), "closedTime", now.plus_seconds(60));
        assert_eq!(future.unwrap_err().field(), Some("closedTime"));

        let past = Past::check(&client(Role::Admin), "closedTime", now).expect("not in the future");
        assert!(past.not_before(now, "it was opened").is_ok());
        let error = past
            .not_before(now.plus_seconds(1), "it was opened")
            .unwrap_err();
        assert_eq!(
            (error.code(), error.field()),
            ("VALIDATION", Some("closedTime"))
        );
    }
}
