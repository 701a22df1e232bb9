//! What can go wrong, once for all of Daybook.
//!
//! `domain` returns these; `graphql::error` maps them to codes and `http::error` to statuses, each in one place.

use std::{sync::Arc, time::Duration};

use entity::Guid;
use sea_orm::DbErr;

use crate::{db, domain::backup};

/// The result of everything that `domain` does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How long a client that met [`Error::Unavailable`] should wait before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why something was not done. The text is meant for the caller.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is logged in, or the credentials are not known.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The caller's role is too low, or the thing is somebody else's.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such thing, or the caller may not know of it.
    #[error("there is no {what} {name}")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
        /// What it was looked for by.
        name: String,
    },
    /// A value can't be taken.
    #[error("{field}: {message}")]
    Validation {
        /// The input field or argument.
        field: String,
        /// What it should be.
        message: String,
    },
    /// A folder can't be backed up.
    #[error("{field}: {cause}")]
    NoBackup {
        /// The input field or argument that names it.
        field: String,
        /// Why it can't.
        cause: Arc<backup::Error>,
    },
    /// It contradicts what is already there.
    #[error("{0}")]
    Conflict(String),
    /// A closed schedule takes no new report.
    #[error("schedule {0} is closed")]
    ScheduleClosed(Guid),
    /// Fewer results arrived than the client sent.
    #[error(
        "schedule {schedule} has {reported} scripts with a final status, {expected} were expected"
    )]
    Incomplete {
        /// The schedule that was to be closed.
        schedule: Guid,
        /// How many scripts the client says it reported.
        expected: i32,
        /// How many have a final status.
        reported: i32,
    },
    /// A text is longer than it may be. Nothing is ever cut.
    #[error("{field}: longer than {limit} bytes")]
    TooLarge {
        /// The input field.
        field: String,
        /// The most it may have, in bytes.
        limit: usize,
    },
    /// The database broke off before anything was committed: doing it again is safe, and `db::retrying` does.
    #[error("the database is not available right now, try again")]
    Interrupted,
    /// The database can't be reached or is too busy, or went away while committing. Sending a report again is safe
    /// with the same key.
    #[error("the database is not available right now, try again")]
    Unavailable,
    /// The caller asks too often, or has too much open.
    #[error("{what}, try again later")]
    RateLimited {
        /// What is too much.
        what: String,
        /// How long until it may be less.
        wait: Duration,
    },
    /// The server stops before it is done, or the one who asked has left.
    #[error("the server is stopping, try again")]
    Stopping,
    /// A defect. The caller learns nothing of it; the log has it all.
    #[error("something went wrong inside of Daybook")]
    Internal(#[source] DbErr),
}

impl Error {
    /// A value of `field` that can't be taken.
    pub fn validation(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Validation {
            field: field.into(),
            message: message.into(),
        }
    }

    /// The same of a value that is a part of `whole`: its field is named by the whole path.
    #[must_use]
    pub fn inside(mut self, whole: &str) -> Self {
        if let Self::Validation { field, .. } | Self::TooLarge { field, .. } = &mut self {
            *field = format!("{whole}.{field}");
        }
        self
    }

    /// Something that isn't there.
    pub fn not_found(what: &'static str, name: &(impl ToString + ?Sized)) -> Self {
        Self::NotFound {
            what,
            name: name.to_string(),
        }
    }

    /// The word by which programs tell errors apart.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::NotFound { .. } => "NOT_FOUND",
            Self::Validation { .. } | Self::NoBackup { .. } => "VALIDATION",
            Self::Conflict(_) => "CONFLICT",
            Self::ScheduleClosed(_) => "SCHEDULE_CLOSED",
            Self::Incomplete { .. } => "INCOMPLETE",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::Interrupted | Self::Unavailable | Self::Stopping => "UNAVAILABLE",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// How long a client should wait before it tries again, where waiting helps.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Interrupted | Self::Unavailable | Self::Stopping => Some(RETRY_AFTER),
            Self::RateLimited { wait, .. } => Some(*wait),
            _ => None,
        }
    }

    /// The input field that the error is about, where it is about one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Validation { field, .. }
            | Self::NoBackup { field, .. }
            | Self::TooLarge { field, .. } => Some(field),
            _ => None,
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match db::Trouble::of(&error) {
            db::Trouble::Collision => {
                tracing::debug!(%error, "the database broke off");
                Self::Interrupted
            }
            db::Trouble::Outage => {
                db::tell_of_outage(&error);
                Self::Interrupted
            }
            db::Trouble::Lasting => Self::Internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_error_tells_the_caller_nothing() {
        let error = Error::from(DbErr::Custom("secret detail".into()));
        assert_eq!(error.code(), "INTERNAL");
        assert!(!error.to_string().contains("secret"));
    }
}
