//! The list of keys, in front of the page.

use leptos::prelude::*;

use super::dialog::Dialog;
use crate::keyboard::KEYS;

/// The dialog.
#[component]
pub fn KeyHelp(
    /// Takes the dialog out of the page.
    on_close: Callback<()>,
) -> impl IntoView {
    let keys = KEYS.map(|(key, deed)| {
        view! {
            <div class="keys__line">
                <dt>
                    <kbd>{key}</kbd>
                </dt>
                <dd>{deed}</dd>
            </div>
        }
    });
    view! {
        <Dialog title="Keys" test_id="key-help" on_close>
            <dl class="keys">{keys}</dl>
        </Dialog>
    }
}
