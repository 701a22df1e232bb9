//! Global ids: opaque to clients, and never the database's keys.

use std::{fmt, str::FromStr};

use async_graphql::ID;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use entity::{Guid, LogId};

/// What a global id stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GlobalId {
    /// A client, by name.
    Client(String),
    /// A schedule, by name.
    Schedule(Guid),
    /// A result, by its schedule and the revision of its first report.
    Result(Guid, i32),
    /// An entry of the log, by its number.
    LogEntry(LogId),
    /// A task.
    Task(Guid),
    /// A run.
    Run(Guid),
    /// A backup.
    Backup(Guid),
}

impl GlobalId {
    /// Reads an id. One that this server never made stands for nothing.
    pub(super) fn decode(id: &ID) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(id.as_str()).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (kind, key) = text.split_once(':')?;
        match kind {
            "Client" => Some(Self::Client(key.to_owned())),
            "Schedule" => Guid::from_str(key).ok().map(Self::Schedule),
            "Task" => Guid::from_str(key).ok().map(Self::Task),
            "Run" => Guid::from_str(key).ok().map(Self::Run),
            "Backup" => Guid::from_str(key).ok().map(Self::Backup),
            "Result" => {
                let (schedule, number) = key.split_once(':')?;
                Some(Self::Result(schedule.parse().ok()?, number.parse().ok()?))
            }
            "LogEntry" => key.parse().ok().map(|number| Self::LogEntry(LogId(number))),
            _ => None,
        }
    }

    /// Makes the id.
    pub(super) fn encode(&self) -> ID {
        ID(BASE64_URL_SAFE_NO_PAD.encode(self.to_string()))
    }
}

impl fmt::Display for GlobalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(name) => write!(f, "Client:{name}"),
            Self::Schedule(name) => write!(f, "Schedule:{name}"),
            Self::Task(guid) => write!(f, "Task:{guid}"),
            Self::Run(guid) => write!(f, "Run:{guid}"),
            Self::Backup(guid) => write!(f, "Backup:{guid}"),
            Self::Result(schedule, number) => write!(f, "Result:{schedule}:{number}"),
            Self::LogEntry(LogId(number)) => write!(f, "LogEntry:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_id_comes_back_as_what_it_was_made_of() {
        let guid = Guid(Uuid::new_v4());
        for id in [
            GlobalId::Client("a:b".into()),
            GlobalId::Schedule(guid),
            GlobalId::Result(guid, 7),
            GlobalId::LogEntry(LogId(7)),
            GlobalId::Task(guid),
            GlobalId::Run(guid),
            GlobalId::Backup(guid),
        ] {
            assert_eq!(GlobalId::decode(&id.encode()), Some(id));
        }
    }

    #[test]
    fn a_made_up_id_stands_for_nothing() {
        for id in ["", "!", "7", "U2NoZWR1bGU6Nw"] {
            assert_eq!(GlobalId::decode(&ID(id.into())), None);
        }
    }
}
