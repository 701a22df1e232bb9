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
    address,
    api::{Api, session::Session, socket::Connection},
    browser,
    clock::Clock,
    components::{header::Header, key_help::KeyHelp, outage_notice::OutageNotice},
    erased::{dynamic, effect, handler, memo},
    keyboard,
    lag::Lag,
    lazy::lazy,
    pages::{
        backups_page, clients_page, compare_page,
        login::{self, LoginPage},
        logs_page,
        not_found::NotFoundPage,
        overview::OverviewPage,
        plan_page, run_page, schedule_page,
        schedules::SchedulesPage,
        script_page, scripts_page, statistics_page, task_page, tasks_page,
    },
    theme::Theme,
};

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    Theme::load().show();
    let api = Api::provide();
    Clock::provide();
    let behind = Lag::provide().changes();
    wake_with_the_page(api);
    let helping = RwSignal::new(false);
    keyboard::listen(move || helping.set(true));
    let on_close = Callback::new(move |()| helping.set(false));
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
                outage=api.outage()
                behind
                session=api.session()
                login_path=login::PATH
                on_log_out=Callback::new(log_out)
                on_help=Callback::new(move |()| helping.set(true))
                problem
            />
            <OutageNotice outage=api.outage()/>
            <main id="main" class="page" tabindex="-1" on:click=handler(address::follow_as_written())>
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=path!("/") view=OverviewPage/>
                    <Route path=path!("/schedules") view=SchedulesPage/>
                    <Route path=path!("/schedules/:name") view=|| lazy(schedule_page)/>
                    <Route path=path!("/scripts") view=|| lazy(scripts_page)/>
                    <Route path=path!("/scripts/:name") view=|| lazy(script_page)/>
                    <Route path=path!("/compare/:base/:other") view=|| lazy(compare_page)/>
                    <Route path=path!("/tasks") view=|| lazy(tasks_page)/>
                    <Route path=path!("/tasks/:name") view=|| lazy(task_page)/>
                    <Route path=path!("/runs/:id") view=|| lazy(run_page)/>
                    <Route path=path!("/plan") view=|| lazy(plan_page)/>
                    <Route path=path!("/backups") view=|| lazy(backups_page)/>
                    <Route path=path!("/logs") view=|| lazy(logs_page)/>
                    <Route path=path!("/statistics") view=|| lazy(statistics_page)/>
                    <Route path=path!("/clients") view=|| lazy(clients_page)/>
                    <Route path=path!("/login") view=LoginPage/>
                </FlatRoutes>
            </main>
            {dynamic(move || helping.get().then(|| view! { <KeyHelp on_close/> }))}
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
    effect(move || {
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
    let health = StoredValue::new_local(None);
    let is_somebody = memo(move || api.session().get() != Session::SignedOut);
    effect(move || {
        // It ends with the session, like all that is subscribed to.
        health.set_value(is_somebody.get().then(|| api.watch_health()));
    });
    effect(move || {
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
