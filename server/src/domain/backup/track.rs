//! What is told of a backup while it is made, and whether anybody still wants it.

use std::{fmt, path::Path};

use tokio_util::sync::CancellationToken;

use super::error::{Error, Result};

/// What is told of a backup while it is made.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// How far it is, in percent: 0 to 100, and never backwards.
    Percent(f64),
    /// The archive will not hold this as it is.
    LeftOut(&'a Path, Flaw),
}

/// Why an archive does not hold something as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is a socket, a pipe or a device, which has no content.
    Special,
    /// It vanished while the folder was read.
    Vanished,
    /// It changed while it was read: the archive may hold a state that it never had.
    Changed,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Special => "left out: a socket, a pipe or a device",
            Self::Vanished => "left out: vanished meanwhile",
            Self::Changed => "changed while it was read",
        })
    }
}

/// How often an archive does not hold something as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Sockets, pipes and devices.
    pub special: u64,
    /// What vanished.
    pub vanished: u64,
    /// Files that changed.
    pub changed: u64,
}

impl LeftOut {
    /// The same in words; nothing where the archive holds all as it is.
    pub fn words(&self) -> Option<String> {
        let kinds = [
            ("sockets, pipes and devices left out", self.special),
            ("vanished", self.vanished),
            ("changed while they were read", self.changed),
        ];
        let words: Vec<_> = kinds
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| format!("{what}: {count}"))
            .collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

/// What an entry weighs beside its bytes, so that a folder of empty files has a progress too.
const ENTRY: u64 = 512;

/// Follows a backup from its beginning to its end.
pub(super) struct Track<'a> {
    tell: &'a mut dyn FnMut(News<'_>),
    cancelled: &'a CancellationToken,
    /// What was told to be left out.
    pub(super) left_out: LeftOut,
    total: u64,
    done: u64,
    shown: f64,
}

impl<'a> Track<'a> {
    /// Tells what is to be told, of percents each whole one. Stops what it follows when `cancelled`.
    pub(super) fn new(tell: &'a mut dyn FnMut(News<'_>), cancelled: &'a CancellationToken) -> Self {
        Self {
            tell,
            cancelled,
            left_out: LeftOut::default(),
            total: 0,
            done: 0,
            shown: -1.0,
        }
    }

    /// Adds an entry to what there is to do: it is written, and read back.
    pub(super) fn expect(&mut self, bytes: u64) -> Result<()> {
        self.total += 2 * (ENTRY + bytes);
        self.unless_cancelled()
    }

    /// An entry was begun.
    pub(super) fn entry(&mut self) -> Result<()> {
        self.bytes(ENTRY)
    }

    /// Some of an entry's bytes are done.
    pub(super) fn bytes(&mut self, bytes: u64) -> Result<()> {
        self.done += bytes;
        // A folder may grow while it is read.
        self.show(self.done.min(self.total.saturating_sub(1)));
        self.unless_cancelled()
    }

    /// The archive will not hold what lies here as it is.
    pub(super) fn left_out(&mut self, place: &Path, flaw: Flaw) {
        let count = match flaw {
            Flaw::Special => &mut self.left_out.special,
            Flaw::Vanished => &mut self.left_out.vanished,
            Flaw::Changed => &mut self.left_out.changed,
        };
        *count += 1;
        (self.tell)(News::LeftOut(place, flaw));
    }

    /// All is done.
    pub(super) fn end(&mut self) {
        self.show(self.total);
    }

    /// Stops where nobody wants it any more.
    pub(super) fn unless_cancelled(&self) -> Result<()> {
        if self.cancelled.is_cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a percentage needs no more than 52 bits"
    )]
    fn show(&mut self, done: u64) {
        let percent = (100.0 * done as f64 / self.total.max(1) as f64).floor();
        if percent > self.shown {
            self.shown = percent;
            (self.tell)(News::Percent(percent));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_from_0_to_100_and_never_backwards() {
        let mut shown = Vec::new();
        let mut show = |news: News<'_>| match news {
            News::Percent(percent) => shown.push(percent),
            News::LeftOut(place, _) => panic!("{} is not left out", place.display()),
        };
        let cancelled = CancellationToken::new();
        let mut track = Track::new(&mut show, &cancelled);
        track.expect(1_000).expect("nobody cancels");
        for _ in 0..100 {
            track.bytes(100).expect("nobody cancels");
        }
        track.end();
        assert_eq!(shown.last(), Some(&100.0));
        assert!(shown.windows(2).all(|pair| pair[0] < pair[1]), "{shown:?}");
    }
}
