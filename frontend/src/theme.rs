//! Light, dark, or as the system has it. The choice is an attribute on the document's root, which
//! the style sheet answers to, and is kept by the browser.

use leptos::prelude::document;

use crate::browser;

/// Where the browser keeps the choice.
const SETTING: &str = "daybook-theme";

/// A choice of colours.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Theme {
    /// What the system prefers, now and when that changes.
    #[default]
    System,
    /// Light, always.
    Light,
    /// Dark, always.
    Dark,
}

impl Theme {
    /// The choice that this browser keeps.
    pub fn load() -> Self {
        match browser::setting(SETTING).as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// Keeps the choice and shows it.
    pub fn choose(self) {
        browser::set_setting(SETTING, self.keyword());
        self.show();
    }

    /// Shows the choice.
    pub fn show(self) {
        let Some(root) = document().document_element() else {
            return;
        };
        // Both fail only for a malformed attribute name.
        let _ = match self.keyword() {
            Some(keyword) => root.set_attribute("data-theme", keyword),
            None => root.remove_attribute("data-theme"),
        };
    }

    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The choice after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    fn keyword(self) -> Option<&'static str> {
        (self != Self::System).then(|| self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_comes_round() {
        let round = [
            Theme::System.next(),
            Theme::System.next().next(),
            Theme::System.next().next().next(),
        ];
        assert_eq!(round, [Theme::Light, Theme::Dark, Theme::System]);
    }
}
