//! What is shown of a schedule, as it stands in the address: the filters, and the row that is
//! looked at. So a view can be shared by its link, and survives a reload.

use leptos::prelude::*;
use leptos_router::NavigateOptions;

use super::table::{Order, RowFilter};
use crate::{
    address::{in_place, query_signal},
    api::results::ResultStatus,
};

/// Which rows are shown, and which one is looked at; free to copy.
#[derive(Clone, Copy)]
pub(super) struct Selection {
    status: Memo<Option<ResultStatus>>,
    set_status: SignalSetter<Option<ResultStatus>>,
    text: Memo<Option<String>>,
    set_text: SignalSetter<Option<String>>,
    follow: Memo<Option<bool>>,
    set_follow: SignalSetter<Option<bool>>,
    script: Memo<Option<String>>,
    set_script: SignalSetter<Option<String>>,
}

impl Selection {
    /// Ties the selection to the address.
    pub(super) fn from_address() -> Self {
        // A row that was opened is a step to go back to, but a filter is none.
        let step = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        let (status, set_status) = query_signal("status", in_place());
        let (text, set_text) = query_signal("q", in_place());
        let (follow, set_follow) = query_signal("follow", in_place());
        let (script, set_script) = query_signal("script", step);
        Self {
            status,
            set_status,
            text,
            set_text,
            follow,
            set_follow,
            script,
            set_script,
        }
    }

    /// Which rows are shown.
    pub(super) fn filter(self) -> RowFilter {
        RowFilter {
            status: self.status(),
            text: self.text(),
            order: if self.follows() {
                Order::Latest
            } else {
                Order::Urgent
            },
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

    /// Whether what changed last is kept in sight.
    pub(super) fn follows(self) -> bool {
        self.follow.get().unwrap_or_default()
    }

    /// Follows, or stops following.
    pub(super) fn set_following(self, follow: bool) {
        self.set_follow.set(follow.then_some(true));
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
