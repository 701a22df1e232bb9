//! Filters of lists as they stand in the address, so that a view can be shared by its link and survives a reload. Days are
//! those of UTC, as in the statistics.

use std::{fmt, str::FromStr};

use leptos::prelude::*;

use crate::{
    address::{in_place, query_signal},
    api::scalars::{DateTime, UnknownKeyword},
};

/// Ties a part of a filter to a key of the address.
pub fn tied(key: &'static str) -> Part {
    query_signal(key, in_place())
}

/// A day as `YYYY-MM-DD`, which is how a field of type `date` has it too.
#[derive(Clone, Debug, PartialEq)]
pub struct Day(String);

impl Day {
    /// The moment at which the day begins.
    pub fn start(&self) -> DateTime {
        DateTime(format!("{}T00:00:00.000Z", self.0))
    }

    /// The moment at which the next day begins.
    pub fn end(&self) -> DateTime {
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
pub type Part = (Memo<Option<String>>, SignalSetter<Option<String>>);

/// What stands in the part; `None` where nothing does.
pub fn text(part: Part) -> Option<String> {
    part.0.get().filter(|text| !text.is_empty())
}

/// What stands in the part, where it can be read.
pub fn parsed<T: FromStr>(part: Part) -> Option<T> {
    text(part)?.parse().ok()
}
