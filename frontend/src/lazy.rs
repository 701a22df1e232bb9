//! Pages that are loaded when somebody first goes there, so that the first visit waits for what it
//! shows and for nothing else.
//!
//! `#[wasm_split(part, fallible)]` on a function makes it the entrance to a part of the dashboard: a
//! WebAssembly module of its own, with all that only functions of this part use.

use leptos::prelude::*;
use wasm_split_helpers::SplitLoaderError;

use crate::{
    api::error::Error,
    browser,
    components::notice::{Failure, Loading},
    erased::dynamic,
    fetched::Fetched,
};

/// What such a function returns: another function, which makes the page.
pub type Page = fn() -> AnyView;

/// Shows a page once it is here.
pub fn lazy<F>(load: fn() -> F) -> AnyView
where
    F: Future<Output = Result<Page, SplitLoaderError>> + 'static,
{
    let page = Fetched::start(move || {
        let loaded = load();
        async move { loaded.await.map_err(|_| Error::Unreachable) }
    });
    dynamic(move || match page.get() {
        None => view! { <Loading what="the page"/> }.into_any(),
        Some(Ok(page)) => page(),
        Some(Err(_)) => view! {
            <Failure
                title="This page could not be loaded"
                reason="The server cannot be reached, or it has another version by now."
                alone=true
                on_retry=Callback::new(|()| browser::reload())
            />
        }
        .into_any(),
    })
}
