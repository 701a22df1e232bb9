//! The bar on top of every page: where one is, whether it is live, who is signed in.

use leptos::{html, prelude::*};
use leptos_router::{components::A, hooks::use_location};
use wasm_bindgen::JsCast;

use super::{
    connection_badge::ConnectionBadge,
    icon::{Glyph, Icon},
    theme_switch::ThemeSwitch,
};
use crate::{
    api::{
        health::Outage,
        session::{Role, Session},
        socket::Connection,
    },
    erased::{dynamic, effect, handler},
};

/// The bar.
#[component]
pub fn Header(
    /// What the live connection is doing.
    connection: ReadSignal<Connection>,
    /// What is the matter with the server's database.
    outage: ReadSignal<Option<Outage>>,
    /// How many changes are known to be there and not shown yet.
    behind: Signal<i32>,
    /// Who is signed in.
    session: ReadSignal<Session>,
    /// Where one signs in.
    login_path: &'static str,
    /// Signs out.
    on_log_out: Callback<()>,
    /// Shows the keys.
    on_help: Callback<()>,
    /// Why signing out did not work.
    problem: RwSignal<Option<String>>,
) -> impl IntoView {
    let signed_out = Signal::derive(move || session.get() == Session::SignedOut);
    view! {
        <header class="header">
            <A href="/" exact=true attr:class="logo" attr:aria-label="Daybook, overview">
                <Logo/>
                <span class="logo__name">"Daybook"</span>
            </A>
            <Navigation session/>
            <span class="header__gap"></span>
            <ReadOnly session/>
            <ConnectionBadge connection outage behind signed_out/>
            <button
                type="button"
                class="button button--icon header__keys"
                aria-label="Keys"
                title="Keys (?)"
                on:click=handler(move |_| on_help.run(()))
            >
                <Icon glyph=Glyph::Keys/>
            </button>
            <ThemeSwitch/>
            <Account session login_path on_log_out/>
            <span class="header__problem" role="alert">
                {problem}
            </span>
        </header>
    }
}

/// Where one can go.
#[component]
fn Navigation(
    /// Who is signed in.
    session: ReadSignal<Session>,
) -> impl IntoView {
    let link = |href: &'static str, name: &'static str| {
        view! {
            <A href=href exact={href == "/"} attr:class="nav__link">
                {name}
            </A>
        }
    };
    let nav = NodeRef::<html::Nav>::new();
    let path = use_location().pathname;
    effect(move || {
        path.track();
        // Who is signed in decides which links there are.
        session.track();
        if let Some(nav) = nav.get() {
            // The router marks the link first.
            request_animation_frame(move || show_current(&nav));
        }
    });
    let clients = move || {
        session
            .with(|session| session.may(Role::Admin))
            .then(|| link("/clients", "Clients"))
    };
    view! {
        <nav class="nav" aria-label="Main" node_ref=nav>
            {link("/", "Overview")}
            {link("/schedules", "Schedules")}
            {link("/scripts", "Scripts")}
            {link("/tasks", "Tasks")}
            {link("/plan", "Plan")}
            {link("/backups", "Backups")}
            {link("/logs", "Log")}
            {link("/statistics", "Statistics")}
            {dynamic(clients)}
            <a href="/graphiql" rel="external" class="nav__link">
                "API"
            </a>
        </nav>
    }
}

/// Brings the link of the page that one is at into sight, where there is no room for all of them.
fn show_current(nav: &web_sys::HtmlElement) {
    let current = nav.query_selector("[aria-current]").ok().flatten();
    let Some(current) = current.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok())
    else {
        return;
    };
    let middle = current.offset_left() - nav.offset_left() + current.offset_width() / 2;
    nav.set_scroll_left(middle - nav.client_width() / 2);
}

/// Says so where one can look at everything and change nothing.
#[component]
fn ReadOnly(
    /// Who is signed in.
    session: ReadSignal<Session>,
) -> impl IntoView {
    let read_only = move || match session.get() {
        Session::Anonymous => Some("Nobody is signed in, so nothing can be changed here."),
        Session::SignedIn(viewer) if viewer.role == Role::Viewer => {
            Some("The role VIEWER may look at everything, and change nothing.")
        }
        _ => None,
    };
    dynamic(move || {
        read_only().map(|reason| {
            view! {
                <span class="badge badge--plain" title=reason data-testid="read-only">
                    "Read-only"
                </span>
            }
        })
    })
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
fn Account(
    /// Who is signed in.
    session: ReadSignal<Session>,
    /// Where one signs in.
    login_path: &'static str,
    /// Signs out.
    on_log_out: Callback<()>,
) -> impl IntoView {
    let path = use_location().pathname;
    dynamic(move || match session.get() {
        Session::SignedIn(viewer) => view! {
            <span class="header__viewer" title="Signed in as">
                {viewer.name}
            </span>
            <button
                type="button"
                class="button button--icon"
                data-testid="log-out"
                aria-label="Log out"
                title="Log out"
                on:click=handler(move |_| on_log_out.run(()))
            >
                <Icon glyph=Glyph::Leave/>
            </button>
        }
        .into_any(),
        Session::Anonymous if path.get() != login_path => view! {
            <A href=login_path attr:class="button button--small">
                "Sign in"
            </A>
        }
        .into_any(),
        Session::Anonymous | Session::SignedOut | Session::Unknown => ().into_any(),
    })
}
