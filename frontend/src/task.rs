//! Work in the background of a page. Start it in an effect: that has an owner, and aborts what it
//! started when it runs again.

use futures::future::{AbortHandle, Abortable, FutureExt, LocalBoxFuture};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, error::Error, socket::Connection},
    erased::effect,
};

/// Runs a future for as long as the component that starts it is shown. A plain `spawn_local` would
/// go on after its page is left, and stumble over signals that are gone.
pub fn spawn_while_shown(future: impl Future<Output = ()> + 'static) {
    spawn_boxed(future.boxed_local());
}

/// Of one type, so that there is one of it in the module, and not one for each future.
fn spawn_boxed(future: LocalBoxFuture<'static, ()>) {
    let (handle, registration) = AbortHandle::new_pair();
    on_cleanup(move || handle.abort());
    spawn_local(async move {
        // Aborted means that nobody waits for the outcome.
        let _ = Abortable::new(future, registration).await;
    });
}

/// Tries again what failed for the want of a connection, or of the server's database, each time when both are there again.
pub fn retry_when_live(problem: Signal<Option<Error>>, retry: impl Fn() + 'static) {
    let api = Api::expect();
    let (connection, outage) = (api.socket().connection(), api.outage());
    effect(move || {
        let is_well = connection.get() == Connection::Live && outage.get().is_none();
        let problem = problem.get_untracked();
        if is_well && problem.is_some_and(|problem| problem.is_passing()) {
            retry();
        }
    });
}

/// Does something each time that the connection is back after it was lost: what happened meanwhile, nobody told.
pub fn when_back(then: impl Fn() + 'static) {
    let connection = Api::expect().socket().connection();
    let mut was_lost = false;
    effect(move || match connection.get() {
        Connection::Reconnecting { .. } => was_lost = true,
        Connection::Live if was_lost => {
            was_lost = false;
            then();
        }
        _ => {}
    });
}
