//! Being told that something has changed, by whatever subscription tells it: told often, a page asks again once.

use std::time::Duration;

use leptos::prelude::*;

use crate::{api::socket::Subscription, task::when_back};

/// How long what is told is gathered.
const PAUSE: Duration = Duration::from_millis(500);

/// Notified soon after something was told, however often, and when the connection is back, as what happened meanwhile
/// was told to nobody. Free to copy, and gone with the component that made it.
#[derive(Clone, Copy)]
pub struct Told {
    trigger: Trigger,
    is_due: StoredValue<bool>,
}

impl Told {
    /// Nothing is listened to yet but the connection.
    #[expect(
        clippy::new_without_default,
        reason = "signals belong to whoever makes them, which should be seen"
    )]
    pub fn new() -> Self {
        let told = Self {
            trigger: Trigger::new(),
            is_due: StoredValue::new(false),
        };
        when_back(move || told.tell());
        told
    }

    /// Keeps a subscription that calls [`Told::tell`], until the component is gone.
    #[must_use]
    pub fn by(self, subscribe: impl FnOnce(Self) -> Subscription) -> Self {
        StoredValue::new_local(subscribe(self));
        self
    }

    /// Something has changed.
    pub fn tell(self) {
        // The component may be gone by now.
        if self.is_due.try_get_value() != Some(false) {
            return;
        }
        self.is_due.set_value(true);
        let tell = move || {
            if self.is_due.try_set_value(false).is_none() {
                self.trigger.notify();
            }
        };
        set_timeout(tell, PAUSE);
    }

    /// For whoever asks again then.
    pub fn track(self) {
        self.trigger.track();
    }
}
