//! What Daybook claims of itself, held against what was measured.

use std::fmt::{self, Display};

use crate::table::number;

/// A figure that has to be large enough, or small enough.
pub(crate) struct Claim {
    what: String,
    bound: Bound,
    measured: f64,
    unit: &'static str,
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Claim {
    /// The figure is so large or larger.
    pub(crate) fn at_least(what: String, bound: f64, measured: f64, unit: &'static str) -> Self {
        Self {
            what,
            bound: Bound::AtLeast(bound),
            measured,
            unit,
        }
    }

    /// The figure is so small or smaller.
    pub(crate) fn at_most(what: String, bound: f64, measured: f64, unit: &'static str) -> Self {
        Self {
            what,
            bound: Bound::AtMost(bound),
            measured,
            unit,
        }
    }

    /// Whether it holds.
    pub(crate) fn holds(&self) -> bool {
        match self.bound {
            Bound::AtLeast(bound) => self.measured >= bound,
            Bound::AtMost(bound) => self.measured <= bound,
        }
    }

    /// A row of the table of claims.
    pub(crate) fn row(&self) -> [String; 4] {
        let unit = if self.unit.is_empty() { "" } else { " " };
        [
            self.what.clone(),
            format!("{}{unit}{}", self.bound, self.unit),
            format!("{}{unit}{}", number(self.measured), self.unit),
            if self.holds() { "yes" } else { "**no**" }.to_owned(),
        ]
    }
}

impl Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "≥ {}", number(*bound)),
            Self::AtMost(bound) => write!(f, "≤ {}", number(*bound)),
        }
    }
}
