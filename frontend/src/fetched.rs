//! An answer of the server that a component shows: the last one stays until a newer one is there, and
//! what failed for the want of a connection is asked for again when there is one.

use leptos::prelude::*;

use crate::{
    api::error::Error,
    erased::effect,
    task::{retry_when_live, spawn_while_shown},
};

/// The last answer, if there is one by now; free to copy, and gone with the component that asked.
pub struct Fetched<T: Send + Sync + 'static> {
    answer: RwSignal<Option<Result<T, Error>>>,
    again: Trigger,
}

impl<T: Send + Sync + 'static> Clone for Fetched<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Fetched<T> {}

impl<T: Clone + Send + Sync + 'static> Fetched<T> {
    /// Asks now, and again whenever a signal changes that `ask` reads before it returns its future.
    pub fn start<F>(ask: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Result<T, Error>> + 'static,
    {
        let fetched = Self {
            answer: RwSignal::new(None),
            again: Trigger::new(),
        };
        effect(move || {
            fetched.again.track();
            let asked = ask();
            spawn_while_shown(async move {
                let answer = asked.await;
                fetched.answer.set(Some(answer));
            });
        });
        let problem = Signal::derive(move || fetched.get()?.err());
        retry_when_live(problem, move || fetched.retry());
        fetched
    }

    /// The last answer.
    pub fn get(self) -> Option<Result<T, Error>> {
        self.answer.get()
    }

    /// Asks again.
    pub fn retry(self) {
        self.again.notify();
    }
}
