//! Scripts across schedules: how often they pass, how long they take, and whether they can be trusted.

mod stability;

pub use stability::{Stability, WINDOW};

use std::collections::{HashMap, HashSet};

use entity::{
    ScheduleId,
    result::{self, ResultStatus},
    schedule::{self, State as ScheduleState},
    script,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, Func, Query, SelectStatement, UnionType},
};
use stability::Outcome;

use crate::{
    domain::{
        actor::Viewer,
        page::{Page, Slice},
    },
    error::Result,
    state::State,
};

/// How many names are looked at together while searching for flaky ones.
const NAMES: usize = 100;

/// Which scripts are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those whose name contains this, in upper or lower case.
    pub contains: Option<String>,
    /// Only flaky ones.
    pub flaky_only: bool,
}

/// A script's name and what can be said of it.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its name.
    pub name: String,
    /// What can be said of it.
    pub stability: Stability,
}

/// One script, if anything was ever reported under that name.
pub async fn by_name(state: &State, viewer: &Viewer, name: &str) -> Result<Option<Script>> {
    let names = reported_names().filter(script::Column::Name.eq(name.trim()));
    let names: Vec<String> = names.into_tuple().all(state.db.read()).await?;
    Ok(with_stability(state, viewer, names).await?.pop())
}

/// Scripts by name.
pub async fn list(
    state: &State,
    viewer: &Viewer,
    filter: &Filter,
    slice: &Slice<String>,
) -> Result<Page<Script>> {
    let wanted = slice.limit + 1;
    let mut found = Vec::new();
    let mut after = slice.after.clone();
    while found.len() < wanted {
        let count = if filter.flaky_only { NAMES } else { wanted };
        let names = names_after(state, filter, after.as_deref(), count).await?;
        let is_end = names.len() < count;
        after = names.last().cloned();
        let scripts = with_stability(state, viewer, names).await?;
        found.extend(
            scripts
                .into_iter()
                .filter(|script| !filter.flaky_only || script.stability.flaky),
        );
        if is_end {
            break;
        }
    }
    found.truncate(wanted);
    Ok(slice.page(found))
}

async fn names_after(
    state: &State,
    filter: &Filter,
    after: Option<&str>,
    count: usize,
) -> Result<Vec<String>> {
    let mut query = reported_names();
    if let Some(after) = after {
        query = query.filter(script::Column::Name.gt(after));
    }
    if let Some(part) = &filter.contains {
        let position = Func::cust("INSTR").args([
            Expr::col(script::Column::Folded),
            Expr::val(part.to_lowercase()),
        ]);
        query = query.filter(Expr::expr(position).gt(0));
    }
    let names = query
        .order_by_asc(script::Column::Name)
        .limit(count as u64)
        .into_tuple()
        .all(state.db.read())
        .await?;
    Ok(names)
}

/// The names that results are reported under. A name stays when its last schedule is deleted, but is not shown.
fn reported_names() -> sea_orm::Select<script::Entity> {
    let results = result::Entity::find()
        .select_only()
        .expr(Expr::val(1))
        .filter(
            Expr::col((result::Entity, result::Column::Script))
                .equals((script::Entity, script::Column::Name)),
        )
        .into_query();
    script::Entity::find()
        .select_only()
        .column(script::Column::Name)
        .filter(Expr::exists(results))
}

/// What can be said of several scripts, with two queries for all of them.
async fn with_stability(state: &State, _: &Viewer, names: Vec<String>) -> Result<Vec<Script>> {
    let mut recent: HashMap<String, Vec<Recent>> = HashMap::new();
    for row in recent_results(state, &names).await? {
        recent.entry(row.script.clone()).or_default().push(row);
    }
    let repaired = repaired(state, recent.values().flatten()).await?;
    Ok(names
        .into_iter()
        .map(|name| {
            let rows = recent.remove(&name).unwrap_or_default();
            let outcomes: Vec<_> = rows.iter().map(|row| row.outcome(&repaired)).collect();
            Script {
                stability: Stability::of(&outcomes),
                name,
            }
        })
        .collect())
}

/// The latest attempt of a script in one of its newest schedules.
#[derive(Debug, FromQueryResult)]
struct Recent {
    script: String,
    schedule_id: ScheduleId,
    status: ResultStatus,
    attempt: i32,
    duration_ms: Option<i32>,
}

impl Recent {
    fn outcome(&self, repaired: &HashSet<(ScheduleId, String)>) -> Outcome {
        Outcome {
            status: self.status,
            duration_ms: self.duration_ms,
            passed_after_failing: repaired.contains(&(self.schedule_id, self.script.clone())),
        }
    }
}

/// Of each script, the latest attempts in its newest schedules, the newest first.
async fn recent_results(state: &State, names: &[String]) -> Result<Vec<Recent>> {
    // One bounded walk of an index for each name, all in one statement, however long the history is.
    let mut walks = names.iter().map(|name| {
        Query::select()
            .column(sea_orm::sea_query::Asterisk)
            .from_subquery(newest_of(name), "newest")
            .take()
    });
    let Some(mut query) = walks.next() else {
        return Ok(Vec::new());
    };
    query.unions(walks.map(|walk| (UnionType::All, walk)));
    let statement = state.db.read().get_database_backend().build(&query);
    let rows = Recent::find_by_statement(statement);
    let mut rows = rows.all(state.db.read()).await?;
    // A union promises no order.
    rows.sort_by_key(|row| std::cmp::Reverse(row.schedule_id));
    Ok(rows)
}

fn newest_of(name: &str) -> SelectStatement {
    result::Entity::find()
        .select_only()
        .columns([
            result::Column::Script,
            result::Column::ScheduleId,
            result::Column::Status,
            result::Column::Attempt,
            result::Column::DurationMs,
        ])
        .join(
            sea_orm::JoinType::InnerJoin,
            result::Entity::belongs_to(schedule::Entity)
                .from(result::Column::ScheduleId)
                .to(schedule::Column::ScheduleId)
                .into(),
        )
        .filter(result::Column::Script.eq(name))
        .filter(result::Column::Latest.eq(true))
        .filter(schedule::Column::State.is_in([ScheduleState::Closed, ScheduleState::Running]))
        .order_by_desc(result::Column::ScheduleId)
        .limit(WINDOW as u64)
        .into_query()
}

/// The schedules in which a script failed first and passed then.
async fn repaired(
    state: &State,
    rows: impl Iterator<Item = &Recent>,
) -> Result<HashSet<(ScheduleId, String)>> {
    let retried: HashSet<_> = rows
        .filter(|row| row.attempt > 1)
        .map(|row| (row.schedule_id, row.script.clone()))
        .collect();
    if retried.is_empty() {
        return Ok(HashSet::new());
    }
    let schedules: HashSet<_> = retried.iter().map(|(schedule, _)| *schedule).collect();
    let scripts: HashSet<_> = retried.iter().map(|(_, script)| script.clone()).collect();
    let attempts: Vec<(ScheduleId, String, ResultStatus)> = result::Entity::find()
        .select_only()
        .column(result::Column::ScheduleId)
        .column(result::Column::Script)
        .column(result::Column::Status)
        .filter(result::Column::ScheduleId.is_in(schedules))
        .filter(result::Column::Script.is_in(scripts))
        .order_by_asc(result::Column::Attempt)
        .into_tuple()
        .all(state.db.read())
        .await?;
    let mut failed = HashSet::new();
    let mut repaired = HashSet::new();
    for (schedule, script, status) in attempts {
        let place = (schedule, script);
        if status.is_failure() {
            failed.insert(place);
        } else if status == ResultStatus::Pass && failed.contains(&place) {
            repaired.insert(place);
        }
    }
    Ok(repaired)
}
