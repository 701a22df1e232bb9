//! The application: its frame, its one route table, and where somebody who is not signed in is
//! sent.

use leptos::{ev, prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    components::{FlatRoutes, Route, Router},
    hooks::{use_location, use_navigate},
    path,
};

use crate::{
    api::{Api, session::Session, socket::Connection},
    browser,
    clock::Clock,
    components::header::Header,
    pages::{
        login::{self, LoginPage},
        not_found::NotFoundPage,
        schedule::SchedulePage,
        schedules::SchedulesPage,
    },
    theme::Theme,
};

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    Theme::load().show();
    let api = Api::provide();
    Clock::provide();
    wake_with_the_page(api);
    let problem = RwSignal::new(None);
    let log_out = move |()| {
        spawn_local(async move {
            let answer = api.log_out().await;
            problem.set(answer.err().map(|error| error.to_string()));
        });
    };
    view! {
        <Router>
            <Gate/>
            // The browser itself moves the focus along; the router would only scroll.
            <a class="skip-link" href="#main" rel="external">
                "Skip to the content"
            </a>
            <Header
                connection=api.socket().connection()
                session=api.session()
                login_path=login::PATH
                on_log_out=Callback::new(log_out)
                problem
            />
            <main id="main" class="page" tabindex="-1">
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=path!("/") view=SchedulesPage/>
                    <Route path=path!("/schedules") view=SchedulesPage/>
                    <Route path=path!("/schedules/:name") view=SchedulePage/>
                    <Route path=path!("/login") view=LoginPage/>
                </FlatRoutes>
            </main>
        </Router>
    }
}

/// Connects every page but that for logging in, and sends there whoever turns out to be nobody.
#[component]
fn Gate() -> impl IntoView {
    let api = Api::expect();
    let navigate = use_navigate();
    let path = use_location().pathname;
    let connection = api.socket().connection();
    Effect::new(move |_| {
        let at_login = path.get() == login::PATH;
        match api.session().get() {
            Session::SignedOut => {
                api.socket().disconnect();
                if !at_login {
                    let options = NavigateOptions {
                        replace: true,
                        ..NavigateOptions::default()
                    };
                    navigate(&login::path_back_to(&browser::current_path()), options);
                }
            }
            _ if !at_login => api.socket().connect(),
            _ => {}
        }
    });
    Effect::new(move |_| {
        if connection.get() == Connection::Live && api.session().get() == Session::Unknown {
            // Where it fails, the next connection asks again; the header shows no name until then.
            spawn_local(async move { drop(api.load_viewer().await) });
        }
    });
}

/// A page that comes back from the background, and a network that comes back, are the moments to
/// look at the connection.
fn wake_with_the_page(api: Api) {
    let seen = window_event_listener(ev::visibilitychange, move |_| {
        if browser::is_visible() {
            api.socket().wake();
        }
    });
    let online = window_event_listener(ev::online, move |_| api.socket().wake());
    on_cleanup(move || {
        seen.remove();
        online.remove();
    });
}
