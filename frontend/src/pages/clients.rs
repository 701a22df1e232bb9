//! The API clients, for administrators: who may do what, and by which token. A new token is shown
//! once, in the page and not in a dialog, as a dialog is closed by one key too many.

mod questions;
mod roster;
mod token;

use leptos::prelude::*;

use self::{
    questions::{Question, Questions},
    roster::Roster,
    token::FreshToken,
};
use crate::{
    api::{
        Api,
        clients::Client,
        session::{Role, Session},
    },
    browser,
    components::{
        icon::{Glyph, Icon},
        notice::{Failure, Loading, Notice},
        time::RelativeTime,
    },
    erased::{dynamic, handler},
};

/// The page.
#[component]
pub fn ClientsPage() -> impl IntoView {
    browser::set_title("Clients");
    let session = Api::expect().session();
    // Who asks for the first time is not known yet; who was known may be asked for again at any time.
    let admitted = Memo::new(move |before: Option<&Option<bool>>| match session.get() {
        Session::Unknown => before.copied().flatten(),
        Session::SignedIn(viewer) => Some(viewer.role == Role::Admin),
        Session::Anonymous | Session::SignedOut => Some(false),
    });
    dynamic(move || match admitted.get() {
        None => view! { <Loading what="clients"/> }.into_any(),
        Some(true) => view! { <Administration/> }.into_any(),
        Some(false) => view! { <NotAdmitted/> }.into_any(),
    })
}

/// What others than administrators see.
#[component]
fn NotAdmitted() -> impl IntoView {
    view! {
        <Notice title="This page needs the role ADMIN" test_id="needs-admin" alone=true>
            <p>
                "Clients and their tokens are managed by administrators. "
                "Ask one of them, or sign in as one."
            </p>
            <a href="/schedules" class="button">
                "All schedules"
            </a>
        </Notice>
    }
}

/// The page of an administrator.
#[component]
fn Administration() -> impl IntoView {
    let roster = Roster::start();
    view! {
        <div class="page__head page__head--apart">
            <h1>"Clients"</h1>
            <button
                type="button"
                class="button button--primary"
                data-testid="new-client"
                on:click=handler(move |_| roster.ask(Question::Create))
            >
                <Icon glyph=Glyph::Plus/>
                "New client"
            </button>
        </div>
        <FreshToken roster/>
        {dynamic(move || match roster.clients.get() {
            None => view! { <Loading what="clients"/> }.into_any(),
            Some(Ok(clients)) => view! { <ClientTable clients roster/> }.into_any(),
            Some(Err(error)) => view! {
                <Failure
                    title="The clients could not be loaded"
                    reason=error.to_string()
                    on_retry=Callback::new(move |()| roster.clients.retry())
                />
            }
            .into_any(),
        })}
        <Questions roster/>
    }
}

/// All clients by name.
#[component]
fn ClientTable(
    /// The clients.
    clients: Vec<Client>,
    /// What is done to them.
    roster: Roster,
) -> impl IntoView {
    let rows = clients
        .into_iter()
        .map(|client| view! { <ClientRow client roster/> })
        .collect_view();
    view! {
        <div class="clients" role="table" aria-label="Clients by name">
            <div class="client-row client-row--head" role="row">
                <span role="columnheader">"Name"</span>
                <span role="columnheader">"Role"</span>
                <span role="columnheader">"Token"</span>
                <span role="columnheader">"Created"</span>
                <span role="columnheader">"Last used"</span>
                <span role="columnheader">
                    <span class="visually-hidden">"Actions"</span>
                </span>
            </div>
            {rows}
        </div>
    }
}

/// One client.
#[component]
fn ClientRow(
    /// The client.
    client: Client,
    /// What is done to it.
    roster: Roster,
) -> impl IntoView {
    let revoked = client.revoked_time.clone();
    let token = match revoked.clone() {
        None => view! { <code>{client.token_prefix.clone()}</code> }.into_any(),
        Some(time) => view! {
            <span class="status status--fail">
                <Icon glyph=Glyph::Barred/>
                <span>"Revoked "<RelativeTime time/></span>
            </span>
        }
        .into_any(),
    };
    let last_used = match client.last_used_time.clone() {
        Some(time) => view! { <RelativeTime time/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    let rotate = {
        let client = client.clone();
        move |_| roster.ask(Question::Rotate(client.clone()))
    };
    let revoke = {
        let client = client.clone();
        move |_| roster.ask(Question::Revoke(client.clone()))
    };
    let (rotate_label, rotate_word) = if revoked.is_some() {
        (format!("Readmit {}", client.name), "Readmit")
    } else {
        (format!("New token for {}", client.name), "New token")
    };
    let revoke_button = revoked.is_none().then(|| {
        view! {
            <button
                type="button"
                class="button button--small"
                data-testid="revoke"
                aria-label=format!("Revoke {}", client.name)
                on:click=handler(revoke)
            >
                "Revoke"
            </button>
        }
    });
    view! {
        <div
            class="client-row"
            role="row"
            data-testid="client-row"
            data-name=client.name.clone()
            data-revoked=revoked.is_some().then_some("")
        >
            <span role="cell" class="client-row__name">
                {client.name.clone()}
            </span>
            <span role="cell" class="client-row__role">
                {client.role.keyword()}
            </span>
            <span role="cell">{token}</span>
            <span role="cell" class="client-row__time">
                <span class="client-row__unit">"Created "</span>
                <RelativeTime time=client.created_time.clone()/>
            </span>
            <span role="cell" class="client-row__time">
                <span class="client-row__unit">"Used "</span>
                {last_used}
            </span>
            <span role="cell" class="client-row__actions">
                <button
                    type="button"
                    class="button button--small"
                    data-testid="rotate"
                    data-row=""
                    aria-label=rotate_label
                    on:click=handler(rotate)
                >
                    {rotate_word}
                </button>
                {revoke_button}
            </span>
        </div>
    }
    .into_any()
}
