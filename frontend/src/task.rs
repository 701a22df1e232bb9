//! Work in the background of a page. Start it in an effect: that has an owner, and aborts what it
//! started when it runs again.

use futures::future::{AbortHandle, Abortable};
use leptos::{prelude::on_cleanup, task::spawn_local};

/// Runs a future for as long as the component that starts it is shown. A plain `spawn_local` would
/// go on after its page is left, and stumble over signals that are gone.
pub fn spawn_while_shown(future: impl Future<Output = ()> + 'static) {
    let (handle, registration) = AbortHandle::new_pair();
    on_cleanup(move || handle.abort());
    spawn_local(async move {
        // Aborted means that nobody waits for the outcome.
        let _ = Abortable::new(future, registration).await;
    });
}
