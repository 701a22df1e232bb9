//! How much is measured: everything, or enough for a first look.

use std::time::Duration;

use crate::load::Load;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// What it is called.
    pub(crate) name: &'static str,
    /// How often every contender has its turn.
    pub(crate) rounds: usize,
    warm_up: Duration,
    measured: Duration,
    /// How many subscribers follow one schedule, in each run.
    pub(crate) followers: &'static [usize],
    /// For how long they do.
    pub(crate) followed: Duration,
    /// How many results there are, in each database of the growing history.
    pub(crate) histories: &'static [u64],
    /// How often each of its queries is asked.
    pub(crate) asked: usize,
    /// How often a server is started.
    pub(crate) starts: usize,
}

impl Extent {
    /// What `docs/benchmarks.md` is made of.
    pub(crate) const FULL: Self = Self {
        name: "full",
        rounds: 3,
        warm_up: Duration::from_secs(1),
        measured: Duration::from_secs(3),
        followers: &[1_000, 2_000],
        followed: Duration::from_mins(1),
        histories: &[10_000, 1_000_000, 10_000_000],
        asked: 400,
        starts: 15,
    };

    /// Less than three minutes.
    pub(crate) const QUICK: Self = Self {
        name: "quick",
        rounds: 1,
        warm_up: Duration::from_millis(300),
        measured: Duration::from_millis(1200),
        followers: &[200],
        followed: Duration::from_secs(5),
        histories: &[10_000, 200_000],
        asked: 100,
        starts: 3,
    };

    /// So many connections, for as long as this extent has it.
    pub(crate) fn load(&self, connections: usize) -> Load {
        Load {
            connections,
            warm_up: self.warm_up,
            measured: self.measured,
        }
    }
}
