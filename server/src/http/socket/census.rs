//! How many sockets each client has open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use entity::ClientId;

/// The most sockets of one client in one process; all who are not logged in count as one.
pub(crate) const SOCKETS: usize = 2_000;

type Counts = HashMap<Option<ClientId>, usize>;

/// Counts sockets by client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Census(Arc<Mutex<Counts>>);

/// A socket that is counted, for as long as this lives.
#[derive(Debug)]
pub(super) struct Place {
    census: Census,
    client: Option<ClientId>,
}

impl Census {
    /// Counts a socket, unless its client has too many.
    pub(super) fn enter(&self, client: Option<ClientId>) -> Option<Place> {
        let mut counts = self.counts();
        let count = counts.entry(client).or_default();
        if *count >= SOCKETS {
            return None;
        }
        *count += 1;
        Some(Place {
            census: self.clone(),
            client,
        })
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        // A count is never half-done, so a panic elsewhere leaves nothing to repair.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.census.counts();
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
    fn a_place_is_free_again_when_its_socket_is_gone() {
        let census = Census::default();
        let client = Some(ClientId(1));
        let mut places: Vec<_> = (0..SOCKETS).filter_map(|_| census.enter(client)).collect();
        assert_eq!(places.len(), SOCKETS);
        assert!(census.enter(client).is_none());
        assert!(census.enter(Some(ClientId(2))).is_some());
        places.pop();
        assert!(census.enter(client).is_some());
    }
}
