//! Whether anybody still waits for what is being done.
//!
//! A request is done to its end though its client has left, for it may be in the middle of a change. What only computes
//! needs no such care: it asks here, and gives up.

use std::future::Future;

use tokio::task::futures::TaskLocalFuture;
use tokio_util::sync::CancellationToken;

tokio::task_local! {
    static CLIENT_LEFT: CancellationToken;
}

/// Does what a client waits for, until `left` is cancelled.
pub(crate) fn of_client<F: Future>(
    left: CancellationToken,
    work: F,
) -> TaskLocalFuture<CancellationToken, F> {
    CLIENT_LEFT.scope(left, work)
}

/// Cancelled when the client has left that waits for what is being done; never, where there is none.
pub(crate) fn client_left() -> CancellationToken {
    CLIENT_LEFT
        .try_with(CancellationToken::clone)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_is_there_until_it_leaves() {
        let left = CancellationToken::new();
        of_client(left.clone(), async {
            assert!(!client_left().is_cancelled());
            left.cancel();
            assert!(client_left().is_cancelled());
        })
        .await;
        assert!(!client_left().is_cancelled(), "there is none here");
    }
}
