//! One schedule against an earlier one: what broke, what was mended, what came and went.

use std::collections::{BTreeMap, HashMap};

use entity::{
    ScheduleId,
    result::{Column, Entity, ResultStatus},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{domain::actor::Viewer, error::Result, state::State};

/// From how many times as long on a script counts as slower.
const SLOWER_TIMES: f64 = 1.5;

/// From how much longer on a script counts as slower, in milliseconds.
const SLOWER_MS: i32 = 1_000;

/// How a schedule differs from the one it is compared with. Every list of names is in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Failing or broken here, and not there: new scripts that fail are among them.
    pub newly_failing: Vec<String>,
    /// Passing here, failing or broken there.
    pub fixed: Vec<String>,
    /// Failing or broken in both.
    pub still_failing: Vec<String>,
    /// Only here.
    pub added: Vec<String>,
    /// Only there.
    pub removed: Vec<String>,
    /// At least 1.5 times and 1 s slower, the greatest difference first.
    pub slower: Vec<Slowdown>,
}

/// A script that takes longer than it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slowdown {
    /// Its name.
    pub script: String,
    /// How long it took there, in milliseconds.
    pub before_ms: i32,
    /// How long it takes here, in milliseconds.
    pub after_ms: i32,
}

/// The latest attempt of each script.
type Outcomes = BTreeMap<String, (ResultStatus, Option<i32>)>;

/// Compares the first schedule of each pair with the second.
pub async fn compare(
    state: &State,
    _: &Viewer,
    pairs: &[(ScheduleId, ScheduleId)],
) -> Result<HashMap<(ScheduleId, ScheduleId), Comparison>> {
    let ids = pairs.iter().flat_map(|(this, base)| [*this, *base]);
    let rows: Vec<(ScheduleId, String, ResultStatus, Option<i32>)> = Entity::find()
        .select_only()
        .column(Column::ScheduleId)
        .column(Column::Script)
        .column(Column::Status)
        .column(Column::DurationMs)
        .filter(Column::ScheduleId.is_in(ids))
        .filter(Column::Latest.eq(true))
        .into_tuple()
        .all(state.db.read())
        .await?;
    let mut outcomes: HashMap<ScheduleId, Outcomes> = HashMap::new();
    for (schedule, script, status, duration) in rows {
        outcomes
            .entry(schedule)
            .or_default()
            .insert(script, (status, duration));
    }
    let none = Outcomes::new();
    let of = |id| outcomes.get(&id).unwrap_or(&none);
    let compare = |pair: &(ScheduleId, ScheduleId)| (*pair, differences(of(pair.0), of(pair.1)));
    Ok(pairs.iter().map(compare).collect())
}

fn differences(here: &Outcomes, there: &Outcomes) -> Comparison {
    let mut comparison = Comparison::default();
    for (script, (status, duration)) in here {
        let before = there.get(script);
        let was_failing = before.is_some_and(|(status, _)| status.is_failure());
        match (status.is_failure(), was_failing) {
            (true, true) => comparison.still_failing.push(script.clone()),
            (true, false) => comparison.newly_failing.push(script.clone()),
            (false, true) if *status == ResultStatus::Pass => comparison.fixed.push(script.clone()),
            (false, _) => {}
        }
        match before {
            None => comparison.added.push(script.clone()),
            Some((_, before)) => comparison
                .slower
                .extend(slowdown(script, *before, *duration)),
        }
    }
    let is_gone = |script: &&String| !here.contains_key(*script);
    comparison.removed = there.keys().filter(is_gone).cloned().collect();
    comparison
        .slower
        .sort_by_key(|slowdown| slowdown.before_ms - slowdown.after_ms);
    comparison
}

fn slowdown(script: &str, before: Option<i32>, after: Option<i32>) -> Option<Slowdown> {
    let (before_ms, after_ms) = (before?, after?);
    let is_slower = f64::from(after_ms) >= f64::from(before_ms) * SLOWER_TIMES
        && after_ms.saturating_sub(before_ms) >= SLOWER_MS;
    is_slower.then(|| Slowdown {
        script: script.to_owned(),
        before_ms,
        after_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ResultStatus::{Error, Fail, Pass, Skip};

    fn outcomes(list: &[(&str, ResultStatus, Option<i32>)]) -> Outcomes {
        let entry = |(script, status, duration): &(&str, _, _)| {
            ((*script).to_owned(), (*status, *duration))
        };
        list.iter().map(entry).collect()
    }

    #[test]
    fn tells_what_broke_and_what_was_mended() {
        let there = outcomes(&[
            ("breaks", Pass, None),
            ("gone", Pass, None),
            ("mended", Error, None),
            ("skipped", Fail, None),
            ("stays", Fail, None),
        ]);
        let here = outcomes(&[
            ("breaks", Error, None),
            ("mended", Pass, None),
            ("new", Fail, None),
            ("skipped", Skip, None),
            ("stays", Error, None),
        ]);
        let comparison = differences(&here, &there);
        assert_eq!(comparison.newly_failing, ["breaks", "new"]);
        assert_eq!(comparison.fixed, ["mended"]);
        assert_eq!(comparison.still_failing, ["stays"]);
        assert_eq!(comparison.added, ["new"]);
        assert_eq!(comparison.removed, ["gone"]);
    }

    #[test]
    fn slower_is_both_in_proportion_and_in_seconds() {
        let there = outcomes(&[
            ("a little", Pass, Some(10_000)),
            ("much", Pass, Some(2_000)),
            ("quick", Pass, Some(10)),
            ("very", Pass, Some(1_000)),
        ]);
        let here = outcomes(&[
            ("a little", Pass, Some(12_000)),
            ("much", Pass, Some(3_000)),
            ("quick", Pass, Some(900)),
            ("very", Pass, Some(9_000)),
        ]);
        let slower = differences(&here, &there).slower;
        let names: Vec<_> = slower
            .iter()
            .map(|slowdown| slowdown.script.as_str())
            .collect();
        assert_eq!(names, ["very", "much"]);
    }
}
