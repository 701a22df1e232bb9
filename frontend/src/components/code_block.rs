//! Text to be typed elsewhere, or printed elsewhere: as it is, with a button that copies it.

use leptos::{prelude::*, task::spawn_local};

use super::icon::{Glyph, Icon};
use crate::{
    browser,
    erased::{dynamic, handler},
};

/// What the copy button did last.
#[derive(Clone, Copy, PartialEq)]
enum Copied {
    NotYet,
    Yes,
    /// The browser gives no clipboard to this page; the text can still be selected.
    Refused,
}

/// A block of text in a fixed-width font.
#[component]
pub fn CodeBlock(
    /// The text.
    #[prop(into)]
    text: String,
    /// What it is, for those who don't see it.
    label: &'static str,
) -> impl IntoView {
    // Not tied to the component: the answer of the clipboard may come after it is gone.
    let copied = ArcRwSignal::new(Copied::NotYet);
    let caption = {
        let copied = copied.clone();
        move || match copied.get() {
            Copied::NotYet => "Copy",
            Copied::Yes => "Copied",
            Copied::Refused => "Select to copy",
        }
    };
    let copy = {
        let (copied, text) = (copied.clone(), text.clone());
        move |_| {
            let (copied, text) = (copied.clone(), text.clone());
            spawn_local(async move {
                copied.set(if browser::copy(&text).await {
                    Copied::Yes
                } else {
                    Copied::Refused
                });
            });
        }
    };
    let glyph = move || match copied.get() {
        Copied::Yes => Glyph::Tick,
        Copied::NotYet | Copied::Refused => Glyph::Copy,
    };
    view! {
        <div class="code">
            <pre class="code__text" tabindex="0" role="region" aria-label=label>
                {text}
            </pre>
            <button
                type="button"
                class="button button--small code__copy"
                aria-live="polite"
                on:click=handler(copy)
            >
                {dynamic(move || view! { <Icon glyph=glyph()/> })}
                {caption}
            </button>
        </div>
    }
}
