//! The log's filters, as the address has them.

use leptos::prelude::*;

use crate::{
    api::log::{LogFilter, LogStatus},
    filter::{Day, Part, parsed, text, tied},
};

/// The whole filter, tied to the address; free to copy.
#[derive(Clone, Copy)]
pub(super) struct AddressFilter {
    /// With commas between.
    pub(super) action: Part,
    status: Part,
    pub(super) client: Part,
    pub(super) from: Part,
    pub(super) to: Part,
}

impl AddressFilter {
    /// Ties the filter to the address of this page.
    pub(super) fn tied() -> Self {
        Self {
            action: tied("action"),
            status: tied("status"),
            client: tied("client"),
            from: tied("from"),
            to: tied("to"),
        }
    }

    /// The filter as the server takes it. What can't be read restricts nothing.
    pub(super) fn get(self) -> LogFilter {
        LogFilter {
            action: text(self.action).and_then(|text| actions(&text)),
            status: self.status().map(|status| vec![status]),
            client: text(self.client),
            from: parsed(self.from).map(|day: Day| day.start()),
            to: parsed(self.to).map(|day: Day| day.end()),
        }
    }

    /// The status in the filter.
    pub(super) fn status(self) -> Option<LogStatus> {
        parsed(self.status)
    }

    /// Puts a status into the filter, or takes it out.
    pub(super) fn choose(self, status: Option<LogStatus>) {
        self.status.1.set(status.map(|status| status.to_string()));
    }

    /// Whether it restricts anything.
    pub(super) fn is_empty(self) -> bool {
        self.get() == LogFilter::default()
    }

    /// Takes all of it away.
    pub(super) fn clear(self) {
        for part in [self.action, self.status, self.client, self.from, self.to] {
            part.1.set(None);
        }
    }
}

/// The actions that stand in a text, in upper case, as the log has them.
fn actions(text: &str) -> Option<Vec<String>> {
    let actions: Vec<_> = text
        .split(',')
        .map(|action| action.trim().to_ascii_uppercase())
        .filter(|action| !action.is_empty())
        .collect();
    (!actions.is_empty()).then_some(actions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_written_as_it_comes() {
        assert_eq!(
            actions(" backup, TASK_CREATE ,"),
            Some(vec!["BACKUP".into(), "TASK_CREATE".into()])
        );
        assert_eq!(actions(" , "), None);
    }
}
