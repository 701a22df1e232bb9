//! The keys that work on every page. What they act on says so itself: the focusable part of a list's
//! row has the attribute `data-row`, the page's main search field has `data-search`.
//!
//! Keys belong to whoever types: nothing here hears what goes into a field, or while a dialog is
//! open.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// The keys and what they do, as the help lists them.
pub const KEYS: [(&str, &str); 6] = [
    ("/", "Search on this page"),
    ("j", "Next row"),
    ("k", "Previous row"),
    ("Enter", "Open the row"),
    ("Esc", "Close what is open in front or at the side"),
    ("?", "Show these keys"),
];

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wish {
    Search,
    Step(isize),
    Help,
}

fn wish(key: &str) -> Option<Wish> {
    match key {
        "/" => Some(Wish::Search),
        "j" => Some(Wish::Step(1)),
        "k" => Some(Wish::Step(-1)),
        "?" => Some(Wish::Help),
        _ => None,
    }
}

/// Listens to the keys for as long as the component that calls this is there.
pub fn listen(on_help: impl Fn() + 'static) {
    let pressed = window_event_listener(ev::keydown, move |event| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typed(&event) {
            return;
        }
        let Some(wish) = wish(&event.key()) else {
            return;
        };
        event.prevent_default();
        match wish {
            Wish::Search => focus(find("[data-search]")),
            Wish::Step(by) => step(by),
            Wish::Help => on_help(),
        }
    });
    on_cleanup(move || pressed.remove());
}

/// Whether the key goes into a field, or to a dialog.
fn is_typed(event: &KeyboardEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| {
        // The selector is our own, and valid.
        let within = |selector| target.closest(selector).is_ok_and(|found| found.is_some());
        within("input, textarea, select, dialog, [contenteditable]")
    })
}

/// Moves the focus to another row: from the one that has it, or else from the one that is open.
fn step(by: isize) {
    let rows = rows();
    let here = |row: &Element| Some(row) == document().active_element().as_ref();
    let open = |row: &Element| row.get_attribute("aria-expanded").as_deref() == Some("true");
    let current = rows
        .iter()
        .position(here)
        .or_else(|| rows.iter().position(open));
    let next = match current {
        Some(index) => index.checked_add_signed(by),
        None => rows.iter().position(is_below_the_top),
    };
    focus(next.and_then(|index| rows.get(index).cloned()));
}

fn rows() -> Vec<Element> {
    let Ok(found) = document().query_selector_all("[data-row]") else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into().ok())
        .collect()
}

/// Whether somebody who looks at the page sees this row, or would further down.
fn is_below_the_top(row: &Element) -> bool {
    row.get_bounding_client_rect().top() >= 0.0
}

fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // What cannot be focused stays as it is.
        let _ = element.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_key_that_does_something() {
        for (key, _) in KEYS {
            let browsers_own = ["Enter", "Esc"].contains(&key);
            assert_ne!(wish(key).is_some(), browsers_own, "{key}");
        }
        assert_eq!(wish("x"), None);
    }
}
