//! The bar on top of every page: where one is, whether it is live, who is signed in.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::{components::A, hooks::use_location};

use super::{
    connection_badge::ConnectionBadge,
    icon::{Glyph, Icon},
    theme_switch::ThemeSwitch,
};
use crate::{
    api::{Api, session::Session},
    pages::login,
};

/// The bar.
#[component]
pub fn Header() -> impl IntoView {
    let api = Api::expect();
    let session = api.session();
    let signed_out = Signal::derive(move || session.get() == Session::SignedOut);
    view! {
        <header class="header">
            <A href="/" exact=true attr:class="logo" attr:aria-label="Daybook, overview">
                <Logo/>
                <span class="logo__name">"Daybook"</span>
            </A>
            <nav class="nav" aria-label="Main">
                <A href="/schedules" attr:class="nav__link">"Schedules"</A>
                <a href="/graphiql" rel="external" class="nav__link">"API"</a>
            </nav>
            <span class="header__gap"></span>
            <ConnectionBadge connection=api.socket().connection() signed_out/>
            <ThemeSwitch/>
            <Account/>
        </header>
    }
}

/// The logo: a day's page with a line for each status.
#[component]
fn Logo() -> impl IntoView {
    view! {
        <svg class="logo__mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <rect class="logo__page" x="3" y="2" width="18" height="20" rx="4"></rect>
            <path class="logo__pass" d="M7.5 8H16.5"></path>
            <path class="logo__run" d="M7.5 12H13.5"></path>
            <path class="logo__fail" d="M7.5 16H10"></path>
        </svg>
    }
}

/// Who is signed in, and the way out; or the way in.
#[component]
fn Account() -> impl IntoView {
    let api = Api::expect();
    let session = api.session();
    let path = use_location().pathname;
    let problem = RwSignal::new(None::<String>);
    let log_out = move |_| {
        spawn_local(async move {
            problem.set(api.log_out().await.err().map(|error| error.to_string()));
        });
    };
    move || {
        match session.get() {
        Session::SignedIn(viewer) => view! {
            <span class="header__viewer" title="Signed in as">{viewer.name}</span>
            <button type="button" class="button button--icon" data-testid="log-out" aria-label="Log out" title="Log out" on:click=log_out>
                <Icon glyph=Glyph::Leave/>
            </button>
            <span class="header__problem" role="alert">{move || problem.get()}</span>
        }
        .into_any(),
        Session::Anonymous if path.get() != login::PATH => {
            view! { <A href=login::PATH attr:class="button button--small">"Sign in"</A> }.into_any()
        }
        _ => ().into_any(),
    }
    }
}
