//! The list's filters as they stand in the address, so that a view can be shared by its link and
//! survives a reload. Days are those of UTC, as in the statistics.

use std::{fmt, str::FromStr};

use leptos::prelude::*;

use crate::{
    api::{
        scalars::UnknownKeyword,
        schedules::{Label, ListFilter, ScheduleStatus},
    },
    filter::{self, Day, Part, parsed, text},
};

/// Several statuses: their keywords with commas between.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Statuses(pub(super) Vec<ScheduleStatus>);

impl Statuses {
    /// With this one, or without it where it was there.
    #[must_use]
    pub(super) fn toggled(mut self, status: ScheduleStatus) -> Self {
        if self.0.contains(&status) {
            self.0.retain(|other| *other != status);
        } else {
            self.0.push(status);
        }
        self
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keywords: Vec<_> = self.0.iter().map(|status| status.keyword()).collect();
        f.write_str(&keywords.join(","))
    }
}

impl FromStr for Statuses {
    type Err = UnknownKeyword;

    fn from_str(text: &str) -> Result<Self, UnknownKeyword> {
        text.split(',')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// A label as `key=value`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LabelText(pub(super) Label);

impl fmt::Display for LabelText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.0.key, self.0.value)
    }
}

impl FromStr for LabelText {
    type Err = UnknownKeyword;

    fn from_str(text: &str) -> Result<Self, UnknownKeyword> {
        let (key, value) = text.split_once('=').ok_or(UnknownKeyword)?;
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || value.is_empty() {
            return Err(UnknownKeyword);
        }
        Ok(Self(Label {
            key: key.to_owned(),
            value: value.to_owned(),
        }))
    }
}

/// Whether a text is a label.
pub(super) fn is_label(text: &str) -> bool {
    text.parse::<LabelText>().is_ok()
}

/// The whole filter, tied to the address; free to copy.
#[derive(Clone, Copy)]
pub(super) struct AddressFilter {
    pub(super) status: Part,
    pub(super) title: Part,
    pub(super) client: Part,
    pub(super) label: Part,
    pub(super) from: Part,
    pub(super) to: Part,
}

impl AddressFilter {
    /// Ties the filter to the address of this page.
    pub(super) fn tied() -> Self {
        Self {
            status: filter::tied("status"),
            title: filter::tied("title"),
            client: filter::tied("client"),
            label: filter::tied("label"),
            from: filter::tied("from"),
            to: filter::tied("to"),
        }
    }

    /// The filter as the list takes it. What can't be read restricts nothing.
    pub(super) fn get(self) -> ListFilter {
        ListFilter {
            status: self.statuses().0,
            title: text(self.title),
            client: text(self.client),
            label: parsed(self.label).map(|LabelText(label)| label),
            created_after: parsed(self.from).map(|day: Day| day.start()),
            created_before: parsed(self.to).map(|day: Day| day.end()),
        }
    }

    /// The statuses in the filter.
    pub(super) fn statuses(self) -> Statuses {
        parsed(self.status).unwrap_or_default()
    }

    /// Takes all of it away.
    pub(super) fn clear(self) {
        self.status.1.set(None);
        self.title.1.set(None);
        self.client.1.set(None);
        self.label.1.set(None);
        self.from.1.set(None);
        self.to.1.set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_read_as_they_are_written() {
        let statuses = Statuses(vec![ScheduleStatus::Running, ScheduleStatus::Abandoned]);
        assert_eq!(statuses.to_string(), "RUNNING,ABANDONED");
        assert_eq!("RUNNING,ABANDONED".parse(), Ok(statuses.clone()));
        assert_eq!("RUNNING,NONSENSE".parse::<Statuses>(), Err(UnknownKeyword));
        assert_eq!(
            statuses.toggled(ScheduleStatus::Running),
            Statuses(vec![ScheduleStatus::Abandoned])
        );
    }

    #[test]
    fn a_label_is_cut_at_its_first_equals_sign() {
        let label = |text: &str| {
            text.parse()
                .map(|LabelText(label)| (label.key, label.value))
        };
        assert_eq!(
            label(" branch = a=b "),
            Ok(("branch".to_owned(), "a=b".to_owned()))
        );
        for text in ["branch", "=main", "branch="] {
            assert_eq!(label(text), Err(UnknownKeyword), "{text}");
        }
    }
}
