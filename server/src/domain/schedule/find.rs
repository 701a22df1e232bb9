//! Finding schedules, and what goes with them.

use std::collections::HashMap;

use entity::{
    Guid, ScheduleId, Timestamp, expected_script, label, result,
    result::ResultStatus,
    schedule::{Column, Entity, Model, State as ScheduleState},
};
use sea_orm::{
    ActiveEnum, ColumnTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Value,
    sea_query::{Expr, Query},
};

use crate::{
    db::fetch::{FromColumns, Select, from_columns, in_list},
    domain::{
        actor::{Reporter, Viewer},
        page::{Page, Slice},
    },
    error::Result,
    state::State,
};

/// Which schedules are asked for. What is left out does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any of these.
    pub status: Option<Vec<ScheduleState>>,
    /// Exactly this.
    pub title: Option<String>,
    /// The name of the client that opened it.
    pub client: Option<String>,
    /// All of these.
    pub labels: Vec<LabelFilter>,
    /// Opened at this moment or later.
    pub created_after: Option<Timestamp>,
    /// Opened before this moment.
    pub created_before: Option<Timestamp>,
}

/// A label that a schedule must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelFilter {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

from_columns!(Model {
    schedule_id,
    schedule_name,
    schedule_status,
    created_time,
    last_modify_time,
    state,
    client_id,
    title,
    closed_time,
    revision,
    lease_seconds,
    lease_expires,
    expected,
    expected_final,
    running,
    pass,
    fail,
    block,
    error,
    skip,
});

from_columns!(label::Model {
    schedule_id,
    name,
    value,
});

/// A statement that is about to find schedules.
struct Finding {
    text: String,
    values: Vec<Value>,
}

impl Finding {
    /// Finds all of them, until conditions are added.
    fn all() -> Self {
        Self {
            text: format!("SELECT {} FROM schedule WHERE TRUE", Model::COLUMNS),
            values: Vec::new(),
        }
    }

    /// Only those for which this holds of a value.
    fn only(&mut self, condition: &str, value: impl Into<Value>) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
        self.values.push(value.into());
    }

    /// Only those that have one of these values in a column.
    fn any_of(&mut self, column: &str, values: impl Iterator<Item = Value>) {
        let (list, values) = in_list(values);
        self.text.push_str(" AND ");
        self.text.push_str(column);
        self.text.push_str(&list);
        self.values.extend(values);
    }

    fn done(self) -> Select {
        Select::new(self.text, self.values)
    }
}

/// Looked up for one schedule after another, in the order of a page and no further than its end. As a list of all that have
/// the label it would be made whole first, and grow with them.
const LABELLED: &str = "EXISTS (SELECT 1 FROM label \
    WHERE label.schedule_id = schedule.schedule_id AND name = ? AND value = ?)";

impl Filter {
    fn apply(&self, finding: &mut Finding) {
        if let Some(states) = &self.status {
            finding.any_of("state", states.iter().map(|state| state.to_value().into()));
        }
        if let Some(title) = &self.title {
            finding.only("title = ?", title.trim());
        }
        if let Some(name) = &self.client {
            let of_that_name = "client_id IN (SELECT client_id FROM client WHERE name = ?)";
            finding.only(of_that_name, name.trim());
        }
        for label in &self.labels {
            finding.only(LABELLED, label.key.trim());
            finding.values.push(label.value.trim().into());
        }
        if let Some(time) = self.created_after {
            finding.only("created_time >= ?", time);
        }
        if let Some(time) = self.created_before {
            finding.only("created_time < ?", time);
        }
    }
}

/// One schedule by its name, if there is one.
pub async fn by_name(state: &State, _: &Viewer, name: Guid) -> Result<Option<Model>> {
    let mut finding = Finding::all();
    finding.only("schedule_name = ?", name);
    Ok(state.db.fetch(finding.done()).await?.pop())
}

/// Several schedules by their names.
pub async fn by_names(state: &State, _: &Viewer, names: &[Guid]) -> Result<HashMap<Guid, Model>> {
    let mut finding = Finding::all();
    finding.any_of("schedule_name", names.iter().map(|name| (*name).into()));
    let rows: Vec<Model> = state.db.fetch(finding.done()).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.schedule_name, row))
        .collect())
}

/// Several schedules by their ids.
pub async fn by_ids(
    state: &State,
    _: &Viewer,
    ids: &[ScheduleId],
) -> Result<HashMap<ScheduleId, Model>> {
    let mut finding = Finding::all();
    finding.any_of("schedule_id", ids.iter().map(|id| (*id).into()));
    let rows: Vec<Model> = state.db.fetch(finding.done()).await?;
    Ok(rows.into_iter().map(|row| (row.schedule_id, row)).collect())
}

/// The newest schedule of the calling client that is open, abandoned or not, if there is one.
pub async fn newest_open(state: &State, reporter: &Reporter) -> Result<Option<Guid>> {
    // The states are named one by one: so an index has what is open of a client, however much it has closed.
    let newest = Entity::find()
        .select_only()
        .column_as(Column::ScheduleId.max(), "newest")
        .filter(Column::ClientId.eq(reporter.client_id()))
        .filter(Column::State.is_in([
            ScheduleState::Created,
            ScheduleState::Running,
            ScheduleState::Abandoned,
        ]))
        .into_query();
    let name = Entity::find()
        .select_only()
        .column(Column::ScheduleName)
        .filter(Column::ScheduleId.in_subquery(newest))
        .into_tuple()
        .one(state.db.read())
        .await?;
    Ok(name)
}

/// Schedules, the newest first.
pub async fn list(
    state: &State,
    _: &Viewer,
    filter: &Filter,
    slice: &Slice<ScheduleId>,
) -> Result<Page<Model>> {
    let mut finding = Finding::all();
    filter.apply(&mut finding);
    if let Some(after) = slice.after {
        finding.only("schedule_id < ?", after);
    }
    if let Some(before) = slice.before {
        finding.only("schedule_id > ?", before);
    }
    finding.text.push_str(if slice.from_end {
        " ORDER BY schedule_id LIMIT ?"
    } else {
        " ORDER BY schedule_id DESC LIMIT ?"
    });
    finding.values.push(slice.rows().into());
    Ok(slice.page(state.db.fetch(finding.done()).await?))
}

/// Those of some schedules that match a filter.
pub async fn matching(
    state: &State,
    _: &Viewer,
    filter: &Filter,
    ids: &[ScheduleId],
) -> Result<Vec<Model>> {
    let mut finding = Finding::all();
    filter.apply(&mut finding);
    finding.any_of("schedule_id", ids.iter().map(|id| (*id).into()));
    Ok(state.db.fetch(finding.done()).await?)
}

/// The ids of the schedules that changed at a moment or later.
pub async fn modified_since(
    state: &State,
    _: &Viewer,
    moment: Timestamp,
) -> Result<Vec<ScheduleId>> {
    let ids = Entity::find()
        .select_only()
        .column(Column::ScheduleId)
        .filter(Column::LastModifyTime.gte(moment))
        .into_tuple()
        .all(state.db.read())
        .await?;
    Ok(ids)
}

/// The labels of several schedules, by key.
pub async fn labels(
    state: &State,
    _: &Viewer,
    ids: &[ScheduleId],
) -> Result<HashMap<ScheduleId, Vec<label::Model>>> {
    let (list, values) = in_list(ids.iter().copied());
    let text = format!(
        "SELECT {} FROM label WHERE schedule_id{list} ORDER BY schedule_id, name",
        label::Model::COLUMNS
    );
    let select = Select::new(text, values);
    let rows: Vec<label::Model> = state.db.fetch(select).await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.schedule_id).or_default().push(row);
    }
    Ok(found)
}

/// The expected scripts of several schedules whose latest attempt is not final, in the order in which they were named.
pub async fn missing(
    state: &State,
    _: &Viewer,
    ids: &[ScheduleId],
) -> Result<HashMap<ScheduleId, Vec<String>>> {
    let has_final = result::Entity::find()
        .select_only()
        .expr(Expr::val(1))
        .filter(same(
            result::Column::ScheduleId,
            expected_script::Column::ScheduleId,
        ))
        .filter(same(
            result::Column::Script,
            expected_script::Column::Script,
        ))
        .filter(result::Column::Latest.eq(true))
        .filter(result::Column::Status.ne(ResultStatus::Running))
        .into_query();
    let rows = expected_script::Entity::find()
        .filter(expected_script::Column::ScheduleId.is_in(ids.iter().copied()))
        .filter(Expr::exists(has_final).not())
        .order_by_asc(expected_script::Column::ScheduleId)
        .order_by_asc(expected_script::Column::Position)
        .all(state.db.read())
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.schedule_id).or_default().push(row.script);
    }
    Ok(found)
}

fn same(one: impl ColumnTrait, other: impl ColumnTrait) -> Expr {
    Expr::col(one.as_column_ref()).equals(other.as_column_ref())
}

/// For several schedules, the last closed one of the same title before it.
pub async fn previous(
    state: &State,
    _: &Viewer,
    ids: &[ScheduleId],
) -> Result<HashMap<ScheduleId, Model>> {
    #[derive(FromQueryResult)]
    struct Pair {
        later: ScheduleId,
        earlier: ScheduleId,
    }
    // "later" is the schedule that is asked about, "schedule" the candidates for its predecessor.
    let pairs = Query::select()
        .expr_as(Expr::col(("later", Column::ScheduleId)), "later")
        .expr_as(Expr::col((Entity, Column::ScheduleId)).max(), "earlier")
        .from_as(Entity, "later")
        .inner_join(
            Entity,
            Expr::col((Entity, Column::Title))
                .equals(("later", Column::Title))
                .and(
                    Expr::col((Entity, Column::ScheduleId))
                        .lt(Expr::col(("later", Column::ScheduleId))),
                )
                .and(Expr::col((Entity, Column::State)).eq(ScheduleState::Closed)),
        )
        .and_where(Expr::col(("later", Column::ScheduleId)).is_in(ids.iter().copied()))
        .group_by_col(("later", Column::ScheduleId))
        .take();
    let pairs = Pair::find_by_statement(
        sea_orm::ConnectionTrait::get_database_backend(state.db.read()).build(&pairs),
    )
    .all(state.db.read())
    .await?;
    let earlier: Vec<_> = pairs.iter().map(|pair| pair.earlier).collect();
    let rows: HashMap<_, _> = Entity::find()
        .filter(Column::ScheduleId.is_in(earlier))
        .all(state.db.read())
        .await?
        .into_iter()
        .map(|row| (row.schedule_id, row))
        .collect();
    Ok(pairs
        .into_iter()
        .filter_map(|pair| Some((pair.later, rows.get(&pair.earlier)?.clone())))
        .collect())
}

/// For several running schedules, how long they will still take, in seconds.
///
/// The work is measured by how long each script took in the previous schedule of the same title: what is done of it so
/// far took the time from the start to the last result, and the rest will take in proportion. That counts machines working
/// side by side without knowing of them, and goes by the clock of the schedule, wherever its history was brought over
/// from. It takes no less than the longest script that is left, though, for no machine shares one. None where there is no
/// previous schedule or no progress to go by.
pub async fn remaining_seconds(
    state: &State,
    viewer: &Viewer,
    ids: &[ScheduleId],
) -> Result<HashMap<ScheduleId, i32>> {
    let schedules = by_ids(state, viewer, ids).await?;
    let running: Vec<_> = schedules
        .values()
        .filter(|schedule| schedule.state == ScheduleState::Running)
        .map(|schedule| schedule.schedule_id)
        .collect();
    let earlier = previous(state, viewer, &running).await?;
    let missing = missing(state, viewer, &running).await?;
    let read = earlier
        .iter()
        .flat_map(|(id, earlier)| [*id, earlier.schedule_id]);
    let ended = ended(state, read).await?;
    let none = HashMap::new();
    let mut estimates = HashMap::new();
    for (id, earlier) in earlier {
        let schedule = &schedules[&id];
        let now = ended.get(&id).unwrap_or(&none);
        let then = ended.get(&earlier.schedule_id).unwrap_or(&none);
        let Some(last) = now.values().map(|ended| ended.submitted).max() else {
            continue;
        };
        let is_left = |script: &String| match schedule.expected {
            Some(_) => missing
                .get(&id)
                .is_some_and(|missing| missing.contains(script)),
            None => !now.contains_key(script),
        };
        let mut work = Work::default();
        for (script, ended) in then {
            if now.contains_key(script) {
                work.done += ended.milliseconds;
            } else if is_left(script) {
                work.left += ended.milliseconds;
                work.longest_left = std::cmp::max(work.longest_left, ended.milliseconds);
            }
        }
        let elapsed = last.since(schedule.created_time);
        if let Some(seconds) = work.remaining_seconds(elapsed.num_milliseconds()) {
            estimates.insert(id, seconds);
        }
    }
    Ok(estimates)
}

/// A schedule's work, in milliseconds of what its scripts took before.
#[derive(Clone, Copy, Debug, Default)]
struct Work {
    done: i64,
    left: i64,
    longest_left: i64,
}

impl Work {
    /// How long the rest takes when what is done took `elapsed` milliseconds.
    fn remaining_seconds(self, elapsed: i64) -> Option<i32> {
        if self.done == 0 {
            return None;
        }
        let in_proportion = i128::from(self.left) * i128::from(elapsed) / i128::from(self.done);
        i32::try_from(in_proportion.max(self.longest_left.into()) / 1000).ok()
    }
}

/// How a script with a final status ended.
struct Ended {
    submitted: Timestamp,
    /// How long it took; 0 where nobody knows.
    milliseconds: i64,
}

/// The scripts with a final status in several schedules.
async fn ended(
    state: &State,
    schedules: impl Iterator<Item = ScheduleId>,
) -> Result<HashMap<ScheduleId, HashMap<String, Ended>>> {
    let rows: Vec<(ScheduleId, String, Timestamp, Option<i32>)> = result::Entity::find()
        .select_only()
        .column(result::Column::ScheduleId)
        .column(result::Column::Script)
        .column(result::Column::SubmittedTime)
        .column(result::Column::DurationMs)
        .filter(result::Column::ScheduleId.is_in(schedules))
        .filter(result::Column::Latest.eq(true))
        .filter(result::Column::Status.ne(ResultStatus::Running))
        .into_tuple()
        .all(state.db.read())
        .await?;
    let mut found: HashMap<_, HashMap<_, _>> = HashMap::new();
    for (schedule, script, submitted, duration) in rows {
        let ended = Ended {
            submitted,
            milliseconds: duration.map_or(0, i64::from),
        };
        found.entry(schedule).or_default().insert(script, ended);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remaining(done: i64, left: i64, longest_left: i64) -> Option<i32> {
        let work = Work {
            done,
            left,
            longest_left,
        };
        work.remaining_seconds(60_000)
    }

    #[test]
    fn the_rest_takes_in_proportion_to_what_is_done() {
        assert_eq!(remaining(10_000, 30_000, 10_000), Some(180));
        assert_eq!(remaining(40_000, 0, 0), Some(0));
        assert_eq!(remaining(0, 40_000, 40_000), None);
    }

    #[test]
    fn no_machine_shares_a_script() {
        assert_eq!(remaining(600_000, 90_000, 90_000), Some(90));
    }
}
