//! How far a backup is, and whether anybody still wants it.

use tokio_util::sync::CancellationToken;

use super::error::{Error, Result};

/// What an entry weighs beside its bytes, so that a folder of empty files has a progress too.
const ENTRY: u64 = 512;

/// Follows a backup from its beginning to its end.
pub(super) struct Track<'a> {
    show: &'a mut dyn FnMut(f64),
    cancelled: &'a CancellationToken,
    total: u64,
    done: u64,
    shown: f64,
}

impl<'a> Track<'a> {
    /// Tells `show` how far it is, in percent: at each whole one. Stops what it follows when `cancelled`.
    pub(super) fn new(show: &'a mut dyn FnMut(f64), cancelled: &'a CancellationToken) -> Self {
        Self {
            show,
            cancelled,
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

    /// All is done.
    pub(super) fn end(&mut self) {
        self.show(self.total);
    }

    fn unless_cancelled(&self) -> Result<()> {
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
            (self.show)(percent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_from_0_to_100_and_never_backwards() {
        let mut shown = Vec::new();
        let mut show = |percent| shown.push(percent);
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
