//! Who asks too often: requests of a client, and unknown tokens from an address. Each process counts for itself.
//!
//! A token that was recognised lately is let in from wherever it comes: whoever guesses at tokens behind the same address
//! holds up only those who are new there.

use std::{
    fmt,
    net::IpAddr,
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant},
};

use entity::ClientId;
use governor::{Quota, RateLimiter, clock::DefaultClock, state::keyed::DefaultKeyedStateStore};
use moka::sync::Cache;

use crate::{
    config::Limits,
    error::{Error, Result},
    metrics::{Metrics, Refusal},
};

/// The most addresses that are remembered as held up, and for how long at most.
const HELD_UP: u64 = 10_000;
const LONGEST: Duration = Duration::from_mins(1);

/// How many keys a limiter may know before those that mean nothing any more are forgotten.
const KEYS: usize = 10_000;

/// Who makes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// A client that was recognised.
    Client(ClientId),
    /// Somebody without credentials, at an address.
    At(IpAddr),
}

/// Counts, and refuses what is too much.
pub struct Throttle {
    requests: Option<Limiter<Asker>>,
    failures: Limiter<IpAddr>,
    /// Where nobody new is let in, until when.
    held_up: Cache<IpAddr, Instant>,
    metrics: Arc<Metrics>,
}

/// A token bucket for each key.
type Limiter<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>;

impl Throttle {
    /// Nobody has asked yet.
    pub fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        let requests = NonZeroU32::new(limits.requests_per_second)
            .map(|most| RateLimiter::keyed(Quota::per_second(most)));
        let failures = Quota::per_minute(limits.failed_logins_per_minute);
        Self {
            requests,
            failures: RateLimiter::keyed(failures),
            held_up: Cache::builder()
                .max_capacity(HELD_UP)
                .time_to_live(LONGEST)
                .build(),
            metrics,
        }
    }

    /// Counts a request, unless there were too many.
    pub fn admit(&self, asker: Asker) -> Result<()> {
        let Some(requests) = &self.requests else {
            return Ok(());
        };
        take(requests, &asker).map_err(|wait| self.refused(Refusal::RequestRate, wait))
    }

    /// Whether somebody new may show a token from this address.
    pub fn may_try(&self, address: IpAddr) -> Result<()> {
        let until = self.held_up.get(&address);
        let wait = until.and_then(|until| until.checked_duration_since(Instant::now()));
        match wait {
            Some(wait) => Err(self.refused(Refusal::FailedLogins, wait)),
            None => Ok(()),
        }
    }

    /// Counts an unknown token. The one that is too many is told to wait, and so is whoever comes until then.
    pub fn failed(&self, address: IpAddr) -> Result<()> {
        take(&self.failures, &address).map_err(|wait| {
            self.held_up.insert(address, Instant::now() + wait);
            self.refused(Refusal::FailedLogins, wait)
        })
    }

    fn refused(&self, refusal: Refusal, wait: Duration) -> Error {
        self.metrics.refused(refusal);
        let what = match refusal {
            Refusal::FailedLogins => "too many unknown tokens were tried from this address",
            _ => "this client makes too many requests",
        };
        Error::RateLimited {
            what: what.to_owned(),
            wait,
        }
    }
}

/// Takes a token out of a key's bucket. Where it is empty, says how long until there is one.
fn take<K: Clone + Eq + std::hash::Hash>(limiter: &Limiter<K>, key: &K) -> Result<(), Duration> {
    use governor::clock::Clock as _;
    if limiter.len() > KEYS {
        limiter.retain_recent();
    }
    let taken = limiter.check_key(key);
    taken.map_err(|not_until| not_until.wait_time_from(limiter.clock().now()))
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn throttle(change: impl FnOnce(&mut Limits)) -> Throttle {
        let mut limits = Config::default().limits;
        change(&mut limits);
        Throttle::new(&limits, Arc::new(Metrics::new(false)))
    }

    #[test]
    fn a_client_has_its_own_bucket() {
        let throttle = throttle(|limits| limits.requests_per_second = 2);
        let (one, other) = (Asker::Client(ClientId(1)), Asker::Client(ClientId(2)));
        assert!(throttle.admit(one).is_ok() && throttle.admit(one).is_ok());
        let refused = throttle.admit(one).expect_err("the third at once");
        assert!(
            matches!(refused, Error::RateLimited { wait, .. } if wait <= Duration::from_millis(500))
        );
        assert!(throttle.admit(other).is_ok());
    }

    #[test]
    fn without_a_limit_anybody_may_ask_for_ever() {
        let throttle = throttle(|_| {});
        let asker = Asker::At(IpAddr::from([127, 0, 0, 1]));
        assert!((0..10_000).all(|_| throttle.admit(asker).is_ok()));
    }

    #[test]
    fn whoever_guesses_has_to_wait() {
        let throttle = throttle(|_| {});
        let (here, there) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..10 {
            assert!(throttle.may_try(here).is_ok() && throttle.failed(here).is_ok());
        }
        assert!(throttle.may_try(here).is_ok());
        assert!(throttle.failed(here).is_err());
        assert!(throttle.may_try(here).is_err());
        assert!(throttle.may_try(there).is_ok());
    }
}
