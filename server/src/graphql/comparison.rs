//! Comparisons in GraphQL.

use async_graphql::{Object, SimpleObject};
use entity::schedule as row;

use super::schedule::Schedule;
use crate::domain::comparison;

/// One schedule against an earlier one, by the latest attempt of each script.
pub(super) struct Comparison {
    comparison: comparison::Comparison,
    base: row::Model,
}

impl Comparison {
    /// A comparison, and what was compared with.
    pub(super) fn new(comparison: comparison::Comparison, base: row::Model) -> Self {
        Self { comparison, base }
    }
}

/// One schedule against an earlier one, by the latest attempt of each script. Every list of names is in alphabetical
/// order.
#[Object]
impl Comparison {
    /// The schedule that was compared with.
    async fn base(&self) -> Schedule {
        Schedule(self.base.clone())
    }

    /// FAIL or ERROR here, and not there: new scripts that fail are among them.
    async fn newly_failing(&self) -> &[String] {
        &self.comparison.newly_failing
    }

    /// PASS here, FAIL or ERROR there.
    async fn fixed(&self) -> &[String] {
        &self.comparison.fixed
    }

    /// FAIL or ERROR in both.
    async fn still_failing(&self) -> &[String] {
        &self.comparison.still_failing
    }

    /// Only here.
    async fn added(&self) -> &[String] {
        &self.comparison.added
    }

    /// Only there.
    async fn removed(&self) -> &[String] {
        &self.comparison.removed
    }

    /// At least 1.5 times and 1 s slower, the greatest difference first.
    async fn slower(&self) -> Vec<Slowdown> {
        self.comparison.slower.iter().map(Into::into).collect()
    }
}

/// A script that takes longer than it did.
#[derive(SimpleObject)]
struct Slowdown {
    /// The script's name.
    script: String,
    /// How long it took before, in milliseconds.
    before_ms: i32,
    /// How long it takes now, in milliseconds.
    after_ms: i32,
}

impl From<&comparison::Slowdown> for Slowdown {
    fn from(slowdown: &comparison::Slowdown) -> Self {
        Self {
            script: slowdown.script.clone(),
            before_ms: slowdown.before_ms,
            after_ms: slowdown.after_ms,
        }
    }
}
