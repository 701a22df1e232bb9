//! The switch between light, dark and the system's choice.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::{
    erased::{computed, dynamic, handler},
    theme::Theme,
};

/// A button that goes through the three choices.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let theme = RwSignal::new(Theme::load());
    let glyph = move || match theme.get() {
        Theme::System => Glyph::Screen,
        Theme::Light => Glyph::Sun,
        Theme::Dark => Glyph::Moon,
    };
    let label = move || {
        format!(
            "Colours: {}. Switch to {}",
            theme.get().name(),
            theme.get().next().name()
        )
    };
    let switch = move |_| {
        theme.update(|theme| *theme = theme.next());
        theme.get_untracked().choose();
    };
    view! {
        <button
            type="button"
            class="button button--icon"
            data-testid="theme"
            aria-label=computed(label)
            title=computed(label)
            on:click=handler(switch)
        >
            {dynamic(move || view! { <Icon glyph=glyph()/> })}
        </button>
    }
}
