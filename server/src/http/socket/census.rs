//! How many sockets and subscriptions each client has open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use entity::ClientId;

use crate::config::Limits;

/// Counts what clients have open in this process; all who are not logged in count as one.
#[derive(Clone, Debug)]
pub(crate) struct Census {
    pub(super) sockets: Counter,
    pub(super) subscriptions: Counter,
}

impl Census {
    /// Nobody has anything open yet.
    pub(in crate::http) fn new(limits: &Limits) -> Self {
        Self {
            sockets: Counter::new(limits.sockets),
            subscriptions: Counter::new(limits.subscriptions),
        }
    }
}

type Counts = HashMap<Option<ClientId>, usize>;

/// Counts one kind of thing by client.
#[derive(Clone, Debug)]
pub(super) struct Counter {
    most: usize,
    counts: Arc<Mutex<Counts>>,
}

/// A thing that is counted, for as long as this lives.
#[derive(Debug)]
pub(super) struct Place {
    counter: Counter,
    client: Option<ClientId>,
}

impl Counter {
    fn new(most: usize) -> Self {
        Self {
            most,
            counts: Arc::default(),
        }
    }

    /// Counts one more, unless its client has too many.
    pub(super) fn enter(&self, client: Option<ClientId>) -> Option<Place> {
        let mut counts = self.counts();
        let count = counts.entry(client).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place {
            counter: self.clone(),
            client,
        })
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        // A count is never half-done, so a panic elsewhere leaves nothing to repair.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counter.counts();
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_thing_is_gone() {
        let counter = Counter::new(3);
        let client = Some(ClientId(1));
        let mut places: Vec<_> = (0..3).filter_map(|_| counter.enter(client)).collect();
        assert_eq!(places.len(), 3);
        assert!(counter.enter(client).is_none());
        assert!(counter.enter(Some(ClientId(2))).is_some());
        places.pop();
        assert!(counter.enter(client).is_some());
    }

    #[test]
    fn sockets_and_subscriptions_are_counted_apart() {
        let limits = Limits {
            sockets: 1,
            subscriptions: 0,
            ..crate::config::Config::default().limits
        };
        let census = Census::new(&limits);
        let _place = census.sockets.enter(None).expect("the first one");
        assert!(census.sockets.enter(None).is_none());
        assert!(census.subscriptions.enter(None).is_none());
    }
}
