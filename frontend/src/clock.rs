//! The page's one clock. Everything that shows a passing time reads it, so a second costs one timer
//! and no more.

use std::time::Duration;

use leptos::prelude::*;

use crate::api::{Api, socket::Connection};

/// The time, as signals.
#[derive(Clone, Copy)]
pub struct Clock {
    now: RwSignal<f64>,
    live: Memo<f64>,
}

impl Clock {
    /// Starts the clock and hands it to all components below as context.
    pub fn provide() -> Self {
        let now = RwSignal::new(js_sys::Date::now());
        let ticking =
            set_interval_with_handle(move || now.set(js_sys::Date::now()), Duration::from_secs(1));
        on_cleanup(move || {
            if let Ok(handle) = ticking {
                handle.clear();
            }
        });
        let api = Api::expect();
        let (connection, outage) = (api.socket().connection(), api.outage());
        let live = Memo::new(move |stopped_at| {
            let is_read = outage.get().is_none_or(|outage| outage.reads);
            match stopped_at {
                Some(stopped_at) if connection.get() != Connection::Live || !is_read => *stopped_at,
                _ => now.get(),
            }
        });
        let clock = Self { now, live };
        provide_context(clock);
        clock
    }

    /// The clock that [`Clock::provide`] started.
    pub fn expect() -> Self {
        use_context().expect("the application provides it before it renders a page")
    }

    /// Now, in milliseconds since 1970.
    pub fn now(self) -> Signal<f64> {
        self.now.into()
    }

    /// The moment for which the page's data holds, in milliseconds since 1970: now, or when the
    /// connection was lost, or the server's to its database.
    pub fn live(self) -> Signal<f64> {
        self.live.into()
    }
}
