//! Addresses of pages that have names in them: written, read and followed so that every name comes
//! out as it went in.
//!
//! The router would change some. It decodes the path of a link that is pressed before it shows it in
//! the address bar, and decodes the values of a query twice: after a reload, a script called
//! `50%25` or `C:\login` would be another one.

use std::str::FromStr;

use form_urlencoded::Serializer;
use leptos::{ev::MouseEvent, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::erased::memo;
use wasm_bindgen::JsCast;

/// What is escaped in a part of a path: all but what RFC 3986 leaves unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The page of a script.
pub fn script(name: &str) -> String {
    format!("/scripts/{}", utf8_percent_encode(name, ESCAPED))
}

/// The page of a task.
pub fn task(name: &str) -> String {
    format!("/tasks/{}", utf8_percent_encode(name, ESCAPED))
}

/// The page of a run.
pub fn run(id: &cynic::Id) -> String {
    format!("/runs/{}", utf8_percent_encode(id.inner(), ESCAPED))
}

/// A script's row in a schedule's page.
pub fn result(schedule: &str, script: &str) -> String {
    format!("/schedules/{schedule}?{}", with("", "script", Some(script)))
}

/// The page that compares a schedule with an earlier one.
pub fn comparison(base: &str, other: &str) -> String {
    format!("/compare/{base}/{other}")
}

/// The plan of a window, given as the page has it. A configuration that is none is left out.
pub fn plan(from: &str, to: &str, policy: &str, config: &str) -> String {
    let window = [("from", from), ("to", to), ("policy", policy)];
    let config = (!config.is_empty()).then_some(("config", config));
    let query = Serializer::new(String::new())
        .extend_pairs(window)
        .extend_pairs(config)
        .finish();
    format!("/plan?{query}")
}

/// A value of the address's query, and what sets it or takes it out: the router's function of this
/// kind, but for the names that it would change.
pub fn query_signal<T>(
    key: &'static str,
    options: NavigateOptions,
) -> (Memo<Option<T>>, SignalSetter<Option<T>>)
where
    T: FromStr + ToString + PartialEq + Send + Sync + 'static,
{
    let query = use_location().search;
    let value = memo(move || query.with(|query| value_in(query, key))?.parse().ok());
    let write = writer(key, options);
    let set =
        SignalSetter::map(move |value: Option<T>| write(value.map(|value| value.to_string())));
    (value, set)
}

/// How a filter is kept in the address: it is no step to go back to, and leaves the page where it is.
pub fn in_place() -> NavigateOptions {
    NavigateOptions {
        replace: true,
        scroll: false,
        ..NavigateOptions::default()
    }
}

fn writer(
    key: &'static str,
    options: NavigateOptions,
) -> Box<dyn Fn(Option<String>) + Send + Sync> {
    let location = use_location();
    let navigate = use_navigate();
    Box::new(move |value| {
        let path = location.pathname.get_untracked();
        let query = location.search.get_untracked();
        let query = with(&query, key, value.as_deref());
        navigate(&format!("{path}?{query}"), options.clone());
    })
}

/// The last value of a key in a query.
fn value_in(query: &str, key: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == key)
        .last()
        .map(|(_, value)| value.into_owned())
}

/// The same query with another value of a key, or without it.
fn with(query: &str, key: &str, value: Option<&str>) -> String {
    let others = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != key);
    Serializer::new(String::new())
        .extend_pairs(others)
        .extend_pairs(value.map(|value| (key, value)))
        .finish()
}

/// Follows a pressed link whose path holds something escaped as it is written, in place of the
/// router, which listens further up.
pub fn follow_as_written() -> impl Fn(MouseEvent) {
    let navigate = use_navigate();
    move |event| {
        let other_meaning = event.button() != 0
            || event.meta_key()
            || event.alt_key()
            || event.ctrl_key()
            || event.shift_key();
        if event.default_prevented() || other_meaning {
            return;
        }
        if let Some(address) = pressed_link(&event).filter(|address| has_escaped_path(address)) {
            event.prevent_default();
            navigate(&address, NavigateOptions::default());
        }
    }
}

/// The address of the link that an event happened in.
fn pressed_link(event: &MouseEvent) -> Option<String> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    target.closest("a[href]").ok()??.get_attribute("href")
}

/// Whether an address leads to a page of this application, and has something escaped in its path.
fn has_escaped_path(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.starts_with('/') && path.contains('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_one_part_of_its_path() {
        assert_eq!(script("login.sh"), "/scripts/login.sh");
        assert_eq!(
            script("suite/a b::größe?#50%25\\"),
            "/scripts/suite%2Fa%20b%3A%3Agr%C3%B6%C3%9Fe%3F%2350%2525%5C"
        );
    }

    #[test]
    fn a_value_comes_out_of_a_query_as_it_went_in() {
        for name in ["50%25", "a+b c", "a&b=c", "größe", "#1", "C:\\x"] {
            let query = with("status=FAIL&script=other", "script", Some(name));
            assert_eq!(value_in(&query, "script").as_deref(), Some(name));
            assert_eq!(value_in(&query, "status").as_deref(), Some("FAIL"));
        }
    }

    #[test]
    fn a_value_can_be_taken_out() {
        assert_eq!(with("q=a&flaky=true", "q", None), "flaky=true");
        assert_eq!(with("q=a", "q", None), "");
        assert_eq!(value_in("q=a", "flaky"), None);
    }

    #[test]
    fn only_links_into_the_application_are_followed_as_written() {
        assert!(has_escaped_path("/scripts/a%2Fb?x=1"));
        assert!(!has_escaped_path("/schedules/1?script=a%2Fb"));
        assert!(!has_escaped_path("https://other.example/a%2Fb"));
        assert!(!has_escaped_path("#main"));
    }
}
