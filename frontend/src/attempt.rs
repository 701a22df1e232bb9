//! Something that is tried because somebody asked for it: whether it is under way, and why it did
//! not work.

use futures::future::{FutureExt, LocalBoxFuture, TryFutureExt};
use leptos::{prelude::*, task::spawn_local};

use crate::api::error::Error;

/// The state of one such thing; free to copy.
#[derive(Clone, Copy)]
pub struct Attempt {
    busy: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
    error: RwSignal<Option<Error>>,
}

impl Attempt {
    /// Nothing has been tried yet.
    #[expect(
        clippy::new_without_default,
        reason = "signals belong to whoever makes them, which should be seen"
    )]
    pub fn new() -> Self {
        Self {
            busy: RwSignal::new(false),
            problem: RwSignal::new(None),
            error: RwSignal::new(None),
        }
    }

    /// Whether it is under way.
    pub fn busy(self) -> Signal<bool> {
        self.busy.into()
    }

    /// Why it did not work the last time.
    pub fn problem(self) -> Signal<Option<String>> {
        self.problem.into()
    }

    /// The error with which the server refused it the last time, for what is to be said elsewhere than
    /// [`Attempt::problem`] is.
    pub fn error(self) -> Signal<Option<Error>> {
        self.error.into()
    }

    /// Forgets why it did not work, before something else is tried.
    pub fn forget(self) {
        self.problem.set(None);
        self.error.set(None);
    }

    /// Says why it can't even be tried.
    pub fn refuse(self, reason: &str) {
        self.problem.set(Some(reason.to_owned()));
    }

    /// Tries it. It goes on when the component that asked is gone, as the server may have done it
    /// already; but then nobody is told.
    pub fn run<T: 'static>(
        self,
        deed: impl Future<Output = Result<T, Error>> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        let deed = deed.map_ok(|done| -> Box<dyn FnOnce()> { Box::new(move || then(done)) });
        self.run_boxed(deed.boxed_local());
    }

    /// Of one type, so that there is one of it in the module, and not one for each deed.
    fn run_boxed(self, deed: LocalBoxFuture<'static, Result<Box<dyn FnOnce()>, Error>>) {
        self.busy.set(true);
        self.forget();
        spawn_local(async move {
            let answer = deed.await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(then) => then(),
                Err(error) => {
                    self.problem.set(Some(error.to_string()));
                    self.error.set(Some(error));
                }
            }
        });
    }
}
