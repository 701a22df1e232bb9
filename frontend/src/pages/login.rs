//! Logging in: by the link that the server prints (`/login#token=…`), or by a token typed into the
//! form. Afterwards one goes where one wanted to go.

use leptos::{ev::SubmitEvent, html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
    params::ParamsMap,
};

use crate::{
    api::{
        Api,
        error::{Code, Error},
    },
    browser,
    erased::{computed, dynamic, effect},
    task::spawn_while_shown,
};

/// Where this page is.
pub const PATH: &str = "/login";

/// Where one goes who wanted nothing in particular.
const HOME: &str = "/";

/// The address that leads to this page, and from there back to `path`.
pub fn path_back_to(path: &str) -> String {
    if path == HOME {
        return PATH.to_owned();
    }
    let mut query = ParamsMap::new();
    query.insert("next", path.to_owned());
    format!("{PATH}{}", query.to_query_string())
}

/// Where to go after logging in. Only a path of this server: a link must not be able to send a
/// freshly logged-in person to another one, and browsers read `//host` and `/\host` as such.
fn destination(next: Option<String>) -> String {
    let leads_away = |path: &str| {
        !path.starts_with('/')
            || path.starts_with("//")
            || path.contains('\\')
            || path.chars().any(char::is_control)
            || path.starts_with(PATH)
    };
    next.filter(|path| !leads_away(path))
        .unwrap_or_else(|| HOME.to_owned())
}

/// The token in the fragment of a login link.
fn token_in(fragment: &str) -> Option<&str> {
    fragment
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))
        .filter(|token| !token.is_empty())
}

/// Takes the place of this page in the tab's history.
fn instead() -> NavigateOptions {
    NavigateOptions {
        replace: true,
        ..NavigateOptions::default()
    }
}

fn explain(error: &Error) -> String {
    if error.is(Code::Unauthenticated) {
        "This token is not known here, or it was revoked. Check that all of it was copied."
            .to_owned()
    } else {
        error.to_string()
    }
}

/// The page.
#[component]
pub fn LoginPage() -> impl IntoView {
    browser::set_title("Sign in");
    let api = Api::expect();
    let navigate = use_navigate();
    let next = use_query_map().with_untracked(|query| query.get("next"));
    let destination = destination(next);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);

    let attempt = RwSignal::new(None::<String>);
    let go_on = navigate.clone();
    effect(move || {
        let Some(token) = attempt.get() else { return };
        let (go_on, destination) = (go_on.clone(), destination.clone());
        busy.set(true);
        problem.set(None);
        spawn_while_shown(async move {
            let answer = api.log_in(&token).await;
            busy.set(false);
            match answer {
                Ok(()) => go_on(&destination, instead()),
                Err(error) => problem.set(Some(explain(&error))),
            }
        });
    });
    // An effect, as a link that is opened in this very tab loads no new page.
    let fragment = use_location().hash;
    effect(move || {
        let fragment = fragment.get();
        if let Some(token) = token_in(fragment.trim_start_matches('#')) {
            // First of all out of the address bar, and out of the tab's history.
            navigate(&browser::current_path(), instead());
            attempt.set(Some(token.to_owned()));
        }
    });
    let on_submit = Callback::new(move |token| attempt.set(Some(token)));
    view! { <LoginForm busy problem on_submit/> }
}

/// The form.
#[component]
fn LoginForm(
    /// Whether a token is just being tried.
    busy: RwSignal<bool>,
    /// Why the last one did not do.
    problem: RwSignal<Option<String>>,
    /// Tries a token.
    on_submit: Callback<String>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let token = input
            .get_untracked()
            .map(|input| input.value())
            .unwrap_or_default();
        if token.trim().is_empty() {
            problem.set(Some("Enter a token.".to_owned()));
        } else {
            on_submit.run(token.trim().to_owned());
        }
    };
    view! {
        <section class="login">
            <h1 class="login__title">"Sign in to Daybook"</h1>
            <p class="muted">
                "Open the link that the server printed when it first started, or paste a token. "
                <code>"daybook token create"</code> " makes a new one."
            </p>
            <form class="login__form" data-testid="login-form" on:submit=submit novalidate>
                <label class="field">
                    <span class="field__label">"Token"</span>
                    <input
                        class="input input--mono"
                        type="password"
                        name="token"
                        autocomplete="current-password"
                        spellcheck="false"
                        data-testid="login-token"
                        node_ref=input
                        aria-invalid=computed(move || problem.with(Option::is_some).to_string())
                        aria-describedby="login-problem"
                    />
                </label>
                <p id="login-problem" class="problem" role="alert" data-testid="login-error">
                    {problem}
                </p>
                <button
                    type="submit"
                    class="button button--primary"
                    data-testid="login-submit"
                    disabled=busy
                >
                    {dynamic(move || if busy.get() { "Signing in…" } else { "Sign in" })}
                </button>
            </form>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_where_one_wanted() {
        let go = |next: &str| destination(Some(next.to_owned()));
        assert_eq!(go("/schedules?status=FAIL"), "/schedules?status=FAIL");
        assert_eq!(destination(None), "/");
    }

    #[test]
    fn no_link_leads_to_another_server() {
        for next in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "evil",
            "",
            "/\t/evil.example",
            "javascript:1",
        ] {
            assert_eq!(destination(Some(next.to_owned())), "/", "{next:?}");
        }
    }

    #[test]
    fn logging_in_does_not_lead_to_logging_in() {
        assert_eq!(destination(Some("/login?next=/login".to_owned())), "/");
    }

    #[test]
    fn the_token_is_found_in_the_fragment() {
        assert_eq!(token_in("token=db_abc"), Some("db_abc"));
        assert_eq!(token_in("x=1&token=db_abc"), Some("db_abc"));
        assert_eq!(token_in("token="), None);
        assert_eq!(token_in(""), None);
    }
}
