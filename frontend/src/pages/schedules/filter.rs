//! The list's filters as they stand in the address, so that a view can be shared by its link and
//! survives a reload. Days are those of UTC, as in the statistics.

use std::{fmt, str::FromStr};

use leptos::prelude::*;

use crate::{
    address::{in_place, query_signal},
    api::{
        scalars::{DateTime, UnknownKeyword},
        schedules::{Label, ListFilter, ScheduleStatus},
    },
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

/// A day as `YYYY-MM-DD`, which is how a field of type `date` has it too.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Day(String);

impl Day {
    /// The moment at which the day begins.
    fn start(&self) -> DateTime {
        DateTime(format!("{}T00:00:00.000Z", self.0))
    }

    /// The moment at which the next day begins.
    fn end(&self) -> DateTime {
        const DAY: f64 = 86_400_000.0;
        DateTime::from_millis(self.start().millis() + DAY)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Day {
    type Err = UnknownKeyword;

    fn from_str(text: &str) -> Result<Self, UnknownKeyword> {
        let shape: Vec<_> = text.split('-').map(str::len).collect();
        let digits = text.chars().all(|c| c.is_ascii_digit() || c == '-');
        let day = Self(text.to_owned());
        if digits && shape == [4, 2, 2] && !day.start().millis().is_nan() {
            Ok(day)
        } else {
            Err(UnknownKeyword)
        }
    }
}

/// One part of the filter as a text, tied to the address.
pub(super) type Part = (Memo<Option<String>>, SignalSetter<Option<String>>);

fn text(part: Part) -> Option<String> {
    part.0.get().filter(|text| !text.is_empty())
}

fn parsed<T: FromStr>(part: Part) -> Option<T> {
    text(part)?.parse().ok()
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
            status: query_signal("status", in_place()),
            title: query_signal("title", in_place()),
            client: query_signal("client", in_place()),
            label: query_signal("label", in_place()),
            from: query_signal("from", in_place()),
            to: query_signal("to", in_place()),
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
