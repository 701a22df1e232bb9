//! How far what is shown is behind what is known to be there. A page that catches up says so here,
//! and the badge in the header tells.

use leptos::prelude::*;

use crate::erased::effect;

/// How many changes are still to come in; free to copy.
#[derive(Clone, Copy)]
pub struct Lag(RwSignal<i32>);

impl Lag {
    /// Starts at none and hands itself to all components below as context.
    pub fn provide() -> Self {
        let lag = Self(RwSignal::new(0));
        provide_context(lag);
        lag
    }

    /// What [`Lag::provide`] made.
    pub fn expect() -> Self {
        use_context().expect("the application provides it before it renders a page")
    }

    /// How many changes are still to come in.
    pub fn changes(self) -> Signal<i32> {
        self.0.into()
    }

    /// Follows what a page says of itself, until the page is gone.
    pub fn follow(self, behind: impl Fn() -> i32 + 'static) {
        effect(move || {
            let behind = behind().max(0);
            if self.0.get_untracked() != behind {
                self.0.set(behind);
            }
        });
        on_cleanup(move || self.0.set(0));
    }
}
