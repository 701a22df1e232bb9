//! Reading the log.
//!
//! A page must cost the same whatever it is filtered by and however long the log is. An index can be walked in the order
//! of time as long as each of its columns before the time has one value, so a filter is taken apart into filters of
//! single values. Each of those walks its own index for no more than a page, and the newest of all of them are the page.

use entity::{
    LogId, Timestamp, client,
    log::{Column, Entity, LogStatus, Model},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, Iterable, Order,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType},
};

use crate::{
    domain::{
        actor::Viewer,
        page::{Page, Slice},
    },
    error::{Error, Result},
    state::State,
};

/// The most actions in a filter.
const ACTIONS: usize = 100;

/// Which entries are asked for. What is left out does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any of these, exactly as written.
    pub action: Option<Vec<String>>,
    /// Any of these.
    pub status: Option<Vec<LogStatus>>,
    /// The name of the client that did it.
    pub client: Option<String>,
    /// At this moment or later.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

impl Filter {
    /// Refuses a filter that can only be a mistake.
    pub(crate) fn check(&self) -> Result<()> {
        if self
            .action
            .as_ref()
            .is_some_and(|list| list.len() > ACTIONS)
        {
            let message = format!("at most {ACTIONS} actions are allowed");
            return Err(Error::validation("action", message));
        }
        match (self.from, self.to) {
            (Some(from), Some(to)) if to < from => {
                Err(Error::validation("to", "must not lie before from"))
            }
            _ => Ok(()),
        }
    }

    fn apply(&self, mut query: Select<Entity>) -> Select<Entity> {
        if let Some(actions) = &self.action {
            query = query.filter(Column::Action.is_in(actions));
        }
        if let Some(statuses) = &self.status {
            query = query.filter(Column::Status.is_in(statuses.iter().copied()));
        }
        if let Some(name) = &self.client {
            let of_that_name = client::Entity::find()
                .select_only()
                .column(client::Column::ClientId)
                .filter(client::Column::Name.eq(name.trim()))
                .into_query();
            // Equal to the one that there is, not one of those: only so is its index walked in order.
            query = query.filter(Expr::col(Column::ClientId).eq(of_that_name));
        }
        if let Some(time) = self.from {
            query = query.filter(Column::Date.gte(time));
        }
        if let Some(time) = self.to {
            query = query.filter(Column::Date.lt(time));
        }
        query
    }

    /// Filters of single values, none of which lets the same entry through as another one, and all together what this
    /// one does. Where an action or a client is asked for, a status is too, for the indexes of those have it.
    fn single_valued(&self) -> Vec<Self> {
        let statuses = match &self.status {
            Some(statuses) => distinct(statuses).into_iter().map(Some).collect(),
            None if self.action.is_some() || self.client.is_some() => {
                LogStatus::iter().map(Some).collect()
            }
            None => vec![None],
        };
        let actions = match &self.action {
            Some(actions) => distinct(actions).into_iter().map(Some).collect(),
            None => vec![None],
        };
        let pairs = actions
            .iter()
            .flat_map(|action| statuses.iter().map(move |status| (action, status)));
        pairs
            .map(|(action, status)| Self {
                action: action.clone().map(|action| vec![action]),
                status: status.map(|status| vec![status]),
                ..self.clone()
            })
            .collect()
    }
}

fn distinct<T: Clone + PartialEq>(list: &[T]) -> Vec<T> {
    let mut found: Vec<T> = Vec::with_capacity(list.len());
    for each in list {
        if !found.contains(each) {
            found.push(each.clone());
        }
    }
    found
}

/// Where an entry stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// When it was written.
    pub date: Timestamp,
    /// Tells those of one moment apart.
    pub id: LogId,
}

impl Position {
    /// Where `entry` stands.
    pub fn of(entry: &Model) -> Self {
        Self {
            date: entry.date,
            id: entry.id,
        }
    }

    /// What is older. The first condition is the one that an index knows how to begin with.
    fn older(self) -> Condition {
        let before = Condition::any()
            .add(Column::Date.lt(self.date))
            .add(Column::Id.lt(self.id));
        Condition::all()
            .add(Column::Date.lte(self.date))
            .add(before)
    }

    /// What is newer.
    fn newer(self) -> Condition {
        let after = Condition::any()
            .add(Column::Date.gt(self.date))
            .add(Column::Id.gt(self.id));
        Condition::all().add(Column::Date.gte(self.date)).add(after)
    }
}

/// One entry, if there is one.
pub async fn by_id(state: &State, _: &Viewer, id: LogId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(state.db.read()).await?)
}

/// Entries, the newest first.
pub async fn list(
    state: &State,
    _: &Viewer,
    filter: &Filter,
    slice: &Slice<Position>,
) -> Result<Page<Model>> {
    filter.check()?;
    let parts = filter.single_valued();
    let parts = parts.iter().map(|part| walk(part, slice));
    let Some(all) = union(parts) else {
        return Ok(slice.page(Vec::new()));
    };
    let newest = Query::select()
        .columns(Column::iter())
        .from_subquery(all, Entity)
        .order_by(Column::Date, order(slice))
        .order_by(Column::Id, order(slice))
        .limit(slice.rows())
        .take();
    let statement = state.db.read().get_database_backend().build(&newest);
    let rows = Model::find_by_statement(statement)
        .all(state.db.read())
        .await?;
    Ok(slice.page(rows))
}

/// As much as a page holds of what a filter of single values lets through.
fn walk(filter: &Filter, slice: &Slice<Position>) -> SelectStatement {
    let mut query = filter.apply(Entity::find());
    if let Some(after) = slice.after {
        query = query.filter(after.older());
    }
    if let Some(before) = slice.before {
        query = query.filter(before.newer());
    }
    query
        .order_by(Column::Date, order(slice))
        .order_by(Column::Id, order(slice))
        .limit(slice.rows())
        .into_query()
}

fn order(slice: &Slice<Position>) -> Order {
    if slice.from_end {
        Order::Asc
    } else {
        Order::Desc
    }
}

/// All that `parts` select; nothing where there are none. Each is a subquery, for only that may have an order and a
/// limit of its own on every database.
fn union(parts: impl Iterator<Item = SelectStatement>) -> Option<SelectStatement> {
    parts
        .map(|part| {
            Query::select()
                .columns(Column::iter())
                .from_subquery(part, Entity)
                .take()
        })
        .reduce(|mut all, part| all.union(UnionType::All, part).take())
}

/// The ids of the matching entries that were written at a moment or later, in ascending order.
pub(crate) async fn ids_since(
    state: &State,
    filter: &Filter,
    moment: Timestamp,
) -> Result<Vec<LogId>> {
    let ids = filter
        .apply(Entity::find())
        .filter(Column::Date.gte(moment))
        .select_only()
        .column(Column::Id)
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(state.db.read())
        .await?;
    Ok(ids)
}

/// Several entries, in the order in which they were written.
pub(crate) async fn by_ids(state: &State, _: &Viewer, ids: &[LogId]) -> Result<Vec<Model>> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(Column::Id)
        .all(state.db.read())
        .await?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of each part: an action or `*`, and a status or `*`.
    fn parts(filter: &Filter) -> Vec<String> {
        let part = |part: Filter| {
            let action = part.action.map_or("*".into(), |actions| actions.concat());
            let status = part
                .status
                .map_or("*".into(), |statuses| format!("{statuses:?}"));
            format!("{action} {status}")
        };
        filter.single_valued().into_iter().map(part).collect()
    }

    #[test]
    fn a_filter_is_taken_apart_into_single_values() {
        let actions = Filter {
            action: Some(vec!["A".into(), "B".into(), "A".into()]),
            ..Filter::default()
        };
        assert_eq!(
            parts(&actions),
            ["A [Success]", "A [Error]", "B [Success]", "B [Error]"]
        );
        let client = Filter {
            client: Some("nightly".into()),
            status: Some(vec![LogStatus::Error]),
            ..Filter::default()
        };
        assert_eq!(parts(&client), ["* [Error]"]);
        assert_eq!(parts(&Filter::default()), ["* *"]);
    }

    #[test]
    fn an_empty_list_lets_nothing_through() {
        let filter = Filter {
            status: Some(Vec::new()),
            ..Filter::default()
        };
        assert!(parts(&filter).is_empty());
    }

    #[test]
    fn a_span_that_ends_before_it_begins_is_refused() {
        let now = Timestamp::now();
        let filter = Filter {
            from: Some(now),
            to: Some(now.plus_seconds(-1)),
            ..Filter::default()
        };
        assert_eq!(filter.check().unwrap_err().field(), Some("to"));
    }
}
