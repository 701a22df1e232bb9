//! What processes send each other: JSON that later versions can still read, and earlier ones pass over.
//!
//! `{"version":1,"from":"…","wakeups":[{"schedule":{"id":7,"revision":3}},"log"]}`

use entity::Guid;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::Wakeup;

/// The version of the form. A new kind of wake-up is none.
const VERSION: u32 = 1;

/// Some wake-ups of one process.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Letter {
    /// The process.
    pub(super) from: Guid,
    /// What it said.
    pub(super) wakeups: Vec<Wakeup>,
}

#[derive(Serialize)]
struct Sent<'a> {
    version: u32,
    from: Guid,
    wakeups: &'a [Wakeup],
}

#[derive(Deserialize)]
struct Received {
    version: u32,
    from: Guid,
    wakeups: Vec<Word>,
}

/// A wake-up, or something that only other versions know.
#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Known(Wakeup),
    Unknown(IgnoredAny),
}

/// Writes a letter.
pub(super) fn write(from: Guid, wakeups: &[Wakeup]) -> Vec<u8> {
    let letter = Sent {
        version: VERSION,
        from,
        wakeups,
    };
    serde_json::to_vec(&letter).expect("numbers and names can be written as JSON")
}

/// Reads a letter; `None` for one of another version, or no letter at all.
pub(super) fn read(bytes: &[u8]) -> Option<Letter> {
    let received: Received = serde_json::from_slice(bytes).ok()?;
    let known = |word| match word {
        Word::Known(wakeup) => Some(wakeup),
        Word::Unknown(IgnoredAny) => None,
    };
    (received.version == VERSION).then(|| Letter {
        from: received.from,
        wakeups: received.wakeups.into_iter().filter_map(known).collect(),
    })
}

#[cfg(test)]
mod tests {
    use entity::{RunId, ScheduleId};
    use uuid::Uuid;

    use super::*;

    /// The words as they are on the wire: other versions read them.
    #[test]
    fn the_form_is_stable() {
        let wakeups = [
            Wakeup::Schedule {
                id: ScheduleId(7),
                revision: 3,
            },
            Wakeup::Deleted(ScheduleId(8)),
            Wakeup::Run(RunId(9)),
            Wakeup::Output(RunId(10)),
            Wakeup::Log,
            Wakeup::Scheduler,
            Wakeup::Look,
        ];
        let from = Guid(Uuid::nil());
        let bytes = write(from, &wakeups);
        assert_eq!(
            String::from_utf8_lossy(&bytes),
            r#"{"version":1,"from":"00000000-0000-0000-0000-000000000000","wakeups":[{"schedule":{"id":7,"revision":3}},{"deleted":8},{"run":9},{"output":10},"log","scheduler","look"]}"#
        );
        let letter = read(&bytes).expect("a letter");
        assert_eq!((letter.from, letter.wakeups), (from, wakeups.to_vec()));
    }

    #[test]
    fn what_is_unknown_is_passed_over() {
        let with = |version: u32, wakeups: &str| {
            let from = Uuid::nil();
            let more = r#""sent":"2030-01-01""#;
            format!(r#"{{"version":{version},"from":"{from}",{more},"wakeups":[{wakeups}]}}"#)
        };
        let letter = read(with(1, r#""gossip",{"moon":{"phase":1}},"log",{"run":"x"}"#).as_bytes());
        assert_eq!(letter.expect("a letter").wakeups, [Wakeup::Log]);
        assert_eq!(read(with(2, r#""log""#).as_bytes()), None);
        assert_eq!(read(b"hello"), None);
        assert_eq!(read(b""), None);
    }
}
