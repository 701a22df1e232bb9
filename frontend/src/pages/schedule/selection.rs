//! What is shown of a schedule, as it stands in the address: the filters, and the row that is
//! looked at. So a view can be shared by its link, and survives a reload.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::query_signal_with_options};

use super::table::RowFilter;
use crate::api::results::ResultStatus;

/// Which rows are shown, and which one is looked at; free to copy.
#[derive(Clone, Copy)]
pub(super) struct Selection {
    status: Memo<Option<ResultStatus>>,
    set_status: SignalSetter<Option<ResultStatus>>,
    text: Memo<Option<String>>,
    set_text: SignalSetter<Option<String>>,
    script: Memo<Option<String>>,
    set_script: SignalSetter<Option<String>>,
}

impl Selection {
    /// Ties the selection to the address.
    pub(super) fn from_address() -> Self {
        let step = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        // A row that was opened is a step to go back to, but a filter is none.
        let in_place = NavigateOptions {
            replace: true,
            ..step.clone()
        };
        let (status, set_status) = query_signal_with_options("status", in_place.clone());
        let (text, set_text) = query_signal_with_options("q", in_place);
        let (script, set_script) = query_signal_with_options("script", step);
        Self {
            status,
            set_status,
            text,
            set_text,
            script,
            set_script,
        }
    }

    /// Which rows are shown.
    pub(super) fn filter(self) -> RowFilter {
        RowFilter {
            status: self.status(),
            text: self.text(),
        }
    }

    /// The status that is filtered by.
    pub(super) fn status(self) -> Option<ResultStatus> {
        self.status.get()
    }

    /// Filters by another status, or by none.
    pub(super) fn filter_by_status(self, status: Option<ResultStatus>) {
        self.set_status.set(status);
    }

    /// The text that is filtered by; empty where it is none.
    pub(super) fn text(self) -> String {
        self.text.get().unwrap_or_default()
    }

    /// Filters by another text.
    pub(super) fn filter_by_text(self, text: String) {
        self.set_text.set((!text.is_empty()).then_some(text));
    }

    /// The script that is looked at.
    pub(super) fn script(self) -> Memo<Option<String>> {
        self.script
    }

    /// Looks at another script, or at none.
    pub(super) fn look_at(self, script: Option<String>) {
        self.set_script.set(script);
    }
}
