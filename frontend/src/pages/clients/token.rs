//! The token that was just made.

use leptos::{html, prelude::*};

use super::roster::Roster;
use crate::{
    api::clients::NewToken,
    components::{
        code_block::CodeBlock,
        icon::{Glyph, Icon},
    },
    erased::{dynamic, effect, handler},
};

/// The token, until whoever reads it says that it is kept.
#[component]
pub(super) fn FreshToken(
    /// Whose it is.
    roster: Roster,
) -> impl IntoView {
    let fresh = roster.fresh;
    dynamic(move || {
        fresh.get().map(|NewToken { client, token }| {
            view! { <Token name=client.name token on_kept=Callback::new(move |()| fresh.set(None))/> }
        })
    })
}

/// A token with all that has to be said about it.
#[component]
fn Token(
    /// Whose it is.
    name: String,
    /// The token.
    token: String,
    /// Takes it out of the page.
    on_kept: Callback<()>,
) -> impl IntoView {
    let heading = NodeRef::<html::H2>::new();
    effect(move || {
        if let Some(heading) = heading.get() {
            // After the dialog, which gives the focus back to the button that opened it.
            request_animation_frame(move || {
                let _ = heading.focus();
            });
        }
    });
    view! {
        <section class="token" data-testid="fresh-token">
            <h2 class="token__title" tabindex="-1" node_ref=heading>
                <Icon glyph=Glyph::Key/>
                {format!("The token of {name}")}
            </h2>
            <p>
                <strong>"It is shown this once and kept nowhere. "</strong>
                "Copy it now to where the client finds it; whoever has it may do what the client may."
            </p>
            <CodeBlock text=token label="The new token"/>
            <button
                type="button"
                class="button token__kept"
                data-testid="token-kept"
                on:click=handler(move |_| on_kept.run(()))
            >
                "I have kept it"
            </button>
        </section>
    }
}
