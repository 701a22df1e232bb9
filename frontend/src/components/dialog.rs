//! A question in front of the page, over the browser's own `<dialog>`: the rest of the page is inert
//! while it is asked, Escape takes it back, and afterwards the focus is where it was.
//!
//! A dialog is open for as long as it is drawn. Whoever asks keeps a signal of what is asked, and
//! draws a dialog while there is something in it:
//!
//! ```ignore
//! {dynamic(move || asked.get().map(|name| view! { <Revoke name on_close/> }))}
//! ```

use leptos::{
    ev::{Event, SubmitEvent},
    html,
    prelude::*,
};
use wasm_bindgen::JsCast;

use super::icon::{Glyph, Icon};
use crate::erased::{effect, handler};

/// The id of the heading, by which a dialog is labelled. There is one dialog at a time.
const TITLE: &str = "dialog-title";

/// A dialog of any content.
#[component]
pub fn Dialog(
    /// What it is about.
    #[prop(into)]
    title: String,
    /// The name that browser tests find it by.
    test_id: &'static str,
    /// Takes the dialog out of the page.
    on_close: Callback<()>,
    /// What is asked. What has `autofocus` takes the focus, or else the first thing that can.
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let before = StoredValue::new_local(document().active_element());
    effect(move || {
        if let Some(dialog) = dialog.get() {
            // Only one that is open already, or is not in the page, can't be shown.
            let _ = dialog.show_modal();
        }
    });
    on_cleanup(move || {
        // Until it is closed, nothing else takes the focus.
        if let Some(dialog) = dialog.try_get_untracked().flatten() {
            dialog.close();
        }
        let before = before.try_get_value().flatten();
        if let Some(before) =
            before.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
        {
            // What has left the page since takes no focus, and needs none.
            let _ = before.focus();
        }
    });
    view! {
        <dialog
            class="dialog"
            aria-labelledby=TITLE
            data-testid=test_id
            node_ref=dialog
            on:cancel=move |_: Event| on_close.run(())
        >
            <header class="dialog__head">
                <h2 id=TITLE class="dialog__title">
                    {title}
                </h2>
                <button
                    type="button"
                    class="button button--icon"
                    aria-label="Close"
                    title="Close (Esc)"
                    on:click=handler(move |_| on_close.run(()))
                >
                    <Icon glyph=Glyph::Cross/>
                </button>
            </header>
            {children()}
        </dialog>
    }
}

/// A dialog that does something, if one wants it to: a form with a button that says what, and one
/// that leaves things as they are.
#[component]
pub fn DialogForm(
    /// What it is about.
    #[prop(into)]
    title: String,
    /// The name that browser tests find it by; its button is `<test_id>-submit`.
    test_id: &'static str,
    /// What is going to be done, as its button says: a verb.
    action: &'static str,
    /// Whether that ends something for good.
    #[prop(optional)]
    dangerous: bool,
    /// Whether it is being done.
    #[prop(into)]
    busy: Signal<bool>,
    /// Why it was not done, where that is not said at a field.
    #[prop(into)]
    problem: Signal<Option<String>>,
    /// Does it.
    on_submit: Callback<()>,
    /// Takes the dialog out of the page.
    on_close: Callback<()>,
    /// What is to be known before, and the fields.
    children: Children,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            on_submit.run(());
        }
    };
    let class = if dangerous {
        "button button--danger"
    } else {
        "button button--primary"
    };
    view! {
        <Dialog title test_id on_close>
            <form class="dialog__form" on:submit=submit novalidate>
                {children()}
                <p class="problem" role="alert">
                    {problem}
                </p>
                <div class="dialog__buttons">
                    <button type="button" class="button" on:click=handler(move |_| on_close.run(()))>
                        "Cancel"
                    </button>
                    <button
                        type="submit"
                        class=class
                        data-testid=format!("{test_id}-submit")
                        disabled=busy
                    >
                        {action}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}
