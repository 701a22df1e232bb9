//! The end of a list that goes on. It reads on by itself when one scrolls near it; pressing it does
//! the same, for keyboards and for whoever is in a hurry.

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

use super::icon::{Glyph, Icon};
use crate::erased::{computed, dynamic, effect, handler};

/// How far beyond the window's edge the end counts as near.
const NEAR: &str = "600px";

/// The button at a list's end. It stays while the next page is loading, so that it keeps the focus.
#[component]
pub fn ReadOn(
    /// What pressing it does, as in "Load older".
    label: &'static str,
    /// The name that browser tests find it by.
    test_id: &'static str,
    /// Whether there is more to read.
    #[prop(into)]
    more: Signal<bool>,
    /// Whether it is being read.
    #[prop(into)]
    loading: Signal<bool>,
    /// Reads the next page.
    on_read: Callback<()>,
) -> impl IntoView {
    let read = Callback::new(move |()| {
        if !loading.get_untracked() {
            on_read.run(());
        }
    });
    let button = NodeRef::<html::Button>::new();
    let watch = StoredValue::new_local(None::<Watch>);
    effect(move || {
        let waits = more.get() && !loading.get();
        let end = button.get().filter(|_| waits);
        // A new watch tells at once if the end is near, also when a page did not push it away.
        watch.set_value(end.and_then(|end| Watch::start(&end, read)));
    });
    let caption = move || {
        if loading.get() {
            view! {
                <Icon glyph=Glyph::Arc/>
                "Loading…"
            }
            .into_any()
        } else {
            label.into_any()
        }
    };
    view! {
        <button
            type="button"
            class="button page__more"
            data-testid=test_id
            aria-live="polite"
            hidden=computed(move || !more.get())
            node_ref=button
            on:click=handler(move |_| read.run(()))
        >
            {dynamic(caption)}
        </button>
    }
}

/// Waits for an element to come near the window. Dropping it ends that.
struct Watch {
    observer: IntersectionObserver,
    _seen: Closure<dyn Fn(Vec<JsValue>)>,
}

impl Watch {
    /// None in a browser that can't watch: the button is still there to be pressed.
    fn start(element: &web_sys::HtmlButtonElement, on_near: Callback<()>) -> Option<Self> {
        let seen = Closure::new(move |entries: Vec<JsValue>| {
            let is_near = |entry: &JsValue| {
                entry
                    .unchecked_ref::<IntersectionObserverEntry>()
                    .is_intersecting()
            };
            if entries.iter().any(is_near) {
                on_near.run(());
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin(NEAR);
        let observer =
            IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options).ok()?;
        observer.observe(element);
        Some(Self {
            observer,
            _seen: seen,
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
